"""Forking: the child makes its own, the parent's calls complete, and no connection is ever used by both."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run_script, until

import passlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Connect

    from passlock.testing import Emulator

pytestmark = pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")


def in_child(action: Callable[[], Any]) -> Any:
    """Run something in a forked child that ends without cleaning up, and give its result."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = {"result": action()}
        except BaseException as error:
            result = {"error": repr(error)}
        os.write(writer, json.dumps(result).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = json.loads(pipe.read() or '{"error": "the child died"}')
    assert os.waitpid(child, 0)[1] == 0
    assert "error" not in answer, answer
    return answer["result"]


def connections(emulator: Emulator, sub: str) -> set[int]:
    return {request["connection"] for request in emulator.journal() if request["path"].endswith(f"/{sub}")}


def call_of(client: Any) -> Callable[[str], str]:
    """A call of either class, on a loop of its own."""

    def call(sub: str) -> str:
        result = client.get_user(sub)
        user = asyncio.run(result) if asyncio.iscoroutine(result) else result
        return str(user.sub)

    return call


@pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
def test_a_client_in_use_is_forked(cls: type, passlock_emulator: Emulator) -> None:
    for sub in ("before", "child", "parent", "slow"):
        passlock_emulator.add_user(f"{sub}@example.com", sub=sub)
    client = cls()
    call = call_of(client)
    assert [call("before") for _ in range(3)] == ["before"] * 3

    # A call in flight during the fork.
    passlock_emulator.fault("delay", millis=1500)
    slow: list[str] = []
    thread = threading.Thread(target=lambda: slow.append(call("slow")))
    thread.start()
    until(lambda: connections(passlock_emulator, "slow"))

    assert in_child(lambda: [call("child") for _ in range(3)]) == ["child"] * 3
    assert slow == [], "the parent's call was to be in flight"
    assert call("parent") == "parent"
    thread.join()
    assert slow == ["slow"]
    assert call("parent") == "parent"

    ours = (
        connections(passlock_emulator, "before")
        | connections(passlock_emulator, "slow")
        | connections(passlock_emulator, "parent")
    )
    theirs = connections(passlock_emulator, "child")
    assert theirs
    assert not ours & theirs
    assert "clientClosed" not in {request["outcome"] for request in passlock_emulator.journal()}


@pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
def test_children_of_children(cls: type, passlock_emulator: Emulator) -> None:
    for sub in ("a", "b", "c"):
        passlock_emulator.add_user(f"{sub}@example.com", sub=sub)
    call = call_of(cls())
    assert call("a") == "a"
    assert in_child(lambda: [call("b"), in_child(lambda: call("c"))]) == ["b", "c"]
    assert call("a") == "a"
    used = [connections(passlock_emulator, sub) for sub in ("a", "b", "c")]
    assert sum(map(len, used)) == len(set.union(*used)) == 3


def test_a_child_may_close_and_drop_what_it_inherits(connect: Connect, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    client = connect()
    assert client.get_user(user.sub) == user

    def child() -> str:
        import gc

        client.client.close()
        try:
            client.client.get_user(user.sub).send(None) if client.loop else client.get_user(user.sub)
        except passlock.ConfigError as error:
            closed = str(error)
        except RuntimeError:
            # Without a loop, an async client does not come so far as to notice.
            closed = "client is closed"
        del client.client
        gc.collect()
        return closed

    assert in_child(child) == "client is closed"
    assert client.get_user(user.sub) == user
    assert len({request["connection"] for request in passlock_emulator.journal()}) == 1
    client.close()
    closed = client

    def still_closed() -> bool:
        with pytest.raises(passlock.ConfigError):
            call_of(closed.client)("u")
        return True

    assert in_child(still_closed)


CLIENT: passlock.Passlock


def work(sub: str) -> tuple[int, str]:
    return os.getpid(), CLIENT.get_user(sub).sub


@pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
def test_a_child_may_drop_what_it_never_used(cls: type, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    clients = [cls()]
    call = call_of(clients[0])
    assert call(user.sub) == user.sub

    def child() -> bool:
        import gc

        nonlocal call
        clients.clear()
        del call
        return gc.collect() >= 0

    assert in_child(child)
    assert call(user.sub) == user.sub
    # What the child dropped was not the parent's connection.
    assert len({request["connection"] for request in passlock_emulator.journal()}) == 1


def test_a_pool_of_forked_processes(passlock_emulator: Emulator) -> None:
    global CLIENT  # noqa: PLW0603 - what is forked is what is there
    user = passlock_emulator.add_user()
    CLIENT = passlock.Passlock()
    CLIENT.get_user(user.sub)
    with multiprocessing.get_context("fork").Pool(3) as pool:
        done = pool.map(work, [user.sub] * 60, chunksize=1)
        pool.close()
        pool.join()
    assert {sub for _, sub in done} == {user.sub}
    assert work(user.sub)[0] == os.getpid()
    CLIENT.close()
    # One connection for each process: ours, and one for each worker that was given work.
    assert len({request["connection"] for request in passlock_emulator.journal()}) == 1 + len({pid for pid, _ in done})


def test_forking_in_the_handler_of_a_signal(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("delay", millis=600)
    done = run_script(
        """
        import os, signal, sys, threading, passlock
        client = passlock.Passlock()
        child = None
        def fork(*_):
            global child
            child = os.fork()
        signal.signal(signal.SIGUSR1, fork)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        try:
            sub = client.get_user(sys.argv[1]).sub
        except passlock.PasslockConnectionError as error:
            assert child == 0 and "forked" in str(error), (child, error)
            assert client.get_user(sys.argv[1]).sub == sys.argv[1]
            os._exit(7)
        assert child and sub == sys.argv[1]
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        print("both")
        """,
        user.sub,
    )
    assert (done.stdout, done.returncode) == ("both\n", 0), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="PID namespaces are Linux's")
@pytest.mark.parametrize("cls", ["Passlock", "AsyncPasslock"])
def test_a_child_may_have_its_parents_process_id(cls: str, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    done = run_script(
        """
        import asyncio, ctypes, os, sys, passlock

        def say(what):
            os.write(1, f"{what}\\n".encode())

        def fork_into_a_namespace():
            if ctypes.CDLL(None, use_errno=True).unshare(0x20000000):  # CLONE_NEWPID
                say(f"not allowed: {os.strerror(ctypes.get_errno())}")
                os._exit(0)
            return os.fork()

        def end_with(child):
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        def call():
            result = client.get_user(sys.argv[2])
            # The child goes on with its parent's loop.
            return loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

        if outer := fork_into_a_namespace():
            end_with(outer)
        loop = asyncio.new_event_loop()
        client = getattr(passlock, sys.argv[1])()
        assert call().sub == sys.argv[2]
        if inner := fork_into_a_namespace():
            end_with(inner)
        assert call().sub == sys.argv[2]
        say(os.getpid())
        os._exit(0)
        """,
        cls,
        user.sub,
    )
    if done.stdout.startswith("not allowed"):
        pytest.skip(f"PID namespaces: {done.stdout}")
    # The first process of a namespace is 1, the parent as well as the child.
    assert (done.stdout, done.returncode) == ("1\n", 0), done.stderr
    assert len({request["connection"] for request in passlock_emulator.journal()}) == 2
