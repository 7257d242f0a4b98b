"""SIGPIPE at its default, which ends a process: nothing that the SDK writes may raise it.

Python ignores the signal. Programs that are meant for pipes of the shell undo that, and so do some servers for their
children.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from conftest import run_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passlock.testing import Emulator

pytestmark = pytest.mark.skipif(not hasattr(sys.modules["signal"], "SIGPIPE"), reason="the signal is Unix's")

ROUNDS = 60
RESET = struct.pack("ii", 1, 0)

CALLS = """
    import asyncio, signal, sys, passlock
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    settings = {{"endpoint": sys.argv[2], "tenancy_id": "t", "api_key": "key-of-the-tests", "max_retries": 0}}
    kinds = set()

    def call(operation, *arguments):
        try:
            operation(*arguments)
        except passlock.PasslockError as error:
            kinds.add(error.kind)

    if sys.argv[1] == "sync":
        client = passlock.Passlock(**settings)
        for _ in range({rounds}):
            call(client.get_user, "u")
    else:
        client = passlock.AsyncPasslock(**settings)
        loop = asyncio.new_event_loop()
        for _ in range({rounds}):
            call(lambda: loop.run_until_complete(client.get_user("u")))
    print(sorted(kinds))
"""


@contextlib.contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer each connection in a thread of its own; gives the port."""

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            answer(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def end_and_reset(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def plain_text(connection: socket.socket) -> None:
    """To a TLS ClientHello: whoever notices has an alert to write, on a connection that is gone."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
    end_and_reset(connection)


def answer_and_end(connection: socket.socket) -> None:
    """A connection that would be kept and used again, but for its end right after the answer."""
    if connection.recv(65536):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}")
        end_and_reset(connection)


@pytest.mark.parametrize("shape", ["sync", "async"])
@pytest.mark.parametrize(("scheme", "answer"), [("https", plain_text), ("http", answer_and_end)])
def test_a_peer_that_goes_while_we_write_raises_no_signal(
    scheme: str, answer: Callable[[socket.socket], None], shape: str
) -> None:
    with server(answer) as port:
        done = run_script(CALLS.format(rounds=ROUNDS), shape, f"{scheme}://127.0.0.1:{port}", timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    # It may also be met in the very moment of its end.
    known = {"https": ["connection"], "http": ["not_found"]}[scheme]
    assert set(known) <= set(eval(done.stdout)) <= {*known, "connection", "protocol"}


def test_waking_a_loop_whose_pipe_is_gone_raises_no_signal(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", times=4, millis=300)
    done = run_script(
        """
        import asyncio, os, signal, sys, time, passlock
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        client = passlock.AsyncPasslock()

        async def main():
            before = set(os.listdir("/proc/self/fd"))
            calls = [asyncio.ensure_future(client.get_user(sys.argv[1])) for _ in range(4)]
            await asyncio.sleep(0.1)
            # What a host does that closes every descriptor it does not know, here the end that the loop watches.
            from passlock import _bridge
            [bridge] = [found() for found in _bridge._bridges.values()]
            fd = bridge.queue.fileno()
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)
            time.sleep(0.6)
            # The program goes on, with a loop that hears nothing of the calls.
            for call in calls:
                call.cancel()
            print("alive", flush=True)
            os._exit(0)

        asyncio.run(main())
        """,
        user.sub,
    )
    assert (done.stdout, done.returncode) == ("alive\n", 0), done.stderr


@pytest.mark.parametrize("shape", ["sync", "async"])
def test_a_storm_of_signals_disturbs_nothing(shape: str, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", times=3, millis=300)
    done = run_script(
        """
        import asyncio, signal, sys, passlock
        handled = 0

        def handle(*_):
            global handled
            handled += 1

        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        # One attempt each: no call is made again for a signal's sake.
        if sys.argv[1] == "sync":
            client = passlock.Passlock(max_retries=0)
            subs = {client.get_user(sys.argv[2]).sub for _ in range(100)}
        else:
            client = passlock.AsyncPasslock(max_retries=0)

            async def main():
                return {(await client.get_user(sys.argv[2])).sub for _ in range(100)}

            subs = asyncio.run(main())
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(*subs, handled > 10)
        """,
        shape,
        user.sub,
    )
    assert (done.stdout, done.stderr, done.returncode) == (f"{user.sub} True\n", "", 0)
    # The first three are those that were held up.
    assert [request["outcome"] for request in passlock_emulator.journal()] == ["faulted"] * 3 + ["answered"] * 97
