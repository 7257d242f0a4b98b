"""What the operations do, in both classes."""

from __future__ import annotations

import datetime as dt
import time
from collections import UserList, deque
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import pytest

import passlock
from passlock import _aliases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Connect, Either

    from passlock.testing import Emulator


def every_operation(client: Either) -> list[Callable[..., Any]]:
    """All that an operation takes but its argument is given."""
    others = {"update_user": {"given_name": "x"}}
    return [partial(getattr(client, name), **others.get(name, {})) for name in get_args(_aliases.Operation)]


def test_a_token_is_exchanged(either: Either, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user("ada@example.com", given_name="Ada", email_verified=True)
    token = passlock_emulator.issue_token(user.sub, auth_type="github", user_verified=False)
    principal = either.exchange_token(token)
    assert isinstance(principal, passlock.Principal)
    assert (principal.sub, principal.aud, principal.token, principal.jti) == (
        user.sub,
        passlock_emulator.tenancy_id,
        token,
        token,
    )
    assert (principal.given_name, principal.family_name, principal.email, principal.email_verified) == (
        "Ada",
        None,
        "ada@example.com",
        True,
    )
    assert (principal.auth_type, principal.user_verified) == ("github", False)
    assert principal.exp - principal.iat == dt.timedelta(seconds=360)
    assert principal.iat.utcoffset() == dt.timedelta(0)
    now = dt.datetime.now(dt.timezone.utc)
    assert abs(principal.iat - now) < dt.timedelta(seconds=60)


def test_a_user_is_read_and_changed(either: Either, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user("ada@example.com", sub="u/1", given_name="Ada")
    assert either.get_user("u/1") == user
    changed = either.update_user("u/1", given_name="", family_name="Lovelace", email_verified=True)
    assert changed == passlock.User(
        sub="u/1", email="ada@example.com", given_name="", family_name="Lovelace", email_verified=True
    )
    assert either.get_user("u/1") == changed
    patch = passlock_emulator.journal()[-2]
    assert (patch["method"], patch["body"]) == (
        "PATCH",
        '{"givenName":"","familyName":"Lovelace","emailVerified":true}',
    )
    assert patch["headers"]["user-agent"] == f"passlock-python/{passlock.__version__}"


@pytest.mark.parametrize("unknown", ["email", "givenName", "given_nam"])
def test_an_unknown_field_is_refused_by_name(either: Either, passlock_emulator: Emulator, unknown: str) -> None:
    with pytest.raises(passlock.InvalidInputError, match=unknown) as caught:
        either.update_user("u", **{unknown: "x"})
    assert (caught.value.operation, caught.value.attempts) == ("update_user", 0)
    with pytest.raises(passlock.InvalidInputError, match=unknown):
        either.update_user_with_info(sub="u", given_name="x", **{unknown: None})
    assert passlock_emulator.journal() == []
    assert either.update_user(sub=passlock_emulator.add_user().sub, given_name="x").given_name == "x"


def test_an_unknown_field_may_be_anything(either: Either, passlock_emulator: Emulator) -> None:
    with pytest.raises(passlock.InvalidInputError, match="field"):
        either.update_user("u", **{"\udc80": "x"})
    assert passlock_emulator.journal() == []


@pytest.mark.parametrize(
    "given", [{}, {"given_name": None}, {"given_name": 1}, {"email_verified": "yes"}, {"family_name": "\udc80"}]
)
def test_a_bad_update_is_refused(either: Either, passlock_emulator: Emulator, given: dict[str, object]) -> None:
    with pytest.raises(passlock.InvalidInputError):
        either.update_user("u", **given)
    assert passlock_emulator.journal() == []


@pytest.mark.parametrize("bad", [None, 5, b"canary", "", ".", "..", "canary\n", "canary\ud800", "é" * 2049])
def test_a_bad_argument_is_refused_without_the_value(either: Either, passlock_emulator: Emulator, bad: object) -> None:
    for call in every_operation(either):
        with pytest.raises(passlock.InvalidInputError) as caught:
            call(bad)
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None
    assert passlock_emulator.journal() == []


def test_settings_of_one_call(connect: Connect, passlock_emulator: Emulator) -> None:
    client = connect(max_retries=0)
    user = passlock_emulator.add_user()
    token = passlock_emulator.issue_token(user.sub, user_verified=False, auth_type="email")
    for settings, claim in [
        ({"issuer": "https://evil.test"}, "iss"),
        ({"require_user_verified": True}, "user_verified"),
        ({"auth_types": {"passkey"}}, "auth_type"),
    ]:
        with pytest.raises(passlock.ClaimsError) as caught:
            client.exchange_token(token, **settings)
        assert caught.value.claim == claim
    assert client.exchange_token(token, timeout=5, auth_types=["email", "passkey"]).sub == user.sub
    for timeout in (0.3, dt.timedelta(seconds=0.3)):
        for call in every_operation(client):
            passlock_emulator.fault("hang")
            with pytest.raises(passlock.PasslockTimeoutError) as timed_out:
                call("u", timeout=timeout)
            assert timed_out.value.limit == "timeout"
    for bad in (0, -1, float("nan"), 3601, "5", 10**400):
        with pytest.raises(passlock.ConfigError, match=r"^timeout"):
            client.get_user("u", timeout=bad)


def test_authentication_methods_are_any_collection_but_no_iterator(
    connect: Connect, passlock_emulator: Emulator
) -> None:
    client = connect(auth_types=frozenset({"passkey"}))
    user = passlock_emulator.add_user()
    token = passlock_emulator.issue_token(user.sub, auth_type="email")
    allowed = {"passkey": 1, "apple": 2}
    for refusing in (list(allowed), tuple(allowed), set(allowed), deque(allowed), allowed.keys(), UserList(allowed)):
        with pytest.raises(passlock.ClaimsError):
            client.exchange_token(token, auth_types=refusing)
    # Read once, it would be empty at the second call, and empty is any.
    once = (method for method in allowed)
    for _ in range(2):
        with pytest.raises(passlock.ConfigError, match=r"^auth_types .* iterator"):
            client.exchange_token(token, auth_types=once)
    assert list(once) == list(allowed)
    assert client.exchange_token(token, auth_types=[]).auth_type == "email"


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), LookupError("of the application")])
def test_what_a_collection_raises_is_raised(either: Either, raised: BaseException) -> None:
    class Broken(UserList[str]):
        def __iter__(self) -> Iterator[str]:
            yield "passkey"
            raise raised

    for read in (partial(either.exchange_token, "t"), type(either.client)):
        with pytest.raises(type(raised)) as caught:
            read(auth_types=Broken())
        assert caught.value is raised


