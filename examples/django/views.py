"""Sign-up, login, the user's own data, and logout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from passlock import Passlock

if TYPE_CHECKING:
    from django.http import HttpRequest

    from passlock import User

# One for all threads. Missing settings are an error here, not at the first login.
passlock = Passlock(timeout=10)


@require_GET
def config(request: HttpRequest) -> JsonResponse:
    csrf = {"header": "X-CSRFToken", "token": get_token(request)}
    return JsonResponse(
        {"endpoint": settings.PASSLOCK_ENDPOINT, "tenancyId": settings.PASSLOCK_TENANCY_ID, "csrf": csrf}
    )


@require_POST
def login(request: HttpRequest) -> HttpResponse:
    principal = passlock.exchange_token(body(request).get("token"))
    request.session.flush()
    request.session["sub"] = principal.sub
    return HttpResponse(status=204)


@require_http_methods(["GET", "PATCH"])
def me(request: HttpRequest) -> HttpResponse:
    sub = request.session.get("sub")
    if sub is None:
        return HttpResponse(status=401)
    if request.method == "GET":
        return shown(passlock.get_user(sub))
    name = body(request)
    return shown(passlock.update_user(sub, given_name=name.get("givenName"), family_name=name.get("familyName")))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return HttpResponse(status=204)


def body(request: HttpRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(sent, dict):
        raise BadRequest("The body is not an object.")
    return sent


def shown(user: User) -> JsonResponse:
    return JsonResponse(
        {"sub": user.sub, "email": user.email, "givenName": user.given_name, "familyName": user.family_name}
    )
