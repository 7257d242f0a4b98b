"""A Flask application whose users log in with passkeys. examples/README.md lists its settings."""

from __future__ import annotations

import math
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from cachelib import FileSystemCache
from flask import Flask, Response, abort, request, session
from flask_session import Session
from flask_wtf.csrf import CSRFProtect, generate_csrf
from waitress import serve

from passlock import Passlock, PasslockError, User

PORT = int(os.environ.get("PORT", "3000"))
SECURE = os.environ.get("ORIGIN", "").startswith("https://")
ENDPOINT = os.environ.get("PASSLOCK_ENDPOINT", "https://api.passlock.dev")
POLICY = (
    f"default-src 'self'; script-src 'self' {ENDPOINT}; connect-src 'self' {ENDPOINT}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

app = Flask(__name__, static_folder=Path(__file__).resolve().parent.parent / "page", static_url_path="/")
app.config.update(
    # What CSRF tokens are signed with. With several processes, make it a setting.
    SECRET_KEY=secrets.token_bytes(),
    # Flask's own sessions are kept entirely in the cookie, and nothing can end a copied one. These are on the server.
    SESSION_TYPE="cachelib",
    # No session is evicted to make room for another: visitors without an account have one, too.
    SESSION_CACHELIB=FileSystemCache(Path(app.instance_path) / "sessions", threshold=0, mode=0o600),
    SESSION_PERMANENT=False,
    # A request that was slow does not bring back a session that has ended in the meantime.
    SESSION_REFRESH_EACH_REQUEST=False,
    SESSION_COOKIE_NAME="__Host-session" if SECURE else "session",
    SESSION_COOKIE_SECURE=SECURE,
    SESSION_COOKIE_SAMESITE="Strict",
    # Tokens are valid for as long as the session.
    WTF_CSRF_TIME_LIMIT=None,
)
Session(app)
CSRFProtect(app)
# One for all threads. Missing settings are an error here, not at the first login.
passlock = Passlock(timeout=10)


@app.get("/")
def page() -> Response:
    return app.send_static_file("index.html")


@app.get("/config")
def config() -> dict[str, Any]:
    csrf = {"header": "X-CSRFToken", "token": generate_csrf()}
    return {"endpoint": ENDPOINT, "tenancyId": os.environ["PASSLOCK_TENANCY_ID"], "csrf": csrf}


@app.post("/login")
def login() -> tuple[str, int]:
    principal = passlock.exchange_token(body().get("token"))
    session.clear()
    session["sub"] = principal.sub
    # Last, because it skips an empty session.
    app.session_interface.regenerate(session)
    return "", 204


@app.get("/me")
def me() -> dict[str, Any]:
    return shown(passlock.get_user(logged_in()))


@app.patch("/me")
def change_name() -> dict[str, Any]:
    sub, name = logged_in(), body()
    return shown(passlock.update_user(sub, given_name=name.get("givenName"), family_name=name.get("familyName")))


@app.post("/logout")
def logout() -> tuple[str, int]:
    session.clear()
    return "", 204


@app.errorhandler(PasslockError)
def failed(error: PasslockError) -> tuple[dict[str, str], int, dict[str, str]]:
    # The log gets the whole error, which never contains a token or the key; the browser learns what it can do.
    app.logger.warning("%s: %s", error.kind, error)
    status = error.suggested_status
    headers = {"Retry-After": str(math.ceil(error.retry_after or 5))} if status == 503 else {}
    return {"error": error.kind}, status, headers


@app.after_request
def with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def logged_in() -> str:
    return session["sub"] if "sub" in session else abort(401)


def body() -> dict[str, Any]:
    sent = request.get_json()
    return sent if isinstance(sent, dict) else abort(400)


def shown(user: User) -> dict[str, Any]:
    return {"sub": user.sub, "email": user.email, "givenName": user.given_name, "familyName": user.family_name}


if __name__ == "__main__":
    # The client closes at the end, whatever ends the process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    behind_proxy = {"trusted_proxy": "127.0.0.1", "trusted_proxy_headers": "x-forwarded-proto"} if SECURE else {}
    with passlock:
        serve(app, host="127.0.0.1", port=PORT, **behind_proxy)
