//! Principals and users, as they cross. Times are milliseconds since the Unix epoch.

use std::fmt;

use passlock_bindings_shared::millis;
use passlock_core::{Principal, User};

/// What a token stood for.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Debug)]
pub struct NativePrincipal {
    /// The issuer.
    pub iss: String,
    /// The tenancy id that the token was issued for.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// When the token was issued.
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
    /// The token's id: a credential.
    pub jti: String,
    /// The token: a credential.
    pub token: String,
    /// Whether the authenticator verified the user.
    pub user_verified: bool,
    /// How the user logged in.
    pub auth_type: String,
    /// The authenticator's id.
    pub auth_id: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Email address.
    pub email: Option<String>,
    /// Whether the email address is verified.
    pub email_verified: Option<bool>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeUser {
    /// The user's id.
    pub sub: String,
    /// Email address.
    pub email: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Whether the email address is verified.
    pub email_verified: bool,
}

/// What to change of a user. `None` leaves a field unchanged; an empty text is sent as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct NativeUserUpdate {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Whether the email address is verified.
    pub email_verified: Option<bool>,
}

impl From<Principal> for NativePrincipal {
    fn from(principal: Principal) -> Self {
        Self {
            iat: millis(principal.iat),
            nbf: millis(principal.nbf),
            exp: millis(principal.exp),
            auth_type: principal.auth_type.as_str().to_owned(),
            iss: principal.iss,
            aud: principal.aud,
            sub: principal.sub,
            jti: principal.jti,
            token: principal.token,
            user_verified: principal.user_verified,
            auth_id: principal.auth_id,
            given_name: principal.given_name,
            family_name: principal.family_name,
            email: principal.email,
            email_verified: principal.email_verified,
        }
    }
}

impl From<User> for NativeUser {
    fn from(user: User) -> Self {
        Self {
            sub: user.sub,
            email: user.email,
            given_name: user.given_name,
            family_name: user.family_name,
            email_verified: user.email_verified,
        }
    }
}

/// Hand-written: `token` and `jti` are credentials. The foreign descriptions are this one.
impl fmt::Debug for NativePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativePrincipal")
            .field("aud", &self.aud)
            .field("sub", &self.sub)
            .field("auth_type", &self.auth_type)
            .finish_non_exhaustive()
    }
}
