use serde::Serialize;

/// The changes to make to a user. `None` leaves a field unchanged; an empty string is sent as such.
///
/// The email address can't be changed: it is the passkey's user name on the user's device.
///
/// ```
/// use passlock_core::UserUpdate;
///
/// let update = UserUpdate::new().given_name("Ada").email_verified(true);
/// assert_eq!(update.given_name.as_deref(), Some("Ada"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserUpdate {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Whether the email address is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
}

impl UserUpdate {
    /// An update without any change. It is refused unless a field is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the given name.
    #[must_use]
    pub fn given_name(mut self, name: impl Into<String>) -> Self {
        self.given_name = Some(name.into());
        self
    }

    /// Sets the family name.
    #[must_use]
    pub fn family_name(mut self, name: impl Into<String>) -> Self {
        self.family_name = Some(name.into());
        self
    }

    /// Sets whether the email address is verified.
    #[must_use]
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = Some(verified);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