def test_closing(either: Either) -> None:
    either.close()
    either.close()
    for call in every_operation(either):
        with pytest.raises(passlock.ConfigError, match="closed"):
            call("u")


def test_retries_of_one_call(connect: Connect, passlock_emulator: Emulator) -> None:
    client = connect(max_retries=1)
    user = passlock_emulator.add_user()
    for call in (
        lambda retries: client.exchange_token("t", max_retries=retries),
        lambda retries: client.get_user(user.sub, max_retries=retries),
        lambda retries: client.warm_up(max_retries=retries),
        lambda retries: client.get_user_with_info(user.sub, max_retries=retries),
    ):
        for retries in (0, 2):
            passlock_emulator.fault("reset", times=3)
            with pytest.raises(passlock.PasslockConnectionError) as caught:
                call(retries)
            assert caught.value.attempts == retries + 1
            passlock_emulator.reset()
    for bad in (-1, 11, 1.5, "1", True):
        with pytest.raises(passlock.ConfigError, match=r"^max_retries"):
            client.update_user("u", given_name="x", max_retries=bad)


def test_what_an_application_adds_is_sent_and_not_shown(connect: Connect, passlock_emulator: Emulator) -> None:
    client = connect(app_info="my-app/1.2", headers={"X-Gateway-Key": "header-canary"})
    with pytest.raises(passlock.NotFoundError) as caught:
        client.get_user("nobody")
    [request] = passlock_emulator.journal()
    assert request["headers"]["user-agent"] == f"passlock-python/{passlock.__version__} my-app/1.2"
    assert request["headers"]["x-gateway-key"] == "header-canary"
    for shown in (repr(client.client), str(client.client), repr(caught.value), repr(vars(caught.value))):
        assert "canary" not in shown


def test_the_first_call_after_a_warm_up_opens_no_connection(either: Either, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    assert either.warm_up() is None
    assert either.get_user(user.sub) == user
    opening, call = passlock_emulator.journal()
    assert opening["path"].endswith("/connection/pre-connect")
    assert "authorization" not in opening["headers"]
    assert opening["connection"] == call["connection"]


def test_a_warm_up_without_a_server_says_so(connect: Connect) -> None:
    client = connect(endpoint="http://127.0.0.1:1", max_retries=1)
    with pytest.raises(passlock.PasslockConnectionError) as caught:
        client.warm_up(timeout=5)
    assert (caught.value.attempts, caught.value.operation) == (2, None)
    client.close()
    with pytest.raises(passlock.ConfigError, match="closed"):
        client.warm_up()


def test_how_a_call_went(either: Either, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    token = passlock_emulator.issue_token(user.sub)
    passlock_emulator.fault("status", status=503)
    passlock_emulator.fault("delay", millis=100)
    begun = time.monotonic()
    principal, info = either.exchange_token_with_info(token)
    assert (principal.sub, info.attempts, info.status) == (user.sub, 2, 200)
    assert info.request_id
    # In seconds.
    assert 0 < info.elapsed < time.monotonic() - begun
    read, info = either.get_user_with_info(user.sub, timeout=5)
    assert (read, info.attempts, info.status) == (user, 1, 200)
    changed, other = either.update_user_with_info(user.sub, given_name="Ada")
    assert (changed.given_name, other.attempts) == ("Ada", 1)
    assert other.request_id != info.request_id
    with pytest.raises(passlock.NotFoundError) as caught:
        either.get_user_with_info("nobody")
    assert caught.value.attempts == 1
    with pytest.raises(passlock.InvalidInputError, match="email"):
        either.update_user_with_info(user.sub, email="x")
