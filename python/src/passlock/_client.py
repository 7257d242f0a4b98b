"""The client for synchronous code."""

from __future__ import annotations

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._base import BaseClient
from passlock._observe import observer, observer_for_info, run
from passlock._update import refuse_unknown


class Passlock(BaseClient):
    """A client for the Passlock REST API, for synchronous code.

    One client serves a whole program: any number of threads, and processes forked from it (with a limit on macOS: see
    the README).

    >>> client = Passlock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
    >>> client.exchange_token(token).sub
    'user-1'

    All settings are keyword arguments; ``__init__`` describes them.
    """

    def exchange_token(
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

        >>> principal = client.exchange_token(token, timeout=5)
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
            principal: _types.Principal = self._call("exchange_token", token, options)
        finally:
            del token
        return principal

    def exchange_token_with_info(
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

        >>> principal, info = client.exchange_token_with_info(token)
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
            return self._call_with_info("exchange_token", token, options)
        finally:
            del token

    def get_user(
        self, sub: str, *, timeout: _types.Seconds | None = None, max_retries: int | None = None
    ) -> _types.User:
        """Read a user by id.

        The keyword arguments override the client's settings for this call. ``timeout`` is in seconds, or a
        ``timedelta``.

        >>> client.get_user("user-1").email
        'ada@example.com'

        Raises :class:`NotFoundError` for an unknown user, or another :class:`PasslockError`.
        """
        user: _types.User = self._call("get_user", sub, {"timeout": timeout, "max_retries": max_retries})
        return user

    def get_user_with_info(
        self, sub: str, *, timeout: _types.Seconds | None = None, max_retries: int | None = None
    ) -> tuple[_types.User, _types.CallInfo]:
        """Read a user like :meth:`get_user`, and also return details of the call.

        >>> user, info = client.get_user_with_info("user-1")
        >>> info.attempts, info.status
        (1, 200)
        """
        return self._call_with_info("get_user", sub, {"timeout": timeout, "max_retries": max_retries})

    @refuse_unknown
    def update_user(
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

        >>> client.update_user("user-1", given_name="Ada").given_name
        'Ada'

        Raises :class:`NotFoundError` for an unknown user, :class:`InvalidInputError` for an update with no fields or
        with an unknown one, or another :class:`PasslockError`. ``error.applied`` says whether the update was accepted
        even though the call failed.
        """
        fields = {"given_name": given_name, "family_name": family_name, "email_verified": email_verified}
        options = {"timeout": timeout, "max_retries": max_retries}
        user: _types.User = self._call("update_user", sub, options, fields)
        return user

    @refuse_unknown
    def update_user_with_info(
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

        >>> user, info = client.update_user_with_info("user-1", given_name="Ada")
        >>> info.attempts, info.status
        (1, 200)
        """
        fields = {"given_name": given_name, "family_name": family_name, "email_verified": email_verified}
        options = {"timeout": timeout, "max_retries": max_retries}
        return self._call_with_info("update_user", sub, options, fields)

    def warm_up(self, *, timeout: _types.Seconds | None = None, max_retries: int | None = None) -> None:
        """Open a connection in advance (DNS, TCP and TLS), so that the next call costs one round trip.

        Call it when a server starts, or outside the handler of a serverless function. It sends no API key, and any
        response will do. The keyword arguments override the client's settings for this call. ``timeout`` is in seconds,
        or a ``timedelta``.

        >>> client.warm_up()

        Raises :class:`PasslockConnectionError` or :class:`PasslockTimeoutError` when no connection can be opened, and
        :class:`ProtocolError` for a response that is not HTTP or too large.
        """
        self._call("warm_up", "", {"timeout": timeout, "max_retries": max_retries})

    def _call(
        self,
        operation: str,
        argument: str,
        options: dict[str, _types.Any],
        fields: dict[str, _types.Any] | None = None,
    ) -> _types.Any:
        try:
            observed = observer(operation)
            if observed is None:
                return self._client.call(operation, argument, options, fields)
            return run(observed, self._client.observe, operation, argument, options, fields)
        finally:
            del argument

    def _call_with_info(self, operation: str, *arguments: _types.Any) -> tuple[_types.Any, _types.CallInfo]:
        try:
            observed = observer_for_info(operation)
            return run(observed, self._client.observe, operation, *arguments), observed.info
        finally:
            del arguments

    def __enter__(self) -> _types.Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: object,
    ) -> None:
        self.close()
