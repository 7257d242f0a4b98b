"""The exceptions: one class for each of the thirteen kinds, in one tree."""

from __future__ import annotations

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._passlock import suggested


class PasslockError(Exception):
    """The base class of every error that a call can raise. No error ever contains the API key or a token.

    >>> try:
    ...     Passlock(tenancy_id="my-tenancy", api_key="")
    ... except PasslockError as error:
    ...     print(error.kind)
    config
    """

    kind: _types.ErrorKind = "protocol"
    """What went wrong, as one of thirteen codes, the same in every language."""
    message: str
    """One line for humans: what happened, and what to do. The same as ``str(error)``."""
    operation: _types.Operation | None
    """The operation that failed; ``None`` for ``warm_up``, and if no call was made."""
    status: int | None
    """The HTTP status of the last attempt's response; ``None`` if it had none."""
    tag: str | None
    """The API's own name for its error, verbatim."""
    detail: str | None
    """What the API says about its error: its ``detail``, or else its ``message``. At most 1 KiB of it."""
    request_id: str | None
    """The id that the service assigned to the request: quote it to Passlock's support."""
    retry_after: float | None
    """How long the service asks you to wait before another attempt, in seconds, counted from its response."""
    attempts: int
    """How many requests were attempted; 0 if the call was refused before the first."""
    retryable: bool
    """Whether the same call may succeed later and is safe to repeat, even when the SDK's own retries are used up."""
    limit: _types.Limit | None
    """The time limit that was exceeded, for a :class:`PasslockTimeoutError`."""
    claim: _types.Claim | None
    """The claim that failed its check, for a :class:`ClaimsError`."""
    hint: _types.Hint | None
    """A likely cause, if recognized."""
    applied: bool
    """Whether an update was accepted even though the call failed: the user was changed, but could not be read back.

    If this is false, an update that ended in ``timeout``, ``connection`` or ``server`` may have been made all the same.
    """
    cause: str | None
    """The cause as text, if another library reported one."""
    suggested_status: int
    """The HTTP status to return to your own caller, such as the browser that sent the token."""
    is_login_refused: bool
    """Whether the login itself was refused: the token is invalid, or its user is disabled."""

    def __init__(self, message: str = "", **fields: object) -> None:
        """Create an error for use in tests, with any of the fields, such as ``operation`` and ``status``."""
        super().__init__(message)
        self.message = message
        if "suggested_status" not in fields or "is_login_refused" not in fields:
            # Raised by Python code, such as an application's tests: by the same rule as those of the native part.
            operation: str | None = fields.get("operation")  # type: ignore[assignment]
            tag: str | None = fields.get("tag")  # type: ignore[assignment]
            hint: str | None = fields.get("hint")  # type: ignore[assignment]
            status, is_login_refused = suggested(self.kind, operation, tag, hint)
            fields = {"suggested_status": status, "is_login_refused": is_login_refused, **fields}
        for name, default in _FIELDS.items():
            setattr(self, name, fields.pop(name, default))
        if fields:
            raise TypeError(f"{type(self).__name__} has no field {next(iter(fields))!r}")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles all fields, including added ones."""
        return (_restore, (type(self), self.args), self.__dict__)


class ConfigError(PasslockError, ValueError):
    """A setting is missing or wrong, or the client is closed."""


class InvalidInputError(PasslockError, ValueError):
    """An argument was refused before anything was sent."""


class ApiError(PasslockError):
    """The API responded with an error."""


class UnauthorizedError(ApiError):
    """401: the API rejected the API key or the tenancy id."""


class ForbiddenError(ApiError):
    """403: the key lacks permission, or the key or the user is disabled."""


class NotFoundError(ApiError):
    """404: no such user, or a token that is unknown or expired."""


class RateLimitedError(ApiError):
    """429: too many requests. ``retry_after`` says how long to wait."""


class BadRequestError(ApiError):
    """Any other 4xx."""


class ServerError(ApiError):
    """5xx: the service failed."""


class PasslockTimeoutError(PasslockError, TimeoutError):
    """A time limit was exceeded; ``limit`` says which."""


class PasslockConnectionError(PasslockError, ConnectionError):
    """No connection, or it closed before the response was complete: DNS, refused, TLS, reset, cut off."""


class ProtocolError(PasslockError):
    """A response that can't be understood."""


class ClaimsError(PasslockError):
    """A well-formed principal that is not for this tenancy or not valid now; ``claim`` says which claim failed."""


class InternalError(PasslockError):
    """An internal error in the SDK: please report it as a bug."""


CLASSES: dict[_types.ErrorKind, type[PasslockError]] = {
    "config": ConfigError,
    "invalid_input": InvalidInputError,
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "not_found": NotFoundError,
    "rate_limited": RateLimitedError,
    "bad_request": BadRequestError,
    "server": ServerError,
    "timeout": PasslockTimeoutError,
    "connection": PasslockConnectionError,
    "protocol": ProtocolError,
    "claims": ClaimsError,
    "internal": InternalError,
}
for _kind, _class in CLASSES.items():
    _class.kind = _kind

_FIELDS: dict[str, object] = {
    "operation": None,
    "status": None,
    "tag": None,
    "detail": None,
    "request_id": None,
    "retry_after": None,
    "attempts": 0,
    "retryable": False,
    "limit": None,
    "claim": None,
    "hint": None,
    "applied": False,
    "cause": None,
    "suggested_status": 500,
    "is_login_refused": False,
}


def from_failure(fields: dict[str, object]) -> PasslockError:
    """Make the exception for a failed call from its known fields. The native part calls this."""
    kind: _types.ErrorKind = fields.pop("kind")  # type: ignore[assignment]
    message: str = fields.pop("message")  # type: ignore[assignment]
    return CLASSES[kind](message, **fields)


def _restore(cls: type[PasslockError], args: tuple[object, ...]) -> PasslockError:
    # Not by calling the class: a subclass may take other arguments.
    error = cls.__new__(cls)
    error.args = args
    return error
