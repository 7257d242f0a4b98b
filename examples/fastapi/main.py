"""A FastAPI application whose users log in with passkeys. examples/README.md lists its settings."""

from __future__ import annotations

import logging
import math
import os
import secrets
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import uvicorn
from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie
from fastapi.staticfiles import StaticFiles

from passlock import AsyncPasslock, PasslockError, User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

PORT = int(os.environ.get("PORT", "3000"))
ORIGIN = os.environ.get("ORIGIN", f"http://localhost:{PORT}")
ENDPOINT = os.environ.get("PASSLOCK_ENDPOINT", "https://api.passlock.dev")
SECURE = ORIGIN.startswith("https://")
COOKIE = "__Host-session" if SECURE else "session"
POLICY = (
    f"default-src 'self'; script-src 'self' {ENDPOINT}; connect-src 'self' {ENDPOINT}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# One for all requests. Missing settings are an error here, not at the first login.
passlock = AsyncPasslock(timeout=10)
# Who is logged in: session id to `sub`. With several processes, this would be a table in a database.
sessions: dict[str, str] = {}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    passlock.close()


def own_origin(request: Request) -> None:
    """Only this application's own page may change anything: other pages' requests carry its cookie too."""
    if request.method not in ("GET", "HEAD") and request.headers.get("origin") != ORIGIN:
        raise HTTPException(403, "This request comes from another site.")


app = FastAPI(lifespan=lifespan, dependencies=[Depends(own_origin)])
session_id = APIKeyCookie(name=COOKIE, auto_error=False)


def logged_in(session: Annotated[str | None, Depends(session_id)]) -> str:
    if session not in sessions:
        raise HTTPException(401, "Please log in.")
    return sessions[session]


@app.post("/login", status_code=204)
async def login(
    token: Annotated[str, Body(embed=True)], response: Response, before: Annotated[str | None, Depends(session_id)]
) -> None:
    principal = await passlock.exchange_token(token)
    sessions.pop(before, None)
    session = secrets.token_urlsafe()
    sessions[session] = principal.sub
    response.set_cookie(COOKIE, session, httponly=True, secure=SECURE, samesite="strict")


@app.get("/me")
async def me(sub: Annotated[str, Depends(logged_in)]) -> dict[str, str | None]:
    return shown(await passlock.get_user(sub))


@app.patch("/me")
async def change_name(
    sub: Annotated[str, Depends(logged_in)], givenName: Annotated[str, Body()], familyName: Annotated[str, Body()]
) -> dict[str, str | None]:
    return shown(await passlock.update_user(sub, given_name=givenName, family_name=familyName))


@app.post("/logout", status_code=204)
async def logout(response: Response, session: Annotated[str | None, Depends(session_id)]) -> None:
    sessions.pop(session, None)
    response.delete_cookie(COOKIE, secure=SECURE, httponly=True, samesite="strict")


@app.get("/config")
async def config() -> dict[str, str]:
    return {"endpoint": ENDPOINT, "tenancyId": os.environ["PASSLOCK_TENANCY_ID"]}


def shown(user: User) -> dict[str, str | None]:
    return {"sub": user.sub, "email": user.email, "givenName": user.given_name, "familyName": user.family_name}


@app.exception_handler(PasslockError)
async def failed(_: Request, error: PasslockError) -> JSONResponse:
    # The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
    logging.getLogger("uvicorn.error").warning("%s: %s", error.kind, error)
    status = error.suggested_status
    headers = {"Retry-After": str(math.ceil(error.retry_after or 5))} if status == 503 else None
    return JSONResponse({"error": error.kind}, status, headers)


@app.middleware("http")
async def with_policy(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await proceed(request)
    response.headers["Content-Security-Policy"] = POLICY
    return response


# Last: it answers whatever is left.
app.mount("/", StaticFiles(directory=Path(__file__).parent.parent / "page", html=True))

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT)
