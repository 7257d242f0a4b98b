//! What bodies mean: principals, users, errors.

use serde_json::{Value, json};

use super::json::{self, Json};
use super::time;

/// The members of an object, or nothing.
pub(super) struct Fields(Vec<(json::Text, Json)>);

/// A field that is not as it must be.
pub(super) struct Malformed;

type Field<T> = Result<T, Malformed>;

impl Fields {
    fn of(json: Option<Json>) -> Field<Self> {
        match json {
            Some(Json::Object(members)) => Ok(Self(members)),
            _ => Err(Malformed),
        }
    }

    /// A field that is read must not be there twice: another reader would see another value.
    fn get(&self, name: &str) -> Field<Option<&Json>> {
        let mut found = self.0.iter().filter(|(own, _)| own.text == name && own.is_whole);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Malformed),
            (first, None) => Ok(first.map(|(_, value)| value)),
        }
    }

    /// An id or a credential: with half a character lost it would be another one.
    fn exact(&self, name: &str) -> Field<Value> {
        match self.get(name)? {
            Some(Json::Text(text)) if text.is_whole => Ok(text.text.as_str().into()),
            _ => Err(Malformed),
        }
    }

    /// A text for people: half a character lost is one character lost.
    fn shown(&self, name: &str) -> Field<Value> {
        match self.get(name)? {
            None | Some(Json::Null) => Ok(Value::Null),
            Some(Json::Text(text)) => Ok(text.text.as_str().into()),
            _ => Err(Malformed),
        }
    }

    fn flag(&self, name: &str) -> Field<Value> {
        match self.get(name)? {
            None | Some(Json::Null) => Ok(Value::Null),
            Some(Json::Bool(flag)) => Ok((*flag).into()),
            _ => Err(Malformed),
        }
    }

    fn time(&self, name: &str) -> Field<Value> {
        match self.get(name)? {
            Some(Json::Number(written)) => {
                let millis = time::millis(written).ok_or(Malformed)?;
                Ok(json!(millis as f64 / 1000.0))
            }
            _ => Err(Malformed),
        }
    }
}

fn required(value: Value) -> Field<Value> {
    if value.is_null() { Err(Malformed) } else { Ok(value) }
}

/// A principal as the client returns it.
pub(super) fn principal(body: &[u8]) -> Field<Value> {
    let fields = Fields::of(json::read(body))?;
    Ok(json!({
        "iss": fields.exact("iss")?,
        "aud": fields.exact("aud")?,
        "sub": fields.exact("sub")?,
        "iat": fields.time("iat")?,
        "nbf": fields.time("nbf")?,
        "exp": fields.time("exp")?,
        "jti": fields.exact("jti")?,
        "token": fields.exact("token")?,
        "user_verified": required(fields.flag("userVerified")?)?,
        "auth_type": fields.exact("authType")?,
        "auth_id": fields.exact("authId")?,
        "given_name": fields.shown("givenName")?,
        "family_name": fields.shown("familyName")?,
        "email": fields.shown("email")?,
        "email_verified": fields.flag("emailVerified")?,
    }))
}

/// A user in its wrapping.
pub(super) fn wrapped_user(body: &[u8]) -> Field<Value> {
    user(Fields::of(Fields::of(json::read(body))?.get("user")?.cloned())?)
}

/// A user without it, which only an update may be answered with.
pub(super) fn bare_user(body: &[u8]) -> Field<Value> {
    user(Fields::of(json::read(body))?)
}

fn user(fields: Fields) -> Field<Value> {
    Ok(json!({
        "sub": fields.exact("sub")?,
        "email": required(fields.shown("email")?)?,
        "given_name": fields.shown("givenName")?,
        "family_name": fields.shown("familyName")?,
        "email_verified": fields.flag("emailVerified")? == Value::Bool(true),
    }))
}

/// What an error's body says. What can't be read is absent.
#[derive(Default)]
pub(super) struct Said {
    pub(super) tag: Option<String>,
    pub(super) message: Option<String>,
    pub(super) detail: Option<String>,
}

pub(super) fn said(body: &[u8]) -> Said {
    let read = || -> Field<Said> {
        let fields = Fields::of(json::read(body))?;
        let text = |name| -> Field<Option<String>> {
            match fields.get(name)? {
                Some(Json::Text(text)) => Ok(Some(text.text.clone())),
                Some(other) if other.is_excessive() => Err(Malformed),
                _ => Ok(None),
            }
        };
        Ok(Said { tag: text("_tag")?, message: text("message")?, detail: text("detail")? })
    };
    read().unwrap_or_default()
}
