"""Principals and users as values."""

from __future__ import annotations

import copy
import datetime as dt
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from passlock import CallInfo, Principal, User

UTC = dt.timezone.utc
FIELDS: dict[str, Any] = {
    "iss": "https://idp.passlock.dev",
    "aud": "my-tenancy",
    "sub": "user-1",
    "iat": dt.datetime(2024, 9, 9, 11, 43, 56, 123456, UTC),
    "nbf": dt.datetime(1970, 1, 1, tzinfo=UTC),
    "exp": dt.datetime(9999, 12, 31, 23, 59, 59, 999000, UTC),
    "jti": "canary-jti",
    "token": "canary-token",
    "user_verified": True,
    "auth_type": "passkey",
    "auth_id": "auth-1",
    "given_name": "Ada",
    "family_name": None,
    "email": "ada@example.com",
    "email_verified": None,
}
PRINCIPAL = Principal(**FIELDS)
USER = User(sub="user-1", email="ada@example.com", given_name="Ada", email_verified=True)
INFO = CallInfo(attempts=2, status=200, request_id="req-1", elapsed=0.123456789)


def test_fields_are_what_was_given() -> None:
    assert {name: getattr(PRINCIPAL, name) for name in FIELDS} == FIELDS
    assert Principal.__match_args__ == tuple(FIELDS)
    assert (USER.sub, USER.email, USER.given_name, USER.family_name, USER.email_verified) == (
        "user-1",
        "ada@example.com",
        "Ada",
        None,
        True,
    )
    early = Principal(**{**FIELDS, "iat": dt.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)})
    assert early.iat == dt.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)
    elsewhere = FIELDS["iat"].astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    assert Principal(**{**FIELDS, "iat": elsewhere}) == PRINCIPAL


@pytest.mark.parametrize("value", [PRINCIPAL, USER], ids=["principal", "user"])
def test_values_compare_hash_copy_and_pickle(value: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    for twin in (copy.copy(value), copy.deepcopy(value), value.__replace__()):
        assert twin == value
        assert hash(twin) == hash(value)
    other = value.__replace__(sub="user-2")
    assert (other != value, other.sub, other.email) == (True, "user-2", value.email)
    assert value != "user-1"
    assert {value: 1}[copy.copy(value)] == 1


@pytest.mark.parametrize("value", [PRINCIPAL, USER, INFO], ids=["principal", "user", "info"])
def test_values_are_frozen(value: Any) -> None:
    with pytest.raises(AttributeError):
        value.sub = "x"
    with pytest.raises(AttributeError):
        value.other = "x"
    with pytest.raises(TypeError):
        type(value)("positional")
    with pytest.raises(TypeError):
        value.__replace__(unknown=1)


def test_how_a_call_went_is_a_value_too() -> None:
    for twin in (pickle.loads(pickle.dumps(INFO)), copy.deepcopy(INFO), eval(repr(INFO)), CallInfo(**INFO.to_dict())):
        assert (twin, hash(twin)) == (INFO, hash(INFO))
    assert INFO.__replace__(attempts=1) != INFO
    assert repr(INFO) == "CallInfo(attempts=2, status=200, request_id='req-1', elapsed=0.123456789)"
    assert CallInfo(attempts=0, elapsed=0) == CallInfo(attempts=0, status=None, request_id=None, elapsed=0.0)
    for bad in (-1, float("nan")):
        with pytest.raises(ValueError, match=r".+"):
            CallInfo(attempts=1, elapsed=bad)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Principal(**{**FIELDS, "iat": dt.datetime(2024, 1, 1)})  # noqa: DTZ001 - that is the point
    with pytest.raises(TypeError):
        Principal(**{**FIELDS, "iat": 5})


def test_values_match() -> None:
    match PRINCIPAL:
        case Principal(sub=sub, auth_type="passkey"):
            assert sub == "user-1"
        case _:
            pytest.fail("no match")
    match USER:
        case User(sub, email):
            assert (sub, email) == ("user-1", "ada@example.com")
        case _:
            pytest.fail("no match")


def test_repr_hides_credentials_and_nothing_else() -> None:
    for shown in (repr(PRINCIPAL), str(PRINCIPAL), f"{PRINCIPAL}"):
        assert "canary" not in shown
        for name, value in FIELDS.items():
            visible = "[redacted]" if name in {"jti", "token"} else value
            assert f"{name}={visible!r}" in shown
    assert (
        repr(USER)
        == "User(sub='user-1', email='ada@example.com', given_name='Ada', family_name=None, email_verified=True)"
    )
    assert eval(repr(USER), {"User": User}) == USER


def identity(value: Any) -> Any:
    return value


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_values_cross_a_process_pool(method: str) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        assert list(pool.map(identity, [PRINCIPAL, USER])) == [PRINCIPAL, USER]
