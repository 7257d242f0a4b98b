"""Processes as hosts make them: how Python was started, what it may open, what its environment says."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run_script

if TYPE_CHECKING:
    from passlock.testing import Emulator

# The operations of both classes, an error, a cancelled call, and the end of both clients.
WORK = """
    import asyncio, sys, passlock

    def check(condition, what):
        # No assert: it is gone under -O.
        if not condition:
            raise SystemExit(f"failed: {what}")

    def work(sub, token, run=asyncio.run):
        with passlock.Passlock() as client:
            check(client.exchange_token(token).sub == sub, "exchange")
            check(client.get_user(sub).sub == sub, "get")
            check(client.update_user(sub, given_name="Ada").given_name == "Ada", "update")
            try:
                client.get_user("nobody")
            except passlock.NotFoundError as error:
                check(error.status == 404, "status")
            else:
                check(False, "error")

        async def main():
            async with passlock.AsyncPasslock() as client:
                users = await asyncio.gather(*(client.get_user(sub) for _ in range(10)))
                check({user.given_name for user in users} == {"Ada"}, "gather")
                task = asyncio.ensure_future(client.get_user(sub))
                await asyncio.sleep(0)
                task.cancel()
                [outcome] = await asyncio.gather(task, return_exceptions=True)
                check(isinstance(outcome, (asyncio.CancelledError, passlock.User)), "cancel")
                try:
                    await client.get_user("nobody")
                except passlock.NotFoundError as error:
                    check(error.status == 404, "async status")

        run(main())
