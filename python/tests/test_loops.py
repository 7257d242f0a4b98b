"""One async client on several event loops: in a row, at once, of another make, without `add_reader`."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from conftest import until

import passlock
from passlock._passlock import Queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from passlock.testing import Emulator


class WatchesNothing(asyncio.SelectorEventLoop):
    """A loop that is like Windows' Proactor loop."""

    def add_reader(self, fd: Any, *_: Any) -> Any:
        if fd is self._ssock:  # type: ignore[attr-defined] # the loop's own
            return super().add_reader(fd, *_)
        raise NotImplementedError


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
    "without-readers": WatchesNothing,
}


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    def run(coroutine: Any) -> Any:
        loop = LOOPS[request.param]()
        try:
            return loop.run_until_complete(coroutine)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    return run


def test_a_thread_that_waits_for_a_loop_has_the_pipe_to_itself() -> None:
    queue = Queue()
    woken = threading.Semaphore(0)
    rounds = 500

    def watch() -> None:
        for _ in range(rounds):
            queue.wait()
            woken.release()

    threading.Thread(target=watch, daemon=True).start()
    queue.wake()
    assert woken.acquire(timeout=10)
    for _ in range(rounds - 1):
        queue.wake()
        # What the loop does meanwhile. It must neither take the byte nor wait for one that is gone.
        queue.take()
        assert woken.acquire(timeout=10)


def test_loops_in_a_row(run: Callable[[Any], Any], passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    client = passlock.AsyncPasslock()
    for _ in range(3):
        assert run(client.get_user(user.sub)) == user
    # All on one connection: it belongs to the client, not to a loop.
    assert len({request["connection"] for request in passlock_emulator.journal()}) == 1


def test_runs_in_a_row(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    client = passlock.AsyncPasslock()
    for _ in range(3):
        assert asyncio.run(client.get_user(user.sub)) == user


def test_loops_at_once(run: Callable[[Any], Any], passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    client = passlock.AsyncPasslock()

    async def several() -> list[passlock.User]:
        return await asyncio.gather(*(client.get_user(user.sub) for _ in range(20)))

    with ThreadPoolExecutor(4) as threads:
        for users in threads.map(lambda _: run(several()), range(8)):
            assert users == [user] * 20


def test_a_slow_answer_delays_nobody(run: Callable[[Any], Any], passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", millis=1500)
    order: list[str] = []

    async def main() -> None:
        async with passlock.AsyncPasslock() as client:

            async def call(name: str) -> None:
                await client.get_user(user.sub)
                order.append(name)

            slow = asyncio.ensure_future(call("slow"))
            while not passlock_emulator.journal():
                await asyncio.sleep(0.01)
            await call("quick")
            await slow

    run(main())
    assert order == ["quick", "slow"]


def test_errors_arrive(run: Callable[[Any], Any], passlock_emulator: Emulator) -> None:
    with pytest.raises(passlock.NotFoundError):
        run(passlock.AsyncPasslock().get_user("nobody"))
    with pytest.raises(passlock.InvalidInputError):
        run(passlock.AsyncPasslock().get_user(""))
    assert len(passlock_emulator.journal()) == 1


def test_loops_that_are_gone_leave_nothing_behind(run: Callable[[Any], Any], passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    client = passlock.AsyncPasslock()
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await client.get_user(user.sub)

    run(main())
    gc.collect()
    files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(10):
        run(main())
    until(lambda: gc.collect() is not None and all(loop() is None for loop in loops))
    until(lambda: len(os.listdir("/proc/self/fd")) <= files)
    until(lambda: threading.active_count() <= threads)


def test_outside_of_a_loop_it_says_so() -> None:
    coroutine: Any = passlock.AsyncPasslock(tenancy_id="t", api_key="any-api-key").get_user("u")
    with pytest.raises(RuntimeError, match="no running event loop"):
        coroutine.send(None)
