//! Those who watch a call: `tracing`'s spans, one for the call and in it one for each request, with OpenTelemetry's names for
//! HTTP; and the application's observer.
//!
//! If nothing watches, it costs only that check.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use tracing::Span;
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;

use super::Call;
use crate::config::Config;
use crate::error::ErrorKind;
use crate::observe::{CallEvent, CallStage, MaybeObserver, Observer, error_type};
use crate::operation::{Operation, Phase};

/// What is remembered for those who watch a call.
#[derive(Debug)]
pub(super) struct Watch {
    call: Span,
    /// Of the attempt in flight.
    attempt: Span,
    is_in_flight: bool,
    /// The last request. Once it is answered, the call may be about the next one.
    sent: Option<Sent>,
    /// Of this call only, besides the application's.
    observer: MaybeObserver,
}

/// A request that was sent.
#[derive(Debug)]
struct Sent {
    method: Method,
    phase: Phase,
    /// How many times it had been sent before.
    resends: u32,
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
        Box::new(Self {
            call,
            attempt: Span::none(),
            is_in_flight: false,
            sent: None,
            observer: MaybeObserver::default(),
        })
    }
}

/// What happened to a call that is watched.
pub(super) enum Event {
    AttemptSent,
    AttemptEnded(Option<ErrorKind>),
    Retrying(ErrorKind, Duration),
    CallEnded(Option<ErrorKind>),
}

impl<O: Operation> Call<'_, O> {
    /// Has an observer watch this call, besides the application's.
    pub(crate) fn watched_by(&mut self, observer: Arc<dyn Observer>) {
        self.watch.get_or_insert_with(Watch::new::<O>).observer = MaybeObserver(Some(observer));
    }

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
                watch.is_in_flight = true;
                let again = watch.sent.take().filter(|last| last.phase == self.phase);
                let resends = again.map_or(0, |last| last.resends + 1);
                watch.sent = Some(Sent { method: self.template.method.clone(), phase: self.phase, resends });
                watch.attempt = self.attempt_span(&watch.call, resends);
                self.report(&watch, CallStage::AttemptSent, None, None, now);
            }
            // Once for each attempt.
            Event::AttemptEnded(_) if !watch.is_in_flight => {}
            Event::AttemptEnded(error) => {
                watch.is_in_flight = false;
                self.report(&watch, CallStage::AttemptEnded, error, None, now);
                end_attempt(std::mem::replace(&mut watch.attempt, Span::none()), self.status, error);
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

    fn attempt_span(&self, call: &Span, resends: u32) -> Span {
        tracing::info_span!(
            target: "passlock",
            parent: call,
            "passlock.attempt",
            otel.name = format_args!("{} {}", self.template.method, O::ROUTE.template),
            otel.kind = "client",
            http.request.method = self.template.method.as_str(),
            http.request.resend_count = (resends > 0).then_some(resends),
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

    /// Tells the observers, if there are any.
    fn report(
        &self,
        watch: &Watch,
        stage: CallStage,
        error: Option<ErrorKind>,
        wait: Option<Duration>,
        now: Instant,
    ) {
        let observers = [self.config.observer(), watch.observer.0.as_deref()];
        if observers.iter().all(Option::is_none) {
            return;
        }
        let request_id = self.request_id();
        let event = CallEvent {
            stage,
            operation: O::label(),
            method: watch.sent.as_ref().map_or(&self.template.method, |sent| &sent.method).as_str(),
            route: O::ROUTE.template,
            attempt: self.attempts,
            resends: watch.sent.as_ref().map_or(0, |sent| sent.resends),
            status: self.status.map(|status| status.as_u16()),
            error,
            wait,
            elapsed: now.saturating_duration_since(self.started),
            request_id: request_id.as_deref(),
        };
        for observer in observers.into_iter().flatten() {
            observer.observe(&event);
        }
    }
}

/// Ends the span of an attempt.
fn end_attempt(span: Span, status: Option<StatusCode>, error: Option<ErrorKind>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Some(error_type) = error_type(status.map(|status| status.as_u16()), error) {
        span.record("error.type", &*error_type);
        span.record("otel.status_code", "ERROR");
    }
}
