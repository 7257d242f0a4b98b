//! Users and tokens, as the control API and the methods represent them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user to add. `POST /_emulator/users` takes the same as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct NewUser {
    /// The email address. No two users share one.
    pub email: String,
    /// The given name; absent when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The family name; absent when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Whether the email address is verified. False if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The user's id, any non-empty string. Generated if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
}

impl NewUser {
    /// A user with this email address and nothing else.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), ..Self::default() }
    }

    /// Sets the given name.
    pub fn given_name(mut self, name: impl Into<String>) -> Self {
        self.given_name = Some(name.into());
        self
    }

    /// Sets the family name.
    pub fn family_name(mut self, name: impl Into<String>) -> Self {
        self.family_name = Some(name.into());
        self
    }

    /// Sets whether the email address is verified.
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = Some(verified);
        self
    }

    /// Sets the user's id.
    #[allow(clippy::should_implement_trait, reason = "the API's own name for a user's id")]
    pub fn sub(mut self, sub: impl Into<String>) -> Self {
        self.sub = Some(sub.into());
        self
    }
}

/// A user as `GET /{tenancyId}/user/{sub}` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The user's id.
    pub sub: String,
    /// The email address.
    pub email: String,
    /// The given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Whether the email address is verified.
    pub email_verified: bool,
}

/// A token to issue. `POST /_emulator/tokens` takes the same as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct NewToken {
    /// The user whose token it is.
    pub sub: String,
    /// The principal's `authType`, any string. `passkey` if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_type: Option<String>,
    /// The principal's `userVerified`. True if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_verified: Option<bool>,
    /// How long the token is valid, in seconds. 360 if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// Whether the token can be exchanged only once. False if not set, because Passlock does not document this.
    #[serde(default)]
    pub single_use: bool,
}

impl NewToken {
    /// A token for this user, with defaults for everything else.
    pub fn new(sub: impl Into<String>) -> Self {
        Self { sub: sub.into(), ..Self::default() }
    }

    /// Sets the principal's `authType`.
    pub fn auth_type(mut self, auth_type: impl Into<String>) -> Self {
        self.auth_type = Some(auth_type.into());
        self
    }

    /// Sets the principal's `userVerified`.
    pub fn user_verified(mut self, verified: bool) -> Self {
        self.user_verified = Some(verified);
        self
    }

    /// Sets how long the token is valid, in seconds.
    pub fn ttl_seconds(mut self, seconds: u64) -> Self {
        self.ttl_seconds = Some(seconds);
        self
    }

    /// Sets whether the token can be exchanged only once.
    pub fn single_use(mut self, single_use: bool) -> Self {
        self.single_use = single_use;
        self
    }
}

/// A token as a browser would hand it to the back end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IssuedToken {
    /// The token: a credential, so `Debug` hides it.
    pub token: String,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: i64,
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("token", &"[redacted]").field("exp", &self.exp).finish()
    }
}

/// What a token stands for, at the moment of its exchange.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) user: User,
    pub(crate) auth_id: String,
    pub(crate) auth_type: String,
    pub(crate) user_verified: bool,
    pub(crate) issued_seconds: i64,
    pub(crate) expires_seconds: i64,
}