"""


def work(
    emulator: Emulator, *options: str, before: str = "", after: str = "work(*sys.argv[1:])", **keywords: Any
) -> Any:
    user = emulator.add_user()
    token = emulator.issue_token(user.sub)
    script = "\n".join(map(textwrap.dedent, (before, WORK, after, "print('done', file=sys.__stdout__)")))
    command = [sys.executable, *options, "-c", script, user.sub, token]
    keywords["env"] = {**os.environ, **keywords.pop("env", {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **keywords)
    assert token not in done.stdout + done.stderr
    assert emulator.api_key not in done.stdout + done.stderr
    return done


OPTIONS: dict[str, list[str]] = {
    "optimized": ["-O"],
    "without docstrings": ["-OO"],
    "warnings are errors": ["-W", "error"],
    "development mode": ["-X", "dev", "-W", "error"],
    "bytes are no strings": ["-bb"],
    "faulthandler": ["-X", "faulthandler"],
    "isolated": ["-I"],
    "without the user's packages": ["-s"],
    "UTF-8 mode off": ["-X", "utf8=0"],
    "tracemalloc": ["-X", "tracemalloc=5"],
}


@pytest.mark.parametrize("name", OPTIONS)
def test_however_python_is_started(name: str, passlock_emulator: Emulator) -> None:
    done = work(passlock_emulator, *OPTIONS[name])
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "asyncio in debug mode": {"PYTHONASYNCIODEBUG": "1"},
    "allocations checked": {"PYTHONMALLOC": "debug"},
    "no locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Rust told to talk": {"RUST_BACKTRACE": "full", "RUST_LOG": "trace", "RUST_LOG_STYLE": "always"},
    "tokio told to talk": {"TOKIO_WORKER_THREADS": "0", "RUST_MIN_STACK": "16384"},
    "a key log": {"SSLKEYLOGFILE": "/nonexistent/keys"},
    "a proxy that nobody should use": {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"},
    "as a CGI script": {"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil.test:1", "GATEWAY_INTERFACE": "CGI/1.1"},
    "bytes that are not UTF-8": {"OTHER_\udcff": "\udcff", "NO_PROXY": "localhost"},
    "no home, no temporary folder": {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "PATH": ""},
    "glibc's allocator on guard": {"MALLOC_PERTURB_": "165", "MALLOC_CHECK_": "3"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_whatever_the_environment_says(name: str, passlock_emulator: Emulator) -> None:
    done = work(passlock_emulator, env=ENVIRONMENTS[name])
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_variables_of_ours_that_are_wrong_are_named_and_not_shown() -> None:
    for name, value in {
        "PASSLOCK_ENDPOINT": "canary",
        "PASSLOCK_API_KEY": "canary\x01",
        "PASSLOCK_TENANCY_ID": "canary\udcff",
    }.items():
        good = {"PASSLOCK_TENANCY_ID": "t", "PASSLOCK_API_KEY": "key-of-the-tests"}
        done = run_script("import passlock; passlock.Passlock()", **{**good, name: value})
        last = done.stderr.splitlines()[-1]
        assert last.startswith("passlock.ConfigError: ")
        assert name in last
        assert "canary" not in done.stdout + done.stderr


CLOSED = {
    "no standard output": "os.close(1)",
    "no standard error": "os.close(2)",
    "none of the three": "os.close(0); os.close(1); os.close(2)",
}


@pytest.mark.parametrize("name", CLOSED)
def test_standard_streams_may_be_closed(name: str, passlock_emulator: Emulator) -> None:
    # Python sees a descriptor that is closed when it starts, and has None for the stream.
    starter = f"import os, sys; {CLOSED[name]}; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    user = passlock_emulator.add_user()
    token = passlock_emulator.issue_token(user.sub)
    script = (
        textwrap.dedent(WORK)
        + "\nwork(*sys.argv[1:])\nraise SystemExit(7 if None in (sys.stdin, sys.stdout, sys.stderr) else 1)"
    )
    done = subprocess.run([sys.executable, "-c", starter, "-c", script, user.sub, token], check=False, timeout=60)
    assert done.returncode == 7


def test_streams_may_be_taken_away(passlock_emulator: Emulator) -> None:
    done = work(passlock_emulator, before="import sys; sys.stdout = sys.stderr = sys.stdin = None")
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_few_descriptors_are_enough_and_none_is_an_error_that_passes(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    done = run_script(
        """
        import asyncio, os, resource, sys, passlock
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        # Nobody has imported `datetime` yet.
        assert "datetime" not in sys.modules
        held = []
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            try:
                passlock.Passlock()
            except passlock.ConfigError as error:
                print(error.kind)
        for fd in held: os.close(fd)
        client, aclient = passlock.Passlock(max_retries=0), passlock.AsyncPasslock(max_retries=0)
        loop = asyncio.new_event_loop()
        calls = [lambda: client.get_user(sys.argv[1]), lambda: loop.run_until_complete(aclient.get_user(sys.argv[1]))]

        def all_open():
            held = []
            try:
                while True:
                    held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                return held

        def kinds():
            for call in calls:
                try:
                    yield call().sub
                except passlock.PasslockError as error:
                    yield error.kind

        # Before the first call: there is no runtime yet, no pipe, no socket.
        held = all_open()
        print(*kinds())
        for fd in held: os.close(fd)
        print(*kinds())
        # And with connections that are there: nothing more is needed for a call, not even to make a principal.
        held = all_open()
        print(*kinds(), client.exchange_token(sys.argv[2]).exp.tzname())
        for fd in held: os.close(fd)
        # And where others are needed.
        client.close(), aclient.close()
        client, aclient = passlock.Passlock(max_retries=0), passlock.AsyncPasslock(max_retries=0)
        held = all_open()
        print(*kinds())
        for fd in held: os.close(fd)
        print(*kinds())
        """,
        user.sub,
        passlock_emulator.issue_token(user.sub),
    )
    assert (done.stderr, done.returncode) == ("", 0)
    refused, none, some, enough, no_more, again = (line.split() for line in done.stdout.splitlines())
    assert refused == ["config"]
    assert {*none, *no_more} <= {"config", "connection"}
    assert some == again == [user.sub] * 2
    assert enough == [user.sub, user.sub, "UTC"]


def test_many_calls_at_once_leave_descriptors_for_the_host(passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    done = run_script(
        """
        import asyncio, os, resource, sys, passlock
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

        async def main():
            client = passlock.AsyncPasslock(max_retries=0)
            kinds = set()

            async def call():
                try:
                    kinds.add((await client.get_user(sys.argv[1])).sub)
                except passlock.PasslockError as error:
                    kinds.add(error.kind)

            await asyncio.gather(*(call() for _ in range(600)))
            # Some may have found no descriptor. The next one does, and so does the host: idle connections are bounded.
            print(*sorted(kinds))
            print((await client.get_user(sys.argv[1])).sub)
            for fd in [os.open(os.devnull, os.O_RDONLY) for _ in range(64)]:
                os.close(fd)

        asyncio.run(main())
        """,
        user.sub,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    kinds, then = done.stdout.splitlines()
    assert set(kinds.split()) <= {user.sub, "connection"}
    assert then == user.sub


def test_a_thread_with_the_smallest_stack(passlock_emulator: Emulator) -> None:
    after = """
        import threading
        threading.stack_size(128 * 1024)
        failures = []
        threading.excepthook = lambda what: failures.append(what)
        thread = threading.Thread(target=work, args=sys.argv[1:])
        thread.start()
        thread.join()
        check(not failures, failures)
    """
    done = work(passlock_emulator, after=after)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


@pytest.mark.parametrize("debug", [False, True])
def test_uvloop(debug: bool, passlock_emulator: Emulator) -> None:
    after = f"import uvloop; work(*sys.argv[1:], run=lambda main: uvloop.run(main, debug={debug}))"
    done = work(passlock_emulator, after=after)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_little_address_space_is_enough(passlock_emulator: Emulator) -> None:
    before = f"""
        import resource
        resource.setrlimit(resource.RLIMIT_AS, ({2**30}, {2**30}))
    """
    done = work(passlock_emulator, before=before)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_an_audit_hook_and_a_profiler_see_nothing_that_is_secret(passlock_emulator: Emulator) -> None:
    before = """
        import sys
        seen = []
        sys.addaudithook(lambda event, arguments: seen.append(repr((event, arguments))) if event != "compile" else None)
        sys.setprofile(lambda frame, event, argument: None)
        sys.settrace(lambda frame, event, argument: None)
    """
    after = """
        token = sys.argv[2]
        work(*sys.argv[1:])
        check(not any(token in what for what in seen if "exec" not in what), "audited")
    """
    done = work(passlock_emulator, before=before, after=after)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_a_resolver_that_knows_nobody_is_not_asked_for_this_machine(passlock_emulator: Emulator) -> None:
    port = passlock_emulator.endpoint.rsplit(":", 1)[1]
    done = work(
        passlock_emulator,
        env={
            "PASSLOCK_ENDPOINT": f"http://localhost:{port}",
            "RES_OPTIONS": "attempts:1 timeout:1",
            "LOCALDOMAIN": "x",
        },
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
