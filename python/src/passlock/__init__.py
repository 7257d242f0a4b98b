"""Verify passkey logins on your server: the Passlock REST API, sync and async.

>>> from passlock import Passlock
>>> client = Passlock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
>>> client.exchange_token(token).sub
'user-1'

:class:`Passlock` is for synchronous code, :class:`AsyncPasslock` for asyncio. Both have the same methods. Every failure
raises a :class:`PasslockError`.
"""

from __future__ import annotations

from passlock._async_client import AsyncPasslock
from passlock._client import Passlock
from passlock._errors import (
    CLASSES,
    ApiError,
    BadRequestError,
    ClaimsError,
    ConfigError,
    ForbiddenError,
    InternalError,
    InvalidInputError,
    NotFoundError,
    PasslockConnectionError,
    PasslockError,
    PasslockTimeoutError,
    ProtocolError,
    RateLimitedError,
    ServerError,
    UnauthorizedError,
)
from passlock._passlock import VERSION, CallInfo, Principal, User

__version__ = VERSION

AUTH_TYPE_PASSKEY = "passkey"
AUTH_TYPE_EMAIL = "email"
AUTH_TYPE_APPLE = "apple"
AUTH_TYPE_GOOGLE = "google"

DEFAULT_ENDPOINT = "https://api.passlock.dev"
"""The API's documented endpoint."""
V1_ENDPOINT = "https://api.v1.passlock.dev"
"""Where Passlock version 1 tenancies have been served since November 2025."""

# Tracebacks, documentation and pickles name the module that users import them from.
for _public in (Passlock, AsyncPasslock, PasslockError, ApiError, *CLASSES.values()):
    _public.__module__ = __name__
del _public

__all__ = [
    "AUTH_TYPE_APPLE",
    "AUTH_TYPE_EMAIL",
    "AUTH_TYPE_GOOGLE",
    "AUTH_TYPE_PASSKEY",
    "DEFAULT_ENDPOINT",
    "V1_ENDPOINT",
    "ApiError",
    "AsyncPasslock",
    "BadRequestError",
    "CallInfo",
    "ClaimsError",
    "ConfigError",
    "ForbiddenError",
    "InternalError",
    "InvalidInputError",
    "NotFoundError",
    "Passlock",
    "PasslockConnectionError",
    "PasslockError",
    "PasslockTimeoutError",
    "Principal",
    "ProtocolError",
    "RateLimitedError",
    "ServerError",
    "UnauthorizedError",
    "User",
    "__version__",
]
