"""What both clients share: settings, ``close`` and ``repr``.

Those who report errors may report the variables of each frame, too. So wherever this package holds the API key or a
token, a ``finally`` deletes it from the frame.
"""

from __future__ import annotations

import os
import sys

from passlock import _types  # noqa: TC001 - needed to evaluate the annotations
from passlock._errors import ConfigError
from passlock._passlock import VARIABLES, Client


class BaseClient:
    """What both client classes share."""

    def __init__(
        self,
        *,
        tenancy_id: str | None = None,
        api_key: str | None = None,
        endpoint: str | None = None,
        allow_http: bool | None = None,
        timeout: _types.Seconds | None = None,
        attempt_timeout: _types.Seconds | None = None,
        connect_timeout: _types.Seconds | None = None,
        idle_timeout: _types.Seconds | None = None,
        max_retries: int | None = None,
        max_response_bytes: int | None = None,
        proxy: str | None = None,
        ca_certificates: str | bytes | None = None,
        leeway: _types.Seconds | None = None,
        verify_claims: bool | None = None,
        issuer: str | None = None,
        require_user_verified: bool | None = None,
        auth_types: _types.Strings | None = None,
        app_info: str | None = None,
        headers: _types.Mapping[str, str] | None = None,
        _fixed_now: float | None = None,
    ) -> None:
        """Create a client.

        Settings that are not given come from the environment, or take the default, which is named last:

        * ``tenancy_id``, ``api_key``: the ``PASSLOCK_TENANCY_ID`` and ``PASSLOCK_API_KEY`` environment variables. The
          key is for your server only.
        * ``endpoint``: where the API is; the ``PASSLOCK_ENDPOINT`` environment variable, or else
          ``https://api.passlock.dev``.
        * ``allow_http``: allow plain http to hosts other than this machine, which exposes the API key to the network;
          off.
        * ``timeout``: the limit on the whole call, retries and waits included; 30 seconds. Times are seconds or a
          ``timedelta``.
        * ``attempt_timeout``: the limit on one attempt; 10 seconds.
        * ``connect_timeout``: the limit on opening a connection; 5 seconds.
        * ``idle_timeout``: how long a connection is kept for the next call, at most one hour (0 disables this); 5
          minutes.
        * ``max_retries``: the maximum number of retries, 0 to 10; 2.
        * ``max_response_bytes``: the maximum size of a response body, in bytes, at most 1 GiB; 1 MiB.
        * ``proxy``: an http proxy, ``http://[user:password@]host[:port]``; the ``HTTPS_PROXY``, ``HTTP_PROXY`` and
          ``NO_PROXY`` environment variables, which never apply to an endpoint on this machine.
        * ``ca_certificates``: certificate authorities to trust in addition to the platform's: PEM, not the name of a
          file; none.
        * ``leeway``: the allowed clock difference when claims are checked, at most one hour; 60 seconds.
        * ``verify_claims``: whether a principal's claims are checked at all; on.
        * ``issuer``, ``require_user_verified``: additional checks; any, off.
        * ``auth_types``: the accepted authentication methods, in a list, a tuple, a set or another collection, but no
          iterator; any. An empty collection accepts any, too.
        * ``app_info``: your application's name, such as ``my-app/1.2``, appended to the SDK's in ``User-Agent``; none.
        * ``headers``: up to 32 additional headers for every request, with values that are treated as secrets; none.

        A time limit must be more than zero and at most one hour; one that is longer than the enclosing one is clamped
        to it. A setting that is missing or wrong raises :class:`ConfigError`.
        """
        # Nothing but the arguments, so that each setting is written once.
        settings = locals()
        try:
            del settings["self"]
            settings["fixed_now"] = settings.pop("_fixed_now")
            _refuse_green_threads()
            self._client = Client(settings, {name: os.environ[name] for name in VARIABLES if name in os.environ})
        finally:
            # Those that are not secret are left for whoever reads the report.
            del settings, api_key, endpoint, proxy, headers
        self._prepare()

    def _prepare(self) -> None:
        """Do whatever else a class needs before its first call."""

    def close(self) -> None:
        """Close the client at once: calls in flight finish, idle connections close, later calls are refused.

        Closing again does nothing. A client that is dropped need not be closed.
        """
        self._client.close()

    def __repr__(self) -> str:
        client = getattr(self, "_client", None)
        if client is None:
            # In a traceback with the variables of each frame, after a setting was refused.
            return f"{type(self).__name__}(not created)"
        return f"{type(self).__name__}(endpoint={client.endpoint!r}, tenancy_id={client.tenancy_id!r})"


def _refuse_green_threads() -> None:
    """Refuse gevent and eventlet: a call waits in native code, and would stop all green threads of the process."""
    for name, module, patched in (
        ("gevent", "gevent.monkey", "is_module_patched"),
        ("eventlet", "eventlet.patcher", "is_monkey_patched"),
    ):
        is_patched = getattr(sys.modules.get(module), patched, None)
        if is_patched is not None and (is_patched("socket") or is_patched("thread")):
            raise ConfigError(
                f"{name} has patched this process, and the Passlock SDK does not work with it: every call would block "
                f"all of its green threads. Run the server with threads or asyncio instead"
            )
