"""Models on their way out: as dictionaries, by pydantic, as FastAPI's responses."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import httpx
import pydantic
import pytest
from conftest import run_script
from fastapi import Body, FastAPI
from test_models import FIELDS, PRINCIPAL, USER

from passlock import Principal, User

USER_FIELDS = {
    "sub": "user-1",
    "email": "ada@example.com",
    "given_name": "Ada",
    "family_name": None,
    "email_verified": True,
}


def test_a_dictionary_has_all_fields() -> None:
    # The credentials too, as JSON has them in Node.
    assert PRINCIPAL.to_dict() == FIELDS
    assert list(PRINCIPAL.to_dict()) == list(Principal.__match_args__)
    assert USER.to_dict() == USER_FIELDS
    assert json.loads(json.dumps(USER.to_dict())) == USER_FIELDS
    given = USER.to_dict()
    given["sub"] = "another"
    assert USER.sub == "user-1"


class Login(pydantic.BaseModel):
    principal: Principal
    user: User | None = None


def test_pydantic_reads_and_writes_models() -> None:
    login = Login(principal=PRINCIPAL, user=USER)
    assert login.principal is PRINCIPAL
    assert login.model_dump() == {"principal": FIELDS, "user": USER_FIELDS}
    assert Login.model_validate(login.model_dump()) == login
    assert Login.model_validate_json(login.model_dump_json()) == login
    written = json.loads(login.model_dump_json())["principal"]
    assert (written["iat"], written["token"]) == ("2024-09-09T11:43:56.123456Z", "canary-token")
    # What may be left out here may be left out there.
    assert pydantic.TypeAdapter(User).validate_python({"sub": "u", "email": "e"}) == User(sub="u", email="e")


def test_pydantic_writes_only_what_is_asked_for() -> None:
    credentials = {"token", "jti"}
    left = {name: value for name, value in FIELDS.items() if name not in credentials}
    adapter = pydantic.TypeAdapter(Principal)
    assert adapter.dump_python(PRINCIPAL, exclude=credentials) == left
    assert b"canary" not in adapter.dump_json(PRINCIPAL, exclude=credentials)
    assert adapter.dump_python(PRINCIPAL, include={"sub"}) == {"sub": "user-1"}
    login = Login(principal=PRINCIPAL, user=USER)
    assert login.model_dump(exclude={"principal": credentials}) == {"principal": left, "user": USER_FIELDS}
    assert "canary" not in login.model_dump_json(exclude={"principal": credentials})
    either: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(list[User | Principal])
    assert either.dump_python([PRINCIPAL, USER], exclude={"__all__": credentials}) == [left, USER_FIELDS]
    without_family_name = {name: value for name, value in USER_FIELDS.items() if value is not None}
    assert pydantic.TypeAdapter(User).dump_python(USER, exclude_none=True) == without_family_name


@pytest.mark.parametrize(
    ("changed", "where"),
    [({"sub": 5}, "sub"), ({"iat": "2024-09-09T11:43:56"}, "iat"), ({"token": None}, "token")],
)
def test_pydantic_names_the_field_that_is_wrong(changed: dict[str, Any], where: str) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(Principal).validate_python(FIELDS | changed)
    assert [error["loc"] for error in caught.value.errors()] == [(where,)]


def test_fastapi_returns_and_takes_models() -> None:
    app = FastAPI()

    @app.get("/me")
    def me() -> User:
        return USER

    @app.get("/principal", response_model_exclude={"token", "jti"})
    def principal() -> Principal:
        return PRINCIPAL

    @app.post("/users")
    def users(user: Annotated[User, Body()]) -> str:
        assert isinstance(user, User)
        return user.sub

    async def main() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as browser:
            assert (await browser.get("/me")).json() == USER_FIELDS
            shown = (await browser.get("/principal")).json()
            assert shown["sub"] == "user-1"
            assert set(shown) == set(FIELDS) - {"token", "jti"}
            assert (await browser.post("/users", json=USER_FIELDS)).json() == "user-1"
            assert (await browser.post("/users", json={"sub": "u"})).status_code == 422

    asyncio.run(main())
    described = app.openapi()["components"]["schemas"]
    assert list(described["User"]["properties"]) == list(USER_FIELDS)
    assert described["User"]["required"] == ["sub", "email"]
    assert described["Principal"]["properties"]["exp"]["format"] == "date-time"


def test_pydantic_is_not_needed() -> None:
    done = run_script(
        """
        import sys
        sys.modules["pydantic"] = sys.modules["pydantic_core"] = None
        import passlock
        print(passlock.User(sub="u", email="e").to_dict()["sub"])
        """
    )
    assert (done.stdout, done.returncode) == ("u\n", 0), done.stderr
