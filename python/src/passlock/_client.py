"""The client for synchronous code."""

from __future__ import annotations

from passlock._log import reporter
from passlock._settings import open_client, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import NoReturn

    from typing_extensions import Self

    from passlock._passlock import Principal, User
    from passlock._settings import Seconds


class Passlock:
    """A client for the Passlock REST API, for synchronous code.

    One client serves a whole program: any number of threads, and processes forked from it.

    >>> client = Passlock()  # PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment
    >>> client.exchange_token(token).sub
    'user-1'

    All settings are keywords. What is not given comes from the environment, or is the default:

    * ``tenancy_id``, ``api_key``: the environment's ``PASSLOCK_TENANCY_ID`` and ``PASSLOCK_API_KEY``.
    * ``endpoint``: where the API is; the environment's ``PASSLOCK_ENDPOINT``, or ``https://api.passlock.dev``.
    * ``allow_http``: allow plain http to other hosts than this machine; off.
    * ``timeout``: the limit on the whole call, retries and waits included; 30 seconds. Times are seconds or a
      ``timedelta``.
    * ``attempt_timeout``: the limit on one attempt; 10 seconds.
    * ``connect_timeout``: the limit on opening a connection; 5 seconds.
    * ``max_retries``: how often an attempt is repeated at most, 0 to 10; 2.
    * ``max_response_bytes``: the largest answer that is read; 1 MiB.
    * ``proxy``: an http proxy; the environment's ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``.
    * ``ca_certificates``: PEM of certificate authorities to trust besides the platform's.
    * ``leeway``: how far clocks may differ when claims are checked; 60 seconds.
    * ``verify_claims``: whether a principal's claims are checked at all; on.
    * ``issuer``, ``require_user_verified``, ``auth_types``: further checks; any, off, any.

    A setting that is missing or wrong raises :class:`ConfigError`.
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

    def exchange_token(
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

        >>> principal = client.exchange_token(token, timeout=5)
        >>> principal.auth_type
        'passkey'

        Raises :class:`NotFoundError` for a token that is unknown or expired, :class:`ClaimsError` for one that is not
        for this tenancy or not valid now, and every other :class:`PasslockError`.
        """
        settings = None
        if timeout is not None or issuer is not None or require_user_verified is not None or auth_types is not None:
            settings = (timeout, issuer, require_user_verified, auth_types)
        return self._client.exchange_token(token, settings, reporter("exchange_token"))

    def get_user(self, sub: str, *, timeout: Seconds | None = None) -> User:
        """Read a user by its id.

        >>> client.get_user("user-1").email
        'ada@example.com'

        Raises :class:`NotFoundError` for an unknown user, and every other :class:`PasslockError`.
        """
        settings = None if timeout is None else (timeout, None, None, None)
        return self._client.get_user(sub, settings, reporter("get_user"))

    def update_user(
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

        >>> client.update_user("user-1", given_name="Ada").given_name
        'Ada'

        Raises :class:`NotFoundError` for an unknown user, :class:`InvalidInputError` for an update without a field or
        with one that there is not, and every other :class:`PasslockError`. ``error.applied`` tells whether the change
        was made although the call failed.
        """
        settings = None if timeout is None else (timeout, None, None, None)
        return self._client.update_user(
            sub,
            given_name,
            family_name,
            email_verified,
            next(iter(unknown), None),
            settings,
            reporter("update_user"),
        )

    def close(self) -> None:
        """Close the client at once: calls in flight finish, idle connections close, later calls are refused.

        Closing again does nothing. A client that is dropped need not be closed.
        """
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return shown(type(self), self._client)
