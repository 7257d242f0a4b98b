//! What a call reports besides its result: log lines, and call info for other loggers.

use std::time::{Duration, Instant};

use http::StatusCode;

use super::Call;
use crate::error::Error;
use crate::operation::Operation;

/// How a call went: returned along with the call's result.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallInfo {
    /// How many requests were attempted.
    pub attempts: u32,
    /// The status of the last attempt's response; `None` if it had none.
    pub status: Option<u16>,
    /// How long the call took, retries and waits included.
    pub elapsed: Duration,
    request_id: Option<String>,
}

impl CallInfo {
    /// The id that the service assigned to the last attempt, if it responded and the id is printable.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl<O: Operation> Call<'_, O> {
    /// What is known about the call so far.
    #[must_use]
    pub fn into_info(self, now: Instant) -> CallInfo {
        CallInfo {
            elapsed: now.saturating_duration_since(self.started),
            attempts: self.attempts,
            status: self.status.map(|status| status.as_u16()),
            request_id: self.request_id(),
        }
    }

    pub(super) fn log_sending(&self) {
        tracing::debug!(
            target: "passlock",
            operation = O::label(),
            attempt = self.attempts,
            method = self.template.method.as_str(),
            route = O::ROUTE.template,
            "sending request"
        );
    }

    pub(super) fn log_response(&self, status: StatusCode, now: Instant) {
        tracing::debug!(
            target: "passlock",
            operation = O::label(),
            attempt = self.attempts,
            status = status.as_u16(),
            elapsed = ?now.saturating_duration_since(self.started),
            "received response"
        );
    }

    pub(super) fn log_repeating(&self, wait: Duration, error: &Error) {
        tracing::debug!(
            target: "passlock",
            operation = O::label(),
            attempt = self.attempts,
            ?wait,
            reason = error.kind().as_str(),
            "retrying"
        );
    }

    pub(super) fn log_failed(&self, error: &Error) {
        tracing::debug!(
            target: "passlock",
            operation = O::label(),
            attempts = self.attempts,
            kind = error.kind().as_str(),
            status = error.status(),
            request_id = error.request_id(),
            "failed"
        );
    }
}
