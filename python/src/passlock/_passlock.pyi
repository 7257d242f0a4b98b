"""The native part. `stubtest` checks this file against it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias, final

__all__ = [
    "CLAIMS",
    "ERROR_KINDS",
    "HINTS",
    "LIMITS",
    "OPERATIONS",
    "VARIABLES",
    "VERSION",
    "CallInfo",
    "Client",
    "Principal",
    "Queue",
    "User",
    "ignore",
    "suggested",
]

VERSION: str
ERROR_KINDS: tuple[str, ...]
OPERATIONS: tuple[str, ...]
LIMITS: tuple[str, ...]
CLAIMS: tuple[str, ...]
HINTS: tuple[str, ...]
VARIABLES: tuple[str, ...]

def suggested(kind: str, operation: str | None, tag: str | None, hint: str | None) -> tuple[int, bool]:
    """The status to return for an error that Python code raises, and whether it refuses a login."""

def ignore(error: BaseException, origin: object) -> None:
    """Reports an exception that must not fail a call, through `sys.unraisablehook`."""

# An attempt: method, route, how many times it had been sent before, start and end in nanoseconds since the call began,
# status, and OpenTelemetry's error type.
_Attempt: TypeAlias = tuple[str, str, int, int, int, int | None, str | None]
# Whether it succeeded, value or exception, how it went.
_Finished: TypeAlias = tuple[bool, Any, tuple[CallInfo, list[_Attempt], tuple[str, int]] | None]

@final
class Principal:
    """A user who has just logged in, as asserted by Passlock.

    ``token`` and ``jti`` are credentials: ``repr`` hides them. Reading the fields reveals them, and so do pickling,
    ``to_dict`` and pydantic. Times are aware datetimes in UTC.
    """

    __match_args__: tuple[
        Literal["iss"],
        Literal["aud"],
        Literal["sub"],
        Literal["iat"],
        Literal["nbf"],
        Literal["exp"],
        Literal["jti"],
        Literal["token"],
        Literal["user_verified"],
        Literal["auth_type"],
        Literal["auth_id"],
        Literal["given_name"],
        Literal["family_name"],
        Literal["email"],
        Literal["email_verified"],
    ] = (
        "iss",
        "aud",
        "sub",
        "iat",
        "nbf",
        "exp",
        "jti",
        "token",
        "user_verified",
        "auth_type",
        "auth_id",
        "given_name",
        "family_name",
        "email",
        "email_verified",
    )
    @property
    def iss(self) -> str:
        """Issuer: Passlock."""
    @property
    def aud(self) -> str:
        """Audience: the tenancy id."""
    @property
    def sub(self) -> str:
        """The user's id."""
    @property
    def iat(self) -> datetime:
        """When the token was issued."""
    @property
    def nbf(self) -> datetime:
        """Not valid before this time."""
    @property
    def exp(self) -> datetime:
        """Expires at this time."""
    @property
    def jti(self) -> str:
        """The token's id: a secret."""
    @property
    def token(self) -> str:
        """The token: a secret."""
    @property
    def user_verified(self) -> bool:
        """Whether the authenticator verified the user, by biometrics or a PIN."""
    @property
    def auth_type(self) -> str:
        """How the user logged in, such as ``AUTH_TYPE_PASSKEY``. Other values may occur."""
    @property
    def auth_id(self) -> str:
        """The authenticator's id."""
    @property
    def given_name(self) -> str | None:
        """Given name."""
    @property
    def family_name(self) -> str | None:
        """Family name."""
    @property
    def email(self) -> str | None:
        """Email address."""
    @property
    def email_verified(self) -> bool | None:
        """Whether the email address is verified; ``None`` if the API does not say."""
    def __new__(
        cls,
        *,
        iss: str,
        aud: str,
        sub: str,
        iat: datetime,
        nbf: datetime,
        exp: datetime,
        jti: str,
        token: str,
        user_verified: bool,
        auth_type: str,
        auth_id: str,
        given_name: str | None = None,
        family_name: str | None = None,
        email: str | None = None,
        email_verified: bool | None = None,
    ) -> Principal: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def to_dict(self) -> dict[str, Any]:
        """All fields by their names, including those that `repr` hides."""
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """How pydantic, and therefore FastAPI, reads and writes one."""
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    def __replace__(self, **changes: Any) -> Principal:
        """A copy with different values for some fields; what `copy.replace` calls."""

