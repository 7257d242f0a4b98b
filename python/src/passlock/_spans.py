"""Spans for OpenTelemetry, with its names for HTTP: one for each call, and in it one for each attempt.

Nothing here imports OpenTelemetry: this is used where the application has imported it.
"""

from __future__ import annotations

import sys
from time import time_ns

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._errors import PasslockError
from passlock._passlock import VERSION

# The last provider, and its tracer.
_last: tuple[object, _types.Any] = (None, None)


def begin(operation: str) -> CallSpan | None:
    """Begin the span of a call in the current context, or return ``None`` if it is not recorded."""
    trace = sys.modules["opentelemetry.trace"]
    # Incomplete while another thread imports it.
    if not hasattr(trace, "get_tracer_provider"):
        return None
    provider = trace.get_tracer_provider()
    # No provider is set: a library has imported the API, and nobody collects spans.
    if isinstance(provider, trace.ProxyTracerProvider):
        return None
    started = time_ns()
    tracer = _tracer(provider)
    span = tracer.start_span(operation, start_time=started, attributes={"passlock.operation": operation})
    return CallSpan(trace, tracer, span, started) if span.is_recording() else None


def _tracer(provider: _types.Any) -> _types.Any:
    global _last  # noqa: PLW0603 - an application sets its provider once, tests set several
    known, tracer = _last
    if provider is not known:
        tracer = provider.get_tracer("passlock", VERSION)
        _last = (provider, tracer)
    return tracer


class CallSpan:
    """The span of a call. The spans of its attempts are created when it ends, with the times at which they happened."""

    __slots__ = ("_span", "_started", "_trace", "_tracer")

    def __init__(self, trace: _types.Any, tracer: _types.Any, span: _types.Any, started: int) -> None:
        self._trace, self._tracer, self._span, self._started = trace, tracer, span, started

    def end(
        self,
        error: PasslockError | None,
        info: _types.CallInfo,
        attempts: list[_types.Attempt],
        server: tuple[str, int],
    ) -> None:
        """End the span of a call that succeeded or failed."""
        span, trace = self._span, self._trace
        try:
            context = trace.set_span_in_context(span)
            for attempt in attempts:
                self._attempt(context, server, *attempt)
            span.set_attribute("passlock.attempts", info.attempts)
            if info.request_id is not None:
                span.set_attribute("passlock.request_id", info.request_id)
        finally:
            self._end(None if error is None else error.kind, self._started + round(info.elapsed * 1e9))

    def drop(self, error: BaseException) -> None:
        """End the span of a call that was refused before it began, cancelled or interrupted."""
        self._end(error.kind if isinstance(error, PasslockError) else type(error).__qualname__, time_ns())

    def _end(self, error_type: str | None, ended: int) -> None:
        try:
            if error_type is not None:
                _fail(self._trace, self._span, error_type)
        finally:
            self._span.end(end_time=ended)

    def _attempt(
        self,
        context: object,
        server: tuple[str, int],
        method: str,
        route: str,
        resends: int,
        begun: int,
        ended: int,
        status: int | None,
        error_type: str | None,
    ) -> None:
        address, port = server
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "url.template": route,
            "server.address": address,
            "server.port": port,
        }
        if resends:
            attributes["http.request.resend_count"] = resends
        if status is not None:
            attributes["http.response.status_code"] = status
        span = self._tracer.start_span(
            f"{method} {route}",
            context=context,
            kind=self._trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=self._started + begun,
        )
        try:
            if error_type is not None:
                _fail(self._trace, span, error_type)
        finally:
            span.end(end_time=self._started + ended)


def _fail(trace: _types.Any, span: _types.Any, error_type: str) -> None:
    span.set_attribute("error.type", error_type)
    span.set_status(trace.Status(trace.StatusCode.ERROR))
