"""A FastAPI application whose users log in with passkeys.

Run it with `PASSLOCK_TENANCY_ID` and `PASSLOCK_API_KEY` set: `uvicorn fastapi_login:app`.
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException

from passlock import AsyncPasslock, PasslockError, Principal

app = FastAPI()
# One for the whole application: it is shared by all requests, and survives forks of the server.
passlock = AsyncPasslock()


async def logged_in(token: Annotated[str, Body(embed=True)]) -> Principal:
    """Exchange the token that Passlock's browser library gave to the page."""
    try:
        return await passlock.exchange_token(token, timeout=10)
    except PasslockError as error:
        # The browser isn't told which check failed.
        text = "log in again" if error.is_login_refused else "logging in does not work now"
        headers = {}
        if error.suggested_status == HTTPStatus.SERVICE_UNAVAILABLE and error.retry_after is not None:
            headers["Retry-After"] = str(math.ceil(error.retry_after))
        raise HTTPException(error.suggested_status, text, headers) from error


@app.post("/login")
async def login(principal: Annotated[Principal, Depends(logged_in)]) -> dict[str, str | None]:
    """Here a session would begin. The principal itself is never sent back: it holds the token."""
    return {"sub": principal.sub, "name": principal.given_name}
