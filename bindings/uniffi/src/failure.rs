//! Failures, as they cross.

use std::fmt;

use passlock_bindings_shared::{Failure, NamingStyle};
use passlock_core::Error;

/// An error's fields. None of them holds a secret: the core sees to it. Codes are the ones of the errors table.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct NativeFailure {
    /// One of the thirteen kinds.
    pub kind: String,
    /// One line for humans.
    pub message: String,
    /// The operation that failed.
    pub operation: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The API's own name for the error.
    pub tag: Option<String>,
    /// What the API says about it.
    pub detail: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// How long the service asks to wait, in seconds.
    pub retry_after: Option<f64>,
    /// How many requests were made.
    pub attempts: u32,
    /// Whether trying again later is safe and may help.
    pub retryable: bool,
    /// The time limit that passed.
    pub limit: Option<String>,
    /// The claim that did not hold.
    pub claim: Option<String>,
    /// A likely cause, if recognised.
    pub hint: Option<String>,
    /// Whether an update was accepted although the call failed.
    pub applied: bool,
    /// The cause, as text.
    pub underlying: Option<String>,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, uniffi::Error)]
pub enum NativeError {
    /// The call failed.
    Failed {
        /// How.
        failure: NativeFailure,
    },
    /// The call was cancelled.
    Cancelled,
}

impl NativeFailure {
    /// An error for a language that writes names in this style.
    fn new(error: &Error, style: NamingStyle) -> Self {
        // Taken apart by name, without a rest, so that a new field can't be forgotten here.
        let Failure {
            kind,
            message,
            operation,
            status,
            tag,
            detail,
            request_id,
            retry_after,
            attempts,
            retryable,
            limit,
            claim,
            hint,
            applied,
            cause,
        } = Failure::new(error, style);
        Self {
            kind: kind.to_owned(),
            message,
            operation: operation.map(str::to_owned),
            status,
            tag,
            detail,
            request_id,
            retry_after,
            attempts,
            retryable,
            limit: limit.map(str::to_owned),
            claim: claim.map(str::to_owned),
            hint: hint.map(str::to_owned),
            applied,
            underlying: cause,
        }
    }
}

impl NativeError {
    /// A call that failed, for a language that writes names in this style.
    pub(crate) fn failed(error: &Error, style: NamingStyle) -> Self {
        Self::Failed { failure: NativeFailure::new(error, style) }
    }
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { failure } => f.write_str(&failure.message),
            Self::Cancelled => f.write_str("the call was cancelled"),
        }
    }
}

impl std::error::Error for NativeError {}
