use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{AuthType, time};
use crate::json::{FromJson, replace_in};
use crate::secret::Redacted;

/// A user who has just logged in, as asserted by Passlock.
///
/// `token` and `jti` are credentials: `Debug` hides them. Reading the fields reveals them, and serializing writes them, as
/// the API's own JSON.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Principal {
    /// The issuer: Passlock.
    pub iss: String,
    /// The audience: the tenancy id.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// When the token was issued.
    #[serde(with = "time")]
    pub iat: SystemTime,
    /// Not valid before this time.
    #[serde(with = "time")]
    pub nbf: SystemTime,
    /// Expires at this time.
    #[serde(with = "time")]
    pub exp: SystemTime,
    /// The token's id: a secret.
    pub jti: String,
    /// The token: a secret.
    pub token: String,
    /// Whether the authenticator verified the user, by biometrics or a PIN.
    pub user_verified: bool,
    /// How the user logged in.
    pub auth_type: AuthType,
    /// The authenticator's id.
    pub auth_id: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the email address is verified; `None` if the API does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
}

impl FromJson for Principal {
    fn replace(&mut self, stand_in: char) -> Result<(), &'static str> {
        let Self { iss, aud, sub, jti, token, auth_type, auth_id, given_name, family_name, email, .. } = self;
        replace_in(
            stand_in,
            [given_name, family_name, email].into_iter().flatten(),
            [
                ("iss", &**iss),
                ("aud", aud),
                ("sub", sub),
                ("jti", jti),
                ("token", token),
                ("authType", auth_type.as_str()),
                ("authId", auth_id),
            ],
        )
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("iss", &self.iss)
            .field("aud", &self.aud)
            .field("sub", &self.sub)
            .field("iat", &self.iat)
            .field("nbf", &self.nbf)
            .field("exp", &self.exp)
            .field("jti", &Redacted)
            .field("token", &Redacted)
            .field("user_verified", &self.user_verified)
            .field("auth_type", &self.auth_type)
            .field("auth_id", &self.auth_id)
            .field("given_name", &self.given_name)
            .field("family_name", &self.family_name)
            .field("email", &self.email)
            .field("email_verified", &self.email_verified)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::principal;

    #[test]
    fn debug_hides_the_credentials_and_reading_gives_them() {
        let principal = principal();
        assert!(!format!("{principal:#?}").contains("canary"));
        assert_eq!((&*principal.jti, &*principal.token), ("jti-canary", "token-canary"));
    }

    #[test]
    fn it_serializes_as_the_api_writes_it() {
        let json = serde_json::to_value(principal()).unwrap();
        assert_eq!(json["userVerified"], false);
        assert_eq!(json["exp"], 1360);
        assert_eq!(json["authType"], "passkey");
        assert!(json.get("email").is_none());
    }
}
