"""What frameworks ask of the package: types, signatures, and that tests can put something else in its place."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from unittest import mock

import pydantic
import pytest

import passlock
from passlock import _aliases

SETTINGS = {"tenancy_id": "my-tenancy", "api_key": "key-of-the-tests"}


def modules() -> Iterator[Any]:
    yield passlock
    for module in pkgutil.iter_modules(passlock.__path__):
        # pydantic and pytest import theirs, and nobody else.
        yield importlib.import_module(f"passlock.{module.name}")


def annotated() -> dict[str, Any]:
    """Everything of the package that may have annotations, by its name: functions, classes, methods, properties."""
    found: dict[str, Any] = {}
    for module in modules():
        found[module.__name__] = module
        for name, value in vars(module).items():
            if not getattr(value, "__module__", "").startswith("passlock"):
                continue
            if inspect.isclass(value):
                found[f"{module.__name__}.{name}"] = value
                for member, attribute in vars(value).items():
                    function = attribute.fget if isinstance(attribute, property) else attribute
                    # Since Python 3.14 a class has a function for its annotations, which has none itself.
                    if inspect.isfunction(function) and not member.startswith("__annotate"):
                        found[f"{module.__name__}.{name}.{member}"] = function
            elif inspect.isfunction(value):
                found[f"{module.__name__}.{name}"] = value
    return found


@pytest.mark.parametrize("name", annotated())
def test_every_annotation_can_be_evaluated(name: str) -> None:
    value = annotated()[name]
    if inspect.isfunction(value):
        signature = inspect.signature(value, eval_str=True)
        assert "return" in typing.get_type_hints(value)
        for parameter in signature.parameters.values():
            assert not isinstance(parameter.annotation, str)
    elif inspect.isclass(value) and inspect.isfunction(value.__init__):
        inspect.signature(value, eval_str=True)
    typing.get_type_hints(value)
    inspect.get_annotations(value, eval_str=True)


def test_the_walk_comes_by_everything() -> None:
    walked = annotated()
    assert {f"passlock.{name}" for name in passlock.__all__ if inspect.isclass(getattr(passlock, name))} <= set(walked)
    assert {
        "passlock.Passlock",
        "passlock._client.Passlock.exchange_token",
        "passlock._base.BaseClient.__init__",
        "passlock.testing.Emulator.settings",
        "passlock._bridge.run",
        "passlock._observe.run",
        "passlock.PasslockError",
    } <= set(walked)


@pytest.mark.parametrize("cls", [passlock.Passlock, passlock.AsyncPasslock])
def test_signatures_say_what_is_taken(cls: type) -> None:
    hints = typing.get_type_hints(cls.__init__)
    assert hints["timeout"] == float | dt.timedelta | None
    assert hints["auth_types"] == Sequence[str] | AbstractSet[str] | None
    assert hints["headers"] == Mapping[str, str] | None
    client = cls(**SETTINGS)
    assert typing.get_type_hints(client.get_user) == {
        "sub": str,
        "timeout": float | dt.timedelta | None,
        "max_retries": int | None,
        "return": passlock.User,
    }
    signature = inspect.signature(client.exchange_token, eval_str=True)
    assert signature.return_annotation is passlock.Principal
    assert list(signature.parameters) == [
        "token",
        "timeout",
        "max_retries",
        "issuer",
        "require_user_verified",
        "auth_types",
    ]
    updates = ["sub", "given_name", "family_name", "email_verified", "timeout", "max_retries"]
    assert list(inspect.signature(client.update_user).parameters) == updates
    assert inspect.iscoroutinefunction(client.update_user) == (cls is passlock.AsyncPasslock)
    operations = typing.get_args(_aliases.Operation)
    assert operations == passlock._passlock.OPERATIONS
    for name in operations:
        plain, with_info = (inspect.signature(getattr(client, it), eval_str=True) for it in (name, f"{name}_with_info"))
        assert with_info.parameters == plain.parameters
        # Where a call returns nothing, its details are all there is to return.
        if plain.return_annotation is None:
            assert with_info.return_annotation is passlock.CallInfo
        else:
            assert with_info.return_annotation == tuple[plain.return_annotation, passlock.CallInfo]


def test_models_and_errors_say_their_fields() -> None:
    hints = typing.get_type_hints(passlock.Principal)
    assert tuple(hints) == passlock.Principal.__match_args__
    assert (hints["exp"], hints["user_verified"], hints["email"]) == (dt.datetime, bool, str | None)
    assert typing.get_type_hints(passlock.User) == {
        "sub": str,
        "email": str,
        "given_name": str | None,
        "family_name": str | None,
        "email_verified": bool,
    }
    kinds = typing.get_args(typing.get_type_hints(passlock.PasslockError)["kind"])
    assert kinds == passlock._passlock.ERROR_KINDS


def test_pydantic_validates_calls() -> None:
    client = mock.create_autospec(passlock.Passlock, instance=True)
    get_user = pydantic.validate_call(passlock.Passlock.get_user)
    with pytest.raises(pydantic.ValidationError, match="valid string"):
        get_user(client, 5)  # type: ignore[arg-type]
    for cls in (passlock.Passlock, passlock.AsyncPasslock):
        for name in (*typing.get_args(_aliases.Operation), "get_user_with_info", "warm_up"):
            pydantic.validate_call(getattr(cls(**SETTINGS), name))
    exchange = pydantic.validate_call(passlock.Passlock.exchange_token)
    for methods in (["passkey"], ("passkey",), {"passkey"}):
        exchange(client, "t", auth_types=methods)
        # Not as an iterator, which the call would refuse.
        assert client._call.call_args.args[2]["auth_types"] == methods


ADA = passlock.User(sub="user-1", email="ada@example.com")


def test_a_method_of_a_client_can_be_replaced() -> None:
    client = passlock.Passlock(**SETTINGS)
    with mock.patch.object(client, "get_user", return_value=ADA) as get_user:
        assert client.get_user("user-1") == ADA
    get_user.assert_called_once_with("user-1")
    with mock.patch.object(passlock.Passlock, "get_user", autospec=True, return_value=ADA):
        assert client.get_user("user-1") == ADA
        with pytest.raises(TypeError):
            client.get_user("user-1", timeuot=5)  # type: ignore[call-arg]


def test_a_method_of_an_async_client_can_be_replaced() -> None:
    client = passlock.AsyncPasslock(**SETTINGS)
    with mock.patch.object(client, "get_user", return_value=ADA) as get_user:
        assert asyncio.run(client.get_user("user-1")) == ADA
    get_user.assert_awaited_once_with("user-1")


def test_a_client_can_be_substituted_whole() -> None:
    client = mock.create_autospec(passlock.Passlock, instance=True)
    client.update_user.return_value = ADA
    assert isinstance(client, passlock.Passlock)
    assert client.update_user("user-1", given_name="Ada") == ADA
    client.exchange_token.side_effect = passlock.NotFoundError("unknown token", status=404)
    with pytest.raises(passlock.NotFoundError):
        client.exchange_token("t", timeout=5)
    with pytest.raises(TypeError):
        client.exchange_token("t", user_verified=True)
    for name in ("update_user", "update_user_with_info"):
        with pytest.raises(TypeError):
            getattr(client, name)("user-1", givenname="Ada")
    with pytest.raises(TypeError):
        mock.create_autospec(passlock.Passlock)(tiemout=5)
    asynchronous = mock.create_autospec(passlock.AsyncPasslock, instance=True)
    asynchronous.get_user.return_value = asynchronous.update_user.return_value = ADA
    assert asyncio.run(asynchronous.get_user("user-1")) == ADA
    assert asyncio.run(asynchronous.update_user("user-1", given_name="Ada")) == ADA
    with pytest.raises(TypeError):
        asyncio.run(asynchronous.update_user("user-1", givenname="Ada"))
