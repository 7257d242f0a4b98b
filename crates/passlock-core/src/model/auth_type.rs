use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a user logged in. Values that this version does not know are kept as they are.
///
/// ```
/// use passlock_core::AuthType;
///
/// assert_eq!(AuthType::from("passkey"), AuthType::Passkey);
/// assert_eq!(AuthType::from("github").as_str(), "github");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthType {
    /// With a passkey.
    Passkey,
    /// With a link or code sent by email.
    Email,
    /// With an Apple account.
    Apple,
    /// With a Google account.
    Google,
    /// Any other way.
    Other(String),
}

impl AuthType {
    /// The API's own name for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Passkey => "passkey",
            Self::Email => "email",
            Self::Apple => "apple",
            Self::Google => "google",
            Self::Other(name) => name,
        }
    }

    fn known(name: &str) -> Option<Self> {
        match name {
            "passkey" => Some(Self::Passkey),
            "email" => Some(Self::Email),
            "apple" => Some(Self::Apple),
            "google" => Some(Self::Google),
            _ => None,
        }
    }
}

impl From<&str> for AuthType {
    fn from(name: &str) -> Self {
        Self::known(name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for AuthType {
    fn from(name: String) -> Self {
        Self::known(&name).unwrap_or(Self::Other(name))
    }
}

impl fmt::Display for AuthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for AuthType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AuthType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name)
    }
}

/// Takes a name as it stands in the text that is read: the known ones are not copied.
struct Name;

impl Visitor<'_> for Name {
    type Value = AuthType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an authentication method")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<AuthType, E> {
        Ok(name.into())
    }
}
