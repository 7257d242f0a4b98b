//! What a call says when it fails.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{Call, Moment};
use crate::answer::{self, ErrorBody};
use crate::attempt::{FaultKind, TransportFault};
use crate::config::V1_ENDPOINT;
use crate::error::{Error, ErrorKind, Hint, Limit, OperationName};
use crate::operation::Operation;
use crate::retry::Ending;
use crate::secret::Redactor;

/// The most of a server's text that an error keeps, in bytes.
pub(super) const LONGEST_DETAIL: usize = 1024;
/// The most of it that is shown in an error's message.
pub(super) const LONGEST_REMARK: usize = 200;

impl<O: Operation> Call<'_, O> {
    /// Anything but a 2xx: the status decides, and the body only adds to it.
    pub(super) fn refused(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Result<Bytes, TransportFault>,
        now: Moment,
    ) {
        let wall = self.config.fixed_now().unwrap_or(now.wall);
        let retry_after = answer::retry_after(headers, wall);
        let ending = Ending::Answer { status, retry_after: retry_after.is_some() };
        let body = body.as_ref().ok().filter(|_| answer::is_identity_coded(headers));
        let parsed = body.map(|body| ErrorBody::parse(body)).unwrap_or_default();
        let Some(kind) = parsed.kind(status) else {
            let what = if status.is_redirection() {
                "redirects are not followed: check endpoint"
            } else {
                "the status is none that the API gives"
            };
            let error = self.protocol_error(status, what).with_retry_after(retry_after);
            return self.conclude(error, ending, retry_after, now);
        };
        let hint = body.and_then(|_| parsed.hint(status));
        let redactor = self.redactor();
        let keep = |text: &Option<String>| text.as_ref().map(|text| redactor.excerpt(text, LONGEST_DETAIL));
        let detail = keep(&parsed.detail).or_else(|| keep(&parsed.message));
        let mut message = format!("{} ({})", advice(kind, O::NAME), status.as_u16());
        if let Some(detail) = &detail {
            message.push_str(": ");
            message.push_str(&redactor.line(detail, LONGEST_REMARK));
        }
        let mut error = Error::new(kind, message)
            .with_status(status)
            .with_body(keep(&parsed.tag), detail)
            .with_retry_after(retry_after)
            .with_hint(hint);
        if let Some(Hint::WrongEndpoint) = hint {
            error = error.with_remark(&format!(
                "this does not look like Passlock's version 1 API: a tenancy of version 1 may need endpoint = {V1_ENDPOINT}"
            ));
        }
        if kind == ErrorKind::NotFound && O::NAME == OperationName::ExchangeToken && self.unknown_fate {
            error = error.with_remark("an earlier attempt may have used the token");
        }
        self.conclude(error, ending, retry_after, now);
    }

    /// Adds what is known of the call as a whole.
    pub(super) fn finish(&self, error: Error, retryable: bool) -> Error {
        let request_id = error.status().and(self.summary.request_id.clone());
        let error = error
            .with_operation(O::NAME)
            .with_attempts(self.summary.attempts)
            .with_retryable(retryable)
            .with_request_id(request_id);
        if self.accepted { error.with_applied() } else { error }
    }

    /// The error that a fault stands for.
    pub(super) fn fault_error(&self, fault: &TransportFault, now: Instant) -> Error {
        let error = match fault.kind() {
            FaultKind::NotConnected => Error::new(
                ErrorKind::Connection,
                "no connection to the API: check endpoint, proxy and network",
            ),
            FaultKind::CertificateRefused => Error::new(
                ErrorKind::Connection,
                "the server's certificate was refused: check endpoint, or add its authority with ca_certificates",
            ),
            FaultKind::Interrupted => {
                Error::new(ErrorKind::Connection, "the connection ended before the answer was complete")
            }
            FaultKind::ConnectTimeout => {
                self.timed_out(Limit::ConnectTimeout, self.settings.limits.connect(), now)
            }
            FaultKind::AttemptTimeout => {
                self.timed_out(Limit::AttemptTimeout, self.settings.limits.attempt(), now)
            }
            FaultKind::Malformed => Error::new(
                ErrorKind::Protocol,
                "what answered does not speak HTTP/1.1 as it should: check endpoint",
            ),
            FaultKind::TooLarge => Error::new(
                ErrorKind::Protocol,
                format!(
                    "the answer is larger than max_response_bytes ({})",
                    self.config.max_response_bytes()
                ),
            ),
            FaultKind::Unusable => {
                return Error::config(self.redactor().line(fault.cause(), LONGEST_DETAIL));
            }
        };
        match fault.cause() {
            "" => error,
            cause => error.with_cause(self.redactor().line(cause, LONGEST_DETAIL)),
        }
    }

    /// The error for a limit inside of the call's, unless it was the call's that passed.
    pub(super) fn timed_out(&self, limit: Limit, value: Duration, now: Instant) -> Error {
        // The first test does not look at the clock: a transport's timer may fire a little early.
        if self.remaining_when_sent <= value || self.remaining(now).is_none() {
            timeout(Limit::Timeout, self.settings.limits.timeout)
        } else {
            timeout(limit, value)
        }
    }

    pub(super) fn protocol_error(&self, status: StatusCode, message: &str) -> Error {
        Error::new(ErrorKind::Protocol, format!("{message} ({})", status.as_u16())).with_status(status)
    }

    /// No time was left before an attempt was made, so repeating the call is safe.
    pub(super) fn out_of_time(&self) -> Error {
        self.finish(timeout(Limit::Timeout, self.settings.limits.timeout), true)
    }

    pub(super) fn redactor(&self) -> Redactor<'_> {
        let token = O::ROUTE.is_secret().then(|| self.operation.argument());
        Redactor::new([self.config.api_key()].into_iter().chain(token))
    }
}

fn timeout(limit: Limit, value: Duration) -> Error {
    let message = match limit {
        Limit::ConnectTimeout => "no connection was opened in time",
        Limit::AttemptTimeout => "the API did not answer in time",
        Limit::Timeout => "the call did not end in time",
    };
    Error::new(ErrorKind::Timeout, format!("{message} ({limit} is {value:?})")).with_limit(limit)
}

/// What an error of the API means, and what to do.
fn advice(kind: ErrorKind, operation: OperationName) -> &'static str {
    match (kind, operation) {
        (ErrorKind::Unauthorized, _) => "the API refused the key: check api_key and tenancy_id",
        (ErrorKind::Forbidden, _) => {
            "the API forbids this: the key lacks the right, or the key or the user is disabled"
        }
        (ErrorKind::NotFound, OperationName::ExchangeToken) => {
            "the token is unknown or expired: log in again"
        }
        (ErrorKind::NotFound, _) => "there is no such user",
        (ErrorKind::RateLimited, _) => "too many requests: slow down",
        (ErrorKind::Server, _) => "the API failed: try again later",
        _ => "the API refused the request",
    }
}
