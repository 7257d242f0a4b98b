"""The client for asynchronous code."""

from __future__ import annotations

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._base import BaseClient
from passlock._observe import observer, observer_for_info
from passlock._update import refuse_unknown_async


class AsyncPasslock(BaseClient):
    """A client for the Passlock REST API, for asyncio.

    One client serves a whole program: any number of tasks, threads and event loops, one after another or at the same
    time, and processes forked from it (with a limit on macOS: see the README). Cancelling a task ends its request at
    once, as does ``asyncio.timeout``.

    >>> client = AsyncPasslock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
    >>> (await client.exchange_token(token)).sub
    'user-1'

    All settings are keyword arguments; ``__init__`` describes them.
    """

    def _prepare(self) -> None:
        # Not at the top: programs without asyncio are spared its import. Nor at the first call: an import opens files,
        # and there may be no descriptor for one.
        from passlock._bridge import run  # noqa: PLC0415

        self._run = run

    async def exchange_token(
        self,
        token: str,
        *,
        timeout: _types.Seconds | None = None,
        max_retries: int | None = None,
        issuer: str | None = None,
        require_user_verified: bool | None = None,
        auth_types: _types.Strings | None = None,
    ) -> _types.Principal:
        """Exchange a browser's token for its principal.

        The keyword arguments override the client's settings for this call. ``timeout`` is in seconds, or a
        ``timedelta``.

        >>> principal = await client.exchange_token(token, timeout=5)
        >>> principal.auth_type
        'passkey'

        Raises :class:`NotFoundError` for a token that is unknown or expired, :class:`ClaimsError` for one that is not
        for this tenancy or not valid now, or another :class:`PasslockError`.
        """
        options = {
            "timeout": timeout,
            "max_retries": max_retries,
            "issuer": issuer,
            "require_user_verified": require_user_verified,
            "auth_types": auth_types,
        }
        try:
            principal: _types.Principal = await self._call("exchange_token", token, options)
        finally:
            del token
        return principal

    async def exchange_token_with_info(
        self,
        token: str,
        *,
        timeout: _types.Seconds | None = None,
        max_retries: int | None = None,
        issuer: str | None = None,
        require_user_verified: bool | None = None,
        auth_types: _types.Strings | None = None,
    ) -> tuple[_types.Principal, _types.CallInfo]:
        """Exchange a token like :meth:`exchange_token`, and also return details of the call.

        >>> principal, info = await client.exchange_token_with_info(token)
        >>> info.attempts, info.status
        (1, 200)
        """
        options = {
            "timeout": timeout,
            "max_retries": max_retries,
            "issuer": issuer,
            "require_user_verified": require_user_verified,
            "auth_types": auth_types,
        }
        try:
            return await self._call_with_info("exchange_token", token, options)
        finally:
            del token

    async def get_user(
        self, sub: str, *, timeout: _types.Seconds | None = None, max_retries: int | None = None
    ) -> _types.User:
        """Read a user by id.

        The keyword arguments override the client's settings for this call. ``timeout`` is in seconds, or a
        ``timedelta``.

        >>> (await client.get_user("user-1")).email
        'ada@example.com'

        Raises :class:`NotFoundError` for an unknown user, or another :class:`PasslockError`.
        """
        user: _types.User = await self._call("get_user", sub, {"timeout": timeout, "max_retries": max_retries})
        return user

    async def get_user_with_info(
        self, sub: str, *, timeout: _types.Seconds | None = None, max_retries: int | None = None
    ) -> tuple[_types.User, _types.CallInfo]:
        """Read a user like :meth:`get_user`, and also return details of the call.

        >>> user, info = await client.get_user_with_info("user-1")
        >>> info.attempts, info.status
        (1, 200)
        """
        return await self._call_with_info("get_user", sub, {"timeout": timeout, "max_retries": max_retries})

    @refuse_unknown_async
    async def update_user(
        self,
        sub: str,
        *,
        given_name: str | None = None,
        family_name: str | None = None,
        email_verified: bool | None = None,
        timeout: _types.Seconds | None = None,
        max_retries: int | None = None,
    ) -> _types.User:
        """Update a user and return the updated record.

        ``None`` leaves a field unchanged; an empty string is sent as such. The email can't be changed: it is the
        passkey's user name on the user's device. ``timeout`` (in seconds, or a ``timedelta``) and ``max_retries``
        override the client's settings for this call.

        >>> (await client.update_user("user-1", given_name="Ada")).given_name
        'Ada'

        Raises :class:`NotFoundError` for an unknown user, :class:`InvalidInputError` for an update with no fields or
        with an unknown one, or another :class:`PasslockError`. ``error.applied`` says whether the update was accepted
        even though the call failed.
        """
        fields = {"given_name": given_name, "family_name": family_name, "email_verified": email_verified}
        options = {"timeout": timeout, "max_retries": max_retries}
        user: _types.User = await self._call("update_user", sub, options, fields)
        return user

    @refuse_unknown_async
    async def update_user_with_info(
        self,
        sub: str,
        *,
        given_name: str | None = None,
        family_name: str | None = None,
        email_verified: bool | None = None,
        timeout: _types.Seconds | None = None,
        max_retries: int | None = None,
    ) -> tuple[_types.User, _types.CallInfo]:
        """Update a user like :meth:`update_user`, and also return details of the call.

        >>> user, info = await client.update_user_with_info("user-1", given_name="Ada")
        >>> info.attempts, info.status
        (1, 200)
        """
        fields = {"given_name": given_name, "family_name": family_name, "email_verified": email_verified}
        options = {"timeout": timeout, "max_retries": max_retries}
        return await self._call_with_info("update_user", sub, options, fields)

    async def warm_up(self, *, timeout: _types.Seconds | None = None, max_retries: int | None = None) -> None:
        """Open a connection in advance (DNS, TCP and TLS), so that the next call costs one round trip.

        Call it when a server starts, or outside the handler of a serverless function. It sends no API key, and any
        response will do. The keyword arguments override the client's settings for this call. ``timeout`` is in seconds,
        or a ``timedelta``.

        >>> await client.warm_up()

        Raises :class:`PasslockConnectionError` or :class:`PasslockTimeoutError` when no connection can be opened, and
        :class:`ProtocolError` for a response that is not HTTP or too large.
        """
        await self._call("warm_up", "", {"timeout": timeout, "max_retries": max_retries})

    async def aclose(self) -> None:
        """Close the client like :meth:`close`, for code that awaits it."""
        self.close()

    def _call(self, operation: str, *arguments: _types.Any) -> _types.Coroutine[_types.Any, _types.Any, _types.Any]:
        try:
            return self._run(self._client.begin, observer(operation), operation, *arguments)
        finally:
            del arguments

    async def _call_with_info(self, operation: str, *arguments: _types.Any) -> tuple[_types.Any, _types.CallInfo]:
        try:
            observed = observer_for_info(operation)
            return await self._run(self._client.begin, observed, operation, *arguments), observed.info
        finally:
            del arguments

    async def __aenter__(self) -> _types.Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: object,
    ) -> None:
        self.close()