@final
class User:
    """A user, as the service returns it."""

    __match_args__: tuple[
        Literal["sub"],
        Literal["email"],
        Literal["given_name"],
        Literal["family_name"],
        Literal["email_verified"],
    ] = ("sub", "email", "given_name", "family_name", "email_verified")
    @property
    def sub(self) -> str:
        """The user's id."""
    @property
    def email(self) -> str:
        """Email address: the passkey's user name on the device, so it can't be changed."""
    @property
    def given_name(self) -> str | None:
        """Given name."""
    @property
    def family_name(self) -> str | None:
        """Family name."""
    @property
    def email_verified(self) -> bool:
        """Whether the email address is verified; ``False`` if the API does not say."""
    def __new__(
        cls,
        *,
        sub: str,
        email: str,
        given_name: str | None = None,
        family_name: str | None = None,
        email_verified: bool = False,
    ) -> User: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def to_dict(self) -> dict[str, Any]:
        """All fields by their names, including those that `repr` hides."""
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """How pydantic, and therefore FastAPI, reads and writes one."""
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    def __replace__(self, **changes: Any) -> User:
        """A copy with different values for some fields; what `copy.replace` calls."""

@final
class CallInfo:
    """How a call went."""

    __match_args__: tuple[
        Literal["attempts"],
        Literal["status"],
        Literal["request_id"],
        Literal["elapsed"],
    ] = ("attempts", "status", "request_id", "elapsed")
    @property
    def attempts(self) -> int:
        """How many requests were attempted."""
    @property
    def status(self) -> int | None:
        """The status of the last attempt's response; ``None`` if it had none."""
    @property
    def request_id(self) -> str | None:
        """The id that the service assigned to the last attempt, if it responded and the id is printable."""
    @property
    def elapsed(self) -> float:
        """How long the call took in seconds, retries and waits included."""
    def __new__(
        cls,
        *,
        attempts: int,
        status: int | None = None,
        request_id: str | None = None,
        elapsed: float,
    ) -> CallInfo: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def to_dict(self) -> dict[str, Any]:
        """All fields by their names, including those that `repr` hides."""
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """How pydantic, and therefore FastAPI, reads and writes one."""
    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    def __replace__(self, **changes: Any) -> CallInfo:
        """A copy with different values for some fields; what `copy.replace` calls."""

@final
class Client:
    """A client of either class."""

    def __new__(cls, settings: dict[str, object], environment: dict[str, str]) -> Client: ...
    @property
    def endpoint(self) -> str:
        """The endpoint's URL."""
    @property
    def tenancy_id(self) -> str:
        """The tenancy id."""
    def call(
        self,
        operation: str,
        argument: str,
        options: Mapping[str, object],
        fields: Mapping[str, object] | None = None,
    ) -> Any:
        """Makes a call, blocking. `fields` is what it changes."""
    def observe(
        self,
        attempts: bool,
        operation: str,
        argument: str,
        options: Mapping[str, object],
        fields: Mapping[str, object] | None = None,
    ) -> _Finished:
        """Makes a call that is observed, with or without its attempts. Returns its outcome and its report."""
    def begin(
        self,
        queue: Queue,
        key: int,
        attempts: bool | None,
        operation: str,
        argument: str,
        options: Mapping[str, object],
        fields: Mapping[str, object] | None = None,
    ) -> _Finished | None:
        """Begins a call: the outcome is returned at once, or will be in `queue` under `key`.

        `attempts` is `None` for a call that nobody observes.
        """
    def close(self) -> None:
        """Closes the client: calls in flight finish, later ones are refused."""

@final
class Queue:
    """The calls of one event loop."""

    def __new__(cls) -> Queue: ...
    def inherited(self) -> bool:
        """Whether it belongs to another process, from which this one was forked."""
    def fileno(self) -> int:
        """The descriptor for the loop to watch."""
    def take(self) -> list[tuple[int, _Finished]]:
        """Lets calls continue, and returns those that have ended: the key and the outcome of each."""
    def cancel(self, key: int) -> None:
        """Ends a call at once."""
    def wait(self) -> None:
        """Blocks until a call can continue: for loops that can't watch a pipe."""
    def wake(self) -> None:
        """Ends a `wait`."""
