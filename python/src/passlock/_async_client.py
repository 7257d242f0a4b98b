"""The client for asynchronous code."""

from __future__ import annotations

from passlock._log import reporter
from passlock._settings import open_client, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import NoReturn

    from typing_extensions import Self

    from passlock._bridge import run
    from passlock._passlock import Principal, User
    from passlock._settings import Seconds
else:

    def run(*arguments: object) -> object:
        """Import asyncio when the first call is made: programs without it are spared the time."""
        global run  # noqa: PLW0603 - replaces itself
        from passlock._bridge import run  # noqa: PLC0415

        return run(*arguments)


class AsyncPasslock:
    """A client for the Passlock REST API, for asyncio.

    One client serves a whole program: any number of tasks, threads and event loops, one after another or at once, and
    processes forked from it. Cancelling a task, or ``asyncio.timeout``, ends its request at once.

    >>> client = AsyncPasslock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
    >>> (await client.exchange_token(token)).sub
    'user-1'

    The settings are those of :class:`Passlock`.
    """

    __slots__ = ("__weakref__", "_client")

    def __init__(
        self,
        *,
        tenancy_id: str | None = None,
        api_key: str | None = None,
        endpoint: str | None = None,
        allow_http: bool | None = None,
        timeout: Seconds | None = None,
        attempt_timeout: Seconds | None = None,
        connect_timeout: Seconds | None = None,
        max_retries: int | None = None,
        max_response_bytes: int | None = None,
        proxy: str | None = None,
        ca_certificates: str | bytes | None = None,
        leeway: Seconds | None = None,
        verify_claims: bool | None = None,
        issuer: str | None = None,
        require_user_verified: bool | None = None,
        auth_types: Iterable[str] | None = None,
        _fixed_now: float | None = None,
    ) -> None:
        self._client = open_client(
            {
                "tenancy_id": tenancy_id,
                "api_key": api_key,
                "endpoint": endpoint,
                "allow_http": allow_http,
                "timeout": timeout,
                "attempt_timeout": attempt_timeout,
                "connect_timeout": connect_timeout,
                "max_retries": max_retries,
                "max_response_bytes": max_response_bytes,
                "proxy": proxy,
                "ca_certificates": ca_certificates,
                "leeway": leeway,
                "verify_claims": verify_claims,
                "issuer": issuer,
                "require_user_verified": require_user_verified,
                "auth_types": auth_types,
                "fixed_now": _fixed_now,
            }
        )

    async def exchange_token(
        self,
        token: str,
        *,
        timeout: Seconds | None = None,
        issuer: str | None = None,
        require_user_verified: bool | None = None,
        auth_types: Iterable[str] | None = None,
    ) -> Principal:
        """Exchange the token that a browser sent for the principal it stands for.

        The keywords are the client's settings, for this call alone.

        >>> principal = await client.exchange_token(token, timeout=5)
        >>> principal.auth_type
        'passkey'

        Raises :class:`NotFoundError` for a token that is unknown or expired, :class:`ClaimsError` for one that is not
        for this tenancy or not valid now, and every other :class:`PasslockError`.
        """
        settings = None
        if timeout is not None or issuer is not None or require_user_verified is not None or auth_types is not None:
            settings = (timeout, issuer, require_user_verified, auth_types)
        principal: Principal = await run(self._client.start_exchange_token, reporter("exchange_token"), token, settings)
        return principal

    async def get_user(
        self,
        sub: str,
        *,
        timeout: Seconds | None = None,
    ) -> User:
        """Read a user by its id.

        >>> (await client.get_user("user-1")).email
        'ada@example.com'

        Raises :class:`NotFoundError` for an unknown user, and every other :class:`PasslockError`.
        """
        settings = None if timeout is None else (timeout, None, None, None)
        user: User = await run(self._client.start_get_user, reporter("get_user"), sub, settings)
        return user

    async def update_user(
        self,
        sub: str,
        *,
        given_name: str | None = None,
        family_name: str | None = None,
        email_verified: bool | None = None,
        timeout: Seconds | None = None,
        **unknown: NoReturn,
    ) -> User:
        """Change a user, and give the user as it stands then.

        ``None`` leaves a field as it is; an empty string is sent as one. The email can't be changed: it is the
        passkey's user name on the user's device.

        >>> (await client.update_user("user-1", given_name="Ada")).given_name
        'Ada'

        Raises :class:`NotFoundError` for an unknown user, :class:`InvalidInputError` for an update without a field or
        with one that there is not, and every other :class:`PasslockError`. ``error.applied`` tells whether the change
        was made although the call failed.
        """
        settings = None if timeout is None else (timeout, None, None, None)
        user: User = await run(
            self._client.start_update_user,
            reporter("update_user"),
            sub,
            given_name,
            family_name,
            email_verified,
            next(iter(unknown), None),
            settings,
        )
        return user

    def close(self) -> None:
        """Close the client at once: calls in flight finish, idle connections close, later calls are refused.

        Closing again does nothing. A client that is dropped need not be closed.
        """
        self._client.close()

    async def aclose(self) -> None:
        """Do the same as :meth:`close`, for those who expect to await it."""
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return shown(type(self), self._client)
