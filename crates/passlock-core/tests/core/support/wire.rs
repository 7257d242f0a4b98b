//! The service's answers.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

pub(crate) const TENANCY: &str = "tenancy 1";

/// What the wall clock shows when a script begins, in seconds since the epoch: 24 November 2024, midnight.
pub(crate) const NOW: u64 = 1_732_406_400;

pub(crate) fn wall(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A principal that every check of the default settings accepts.
pub(crate) fn principal() -> String {
    principal_with(|_| ())
}

pub(crate) fn principal_with(change: impl FnOnce(&mut Value)) -> String {
    let mut principal = json!({
        "iss": "https://idp.passlock.dev", "aud": TENANCY, "sub": "user-1", "iat": NOW, "nbf": NOW, "exp": NOW + 360,
        "jti": "jti-of-the-principal", "token": "token-of-the-principal", "userVerified": true, "authType": "passkey",
        "authId": "authenticator-1", "givenName": "Ada", "email": "ada@example.com", "emailVerified": true,
    });
    change(&mut principal);
    principal.to_string()
}

pub(crate) fn user() -> String {
    json!({ "sub": "user-1", "email": "ada@example.com", "givenName": "Ada", "emailVerified": true })
        .to_string()
}

pub(crate) fn wrapped_user() -> String {
    format!(r#"{{"user":{}}}"#, user())
}
