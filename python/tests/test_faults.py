"""Every fault of the emulator, in both classes."""

from __future__ import annotations

import base64
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import passlock

if TYPE_CHECKING:
    from conftest import Connect

    from passlock.testing import Emulator

LIMIT = 0.5
FINE = "fine"

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("status", {"status": 503}, "server"),
    ("delay", {"millis": 50}, FINE),
    ("delay", {"millis": 60_000}, "timeout"),
    ("hang", {}, "timeout"),
    ("stall", {"after_bytes": 10}, "timeout"),
    ("stallHead", {}, "timeout"),
    ("drip", {"millis_per_byte": 0}, FINE),
    ("drip", {"millis_per_byte": 500}, "timeout"),
    ("reset", {}, "connection"),
    ("resetAfterHead", {}, "connection"),
    ("truncate", {"after_bytes": 5}, "connection"),
    ("garbage", {}, "protocol"),
    (
        "garbage",
        {"bytes_base64": base64.b64encode(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").decode()},
        "protocol",
    ),
    ("endless", {}, "protocol"),
    ("endless", {"status": 500}, "server"),
    ("endlessHead", {}, "protocol"),
    ("closeIdle", {}, FINE),
    ("redirect", {"location": "http://127.0.0.1:9/"}, "protocol"),
]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"), FAULTS, ids=[f"{number}-{fault[0]}" for number, fault in enumerate(FAULTS)]
)
def test_a_fault_ends_in_its_kind_and_the_client_goes_on(
    connect: Connect, passlock_emulator: Emulator, kind: str, fields: dict[str, Any], expected: str
) -> None:
    user = passlock_emulator.add_user()
    client = connect(max_retries=0, max_response_bytes=4096)
    # Short only where it is to end the call: what else may come takes as long as the machine needs.
    limit = {"timeout": LIMIT} if expected == "timeout" else {}
    assert client.get_user(user.sub) == user
    passlock_emulator.fault(kind, **fields)
    started = time.monotonic()
    if expected == FINE:
        assert client.get_user(user.sub) == user
    else:
        with pytest.raises(passlock.PasslockError) as caught:
            client.get_user(user.sub, **limit)
        assert caught.value.kind == expected
    if expected == "timeout":
        assert time.monotonic() - started < LIMIT + 2
    if kind == "closeIdle":
        # So that the end of the connection has come, and not only been sent.
        time.sleep(1)
    # An idle connection that the server has closed is noticed before an update is sent on it.
    assert client.update_user(user.sub, given_name="Ada").given_name == "Ada"


def test_faults_are_retried(connect: Connect, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.fault("status", status=503, times=2)
    assert connect().get_user(user.sub) == user
    assert [request["fault"] for request in passlock_emulator.journal()] == ["status", "status", None]


def test_the_emulator_says_what_it_does_not_understand(passlock_emulator: Emulator) -> None:
    from passlock.testing import EmulatorError

    with pytest.raises(EmulatorError, match="unknown"):
        passlock_emulator.fault("no-such-fault")


def test_tokens_age(connect: Connect, passlock_emulator: Emulator) -> None:
    sub = passlock_emulator.add_user().sub
    usual, long = passlock_emulator.issue_token(sub), passlock_emulator.issue_token(sub, ttl_seconds=7200)
    passlock_emulator.advance(1000)
    assert connect().exchange_token(long).sub == sub
    with pytest.raises(passlock.NotFoundError):
        connect().exchange_token(usual)
    passlock_emulator.advance(timedelta(hours=2))
    with pytest.raises(passlock.NotFoundError):
        connect().exchange_token(long)
