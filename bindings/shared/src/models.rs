use std::time::SystemTime;

use passlock_core::AuthType;

use crate::millis;

/// How a value of a model crosses to a language: times are milliseconds since the Unix epoch, codes are strings.
pub trait Cross {
    /// The type that it crosses as.
    type Crossed;

    /// The value as it crosses.
    fn cross(self) -> Self::Crossed;
}

macro_rules! cross {
    ($($type:ty => $crossed:ty: |$value:ident| $converted:expr;)+) => {
        $(impl Cross for $type {
            type Crossed = $crossed;

            fn cross(self) -> $crossed {
                let $value = self;
                $converted
            }
        })+
    };
}

cross! {
    String => String: |text| text;
    bool => bool: |flag| flag;
    Option<String> => Option<String>: |text| text;
    Option<bool> => Option<bool>: |flag| flag;
    SystemTime => i64: |time| millis(time);
    AuthType => String: |auth_type| auth_type.as_str().to_owned();
}

/// The fields of a principal and of a user in one list, for the bindings that carry them as they are: hands each model to the macro
/// `$each`, as in
///
/// ```text
/// macro_rules! record {
///     ($model:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ }) => { .. };
/// }
/// passlock_bindings_shared::models!(record);
/// ```
#[macro_export]
macro_rules! models {
    ($each:ident) => {
        $each! { Principal {
            /// The issuer.
            iss: String,
            /// The tenancy id that the token was issued for.
            aud: String,
            /// The user's id.
            sub: String,
            /// When the token was issued.
            iat: std::time::SystemTime,
            /// Not valid before.
            nbf: std::time::SystemTime,
            /// Expires at.
            exp: std::time::SystemTime,
            /// The token's id: a credential.
            jti: String,
            /// The token: a credential.
            token: String,
            /// Whether the authenticator verified the user.
            user_verified: bool,
            /// How the user logged in.
            auth_type: $crate::AuthType,
            /// The authenticator's id.
            auth_id: String,
            /// Given name.
            given_name: Option<String>,
            /// Family name.
            family_name: Option<String>,
            /// Email address.
            email: Option<String>,
            /// Whether the email address is verified.
            email_verified: Option<bool>,
        } }
        $each! { User {
            /// The user's id.
            sub: String,
            /// Email address.
            email: String,
            /// Given name.
            given_name: Option<String>,
            /// Family name.
            family_name: Option<String>,
            /// Whether the email address is verified.
            email_verified: bool,
        } }
    };
}
