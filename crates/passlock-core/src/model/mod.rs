//! The values that calls take and return.

mod auth_type;
mod builder;
mod principal;
mod time;
mod update;
mod user;

pub use auth_type::AuthType;
pub use builder::{PrincipalBuilder, UserBuilder};
pub use principal::Principal;
pub use update::UserUpdate;
pub use user::User;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A principal of `tenancy`, valid from 1000 to 1360 seconds after the epoch.
    pub(crate) fn principal() -> Principal {
        let json = br#"{"iss":"https://idp.passlock.dev","aud":"tenancy","sub":"u1","iat":1000,"nbf":1000,"exp":1360,
            "jti":"jti-canary","token":"token-canary","userVerified":false,"authType":"passkey","authId":"a1"}"#;
        serde_json::from_slice(json).unwrap()
    }
}
