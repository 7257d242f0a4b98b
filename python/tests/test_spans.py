"""The spans that OpenTelemetry gets, in its own exporter's hands."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
import types
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run_script
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from opentelemetry.trace import SpanKind, StatusCode

import passlock
from passlock._observe import observer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Connect, Either

    from passlock.testing import Emulator

EXCHANGE = "GET /{tenancyId}/token/{token}"
GET = "GET /{tenancyId}/user/{sub}"


class Collected:
    """An application that collects spans."""

    def __init__(self, **settings: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False, **settings)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("application")

    def spans(self) -> list[ReadableSpan]:
        """Those that have ended, in that order, and which no secret is in."""
        spans = list(self.exporter.get_finished_spans())
        assert "canary" not in "".join(span.to_json() for span in spans)
        return spans

    def names(self) -> list[str]:
        return [span.name for span in self.spans()]


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the provider of the process, for a test."""

    def collect(**settings: Any) -> Collected:
        collected = Collected(**settings)
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: collected.provider)
        return collected

    return collect


@pytest.fixture
def collected(collect: Any) -> Collected:
    return collect()


@pytest.fixture
def ignored(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is told of exceptions that must not end a call."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: told.append(one.exc_type))
    return told


@contextlib.contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def parent_of(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def test_a_call_with_one_retry_is_a_span_with_two_in_it(
    connect: Connect, passlock_emulator: Emulator, collected: Collected
) -> None:
    client = connect(headers={"x-gateway-key": "header-canary"})
    user = passlock_emulator.add_user()
    token = passlock_emulator.issue_token(user.sub)
    passlock_emulator.fault("status", status=503)
    before = time.time_ns()
    with collected.tracer.start_as_current_span("login"):
        _, info = client.exchange_token_with_info(token)
    after = time.time_ns()
    first, second, call, login = collected.spans()
    assert [span.name for span in (first, second, call)] == [EXCHANGE, EXCHANGE, "exchange_token"]
    assert [parent_of(span) for span in (first, second, call)] == [id_of(call), id_of(call), id_of(login)]
    assert [span.kind for span in (first, second, call)] == [SpanKind.CLIENT, SpanKind.CLIENT, SpanKind.INTERNAL]
    host, port = passlock_emulator.endpoint.removeprefix("http://").split(":")
    attempt = {
        "http.request.method": "GET",
        "url.template": "/{tenancyId}/token/{token}",
        "server.address": host,
        "server.port": int(port),
    }
    assert dict(first.attributes or {}) == attempt | {"http.response.status_code": 503, "error.type": "503"}
    assert dict(second.attributes or {}) == attempt | {
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }
    assert dict(call.attributes or {}) == {
        "passlock.operation": "exchange_token",
        "passlock.attempts": 2,
        "passlock.request_id": info.request_id,
    }
    assert [span.status.status_code for span in (first, second, call)] == [
        StatusCode.ERROR,
        StatusCode.UNSET,
        StatusCode.UNSET,
    ]
    # The wait before the retry lies between the attempts.
    moments = [before, call.start_time, first.start_time, first.end_time]
    moments += [second.start_time, second.end_time, call.end_time, after]
    assert moments == sorted(moments)
    assert call.end_time - call.start_time == round(info.elapsed * 1e9)
    shown = "".join(span.to_json() for span in (first, second, call))
    assert token not in shown
    assert passlock_emulator.api_key not in shown
    assert call.instrumentation_scope is not None
    assert (call.instrumentation_scope.name, call.instrumentation_scope.version) == ("passlock", passlock.__version__)


def test_a_call_that_fails_says_how(either: Either, passlock_emulator: Emulator, collected: Collected) -> None:
    with pytest.raises(passlock.NotFoundError):
        either.get_user("nobody-canary")
    passlock_emulator.fault("reset", times=3)
    with pytest.raises(passlock.PasslockConnectionError):
        either.get_user("user-1", max_retries=1)
    passlock_emulator.fault("garbage")
    with pytest.raises(passlock.PasslockError) as garbage:
        either.get_user("user-1", max_retries=0)
    assert collected.names() == [GET, "get_user", GET, GET, "get_user", GET, "get_user"]
    errors = [dict(span.attributes or {})["error.type"] for span in collected.spans()]
    assert errors == ["404", "not_found", *["connection"] * 3, *[garbage.value.kind] * 2]
    assert {span.status.status_code for span in collected.spans()} == {StatusCode.ERROR}
    # No response.
    assert "http.response.status_code" not in (collected.spans()[2].attributes or {})


def test_a_connection_opened_ahead_is_a_call_too(either: Either, collected: Collected) -> None:
    either.warm_up()
    assert collected.names() == ["GET /{tenancyId}/connection/pre-connect", "warm_up"]


def test_a_refused_call_has_no_attempts(either: Either, collected: Collected) -> None:
    for call, kind in [
        (lambda: either.get_user("canary\n"), "invalid_input"),
        (lambda: either.get_user(5), "invalid_input"),
        (lambda: either.update_user("user-1", email="canary"), "invalid_input"),
        (lambda: either.get_user("user-1", timeout=-1), "config"),
    ]:
        with pytest.raises(passlock.PasslockError):
            call()
        span = collected.spans()[-1]
        assert (span.attributes or {})["error.type"] == kind
        assert span.status.status_code == StatusCode.ERROR
    assert collected.names() == ["get_user", "get_user", "update_user", "get_user"]


def test_a_cancelled_call_ends_its_span(passlock_emulator: Emulator, collected: Collected) -> None:
    client = passlock.AsyncPasslock()

    async def main() -> None:
        passlock_emulator.fault("hang")
        task = asyncio.create_task(client.get_user("user-1"))
        await asyncio.sleep(0.2)
        assert collected.spans() == []
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    [call] = collected.spans()
    assert (call.name, call.status.status_code) == ("get_user", StatusCode.ERROR)
    assert dict(call.attributes or {}) == {"passlock.operation": "get_user", "error.type": "CancelledError"}
    assert call.end_time - call.start_time >= 150_000_000


def test_an_interrupted_call_ends_its_span(passlock_emulator: Emulator, collected: Collected) -> None:
    passlock_emulator.fault("hang")
    with passlock.Passlock() as client, interrupted(0.2), pytest.raises(KeyboardInterrupt):
        client.get_user("user-1")
    [call] = collected.spans()
    assert (call.name, (call.attributes or {})["error.type"]) == ("get_user", "KeyboardInterrupt")


def test_each_task_is_the_parent_of_its_own_calls(passlock_emulator: Emulator, collected: Collected) -> None:
    client = passlock.AsyncPasslock()
    user = passlock_emulator.add_user()

    async def serve(name: str) -> None:
        with collected.tracer.start_as_current_span(name):
            await asyncio.gather(client.get_user(user.sub), client.get_user(user.sub))

    async def main() -> None:
        # The loop's first call is nobody's.
        await client.get_user(user.sub)
        await asyncio.gather(serve("one"), serve("two"))

    asyncio.run(main())
    spans = collected.spans()
    by_id = {id_of(span): span for span in spans}
    calls = [span for span in spans if span.name == "get_user"]
    assert parent_of(calls[0]) is None
    parents = sorted(by_id[parent_of(call) or 0].name for call in calls[1:])
    assert parents == ["one", "one", "two", "two"]
    assert all(by_id[parent_of(span) or 0].name == "get_user" for span in spans if span.name == GET)


def test_a_call_that_is_not_sampled_costs_what_it_does_without(
    either: Either, passlock_emulator: Emulator, collect: Any
) -> None:
    collected = collect(sampler=ALWAYS_OFF)
    user = passlock_emulator.add_user()
    assert observer("get_user") is None
    assert either.get_user(user.sub) == user
    assert either.get_user_with_info(user.sub)[1].attempts == 1
    assert collected.spans() == []


class Unruly(SpanProcessor):
    def __init__(self, *moments: str) -> None:
        self.moments = moments

    def on_start(self, *_: Any, **__: Any) -> None:
        if "start" in self.moments:
            raise LookupError("a processor's mistake")

    def on_end(self, *_: Any) -> None:
        if "end" in self.moments:
            raise LookupError("a processor's mistake")


class UnrulySampler(Sampler):
    def should_sample(self, *_: Any, **__: Any) -> Any:
        raise LookupError("a sampler's mistake")

    def get_description(self) -> str:
        return "unruly"


@pytest.mark.parametrize("moment", ["start", "end", "sample"])
def test_a_mistake_of_the_application_costs_no_call_its_result(
    either: Either, passlock_emulator: Emulator, collect: Any, ignored: list[Any], moment: str
) -> None:
    collected = collect(sampler=UnrulySampler()) if moment == "sample" else collect()
    collected.provider.add_span_processor(Unruly(moment))
    user = passlock_emulator.add_user()
    assert either.exchange_token(passlock_emulator.issue_token(user.sub)).sub == user.sub
    with pytest.raises(passlock.NotFoundError):
        either.get_user("nobody")
    assert ignored == [LookupError] * 2


def test_a_provider_that_is_set_late_gets_the_spans(either: Either, collect: Any) -> None:
    early = collect()
    either.warm_up()
    late = collect()
    either.warm_up()
    either.warm_up()
    assert (len(early.names()), len(late.names())) == (2, 4)


def test_an_import_under_way_in_another_thread_harms_no_call(
    either: Either, monkeypatch: pytest.MonkeyPatch, ignored: list[Any]
) -> None:
    for unfinished in (types.ModuleType("opentelemetry.trace"), None):
        monkeypatch.setitem(sys.modules, "opentelemetry.trace", unfinished)
        assert either.warm_up() is None
    assert ignored == []


def test_without_an_application_that_collects_spans_nothing_is_made(passlock_emulator: Emulator) -> None:
    script = """
        import sys
        import passlock
        from passlock._observe import observer
        client = passlock.Passlock()
        client.warm_up()
        print(any("opentelemetry" in name for name in sys.modules), "passlock._spans" in sys.modules)
        # Its API alone, as libraries import it.
        import opentelemetry.trace
        client.warm_up()
        print(observer("warm_up"))
    """
    done = run_script(script)
    assert (done.stdout, done.returncode) == ("False False\nNone\n", 0), done.stderr
    assert len(passlock_emulator.journal()) == 2
