"""A FastAPI application whose users log in with passkeys.

Run it with `PASSLOCK_TENANCY_ID` and `PASSLOCK_API_KEY` set: `uvicorn fastapi_login:app`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException

from passlock import AsyncPasslock, ClaimsError, InvalidInputError, NotFoundError, PasslockError, Principal

app = FastAPI()
# One for the whole application: it is shared by all requests, and survives forks of the server.
passlock = AsyncPasslock()


async def logged_in(token: Annotated[str, Body(embed=True)]) -> Principal:
    """Exchange the token that Passlock's browser library gave to the page."""
    try:
        return await passlock.exchange_token(token, timeout=10)
    except (NotFoundError, InvalidInputError, ClaimsError) as error:
        # The token comes from a browser: it may be old, or made up.
        raise HTTPException(401, "Please log in again.") from error
    except PasslockError as error:
        raise HTTPException(503, "Logging in does not work at the moment.") from error


@app.post("/login")
async def login(principal: Annotated[Principal, Depends(logged_in)]) -> dict[str, str | None]:
    """Here a session would begin. The principal itself is never sent back: it holds the token."""
    return {"sub": principal.sub, "name": principal.given_name}
