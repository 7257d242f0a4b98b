//! All that an error says of itself, as one value that compares.

use std::time::Duration;

use passlock_core::{Claim, Error, ErrorKind, Hint, Limit, OperationName};

/// The fields of an error, the texts for humans aside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields {
    pub(crate) kind: ErrorKind,
    pub(crate) operation: Option<OperationName>,
    pub(crate) status: Option<u16>,
    pub(crate) tag: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) retryable: bool,
    pub(crate) limit: Option<Limit>,
    pub(crate) claim: Option<Claim>,
    pub(crate) hint: Option<Hint>,
    pub(crate) applied: bool,
    pub(crate) cause: Option<String>,
}

impl Fields {
    /// An error of `kind` of which nothing else is known.
    pub(crate) fn of(kind: ErrorKind, operation: OperationName, attempts: u32) -> Self {
        Self {
            kind,
            operation: Some(operation),
            status: None,
            tag: None,
            detail: None,
            request_id: None,
            retry_after: None,
            attempts,
            retryable: false,
            limit: None,
            claim: None,
            hint: None,
            applied: false,
            cause: None,
        }
    }
}

/// Reads an error by its accessors, and holds its texts to what is promised of every error's texts.
pub(crate) fn fields(error: &Error) -> Fields {
    let message = error.message();
    assert_eq!(message, error.to_string());
    assert!(
        !message.is_empty() && !message.chars().any(passlock_core::disturbs_a_line),
        "one line: {message:?}"
    );
    let source = std::error::Error::source(error).map(ToString::to_string);
    assert_eq!(error.cause(), source.as_deref());
    Fields {
        kind: error.kind(),
        operation: error.operation(),
        status: error.status(),
        tag: error.tag().map(Into::into),
        detail: error.detail().map(Into::into),
        request_id: error.request_id().map(Into::into),
        retry_after: error.retry_after(),
        attempts: error.attempts(),
        retryable: error.is_retryable(),
        limit: error.limit(),
        claim: error.claim(),
        hint: error.hint(),
        applied: error.is_applied(),
        cause: source,
    }
}
