//! Failures, as they cross.

use std::collections::HashMap;
use std::fmt;

use passlock_bindings_shared::{Failure, NamingStyle};
use passlock_core::Error;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, uniffi::Error)]
pub enum NativeError {
    /// The call failed.
    Failed {
        /// What is known, by the names of `passlock_bindings_shared::Failure` in camel case. None of it is a secret: the core
        /// sees to it. Codes are the ones of the errors table, `retryAfter` is in seconds.
        fields: HashMap<String, String>,
    },
    /// The call was cancelled.
    Cancelled,
}

impl NativeError {
    /// A call that failed, for a language that writes names in this style.
    pub(crate) fn failed(error: &Error, style: NamingStyle) -> Self {
        Self::Failed { fields: fields(error, style) }
    }
}

/// What is known of an error, by the names in `NativeError::Failed`.
pub(crate) fn fields(error: &Error, style: NamingStyle) -> HashMap<String, String> {
    Failure::new(error, style).texts().collect()
}

/// What the core derives from the kind, operation, tag and hint of an error that a language creates itself.
#[uniffi::export]
#[must_use]
pub fn failure(
    kind: &str,
    operation: Option<String>,
    tag: Option<String>,
    hint: Option<String>,
    message: String,
) -> HashMap<String, String> {
    let (operation, tag, hint) = (operation.as_deref(), tag.as_deref(), hint.as_deref());
    Failure::from_codes(kind, operation, tag, hint, message).texts().collect()
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { fields } => f.write_str(fields.get("message").map_or("", String::as_str)),
            Self::Cancelled => f.write_str("the call was cancelled"),
        }
    }
}

impl std::error::Error for NativeError {}
