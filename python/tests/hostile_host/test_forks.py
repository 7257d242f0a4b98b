"""Forks with calls in flight: what the parent ends is over for the server, whatever the child goes on holding."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run_script, until

import passlock
from passlock.testing import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")

PATIENT = {"timeout": 60, "attempt_timeout": 60}


@contextlib.contextmanager
def child() -> Iterator[int]:
    """A forked child that holds all that it inherits, and does nothing."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    try:
        yield pid
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), "the child was to live on"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def outcomes(emulator: Emulator) -> list[str]:
    return [request["outcome"] for request in emulator.journal()]


def connections(emulator: Emulator) -> int:
    """How many connections the emulator has open, but for those to its control API."""
    port = f":{int(emulator.endpoint.rsplit(':', 1)[1]):04X}"
    with open("/proc/net/tcp") as table:
        lines = [line.split() for line in list(table)[1:]]
    # Those that are established (01), as the emulator sees them.
    return sum(fields[1].endswith(port) and fields[3] == "01" for fields in lines)


def test_a_call_that_is_cancelled_after_a_fork_ends_at_once(passlock_emulator: Emulator) -> None:
    async def main() -> None:
        passlock_emulator.fault("hang")
        task = asyncio.ensure_future(passlock.AsyncPasslock(**PATIENT).get_user("u"))
        await asyncio.to_thread(until, lambda: outcomes(passlock_emulator) == ["pending"])
        with child():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(until, lambda: outcomes(passlock_emulator) == ["clientClosed"])

    asyncio.run(main())


def test_a_call_that_is_interrupted_after_a_fork_ends_at_once(passlock_emulator: Emulator) -> None:
    passlock_emulator.fault("hang")

    class InterruptError(Exception):
        pass

    def fork_and_interrupt(*_: Any) -> None:
        pids.append(os.fork())
        if pids[-1] == 0:
            signal.pause()
            os._exit(0)
        raise InterruptError

    pids: list[int] = []
    before = signal.signal(signal.SIGALRM, fork_and_interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with passlock.Passlock(**PATIENT) as client, pytest.raises(InterruptError):
            client.get_user("u")
        until(lambda: outcomes(passlock_emulator) == ["clientClosed"])
    finally:
        signal.signal(signal.SIGALRM, before)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@pytest.mark.parametrize("end", ["close", "forget"])
@pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
def test_the_connections_of_a_client_that_is_gone_end_after_a_fork(
    cls: type, end: str, passlock_emulator: Emulator
) -> None:
    user = passlock_emulator.add_user()
    client: Any = cls()
    result = client.get_user(user.sub)
    assert (asyncio.run(result) if asyncio.iscoroutine(result) else result) == user
    # That of the helper, which closes its own after each request, may be seen for a moment more.
    until(lambda: connections(passlock_emulator) == 1)
    with child():
        if end == "close":
            client.close()
        del client
        gc.collect()
        until(lambda: connections(passlock_emulator) == 0)


# What both classes have to do for a connection, a runtime and a loop's pipe to be there.
USED = """
    import asyncio, os, subprocess, sys, warnings, passlock
    warnings.simplefilter("ignore")  # of forks, newer Pythons warn
    client, aclient = passlock.Passlock(), passlock.AsyncPasslock()
    loop = asyncio.new_event_loop()

    def call():
        return [client.get_user(sys.argv[1]).sub, loop.run_until_complete(aclient.get_user(sys.argv[1])).sub]

    def say(what):
        os.write(1, f"{what}\\n".encode())

    call()
"""


def test_a_daemon_that_closes_all_that_it_inherits(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    done = run_script(
        USED
        + """
    if os.fork():
        _, status = os.wait()
        say(call())
        os._exit(os.waitstatus_to_exitcode(status))
    os.setsid()
    if os.fork():
        _, status = os.wait()
        os._exit(os.waitstatus_to_exitcode(status))
    os.closerange(3, 1024)
    # The loop's own descriptors are gone, too: a daemon makes another one.
    loop = asyncio.new_event_loop()
    say(call())
    os._exit(0)
    """,
        user.sub,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == f"{[user.sub] * 2}\n" * 2


def test_a_program_that_is_started_inherits_nothing(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    done = run_script(
        USED
        + """
    look = "import os; print([fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}')])"
    # Two connections, two runtimes, a loop and its pipe are open here.
    assert len(os.listdir("/proc/self/fd")) > 10
    subprocess.run([sys.executable, "-I", "-c", look], close_fds=False)
    """,
        user.sub,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)


def test_an_emulator_stops_at_once_after_a_fork() -> None:
    emulator = Emulator().start()
    process = emulator._process
    assert process is not None
    # Its standard input, by whose end it knows that it is over, is open in the child too.
    with child():
        limit = asyncio.wait_for(asyncio.to_thread(emulator.stop), 5)
        asyncio.run(_awaited(limit))
    assert process.returncode is not None


async def _awaited(awaitable: Any) -> None:
    await awaitable
