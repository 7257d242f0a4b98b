"""Settings, the environment, and what is shown of them."""

from __future__ import annotations

import datetime as dt
import types
from typing import Any

import pytest

import passlock

VALID = {"tenancy_id": "my-tenancy", "api_key": "key-canary", "endpoint": "http://127.0.0.1:9"}
CLASSES = pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])


@CLASSES
def test_the_environment_is_enough(cls: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSLOCK_TENANCY_ID", "from-env")
    monkeypatch.setenv("PASSLOCK_API_KEY", "key-canary\n")
    monkeypatch.delenv("PASSLOCK_ENDPOINT", raising=False)
    assert repr(cls()) == f"{cls.__name__}(endpoint='https://api.passlock.dev', tenancy_id='from-env')"
    monkeypatch.setenv("PASSLOCK_ENDPOINT", "http://localhost:1/prefix/")
    assert repr(cls(tenancy_id="given")) == f"{cls.__name__}(endpoint='http://localhost:1/prefix/', tenancy_id='given')"
    monkeypatch.setenv("PASSLOCK_API_KEY", "")
    with pytest.raises(passlock.ConfigError, match="PASSLOCK_API_KEY"):
        cls()
    # Not UTF-8.
    monkeypatch.setenv("PASSLOCK_API_KEY", "canary\udcff")
    with pytest.raises(passlock.ConfigError, match="PASSLOCK_API_KEY") as caught:
        cls()
    assert "canary" not in str(caught.value)


@CLASSES
@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *[
            (name, bad)
            for name in ("timeout", "attempt_timeout", "connect_timeout")
            for bad in (0, -1, float("nan"), 3600.1, "1", dt.timedelta(0))
        ],
        ("timeout", True),
        ("max_retries", True),
        ("leeway", -1),
        ("leeway", "1"),
        ("max_retries", 11),
        ("max_retries", 1.5),
        ("max_retries", "1"),
        ("max_response_bytes", 0),
        ("max_response_bytes", 10**400),
        ("tenancy_id", 5),
        ("tenancy_id", ".."),
        ("api_key", b"canary"),
        ("api_key", "canary\n\x01"),
        ("endpoint", "http://example.com"),
        ("endpoint", "https://user:canary@example.com"),
        ("proxy", "socks5://127.0.0.1:1"),
        ("proxy", 1),
        ("ca_certificates", "canary"),
        ("ca_certificates", b"\xff"),
        ("ca_certificates", 1),
        ("allow_http", 1),
        ("verify_claims", "yes"),
        ("require_user_verified", 0),
        ("issuer", 1),
        ("auth_types", "passkey"),
        ("auth_types", [1]),
        ("auth_types", {"passkey": True}),
        ("auth_types", types.MappingProxyType({"passkey": True})),
        ("auth_types", iter(["passkey"])),
        ("auth_types", (method for method in ["passkey"])),
        ("auth_types", 5),
        ("app_info", 1),
        ("app_info", "canary\n"),
        ("headers", "canary"),
        ("headers", [("x-app", "canary")]),
        ("headers", {"x-app": 1}),
        ("headers", {"x-app": b"canary"}),
        ("headers", {1: "canary"}),
        ("headers", {"x-app": "canary\ud800"}),
        ("headers", {"x-app": "canary\r\nx-other: 1"}),
        ("headers", {"authorization": "canary"}),
    ],
)
def test_a_bad_setting_is_named_and_not_shown(cls: type, name: str, bad: Any) -> None:
    with pytest.raises(passlock.ConfigError, match=name) as caught:
        cls(**{**VALID, name: bad})
    assert isinstance(caught.value, ValueError)
    assert "canary" not in repr(caught.value)


@CLASSES
def test_good_settings_of_every_type(cls: type) -> None:
    client = cls(
        **VALID,
        allow_http=True,
        timeout=dt.timedelta(minutes=1),
        attempt_timeout=5,
        connect_timeout=0.5,
        max_retries=0,
        max_response_bytes=2**20,
        proxy="http://user:canary@127.0.0.1:1",
        leeway=dt.timedelta(0),
        verify_claims=False,
        issuer="https://idp.passlock.dev",
        require_user_verified=True,
        auth_types=("passkey", "email"),
        app_info="my-app/1.2",
        headers=types.MappingProxyType({"x-gateway-key": "canary"}),
    )
    for shown in (repr(client), str(client), f"{client!r:>3}"):
        assert "canary" not in shown
    with pytest.raises(TypeError):
        cls(**VALID, tiemout=1)
