"""What is logged, and that no secret is ever shown anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import re
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

import pytest
from conftest import run_script

import passlock

if TYPE_CHECKING:
    from conftest import Connect, Either

    from passlock.testing import Emulator


def test_every_call_is_logged_once(
    either: Either, passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    user = passlock_emulator.add_user()
    token = passlock_emulator.issue_token(user.sub)
    caplog.set_level(logging.DEBUG, "passlock")
    passlock_emulator.fault("status", status=503)
    either.exchange_token(token)
    either.update_user(user.sub, given_name="Ada")
    with pytest.raises(passlock.NotFoundError):
        either.get_user("nobody")
    lines = [record.getMessage() for record in caplog.records if record.name == "passlock"]
    assert len(lines) == 3
    for line, pattern in zip(
        lines,
        [
            r"exchange_token: ok after \d+\.\d ms, attempts=2 status=200 request_id=\S+",
            r"update_user: ok after \d+\.\d ms, attempts=1 status=200 request_id=\S+",
            r"get_user: not_found after \d+\.\d ms, attempts=1 status=404 request_id=\S+",
        ],
        strict=True,
    ):
        assert re.fullmatch(pattern, line)
        assert "request_id=None" not in line


def test_a_call_is_logged_by_the_thread_that_made_it(
    either: Either, passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    user = passlock_emulator.add_user()
    caplog.set_level(logging.DEBUG, "passlock")
    callers = []

    def call() -> None:
        callers.append(threading.get_ident())
        either.get_user(user.sub)
        with pytest.raises(passlock.NotFoundError):
            either.get_user("nobody")

    call()
    # For both classes, another thread than the interpreter's first.
    thread = threading.Thread(target=call, name="caller")
    thread.start()
    thread.join()
    records = [record for record in caplog.records if record.name == "passlock"]
    assert [record.thread for record in records] == [callers[0]] * 2 + [callers[1]] * 2
    assert [record.threadName for record in records[2:]] == ["caller"] * 2


def test_nothing_is_logged_when_nobody_listens(
    either: Either, passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    passlock_emulator.fault("status", status=503)
    with pytest.raises(passlock.NotFoundError):
        either.get_user("nobody")
    assert [record for record in caplog.records if record.name == "passlock"] == []


def test_a_call_is_logged_in_the_context_of_its_caller(
    passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    user = passlock_emulator.add_user()
    client = passlock.AsyncPasslock()
    caplog.set_level(logging.DEBUG, "passlock")
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
    seen = []

    def see(record: logging.LogRecord) -> bool:
        seen.append((request.get(), "nobody" if "not_found" in record.getMessage() else "somebody"))
        return True

    async def serve(name: str, sub: str) -> None:
        request.set(name)
        with contextlib.suppress(passlock.NotFoundError):
            await client.get_user(sub)

    async def serve_two() -> None:
        # Each in a task, and so in a context of its own.
        await asyncio.create_task(serve("first", user.sub))
        await asyncio.create_task(serve("second", "nobody"))

    logger = logging.getLogger("passlock")
    logger.addFilter(see)
    try:
        asyncio.run(serve_two())
    finally:
        logger.removeFilter(see)
    assert seen == [("first", "somebody"), ("second", "nobody")]


def test_a_filter_that_raises_costs_no_call_its_result(
    either: Either, passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = passlock_emulator.add_user()
    caplog.set_level(logging.DEBUG, "passlock")
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: ignored.append(told.exc_type))

    def refuse(_: logging.LogRecord) -> bool:
        raise LookupError("a filter's mistake")

    logger = logging.getLogger("passlock")
    logger.addFilter(refuse)
    try:
        assert either.exchange_token(passlock_emulator.issue_token(user.sub)).sub == user.sub
        with pytest.raises(passlock.NotFoundError):
            either.get_user("nobody")
    finally:
        logger.removeFilter(refuse)
    assert ignored == [LookupError] * 2


def test_a_filter_that_raises_costs_no_other_call_its_line(
    passlock_emulator: Emulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = passlock_emulator.add_user()
    client = passlock.AsyncPasslock()
    records = []
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: ignored.append(told.exc_type))

    def refuse_the_first(record: logging.LogRecord) -> bool:
        records.append(record)
        if len(records) == 1:
            raise LookupError("a filter's mistake")
        return True

    async def four() -> list[passlock.User | BaseException]:
        passlock_emulator.fault("delay", times=4, millis=200)
        calls = [asyncio.ensure_future(client.get_user(user.sub)) for _ in range(4)]
        # Until all have been answered, so that the loop gets all results at once.
        asyncio.get_running_loop().call_soon(time.sleep, 1)
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10)

    async def twice() -> list[passlock.User | BaseException]:
        # There are connections from here on.
        assert await four() == [user] * 4
        caplog.set_level(logging.DEBUG, "passlock")
        logger = logging.getLogger("passlock")
        logger.addFilter(refuse_the_first)
        try:
            return await four()
        finally:
            logger.removeFilter(refuse_the_first)

    assert asyncio.run(twice()) == [user] * 4
    assert (len(records), ignored) == (4, [LookupError])


def test_logging_is_not_imported_for_nothing() -> None:
    spared = ["logging", "asyncio", "dataclasses", "typing", "ssl", "opentelemetry"]
    done = run_script(f"import passlock, sys; print([name for name in {spared} if name in sys.modules])")
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


@pytest.mark.parametrize("fault", [None, "hang", "reset", "garbage", "endless", "truncate", 401, 403, 404, 429, 500])
def test_no_secret_is_shown(
    connect: Connect,
    passlock_emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: str | int | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect(max_retries=0, timeout=0.3, max_response_bytes=4096)
    token = passlock_emulator.issue_token(passlock_emulator.add_user().sub)
    if isinstance(fault, int):
        passlock_emulator.fault("status", status=fault, body='{"message": "no"}', headers={})
    elif fault is not None:
        passlock_emulator.fault(fault)
    shown = [repr(client.client), str(client.client)]
    try:
        principal = client.exchange_token(token)
        shown += [repr(principal), str(principal), repr([principal])]
    except passlock.PasslockError as error:
        shown += [
            repr(error),
            str(error),
            repr(vars(error)),
            *traceback.TracebackException.from_exception(error, capture_locals=False).format(),
        ]
    shown += [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    shown += capfd.readouterr()
    for text in shown:
        assert token not in text
        assert passlock_emulator.api_key not in text
