"""The client for synchronous code."""

from __future__ import annotations

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._base import BaseClient
from passlock._log import reporter


class Passlock(BaseClient):
    """A client for the Passlock REST API, for synchronous code.

    One client serves a whole program: any number of threads, and processes forked from it.

    >>> client = Passlock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
    >>> client.exchange_token(token).sub
    'user-1'

    All settings are keywords; ``__init__`` describes them.
    """

    def exchange_token(
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

        >>> principal = client.exchange_token(token, timeout=5)
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
        principal: _types.Principal = self._client.call(reporter("exchange_token"), "exchange_token", token, options)
        return principal

    def get_user(self, sub: str, *, timeout: _types.Seconds | None = None) -> _types.User:
        """Read a user by its id.

        >>> client.get_user("user-1").email
        'ada@example.com'

        Raises :class:`NotFoundError` for an unknown user, and every other :class:`PasslockError`.
        """
        user: _types.User = self._client.call(reporter("get_user"), "get_user", sub, {"timeout": timeout})
        return user

    def update_user(
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

        >>> client.update_user("user-1", given_name="Ada").given_name
        'Ada'

        Raises :class:`NotFoundError` for an unknown user, :class:`InvalidInputError` for an update without a field or
        with an unknown one, and every other :class:`PasslockError`. ``error.applied`` says whether the change was made
        although the call failed.
        """
        fields = {"given_name": given_name, "family_name": family_name, "email_verified": email_verified, **unknown}
        options = {"timeout": timeout}
        user: _types.User = self._client.call(reporter("update_user"), "update_user", sub, options, fields)
        return user

    def __enter__(self) -> _types.Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: object,
    ) -> None:
        self.close()
