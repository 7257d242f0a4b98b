//! Those who watch a call: `tracing`'s spans, one for the call and in it one for each request, with OpenTelemetry's names for
//! HTTP; and the application's observer.
//!
//! If nothing watches, it costs only that check.

use std::time::{Duration, Instant};

use http::StatusCode;
use tracing::Span;
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;

use super::Call;
use crate::config::Config;
use crate::error::ErrorKind;
use crate::observe::{CallEvent, CallStage};
use crate::operation::Operation;

/// What is remembered for those who watch a call.
#[derive(Debug)]
pub(super) struct Watch {
    call: Span,
    /// Of the attempt in flight.
    attempt: Span,
    status: Option<StatusCode>,
    is_in_flight: bool,
}

impl Watch {
    /// None if nothing watches. The caller's span is the parent.
    #[inline]
    pub(super) fn begin<O: Operation>(config: &Config) -> Option<Box<Self>> {
        let is_watched = config.observer().is_some() || LevelFilter::current() >= LevelFilter::INFO;
        is_watched.then(Self::new::<O>)
    }

    #[cold]
    #[inline(never)]
    fn new<O: Operation>() -> Box<Self> {
        let call = tracing::info_span!(
            target: "passlock",
            "passlock.call",
            otel.name = O::label(),
            passlock.operation = O::label(),
            passlock.attempts = Empty,
            passlock.request_id = Empty,
            error.type = Empty,
            otel.status_code = Empty,
        );
        Box::new(Self { call, attempt: Span::none(), status: None, is_in_flight: false })
    }
}

/// What happened to a call that is watched.
pub(super) enum Event {
    AttemptSent,
    Answered(StatusCode),
    AttemptEnded(Option<ErrorKind>),
    Retrying(ErrorKind, Duration),
    CallEnded(Option<ErrorKind>),
}

impl<O: Operation> Call<'_, O> {
    #[inline(always)]
    pub(super) fn observe(&mut self, event: Event, now: Instant) {
        if self.watch.is_some() {
            self.tell(event, now);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell(&mut self, event: Event, now: Instant) {
        // Taken out meanwhile, so that the rest of the call can be looked at.
        let Some(mut watch) = self.watch.take() else { return };
        match event {
            Event::AttemptSent => {
                if self.attempts == 1 {
                    self.report(&watch, CallStage::CallBegun, None, None, self.started);
                }
                watch.status = None;
                watch.is_in_flight = true;
                watch.attempt = self.attempt_span(&watch.call);
                self.report(&watch, CallStage::AttemptSent, None, None, now);
            }
            Event::Answered(status) => watch.status = Some(status),
            // Once for each attempt.
            Event::AttemptEnded(_) if !watch.is_in_flight => {}
            Event::AttemptEnded(error) => {
                watch.is_in_flight = false;
                self.report(&watch, CallStage::AttemptEnded, error, None, now);
                end_attempt(std::mem::replace(&mut watch.attempt, Span::none()), watch.status, error);
            }
            Event::Retrying(error, wait) => {
                self.report(&watch, CallStage::Retrying, Some(error), Some(wait), now);
            }
            Event::CallEnded(error) => {
                self.report(&watch, CallStage::CallEnded, error, None, now);
                self.end_call(&watch.call, error);
                return;
            }
        }
        self.watch = Some(watch);
    }

    fn attempt_span(&self, call: &Span) -> Span {
        tracing::info_span!(
            target: "passlock",
            parent: call,
            "passlock.attempt",
            otel.name = format_args!("{} {}", self.template.method, O::ROUTE.template),
            otel.kind = "client",
            http.request.method = self.template.method.as_str(),
            http.request.resend_count = (self.attempts > 1).then(|| self.attempts - 1),
            http.response.status_code = Empty,
            url.template = O::ROUTE.template,
            server.address = self.config.endpoint().host(),
            server.port = self.config.endpoint().port(),
            error.type = Empty,
            otel.status_code = Empty,
        )
    }

    fn end_call(&self, span: &Span, error: Option<ErrorKind>) {
        if span.is_disabled() {
            return;
        }
        span.record("passlock.attempts", self.attempts);
        if let Some(id) = self.request_id() {
            span.record("passlock.request_id", id);
        }
        if let Some(kind) = error {
            span.record("error.type", kind.as_str());
            span.record("otel.status_code", "ERROR");
        }
    }

    /// Tells the application's observer, if there is one.
    fn report(
        &self,
        watch: &Watch,
        stage: CallStage,
        error: Option<ErrorKind>,
        wait: Option<Duration>,
        now: Instant,
    ) {
        let Some(observer) = self.config.observer() else { return };
        let request_id = watch.status.and_then(|_| self.request_id());
        observer.observe(&CallEvent {
            stage,
            operation: O::label(),
            method: self.template.method.as_str(),
            route: O::ROUTE.template,
            attempt: self.attempts,
            status: watch.status.map(|status| status.as_u16()),
            error,
            wait,
            elapsed: now.saturating_duration_since(self.started),
            request_id: request_id.as_deref(),
        });
    }
}

/// Ends the span of an attempt. What an error status says is the failure's own name.
fn end_attempt(span: Span, status: Option<StatusCode>, error: Option<ErrorKind>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    match (status, error) {
        (Some(status), _) if status.as_u16() >= 400 => span.record("error.type", status.as_str()),
        (_, Some(kind)) => span.record("error.type", kind.as_str()),
        _ => return,
    };
    span.record("otel.status_code", "ERROR");
}
