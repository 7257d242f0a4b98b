use passlock_core::{Error, Name, OperationName, UserUpdate, message};

use crate::Source;

/// The fields of an update in one list: name, and how it is read (a method of [`Source`]).
macro_rules! update_fields {
    ($($field:ident: $kind:ident,)+) => {
        /// The names of an update's fields.
        pub const UPDATE_FIELDS: &[&str] = &[$(stringify!($field)),+];

        /// Reads an update; absent leaves a field unchanged.
        ///
        /// # Errors
        ///
        /// Those of the source.
        pub fn read_update<S: Source>(source: &mut S) -> Result<UserUpdate, S::Error> {
            let mut update = UserUpdate::new();
            $(update.$field = source.$kind(stringify!($field))?;)+
            Ok(update)
        }
    };
}

update_fields! {
    given_name: text,
    family_name: text,
    email_verified: flag,
}

/// Refuses a field that can't be changed, or a misspelling.
///
/// # Errors
///
/// `invalid_input` for the name that is in `unknown`.
pub fn reject_unknown_field(unknown: Option<&str>) -> Result<(), Error> {
    if let Some(name) = unknown {
        let why = if name == "email" {
            message!["can't be changed: it is the passkey's user name on the user's device"]
        } else {
            message![
                "is not a field of an update; its fields are ",
                Name("given_name"),
                ", ",
                Name("family_name"),
                " and ",
                Name("email_verified"),
            ]
        };
        // A name is the caller's own word, but may be anything: it is quoted and cut.
        let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
        let message = message![format!("`{name}` "), why];
        return Err(Error::invalid_input(message).with_operation(OperationName::UpdateUser));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextSource;

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        for (name, expected) in [
            ("email", "`email` can't be changed"),
            (
                "givenname",
                "`givenname` is not a field of an update; its fields are given_name, family_name and email_verified",
            ),
            ("a\nb", "`a\\nb` is not a field"),
        ] {
            let error = reject_unknown_field(Some(name)).unwrap_err();
            assert!(error.message().starts_with(expected), "{error}");
            for field in UPDATE_FIELDS {
                assert_eq!(error.message().contains(field), name != "email", "{error}");
            }
        }
        reject_unknown_field(None).unwrap();
    }

    #[test]
    fn an_empty_text_is_given_and_what_is_absent_is_not() {
        let named = [("givenName", ""), ("emailVerified", "false"), ("email", "e")];
        let mut source = TextSource::new(named.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let update = read_update(&mut source).unwrap();
        assert_eq!(update, UserUpdate::new().given_name("").email_verified(false));
        assert_eq!(source.unread(), Some("email"));
    }
}
