"""Logging, under the name ``passlock``. It costs next to nothing when it is off, and logs no secrets."""

from __future__ import annotations

import sys
from time import perf_counter

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations

_DEBUG = 10
_logger: _types.Logger | None = None


def reporter(operation: str) -> _types.Report | None:
    """Return what to call at the end of a call, or ``None`` if nobody listens."""
    global _logger  # noqa: PLW0603 - found once, when the application has set logging up
    if _logger is None:
        # Where nobody has imported it, nobody listens, and the import is spared.
        logging = sys.modules.get("logging")
        if logging is None or not hasattr(logging, "getLogger"):
            return None
        _logger = logging.getLogger("passlock")
    if not _logger.isEnabledFor(_DEBUG):
        return None
    logger, started = _logger, perf_counter()

    def report(attempts: int, status: int | None, request_id: str | None, kind: str | None) -> None:
        milliseconds = (perf_counter() - started) * 1000
        logger.debug(
            "%s: %s after %.1f ms, attempts=%d status=%s request_id=%s",
            operation,
            kind or "ok",
            milliseconds,
            attempts,
            status,
            request_id,
        )

    return report
