"""What a user would write by hand on another client: a class for the principal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    iss: str
    aud: str
    sub: str
    iat: float
    nbf: float
    exp: float
    jti: str
    token: str
    user_verified: bool
    auth_type: str
    auth_id: str
    given_name: str | None
    family_name: str | None
    email: str | None
    email_verified: bool | None


def principal(body: dict) -> Principal:
    """The principal in an answer."""
    return Principal(
        iss=body["iss"],
        aud=body["aud"],
        sub=body["sub"],
        iat=body["iat"],
        nbf=body["nbf"],
        exp=body["exp"],
        jti=body["jti"],
        token=body["token"],
        user_verified=body["userVerified"],
        auth_type=body["authType"],
        auth_id=body["authId"],
        given_name=body.get("givenName"),
        family_name=body.get("familyName"),
        email=body.get("email"),
        email_verified=body.get("emailVerified"),
    )
