"""Nothing piles up, nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import until

import passlock

if TYPE_CHECKING:
    from conftest import Connect

    from passlock.testing import Emulator

CALLS = 10_000


def files() -> int:
    return len(os.listdir("/proc/self/fd"))


def threads() -> int:
    """All threads of the process, ours too."""
    return len(os.listdir("/proc/self/task"))


def sockets_to(emulator: Emulator) -> int:
    """How many connections to the emulator are open in this process."""
    port = f":{int(emulator.endpoint.rsplit(':', 1)[1]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {fields[9] for fields in lines if fields[2].endswith(port)}
    mine = set()
    for fd in os.listdir("/proc/self/fd"):
        try:
            mine.add(os.readlink(f"/proc/self/fd/{fd}"))
        except OSError:
            continue
    return len(mine & {f"socket:[{inode}]" for inode in inodes})


def test_ten_thousand_calls_leave_files_and_threads_flat(connect: Connect, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    client = connect()
    for _ in range(10):
        client.get_user(user.sub)
    before = files(), threads()
    for _ in range(CALLS):
        client.get_user(user.sub)
    after = files(), threads()
    assert after[0] <= before[0]
    assert after[1] <= before[1]
    assert sockets_to(passlock_emulator) == 1


def test_many_threads_share_a_client(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    with passlock.Passlock() as client, ThreadPoolExecutor(64) as pool:
        assert set(pool.map(client.get_user, [user.sub] * 2000)) == {user}
        # A call takes the first connection to be free, be it a new one or one that another call gave back.
        assert 1 <= sockets_to(passlock_emulator) <= 128
    until(lambda: sockets_to(passlock_emulator) == 0)


def test_many_tasks_share_a_client(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()

    async def main() -> None:
        async with passlock.AsyncPasslock() as client:
            assert set(await asyncio.gather(*(client.get_user(user.sub) for _ in range(500)))) == {user}

    asyncio.run(main())
    until(lambda: sockets_to(passlock_emulator) == 0)


def test_a_slow_call_of_one_thread_delays_no_other(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", millis=1500)
    order: list[str] = []
    with passlock.Passlock() as client:

        def call(name: str) -> None:
            client.get_user(user.sub)
            order.append(name)

        # First the one that drives is slow, then one that is driven.
        slow = threading.Thread(target=call, args=["slow"])
        slow.start()
        until(passlock_emulator.journal)
        call("quick")
        slow.join()
    assert order == ["quick", "slow"]


@pytest.mark.parametrize("end", ["close", "forget"])
def test_a_client_that_is_gone_frees_its_sockets(connect: Connect, passlock_emulator: Emulator, end: str) -> None:
    user = passlock_emulator.add_user()
    for _ in range(5):
        client = connect()
        assert client.get_user(user.sub) == user
        if end == "close":
            client.close()
        else:
            client.client = None
    gc.collect()
    # Long before an idle connection would be closed anyway.
    until(lambda: sockets_to(passlock_emulator) == 0)


def test_an_idle_connection_is_closed_though_no_further_call_is_made(
    connect: Connect, passlock_emulator: Emulator
) -> None:
    user = passlock_emulator.add_user()
    client = connect(idle_timeout=1)
    assert client.get_user(user.sub) == user
    assert sockets_to(passlock_emulator) == 1
    # The blocking client looks every ten seconds where another one in the process keeps connections for five minutes.
    until(lambda: sockets_to(passlock_emulator) == 0, patience=30)


def test_clients_come_and_go(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()

    def once(cls: Any) -> None:
        client = cls()
        result = client.get_user(user.sub)
        if asyncio.iscoroutine(result):
            asyncio.run(result)

    for cls in (passlock.Passlock, passlock.AsyncPasslock):
        once(cls)
    gc.collect()
    until(lambda: sockets_to(passlock_emulator) == 0)
    before = files(), threads()
    for cls in (passlock.Passlock, passlock.AsyncPasslock):
        for _ in range(200):
            once(cls)
    gc.collect()
    until(lambda: files() <= before[0])
    until(lambda: threads() <= before[1])
