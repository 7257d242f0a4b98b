"""Reports how a call went to the log, to OpenTelemetry, and to callers that ask for its ``CallInfo``.

The report is made when the call has ended, in the caller's own thread, task and context. It contains no secrets, and an
exception in it never fails the call. Where nobody listens, it costs next to nothing.
"""

from __future__ import annotations

import sys

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._passlock import ignore

_DEBUG = 10
_modules = sys.modules
_logger: _types.Logger | None = None
_begin: _types.Callable[[str], _types.CallSpan | None] | None = None


def observer(operation: str) -> Observer | None:
    """Return the observer of a call that begins now, or ``None`` if nobody listens."""
    logger = _logger or _find_logger()
    if logger is not None and not logger.isEnabledFor(_DEBUG):
        logger = None
    # Where nobody has imported it, nobody collects spans.
    span = _safely(_span, operation) if "opentelemetry.trace" in _modules else None
    return None if logger is None and span is None else Observer(operation, logger, span)


def observer_for_info(operation: str) -> Observer:
    """Return the observer of a call whose caller asks for its ``CallInfo``."""
    return observer(operation) or Observer(operation, None, None)


def run(observer: Observer, observe: _types.Callable[..., _types.Finished], *arguments: object) -> _types.Any:
    """Make a call that is observed, blocking."""
    try:
        succeeded, value, report = observe(observer.wants_attempts, *arguments)
    except BaseException as error:
        observer.dropped(error)
        raise
    finally:
        del arguments
    observer.ended(None if succeeded else value, report)
    if succeeded:
        return value
    try:
        raise value
    finally:
        # Its traceback refers to this frame.
        del value


class Observer:
    """Reports how one call went."""

    __slots__ = ("_logger", "_operation", "_span", "info", "wants_attempts")

    info: _types.CallInfo
    """How the call went, once it has ended."""
    wants_attempts: bool
    """Whether each attempt is reported, too."""

    def __init__(self, operation: str, logger: _types.Logger | None, span: _types.CallSpan | None) -> None:
        self._operation, self._logger, self._span = operation, logger, span
        self.wants_attempts = span is not None

    def ended(self, error: _types.PasslockError | None, report: _types.Report | None) -> None:
        """Report a call that succeeded or failed."""
        if report is None:
            return
        self.info, attempts, server = report
        if self._logger is not None:
            _safely(_log, self._logger, self._operation, error, self.info)
        if self._span is not None:
            _safely(self._span.end, error, self.info, attempts, server)

    def dropped(self, error: BaseException) -> None:
        """Report a call that was refused before it began, cancelled or interrupted."""
        if self._span is not None:
            _safely(self._span.drop, error)


def _find_logger() -> _types.Logger | None:
    """Return the logger named ``passlock``, or ``None`` where nobody has imported logging: then nobody listens."""
    global _logger  # noqa: PLW0603 - found once, when the application has set logging up
    logging = _modules.get("logging")
    if logging is not None and hasattr(logging, "getLogger"):
        _logger = logging.getLogger("passlock")
    return _logger


def _log(logger: _types.Logger, operation: str, error: _types.PasslockError | None, info: _types.CallInfo) -> None:
    logger.debug(
        "%s: %s after %.1f ms, attempts=%d status=%s request_id=%s",
        operation,
        "ok" if error is None else error.kind,
        info.elapsed * 1000,
        info.attempts,
        info.status,
        info.request_id,
    )


def _span(operation: str) -> _types.CallSpan | None:
    global _begin  # noqa: PLW0603 - imported once, and only where somebody may collect spans
    if _begin is None:
        from passlock._spans import begin  # noqa: PLC0415

        _begin = begin
    return _begin(operation)


def _safely(report: _types.Callable[..., _types.Any], *arguments: object) -> _types.Any:
    """Call code of the application: a log filter, a sampler, a span processor."""
    try:
        return report(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        ignore(error, report)
        return None
