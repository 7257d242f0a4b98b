use passlock_core::{Error, OperationName, UserUpdate};

/// Makes an update of named fields. `None` leaves a field unchanged.
///
/// # Errors
///
/// `invalid_input` for the first name that is in `unknown`: a field that can't be changed, or a misspelling.
pub fn update(
    given_name: Option<String>,
    family_name: Option<String>,
    email_verified: Option<bool>,
    unknown: Option<&str>,
) -> Result<UserUpdate, Error> {
    if let Some(name) = unknown {
        let why = if name == "email" {
            "can't be changed: it is the passkey's user name on the user's device"
        } else {
            "is not a field of an update"
        };
        // A name is the caller's own word, but may be anything: it is quoted and cut.
        let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
        return Err(Error::invalid_input(format!("`{name}` {why}")).with_operation(OperationName::UpdateUser));
    }
    let mut update = UserUpdate::new();
    update.given_name = given_name;
    update.family_name = family_name;
    update.email_verified = email_verified;
    Ok(update)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        for (name, expected) in [
            ("email", "`email` can't be changed"),
            ("givenname", "`givenname` is not a field"),
            ("a\nb", "`a\\nb` is not a field"),
        ] {
            let error = update(None, None, None, Some(name)).unwrap_err();
            assert!(error.message().starts_with(expected), "{error}");
        }
        assert_eq!(
            update(Some(String::new()), None, Some(false), None).unwrap().given_name.as_deref(),
            Some("")
        );
    }
}
