"""The types behind :mod:`passlock._types`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from logging import Logger
from typing import Any, Literal, TypeAlias, TypeVar

from passlock._errors import PasslockError
from passlock._observe import Observer
from passlock._passlock import CallInfo, Principal, User
from passlock._spans import CallSpan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Self

    # Not an iterator, which is empty once it has been read.
    Strings: TypeAlias = Collection[str]
else:
    # Python 3.10 has none, and this package depends on nothing.
    Self = Any
    if sys.version_info >= (3, 11):
        from typing import Self

    # pydantic knows no collection.
    Strings = Sequence[str] | AbstractSet[str]

Method = TypeVar("Method", bound=Callable[..., Any])
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

# An attempt: method, route, how many times it had been sent before, start and end in nanoseconds since the call began,
# status, and OpenTelemetry's error type.
Attempt: TypeAlias = tuple[str, str, int, int, int, int | None, str | None]
# How a call went, and the server's host and port.
Report: TypeAlias = tuple[CallInfo, list[Attempt], tuple[str, int]]
# Whether it succeeded, value or exception, how it went.
Finished: TypeAlias = tuple[bool, Any, Report | None]

__all__ = [
    "Any",
    "Attempt",
    "CallInfo",
    "CallSpan",
    "Callable",
    "Claim",
    "Coroutine",
    "ErrorKind",
    "Finished",
    "Hint",
    "Iterator",
    "Limit",
    "Logger",
    "Mapping",
    "Method",
    "Observer",
    "Operation",
    "PasslockError",
    "Principal",
    "Report",
    "Seconds",
    "Self",
    "Strings",
    "User",
    "datetime",
]
