"""The exceptions: every kind, every field, both classes."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import pickle
import traceback
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run_script

import passlock
from passlock import _passlock
from passlock._errors import CLASSES, from_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Connect

    from passlock.testing import Emulator

FIELDS = [
    "operation",
    "status",
    "tag",
    "detail",
    "request_id",
    "retry_after",
    "attempts",
    "retryable",
    "limit",
    "claim",
    "hint",
    "applied",
    "cause",
    "suggested_status",
    "is_login_refused",
]
API = {"unauthorized", "forbidden", "not_found", "rate_limited", "bad_request", "server"}
BUILTIN = {"config": ValueError, "invalid_input": ValueError, "timeout": TimeoutError, "connection": ConnectionError}


def test_every_kind_of_the_core_has_a_class_of_its_own() -> None:
    assert set(CLASSES) == set(_passlock.ERROR_KINDS)
    assert len(set(CLASSES.values())) == len(_passlock.ERROR_KINDS) == 13
    for kind, cls in CLASSES.items():
        assert issubclass(cls, passlock.PasslockError)
        assert issubclass(cls, passlock.ApiError) == (kind in API)
        assert issubclass(cls, BUILTIN.get(kind, Exception))
        assert getattr(passlock, cls.__name__) is cls
        assert cls.__module__ == "passlock"
        assert cls("why").kind == kind


VALUES = [
    *("get_user", 503, "Tag", "detail", "req-1", 1.5, 3, True, "timeout", "aud", "wrong_endpoint", True, "cause"),
    *(418, True),
]


def full(kind: str) -> passlock.PasslockError:
    return from_failure({"kind": kind, "message": "why", **dict(zip(FIELDS, VALUES, strict=True))})


@pytest.mark.parametrize("kind", _passlock.ERROR_KINDS)
def test_errors_carry_all_fields_also_when_pickled_and_copied(kind: str) -> None:
    error = full(kind)
    error.add_note("a note") if hasattr(error, "add_note") else None
    for twin in (
        error,
        copy.copy(error),
        copy.deepcopy(error),
        *(pickle.loads(pickle.dumps(error, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
    ):
        assert type(twin) is CLASSES[kind]  # type: ignore[index]
        assert (twin.kind, str(twin), twin.message, twin.args) == (kind, "why", "why", ("why",))
        assert vars(twin) == vars(error)
    assert [getattr(error, name) for name in FIELDS] == VALUES


def test_a_field_that_only_the_native_part_knows_is_not_lost_in_silence() -> None:
    with pytest.raises(TypeError, match="novelty"):
        from_failure({"kind": "server", "message": "why", "novelty": 1})


def test_applications_can_make_errors_for_their_tests() -> None:
    error = passlock.RateLimitedError("slow down", retry_after=2.0, status=429)
    assert (error.kind, error.retry_after, error.status, error.attempts, error.tag) == (
        "rate_limited",
        2.0,
        429,
        0,
        None,
    )
    with pytest.raises(TypeError, match="retryafter"):
        passlock.RateLimitedError("slow down", retryafter=2.0)

    class Mine(passlock.NotFoundError):
        def __init__(self, number: int, other: str) -> None:
            super().__init__(f"{number}{other}")

    assert copy.copy(Mine(1, "x")).message == "1x"
    assert Mine(1, "x").kind == "not_found"


def test_errors_of_an_applications_tests_suggest_what_those_of_a_call_do() -> None:
    """The core decides, even where Python code raises the error."""
    exchange: dict[str, Any] = {"operation": "exchange_token"}
    for error, expected in (
        (passlock.NotFoundError("gone", **exchange), (401, True)),
        (passlock.NotFoundError("gone", operation="get_user"), (404, False)),
        (passlock.NotFoundError("gone", **exchange, hint="wrong_endpoint"), (500, False)),
        (passlock.ForbiddenError("no", **exchange, tag="Disabled"), (403, True)),
        (passlock.ForbiddenError("no", **exchange), (500, False)),
        (passlock.RateLimitedError("slow down"), (503, False)),
        (passlock.NotFoundError("gone", suggested_status=410, is_login_refused=False), (410, False)),
    ):
        assert (error.suggested_status, error.is_login_refused) == expected


def status(code: int, body: str | None = None, **headers: str) -> dict[str, Any]:
    return {"kind": "status", "status": code, "body": body, "headers": {"x-request-id": "req-1", **headers}}


TAGGED = '{"_tag": "Disabled", "message": "The key is disabled", "detail": "ask"}'
CASES: list[tuple[str, dict[str, Any] | None, dict[str, Any], dict[str, Any]]] = [
    (
        "unauthorized",
        status(401, '{"_tag": "Unauthorized", "message": "no"}'),
        {},
        {"status": 401, "tag": "Unauthorized", "detail": "no", "request_id": "req-1"},
    ),
    ("forbidden", status(403, TAGGED), {}, {"status": 403, "tag": "Disabled", "detail": "ask"}),
    (
        "not_found",
        status(404, '{"_tag": "NotFound", "message": "no"}'),
        {},
        {"status": 404, "tag": "NotFound", "hint": None},
    ),
    ("not_found", status(404, '{"message": "no"}'), {}, {"status": 404, "tag": None, "hint": "wrong_endpoint"}),
    (
        "rate_limited",
        status(429, "{}", **{"retry-after": "90"}),
        {"max_retries": 2},
        {"status": 429, "retry_after": 90.0, "retryable": True, "attempts": 1},
    ),
    ("bad_request", status(418, "{}"), {}, {"status": 418, "retryable": False}),
    ("server", status(500, "<html>"), {}, {"status": 500, "retryable": True, "attempts": 1}),
    ("timeout", {"kind": "hang"}, {"timeout": 0.3}, {"limit": "timeout", "status": None}),
    ("timeout", {"kind": "hang"}, {"attempt_timeout": 0.3}, {"limit": "attempt_timeout", "retryable": True}),
    ("connection", {"kind": "reset"}, {}, {"retryable": True, "attempts": 1}),
    ("protocol", status(200, "no JSON"), {}, {"status": 200, "retryable": False}),
    ("claims", None, {"issuer": "https://evil.test"}, {"claim": "iss"}),
]


@pytest.mark.parametrize(
    ("kind", "fault", "settings", "expected"), CASES, ids=[f"{case[0]}-{number}" for number, case in enumerate(CASES)]
)
def test_errors_as_they_are_raised(
    connect: Connect,
    passlock_emulator: Emulator,
    kind: str,
    fault: dict[str, Any] | None,
    settings: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    client = connect(**{"max_retries": 0, **settings})
    token = passlock_emulator.issue_token(passlock_emulator.add_user().sub)
    if fault is not None:
        passlock_emulator.control(
            "faults", {"fault": {name: value for name, value in fault.items() if value is not None}}
        )
    with pytest.raises(CLASSES[kind]) as caught:  # type: ignore[index]
        client.exchange_token(token)
    error = caught.value
    assert {name: getattr(error, name) for name in expected} == expected
    assert (error.kind, error.operation) == (kind, "exchange_token")
    assert error.message == str(error)
    for shown in (str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)):
        assert token not in shown
        assert passlock_emulator.api_key not in shown


def call_while_handling(missed: KeyError, call: Callable[[], object]) -> None:
    try:
        raise missed
    except KeyError:
        call()


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO], ids=["logged", "not logged"])
def test_an_error_has_what_was_being_handled_as_its_context(
    connect: Connect, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    caplog.set_level(level, "passlock")
    client = connect()
    calls: list[Callable[[], object]] = [
        lambda: client.get_user("nobody"),
        lambda: client.get_user_with_info("nobody"),
        lambda: client.get_user(""),
        lambda: client.get_user("nobody", timeout=0),
        lambda: type(client.client)(timeout=0),
    ]
    for call in calls:
        missed = KeyError("cache")
        with pytest.raises(passlock.PasslockError) as caught:
            call_while_handling(missed, call)
        assert caught.value.__context__ is missed
        assert caught.value.__cause__ is None
        with pytest.raises(passlock.PasslockError) as caught:
            call()
        assert caught.value.__context__ is None


def test_an_update_that_was_made_says_so(connect: Connect, passlock_emulator: Emulator) -> None:
    user = passlock_emulator.add_user()
    passlock_emulator.configure(patch_answer="empty")
    passlock_emulator.fault("status", method="GET", status=404, body='{"_tag": "NotFound", "message": "gone"}')
    with pytest.raises(passlock.NotFoundError) as caught:
        connect().update_user(user.sub, given_name="Ada")
    assert (caught.value.applied, caught.value.attempts, caught.value.operation) == (True, 2, "update_user")


def fail(settings: dict[str, str]) -> None:
    with passlock.Passlock(**settings) as client:
        client.get_user("nobody")


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_a_raised_error_crosses_a_process_pool(passlock_emulator: Emulator, method: str) -> None:
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool,
        pytest.raises(passlock.NotFoundError) as caught,
    ):
        pool.submit(fail, dict(passlock_emulator.settings)).result(30)
    assert (caught.value.status, caught.value.tag, caught.value.attempts) == (404, "NotFound", 1)


@pytest.mark.usefixtures("passlock_emulator")
def test_a_package_that_is_imported_again_raises_its_own_errors() -> None:
    done = run_script(
        """
        import sys
        import passlock

        def purge():
            return {name: sys.modules.pop(name) for name in [*sys.modules] if name.split(".")[0] == "passlock"}

        def fails_as(package, client):
            refused = lambda: client.get_user("")
            for call in (lambda: client.get_user("nobody"), refused, lambda: package.Passlock(timeout=0)):
                try:
                    call()
                except package.PasslockError as error:
                    print(error.kind, end=" ")

        first = passlock
        client = first.Passlock()
        fails_as(first, client)
        taken = purge()
        fails_as(first, client)
        import passlock
        assert passlock is not first
        fails_as(passlock, passlock.Passlock())
        sys.modules.update(taken)
        fails_as(first, client)
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("not_found invalid_input config " * 4, "", 0)
