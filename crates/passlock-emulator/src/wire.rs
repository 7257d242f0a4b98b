//! The JSON of Passlock's REST API, stated independently: it shares nothing with the other crates of this workspace.

use std::fmt;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Grant, User};

/// The issuer in the sample of Passlock's documentation.
const ISSUER: &str = "https://idp.passlock.dev";

/// An error response, as Passlock words it: `{"_tag": "NotFound", "message": "Invalid token"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    tag: &'static str,
    message: String,
}

impl ApiError {
    /// 400 `BadRequest`
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 401 `Unauthorized`
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", message)
    }

    /// 403 `Forbidden`
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// 403 `Disabled`
    pub fn disabled(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Disabled", message)
    }

    /// 404 `NotFound`
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// 409 `Duplicate`
    pub fn duplicate(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Duplicate", message)
    }

    fn new(status: StatusCode, tag: &'static str, message: impl Into<String>) -> Self {
        Self { status, tag, message: message.into() }
    }

    /// The status of its response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The JSON of its response.
    pub fn body(&self) -> Value {
        serde_json::json!({ "_tag": self.tag, "message": self.message })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

/// The response of the gateway in front of Passlock to an unknown route: no `_tag`.
pub(crate) fn gateway_not_found() -> Value {
    serde_json::json!({ "message": "Not Found" })
}

/// A principal. Optional fields are absent, never null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal<'a> {
    iss: &'static str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: &'a str,
    token: &'a str,
    user_verified: bool,
    auth_type: &'a str,
    auth_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    email: &'a str,
    email_verified: bool,
    #[serde(flatten)]
    legacy: Option<Legacy<'a>>,
}

impl<'a> Principal<'a> {
    pub(crate) fn new(tenancy_id: &'a str, token: &'a str, grant: &'a Grant, legacy_fields: bool) -> Self {
        let issued = grant.issued_seconds;
        Self {
            iss: ISSUER,
            aud: tenancy_id,
            sub: &grant.user.sub,
            iat: issued,
            nbf: issued,
            exp: grant.expires_seconds,
            jti: token,
            token,
            user_verified: grant.user_verified,
            auth_type: &grant.auth_type,
            auth_id: &grant.auth_id,
            given_name: grant.user.given_name.as_deref(),
            family_name: grant.user.family_name.as_deref(),
            email: &grant.user.email,
            email_verified: grant.user.email_verified,
            legacy: legacy_fields.then(|| Legacy {
                auth_statement: AuthStatement {
                    auth_type: &grant.auth_type,
                    user_verified: grant.user_verified,
                    auth_timestamp: iso_8601(issued),
                },
                expire_at: iso_8601(grant.expires_seconds),
            }),
        }
    }
}

/// The fields that Passlock's own v1 clients require.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Legacy<'a> {
    auth_statement: AuthStatement<'a>,
    expire_at: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthStatement<'a> {
    auth_type: &'a str,
    user_verified: bool,
    auth_timestamp: String,
}

/// `{"user": {...}}`.
#[derive(Debug, Serialize)]
pub(crate) struct Wrapped<'a> {
    pub(crate) user: &'a User,
}

/// The fields that an update names. The email can't be changed: it is the user's name on their devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) email_verified: Option<bool>,
}

impl Update {
    /// Reads an update strictly, so that a client's misspelling is found here and not in production.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let fields: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| ApiError::bad_request(format!("The body must be a JSON object: {error}")))?;
        if fields.is_empty() {
            return Err(ApiError::bad_request(
                "An update must name at least one of givenName, familyName, emailVerified",
            ));
        }
        let mut update = Self::default();
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("givenName", Value::String(text)) => update.given_name = Some(text),
                ("familyName", Value::String(text)) => update.family_name = Some(text),
                ("emailVerified", Value::Bool(flag)) => update.email_verified = Some(flag),
                ("givenName" | "familyName", _) => {
                    return Err(ApiError::bad_request(format!("{name} must be a string")));
                }
                ("emailVerified", _) => return Err(ApiError::bad_request("emailVerified must be a boolean")),
                ("email", _) => return Err(ApiError::bad_request("email can't be changed")),
                _ => return Err(ApiError::bad_request(format!("Unknown field {name:?}"))),
            }
        }
        Ok(update)
    }
}

/// Seconds since the Unix epoch as `2025-01-31T12:00:00.000Z`, the form that JavaScript's `Date` writes.
fn iso_8601(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days are counted from 1 March of the year 0, so that the leap day is the last day of a year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second % 3_600 / 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.000Z", second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(iso_8601(seconds), text);
        }
    }

    #[test]
    fn updates_are_read_strictly() {
        let update = Update::parse(br#"{"givenName":"","emailVerified":true}"#).unwrap();
        assert_eq!(update.given_name.as_deref(), Some(""));
        assert_eq!(update.family_name, None);
        assert_eq!(update.email_verified, Some(true));
        for (body, says) in [
            ("", "JSON object"),
            ("[]", "JSON object"),
            ("{}", "at least one"),
            (r#"{"given_name":"x"}"#, "\"given_name\""),
            (r#"{"email":"x"}"#, "email can't be changed"),
            (r#"{"givenName":null}"#, "givenName must be a string"),
            (r#"{"familyName":1}"#, "familyName must be a string"),
            (r#"{"emailVerified":"true"}"#, "emailVerified must be a boolean"),
        ] {
            let error = Update::parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.status, StatusCode::BAD_REQUEST);
            assert!(error.to_string().contains(says), "{body}: {error}");
        }
    }
}
