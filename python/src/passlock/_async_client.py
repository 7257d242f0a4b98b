"""The client for asynchronous code."""

from __future__ import annotations

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._base import BaseClient
from passlock._log import reporter


class AsyncPasslock(BaseClient):
    """A client for the Passlock REST API, for asyncio.

    One client serves a whole program: any number of tasks, threads and event loops, one after another or at once, and
    processes forked from it. Cancelling a task, or ``asyncio.timeout``, ends its request at once.

    >>> client = AsyncPasslock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
    >>> (await client.exchange_token(token)).sub
    'user-1'

    All settings are keywords; ``__init__`` describes them.
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
        issuer: str | None = None,
        require_user_verified: bool | None = None,
        auth_types: _types.Iterable[str] | None = None,
    ) -> _types.Principal:
        """Exchange the token that a browser sent for its principal.

        The keywords are the client's settings, for this call only.

        >>> principal = await client.exchange_token(token, timeout=5)
        >>> principal.auth_type
        'passkey'

        Raises :class:`NotFoundError` for a token that is unknown or expired, :class:`ClaimsError` for one that is not
        for this tenancy or not valid now, and every other :class:`PasslockError`.
        """
        options = {
            "timeout": timeout,
            "issuer": issuer,
            "require_user_verified": require_user_verified,
            "auth_types": auth_types,
        }
        principal: _types.Principal = await self._run(
            self._client.begin, reporter("exchange_token"), "exchange_token", token, options
        )
        return principal

    async def get_user(self, sub: str, *, timeout: _types.Seconds | None = None) -> _types.User:
        """Read a user by its id.

        >>> (await client.get_user("user-1")).email
        'ada@example.com'

        Raises :class:`NotFoundError` for an unknown user, and every other :class:`PasslockError`.
        """
        options = {"timeout": timeout}
        user: _types.User = await self._run(self._client.begin, reporter("get_user"), "get_user", sub, options)
        return user

    async def update_user(
        self,
        sub: str,
        *,
        given_name: str | None = None,
        family_name: str | None = None,
        email_verified: bool | None = None,
        timeout: _types.Seconds | None = None,
        **unknown: _types.Unknown,
    ) -> _types.User:
        """Update a user and return the updated record.

        ``None`` leaves a field unchanged; an empty string is sent as such. The email can't be changed: it is the
        passkey's user name on the user's device.

        >>> (await client.update_user("user-1", given_name="Ada")).given_name
        'Ada'

        Raises :class:`NotFoundError` for an unknown user, :class:`InvalidInputError` for an update without a field or
        with an unknown one, and every other :class:`PasslockError`. ``error.applied`` says whether the change was made
        although the call failed.
        """
        fields = {"given_name": given_name, "family_name": family_name, "email_verified": email_verified, **unknown}
        options = {"timeout": timeout}
        user: _types.User = await self._run(
            self._client.begin, reporter("update_user"), "update_user", sub, options, fields
        )
        return user

    async def aclose(self) -> None:
        """Close the client like :meth:`close`, for code that awaits it."""
        self.close()

    async def __aenter__(self) -> _types.Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: object,
    ) -> None:
        self.close()
