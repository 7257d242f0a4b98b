"""The types behind :mod:`passlock._types`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from logging import Logger
from typing import Any, Literal, TypeAlias

from passlock._passlock import Principal, User

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from typing_extensions import Self

    # A keyword that there is not: nothing can be passed for it.
    Unknown: TypeAlias = NoReturn
else:
    # Python 3.10 has none, and this package depends on nothing.
    Self = Any
    if sys.version_info >= (3, 11):
        from typing import Self

    # Refused by its name when it is passed all the same. pydantic can't check what is never passed.
    Unknown = Any

Seconds: TypeAlias = float | timedelta
ErrorKind: TypeAlias = Literal[
    "config",
    "invalid_input",
    "unauthorized",
    "forbidden",
    "not_found",
    "rate_limited",
    "bad_request",
    "server",
    "timeout",
    "connection",
    "protocol",
    "claims",
    "internal",
]
Operation: TypeAlias = Literal["exchange_token", "get_user", "update_user"]
Limit: TypeAlias = Literal["timeout", "attempt_timeout", "connect_timeout"]
Claim: TypeAlias = Literal["aud", "iss", "nbf", "exp", "user_verified", "auth_type"]
Hint: TypeAlias = Literal["wrong_endpoint"]

# Of a call: attempts, status, request id, the kind of its error.
Summary: TypeAlias = tuple[int, int | None, str | None, str | None]
Report: TypeAlias = Callable[[int, int | None, str | None, str | None], None]
# Key, whether it succeeded, value or exception, what to log.
Finished: TypeAlias = tuple[int, bool, Any, Summary | None]

__all__ = [
    "Any",
    "Callable",
    "Claim",
    "ErrorKind",
    "Finished",
    "Hint",
    "Iterable",
    "Iterator",
    "Limit",
    "Logger",
    "Operation",
    "Principal",
    "Report",
    "Seconds",
    "Self",
    "Summary",
    "Unknown",
    "User",
    "datetime",
]
