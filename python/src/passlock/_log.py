"""Logging, under the name ``passlock``. It costs next to nothing when it is off, and logs no secrets."""

from __future__ import annotations

import sys

from passlock import _types  # noqa: TC001 - whoever evaluates the annotations needs it

_DEBUG = 10
_logger: _types.Logger | None = None


def listener() -> _types.Logger | None:
    """Give the logger, or ``None`` when nobody listens."""
    global _logger  # noqa: PLW0603 - found once, when the application has set logging up
    if _logger is None:
        # Where nobody has imported it, nobody listens, and the import is spared.
        logging = sys.modules.get("logging")
        if logging is None or not hasattr(logging, "getLogger"):
            return None
        _logger = logging.getLogger("passlock")
    return _logger if _logger.isEnabledFor(_DEBUG) else None


def log(logger: _types.Logger, operation: str, error: _types.PasslockError | None, info: _types.CallInfo) -> None:
    """Write the line of a call."""
    logger.debug(
        "%s: %s after %.1f ms, attempts=%d status=%s request_id=%s",
        operation,
        "ok" if error is None else error.kind,
        info.elapsed * 1000,
        info.attempts,
        info.status,
        info.request_id,
    )
