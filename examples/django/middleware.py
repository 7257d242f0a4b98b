"""What applies to every response: its policy, and what the browser is told when Passlock's client fails."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import JsonResponse

from passlock import PasslockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

POLICY = (
    f"default-src 'self'; script-src 'self' {settings.PASSLOCK_ENDPOINT}; "
    f"connect-src 'self' {settings.PASSLOCK_ENDPOINT}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return middleware


class PasslockErrors:
    """Every view may call Passlock, and none has to catch anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, _: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, PasslockError):
            return None
        # The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
        logging.getLogger(__name__).warning("%s: %s", error.kind, error)
        response = JsonResponse({"error": error.kind}, status=error.suggested_status)
        if response.status_code == 503:
            response["Retry-After"] = str(math.ceil(error.retry_after or 5))
        return response
