"""An application as users write it, only for the type checkers: what is wrong here must be seen as wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

import passlock
from passlock import AsyncPasslock, CallInfo, Passlock, PasslockError, Principal, User
from passlock.testing import Emulator

if TYPE_CHECKING:
    from typing_extensions import assert_type


def synchronous(token: str) -> str | None:
    with Passlock(
        tenancy_id="t",
        api_key="any-api-key",
        timeout=timedelta(seconds=5),
        leeway=1,
        auth_types={"passkey"},
        app_info="my-app/1.2",
        headers={"x-gateway-key": "any-key"},
    ) as client:
        assert_type(client.warm_up(), None)
        principal = client.exchange_token(
            token, timeout=1.5, issuer="i", require_user_verified=True, auth_types=["passkey"]
        )
        assert_type(principal, Principal)
        assert_type(principal.exp, datetime)
        assert_type(principal.email, str | None)
        assert_type(principal.email_verified, bool | None)
        user = client.update_user(principal.sub, given_name="Ada", email_verified=True, max_retries=0)
        assert_type(user, User)
        assert_type(client.get_user_with_info(user.sub), tuple[User, CallInfo])
        match user:
            case User(sub, email, given_name=name):
                assert_type(sub, str)
                assert_type(email, str)
                return name
        return user.given_name


async def asynchronous(token: str) -> User:
    async with AsyncPasslock() as client:
        assert_type(client, AsyncPasslock)
        principal = await client.exchange_token(token)
        assert_type(principal, Principal)
        _, info = await client.exchange_token_with_info(token)
        assert_type((info.attempts, info.status, info.elapsed), tuple[int, int | None, float])
        return await client.get_user(principal.sub, timeout=2)


class Names(TypedDict, total=False):
    given_name: str
    family_name: str


async def update(client: Passlock, asynchronous: AsyncPasslock, names: Names) -> None:
    assert_type(client.update_user("u", **names), User)
    assert_type(await asynchronous.update_user_with_info("u", **names), tuple[User, CallInfo])


def errors(client: Passlock) -> float | None:
    try:
        client.get_user("u")
    except passlock.RateLimitedError as error:
        assert_type(error.retry_after, float | None)
        return error.retry_after
    except passlock.ApiError as error:
        assert_type(error.status, int | None)
    except PasslockError as error:
        if error.kind == "timeout" and error.limit == "attempt_timeout":
            return 1.0
    return None


def wrong(client: Passlock, user: User) -> None:
    client.update_user("u", email="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.get_user(5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    user.sub = "x"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
    Passlock(auth_types=iter(["passkey"]))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Passlock(headers=["x"])  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Passlock("t")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    User("u", "e")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def tests() -> None:
    with Emulator("--random-seed", "1") as emulator:
        user = emulator.add_user("ada@example.com")
        assert_type(user, User)
        with Passlock(**emulator.settings, max_retries=0) as client:
            assert_type(client.exchange_token(emulator.issue_token(user.sub)).sub, str)
