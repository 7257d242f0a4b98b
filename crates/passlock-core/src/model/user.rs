use serde::{Deserialize, Deserializer, Serialize};

use crate::json::{FromJson, replace_in};

/// A user, as the service returns it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The user's id.
    pub sub: String,
    /// Email address: the passkey's user name on the device, so it can't be changed.
    pub email: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Whether the email address is verified; false if the API does not say.
    #[serde(default, deserialize_with = "null_is_false")]
    pub email_verified: bool,
}

fn null_is_false<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<bool>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl FromJson for User {
    fn replace(&mut self, stand_in: char) -> Result<(), &'static str> {
        let Self { sub, email, given_name, family_name, .. } = self;
        let names = [given_name, family_name].into_iter().flatten();
        replace_in(stand_in, names.chain([email]), [("sub", &**sub)])
    }
}
