//! Builders of principals and users, for an application's tests.

use std::time::{Duration, SystemTime};

use super::{AuthType, Principal, User, time};

/// One method for each field that may be set.
macro_rules! setters {
    ($builder:ident: $($(#[$doc:meta])* $field:ident($argument:ty) = |$value:ident| $stored:expr;)+) => {
        impl $builder {
            $($(#[$doc])* #[must_use]
            pub fn $field(mut self, $value: $argument) -> Self {
                self.0.$field = $stored;
                self
            })+
        }
    };
}

/// Builds a [`Principal`] for a test. Created by [`Principal::builder`].
#[derive(Clone, Debug)]
pub struct PrincipalBuilder(Principal);

impl Principal {
    /// Builds a principal for use in tests. By default its user has logged in with a passkey, its `token` and `jti` are empty, and it
    /// is valid from 1970 to 9999.
    ///
    /// ```
    /// use passlock_core::{AuthType, Principal};
    ///
    /// let principal = Principal::builder("user-1").auth_type(AuthType::Google).email("ada@example.com").build();
    /// assert_eq!(principal.sub, "user-1");
    /// assert!(principal.user_verified && principal.given_name.is_none());
    /// ```
    #[must_use]
    pub fn builder(sub: impl Into<String>) -> PrincipalBuilder {
        PrincipalBuilder(Self {
            iss: "https://idp.passlock.dev".to_owned(),
            aud: "my-tenancy".to_owned(),
            sub: sub.into(),
            iat: SystemTime::UNIX_EPOCH,
            nbf: SystemTime::UNIX_EPOCH,
            exp: SystemTime::UNIX_EPOCH + Duration::from_secs(time::END - 1),
            jti: String::new(),
            token: String::new(),
            user_verified: true,
            auth_type: AuthType::Passkey,
            auth_id: String::new(),
            given_name: None,
            family_name: None,
            email: None,
            email_verified: None,
        })
    }
}

setters! {
    PrincipalBuilder:
    /// Sets the issuer.
    iss(impl Into<String>) = |iss| iss.into();
    /// Sets the audience.
    aud(impl Into<String>) = |aud| aud.into();
    /// Sets the time at which the token was issued.
    iat(SystemTime) = |at| at;
    /// Sets the time before which the token is not valid.
    nbf(SystemTime) = |at| at;
    /// Sets the time at which the token expires.
    exp(SystemTime) = |at| at;
    /// Sets the token's id.
    jti(impl Into<String>) = |jti| jti.into();
    /// Sets the token.
    token(impl Into<String>) = |token| token.into();
    /// Sets whether the authenticator verified the user.
    user_verified(bool) = |verified| verified;
    /// Sets how the user logged in.
    auth_type(impl Into<AuthType>) = |auth_type| auth_type.into();
    /// Sets the authenticator's id.
    auth_id(impl Into<String>) = |id| id.into();
    /// Sets the given name.
    given_name(impl Into<String>) = |name| Some(name.into());
    /// Sets the family name.
    family_name(impl Into<String>) = |name| Some(name.into());
    /// Sets the email address.
    email(impl Into<String>) = |email| Some(email.into());
    /// Sets whether the email address is verified.
    email_verified(bool) = |verified| Some(verified);
}

impl PrincipalBuilder {
    /// The principal.
    #[must_use]
    pub fn build(self) -> Principal {
        self.0
    }
}

/// Builds a [`User`] for a test. Created by [`User::builder`].
#[derive(Clone, Debug)]
pub struct UserBuilder(User);

impl User {
    /// Builds a user for use in tests: by default without a name, and with an unverified email address.
    ///
    /// ```
    /// use passlock_core::User;
    ///
    /// let user = User::builder("user-1", "ada@example.com").given_name("Ada").build();
    /// assert_eq!((user.given_name.as_deref(), user.email_verified), (Some("Ada"), false));
    /// ```
    #[must_use]
    pub fn builder(sub: impl Into<String>, email: impl Into<String>) -> UserBuilder {
        UserBuilder(Self {
            sub: sub.into(),
            email: email.into(),
            given_name: None,
            family_name: None,
            email_verified: false,
        })
    }
}

setters! {
    UserBuilder:
    /// Sets the given name.
    given_name(impl Into<String>) = |name| Some(name.into());
    /// Sets the family name.
    family_name(impl Into<String>) = |name| Some(name.into());
    /// Sets whether the email address is verified.
    email_verified(bool) = |verified| verified;
}

impl UserBuilder {
    /// The user.
    #[must_use]
    pub fn build(self) -> User {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field by field, as the API's own JSON: whatever the API may say, a test can say.
    #[test]
    fn every_field_of_a_principal_and_a_user_can_be_set() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let principal = Principal::builder("sub-1")
            .iss("iss-1")
            .aud("aud-1")
            .iat(at(1))
            .nbf(at(2))
            .exp(at(3))
            .jti("jti-canary")
            .token("token-canary")
            .user_verified(false)
            .auth_type("pigeon")
            .auth_id("auth-1")
            .given_name("Ada")
            .family_name("Lovelace")
            .email("ada@example.com")
            .email_verified(true);
        assert!(!format!("{principal:?}").contains("canary"));
        let json = serde_json::json!({
            "sub": "sub-1", "iss": "iss-1", "aud": "aud-1", "iat": 1, "nbf": 2, "exp": 3, "jti": "jti-canary",
            "token": "token-canary", "userVerified": false, "authType": "pigeon", "authId": "auth-1",
            "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com", "emailVerified": true,
        });
        assert_eq!(serde_json::to_value(principal.build()).unwrap(), json);

        let user =
            User::builder("sub-1", "ada@example.com").given_name("Ada").family_name("L").email_verified(true);
        let json = serde_json::json!({
            "sub": "sub-1", "email": "ada@example.com", "givenName": "Ada", "familyName": "L", "emailVerified": true,
        });
        assert_eq!(serde_json::to_value(user.build()).unwrap(), json);
    }
}
