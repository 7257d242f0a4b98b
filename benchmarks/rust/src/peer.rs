//! What a user would write by hand on another client: a struct for the principal, and the request's parts.

use serde::Deserialize;

use crate::{KEY, TENANCY, TOKEN};

/// The principal, decoded as a user would.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "decoded, not read")]
pub struct Principal {
    iss: String,
    aud: String,
    sub: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: String,
    token: String,
    user_verified: bool,
    auth_type: String,
    auth_id: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
}

/// The URL of an exchange.
pub fn url(endpoint: &str) -> String {
    format!("{endpoint}/{TENANCY}/token/{TOKEN}")
}

/// The value of `Authorization`.
pub fn authorization() -> String {
    format!("Bearer {KEY}")
}
