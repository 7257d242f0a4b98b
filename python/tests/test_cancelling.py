"""Ctrl-C, cancelled tasks and timeouts of asyncio end the request itself, as the emulator sees it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import until

import passlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from passlock.testing import Emulator

# Longer than any test may wait: nothing here ends by a limit.
PATIENT = {"timeout": 60, "attempt_timeout": 60}


def outcomes(emulator: Emulator) -> list[str]:
    return [request["outcome"] for request in emulator.journal()]


def until_outcomes(emulator: Emulator, *expected: str) -> None:
    until(lambda: outcomes(emulator) == list(expected))


def test_ctrl_c_interrupts_a_blocking_call(passlock_emulator: Emulator) -> None:
    passlock_emulator.fault("hang")
    script = """
import time, passlock
client = passlock.Passlock(timeout=60, attempt_timeout=60)
try:
    client.get_user("u")
except KeyboardInterrupt:
    print("interrupted", flush=True)
    time.sleep(60)  # the request is over, although the process is not
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        until_outcomes(passlock_emulator, "pending")
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "interrupted\n"
        assert time.monotonic() - sent < 2
        until_outcomes(passlock_emulator, "clientClosed")
        process.kill()


def test_a_signal_whose_handler_returns_disturbs_nothing(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", millis=400)
    handled: list[float] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: handled.append(time.monotonic()))
    try:
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        with passlock.Passlock() as client:
            assert client.get_user(user.sub) == user
        # While the call was in flight, not when it had ended.
        assert passlock_emulator.journal()[0]["endedAtMillis"] / 1000 > time.time() - (time.monotonic() - handled[0])
        assert len(passlock_emulator.journal()) == 1
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_handler_of_a_signal_can_make_calls(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", millis=400)
    with passlock.Passlock() as client:
        seen: list[Any] = []
        before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(client.get_user(user.sub)))
        try:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            assert client.get_user(user.sub) == user
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert seen == [user]


async def started(client: passlock.AsyncPasslock, emulator: Emulator) -> asyncio.Task[Any]:
    emulator.fault("hang")
    task = asyncio.ensure_future(client.get_user("u"))
    await asyncio.get_running_loop().run_in_executor(None, until_outcomes, emulator, "pending")
    return task


async def until_closed(emulator: Emulator) -> None:
    await asyncio.get_running_loop().run_in_executor(None, until_outcomes, emulator, "clientClosed")


def test_cancelling_a_task_ends_its_request(passlock_emulator: Emulator) -> None:
    async def main() -> None:
        client = passlock.AsyncPasslock(**PATIENT)
        task = await started(client, passlock_emulator)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until_closed(passlock_emulator)

    asyncio.run(main())


def test_a_timeout_of_asyncio_ends_the_request(passlock_emulator: Emulator) -> None:
    async def main() -> None:
        client = passlock.AsyncPasslock(**PATIENT)
        passlock_emulator.fault("hang")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.get_user("u"), 0.2)
        await until_closed(passlock_emulator)
        if sys.version_info >= (3, 11):
            passlock_emulator.reset()
            passlock_emulator.fault("hang")
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.2):
                    await client.get_user("u")
            assert not isinstance(caught.value, passlock.PasslockError)
            await until_closed(passlock_emulator)

    asyncio.run(main())


def test_a_loop_that_ends_takes_its_requests_along(passlock_emulator: Emulator) -> None:
    async def main() -> None:
        await started(client, passlock_emulator)

    client = passlock.AsyncPasslock(**PATIENT)
    asyncio.run(main())
    until_outcomes(passlock_emulator, "clientClosed")


def test_a_coroutine_that_is_forgotten_ends_its_request(passlock_emulator: Emulator) -> None:
    client = passlock.AsyncPasslock(**PATIENT)
    passlock_emulator.fault("hang")

    async def main() -> None:
        coroutine: Any = client.get_user("u")
        coroutine.send(None)
        await asyncio.get_running_loop().run_in_executor(None, until_outcomes, passlock_emulator, "pending")
        coroutine.close()
        await until_closed(passlock_emulator)

    asyncio.run(main())


def test_cancelling_one_of_many_leaves_the_others(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()

    async def main() -> None:
        client = passlock.AsyncPasslock(**PATIENT)
        task = await started(client, passlock_emulator)
        others = [asyncio.ensure_future(client.get_user(user.sub)) for _ in range(50)]
        task.cancel()
        assert await asyncio.gather(*others) == [user] * 50

    asyncio.run(main())
    until(lambda: outcomes(passlock_emulator).count("clientClosed") == 1)
    assert outcomes(passlock_emulator).count("answered") == 50


@pytest.mark.parametrize("drop", ["close", "forget"])
def test_calls_in_flight_outlive_their_client(passlock_emulator: Emulator, drop: str) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", millis=300)
    client = passlock.Passlock()
    results: list[Any] = []
    call: Callable[[str], Any] = client.get_user
    thread = threading.Thread(target=lambda: results.append(call(user.sub)))
    thread.start()
    until_outcomes(passlock_emulator, "pending")
    if drop == "close":
        client.close()
    del client
    gc.collect()
    thread.join()
    assert results == [user]
