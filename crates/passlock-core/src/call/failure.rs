//! The errors of failed calls.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{Call, ClockReading};
use crate::attempt::{TransportError, TransportErrorKind};
use crate::error::{Error, ErrorKind, Limit, table};
use crate::message;
use crate::operation::{Operation, Phase};
use crate::response::{self, ErrorBody};
use crate::retry::AttemptOutcome;
use crate::secret::Redactor;

/// The most of a server's text that an error keeps, in bytes.
pub(super) const LONGEST_DETAIL: usize = 1024;
/// The most of it that is shown in an error's message.
const LONGEST_NOTE: usize = 200;

/// The error, with the code of its operation.
pub(super) fn named<O: Operation>(error: Error) -> Error {
    match O::NAME {
        Some(name) => error.with_operation(name),
        None => error,
    }
}

impl<O: Operation> Call<'_, O> {
    /// Anything but a 2xx: the status decides, and the body only adds to it.
    pub(super) fn refused(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Result<Bytes, TransportError>,
        clock: ClockReading,
    ) {
        let outcome = AttemptOutcome::Response {
            status,
            retry_after: response::retry_after(headers, self.wall_clock(clock)),
        };
        let body = body.as_ref().ok().filter(|_| response::is_identity_coded(headers));
        let parsed = body.map(|body| ErrorBody::parse(body)).unwrap_or_default();
        let hint = body.and_then(|_| table::hint(status, parsed.tag.as_deref(), parsed.message.as_deref()));
        // Nobody has looked for a token or a user there.
        let not_found = if hint.is_some() { "not found" } else { O::NOT_FOUND };
        let row = table::of_response(status, parsed.tag.as_deref(), not_found);
        let kind = row.kind;
        if !kind.is_api() {
            return self.conclude(row.into_error_of(status, None), outcome, clock);
        }
        let redactor = self.redactor();
        let keep = |text: &Option<String>| text.as_ref().map(|text| redactor.excerpt(text, LONGEST_DETAIL));
        let detail = keep(&parsed.detail).or_else(|| keep(&parsed.message));
        let note = detail.as_ref().map(|detail| redactor.line(detail, LONGEST_NOTE));
        let mut error =
            row.into_error_of(status, note.as_deref()).with_body(keep(&parsed.tag), detail).with_hint(hint);
        if let Some(hint) = hint {
            error = error.append_note(&hint.note());
        }
        if kind == ErrorKind::NotFound && self.maybe_applied {
            if let Some(note) = O::NOT_FOUND_IF_MAYBE_APPLIED {
                error = error.append_note(note);
            }
        }
        self.conclude(error, outcome, clock);
    }

    /// The error that ends the call, with what is known of the call as a whole.
    pub(super) fn fail(&self, error: Error, outcome: AttemptOutcome) -> Error {
        let request_id = error.status().and_then(|_| self.request_id());
        let error = named::<O>(error)
            .with_attempts(self.attempts)
            .with_retryable(outcome.is_retryable(self.template.idempotency))
            .with_retry_after(outcome.retry_after())
            .with_request_id(request_id);
        let error = match self.phase {
            Phase::Requested => error,
            Phase::Accepted => error.with_applied(),
        };
        self.log_failed(&error);
        error
    }

    /// The error that a transport error stands for.
    pub(super) fn transport_error(&self, fault: &TransportError, now: Instant) -> Error {
        let passed = |limit| {
            let limit = self.limit_that_passed(limit, now);
            (limit, self.settings.limits.of(limit))
        };
        let row = table::of_transport_error(fault.kind(), self.config.max_response_bytes(), passed);
        match fault.cause() {
            "" => row.into_error(),
            cause => {
                let cause = self.redactor().line(cause, LONGEST_DETAIL);
                match fault.kind() {
                    // Only the transport knows what it is missing.
                    TransportErrorKind::Unusable => Error::of(row.kind, cause),
                    // What is wrong with it, of the many things that can be, the reason says alone.
                    TransportErrorKind::CertificateInvalid => {
                        let reason = self.redactor().line(&cause, LONGEST_NOTE);
                        Error::of(row.kind, message![row.message, ": ", reason]).with_cause(cause)
                    }
                    _ => row.into_error().with_cause(cause),
                }
            }
        }
    }

    /// A limit inside of the call's, unless it was the call's that passed.
    fn limit_that_passed(&self, limit: Limit, now: Instant) -> Limit {
        // The first test does not look at the clock: a transport's timer may fire a little early.
        if self.remaining_when_sent <= self.settings.limits.of(limit) || self.remaining(now).is_none() {
            Limit::Timeout
        } else {
            limit
        }
    }

    /// The error for no time left before an attempt.
    pub(super) fn out_of_time(&self) -> Error {
        table::of_limit(Limit::Timeout, self.settings.limits.of(Limit::Timeout)).into_error()
    }

    /// The id that the service gave the last request, as it may be shown.
    pub(super) fn request_id(&self) -> Option<String> {
        let id = self.request_id.as_ref()?.to_str().ok()?;
        Some(self.redactor().line(id, LONGEST_NOTE))
    }

    pub(super) fn redactor(&self) -> Redactor<'_> {
        let token = O::ROUTE.is_secret.then(|| self.operation.argument());
        Redactor::new([self.config.api_key()].into_iter().chain(token).chain(self.config.header_secrets()))
    }
}
