"""What a traceback shows of our own frames. Whoever reports errors may report the variables of each frame, too."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import passlock

if TYPE_CHECKING:
    from conftest import Connect

    from passlock.testing import Emulator

CLASSES = pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
OUR_FOLDER = Path(passlock.__file__).parent


def our_locals(error: BaseException) -> dict[str, dict[str, str]]:
    """The variables of our frames, by the frames' functions."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    return {frame.name: frame.locals or {} for frame in frames if OUR_FOLDER in Path(frame.filename).parents}


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO], ids=["logged", "not logged"])
@pytest.mark.parametrize("name", ["exchange_token", "exchange_token_with_info"])
@pytest.mark.parametrize(("fault", "settings"), [("reset", {}), ("hang", {"timeout": 0.3}), ("reset", {"timeout": 0})])
def test_a_failed_call_leaves_no_token_in_our_frames(
    connect: Connect,
    passlock_emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    level: int,
    name: str,
    fault: str,
    settings: dict[str, Any],
) -> None:
    caplog.set_level(level, "passlock")
    client = connect(max_retries=0)
    token = passlock_emulator.issue_token(passlock_emulator.add_user().sub)
    passlock_emulator.fault(fault)
    with pytest.raises(passlock.PasslockError) as caught:
        getattr(client, name)(token, **settings)
    seen = our_locals(caught.value)
    assert name in seen
    assert ("run" in seen) == (client.loop is not None or level == logging.DEBUG or name.endswith("info"))
    assert token not in repr(seen)
    assert passlock_emulator.api_key not in repr(seen)


@CLASSES
def test_a_client_that_could_not_be_made_leaves_no_secret_in_our_frames(
    cls: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSLOCK_TENANCY_ID", "my-tenancy")
    monkeypatch.setenv("PASSLOCK_API_KEY", "key-canary-of-the-environment")
    for given in (
        {},
        {"api_key": "key-canary-that-is-given"},
        {"headers": {"x-gateway-key": "canary"}, "proxy": "http://user:canary@127.0.0.1:1"},
        {"endpoint": "https://user:canary@example.com"},
    ):
        with pytest.raises(passlock.ConfigError) as caught:
            cls(timeout=0, **given)
        seen = our_locals(caught.value)
        assert seen["__init__"]["timeout"] == "0"
        assert "canary" not in repr(seen)


@CLASSES
def test_a_client_that_could_not_be_made_can_be_shown(cls: type) -> None:
    with pytest.raises(passlock.ConfigError) as caught:
        cls(tenancy_id="my-tenancy", api_key="key-canary", timeout=0)
    assert our_locals(caught.value)["__init__"]["self"] == f"{cls.__name__}(not created)"
