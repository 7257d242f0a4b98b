//! One call in flight: every decision between a user's request and its result.
//!
//! ```text
//!            ┌─────────────── Wait ◄──────────────┐
//!            ▼                                    │ repeat
//! new ──► Send ──► (the transport) ──► outcome ───┤
//!            ▲                                    │ result
//!            └── PATCH accepted, read the user ───┴──► Done
//! ```

mod failure;
mod report;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, StatusCode, header};

pub use report::CallInfo;

use crate::attempt::{Attempt, Response, TransportError};
use crate::claims::ClaimChecks;
use crate::config::{Config, Limits};
use crate::error::{Error, ErrorKind, table};
use crate::operation::{Decoded, Operation, Phase, RequestTemplate, segment};
use crate::response;
use crate::retry::{AttemptOutcome, Idempotency, Retries};
use failure::{LONGEST_DETAIL, named};
use watch::{Event, Watch};

/// A clock reading and a random number: inputs that the core may not fetch itself.
// Exhaustive: a transport makes it, and a new input must come from somewhere.
#[derive(Clone, Copy, Debug)]
pub struct ClockReading {
    /// The clock that never jumps: time limits are measured with it.
    pub now: Instant,
    /// The wall clock, for claims and HTTP dates.
    pub wall_clock: SystemTime,
    /// A random number, uniform over all of `u64`.
    pub random: u64,
}

/// What to do next.
// Exhaustive: whatever drives a call must do all that it asks for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "moved once an attempt: a box would cost more than the copy")]
pub enum Step<T> {
    /// Send this, and report the outcome with [`Call::on_response`] or [`Call::on_error`].
    Send(Attempt),
    /// Wait this long, and ask again.
    Wait(Duration),
    /// The call is over.
    Done(Result<T, Error>),
}

/// The settings that may differ from call to call. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CallSettings {
    pub(crate) limits: Limits,
    pub(crate) claims: Arc<ClaimChecks>,
    pub(crate) max_retries: u32,
}

impl CallSettings {
    /// The client's own settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            limits: *config.limits(),
            claims: Arc::new(config.claims().clone()),
            max_retries: config.max_retries(),
        }
    }
}

/// One operation in flight: a state machine that receives what happened and says what to do.
///
/// [`asynchronous::Client`](crate::asynchronous::Client) and [`blocking::Client`](crate::blocking::Client) drive it; nothing
/// else needs to.
pub struct Call<'a, O: Operation> {
    config: &'a Config,
    settings: &'a CallSettings,
    operation: O,
    /// A secret where the operation's argument is one.
    path: PathAndQuery,
    template: RequestTemplate,
    started: Instant,
    /// What was left of the time for the whole call when the attempt in flight was sent.
    remaining_when_sent: Duration,
    retries: Retries,
    phase: Phase,
    /// The server may have acted on an earlier attempt.
    maybe_applied: bool,
    attempts: u32,
    /// Of the last attempt's response, if there was one.
    status: Option<StatusCode>,
    /// Of the same response, unchanged: it is searched for secrets only when it is shown.
    request_id: Option<HeaderValue>,
    /// None if nothing watches.
    watch: Option<Box<Watch>>,
    state: State<O::Output>,
}

enum State<T> {
    Send,
    Wait(Duration),
    Done(Result<T, Error>),
    /// The result was returned.
    Over,
}

impl<'a, O: Operation> Call<'a, O> {
    /// Begins a call.
    ///
    /// # Errors
    ///
    /// Before anything is sent: `invalid_input`, or `config` for settings of this call that a client would not accept either.
    pub fn new(
        config: &'a Config,
        settings: &'a CallSettings,
        operation: O,
        now: Instant,
    ) -> Result<Self, Error> {
        let refused = named::<O>;
        settings.claims.validate().map_err(refused)?;
        let path = path(config, &operation).map_err(refused)?;
        let template = operation.request().map_err(refused)?;
        Ok(Self {
            config,
            settings,
            operation,
            path,
            template,
            started: now,
            remaining_when_sent: Duration::ZERO,
            retries: Retries::new(settings.max_retries),
            phase: Phase::Requested,
            maybe_applied: false,
            attempts: 0,
            status: None,
            request_id: None,
            watch: Watch::begin::<O>(config),
            state: State::Send,
        })
    }

    /// What to do now.
    pub fn step(&mut self, now: Instant) -> Step<O::Output> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Send => match self.remaining(now) {
                Some(remaining) => self.send(remaining, now),
                None => {
                    let error = self.fail(self.out_of_time(), AttemptOutcome::NotSent);
                    self.end(Err(error), now)
                }
            },
            State::Wait(duration) => {
                self.state = State::Send;
                Step::Wait(duration)
            }
            State::Done(result) => self.end(result, now),
            State::Over => Step::Done(Err(named::<O>(Error::config("the call is over")))),
        }
    }

    /// Tells the call that the attempt it asked for ended without a response.
    pub fn on_error(&mut self, fault: &TransportError, clock: ClockReading) {
        let error = self.transport_error(fault, clock.now);
        self.conclude(error, AttemptOutcome::TransportError(fault.kind()), clock);
    }

    /// Gives the call the response to the attempt it asked for.
    pub fn on_response(&mut self, response: Response, clock: ClockReading) {
        let (head, body) = response.into_parts();
        self.status = Some(head.status);
        self.request_id = response::request_id(&head.headers).cloned();
        self.log_response(head.status, clock.now);
        if let Some(value) = self.operation.accept_any() {
            match body {
                Ok(_) => self.state = State::Done(Ok(value)),
                // The connection is of no use any more.
                Err(fault) => self.on_error(&fault, clock),
            }
        } else if head.status.is_success() {
            self.succeeded(head.status, &head.headers, body, clock);
        } else {
            self.refused(head.status, &head.headers, &body, clock);
        }
        // Unless it has failed, which was told then.
        self.observe(Event::AttemptEnded(None), clock.now);
    }

    fn send(&mut self, remaining: Duration, now: Instant) -> Step<O::Output> {
        self.attempts += 1;
        self.status = None;
        self.request_id = None;
        self.remaining_when_sent = remaining;
        self.log_sending();
        self.observe(Event::AttemptSent, now);
        let mut request = http::Request::new(self.template.body.clone().unwrap_or_default());
        *request.method_mut() = self.template.method.clone();
        *request.uri_mut() = self.config.endpoint().uri(self.path.clone());
        *request.headers_mut() = self.config.headers().clone();
        if !O::IS_AUTHORIZED {
            request.headers_mut().remove(header::AUTHORIZATION);
        }
        if self.template.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        Step::Send(Attempt {
            request,
            timeout: self.settings.limits.attempt().min(remaining),
            max_response_bytes: self.config.max_response_bytes(),
        })
    }

    /// A 2xx.
    fn succeeded(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        body: Result<Bytes, TransportError>,
        clock: ClockReading,
    ) {
        let outcome = AttemptOutcome::Response { status, retry_after: None };
        let body = match body {
            Ok(body) if response::is_identity_coded(headers) => body,
            // The head said that the change was made, and the body can't take that back.
            _ if self.template.idempotency == Idempotency::NonIdempotent => {
                self.accept();
                return;
            }
            Ok(_) => {
                let error = table::of_coded_response().into_error_of(status, None);
                return self.conclude(error, outcome, clock);
            }
            Err(fault) => {
                let error = self.transport_error(&fault, clock.now).with_status(status);
                return self.conclude(error, AttemptOutcome::TransportError(fault.kind()), clock);
            }
        };
        match O::decode(self.phase, status, &body) {
            Decoded::Value(value) => {
                match O::check(&value, &self.settings.claims, self.config, self.wall_clock(clock)) {
                    Ok(()) => self.state = State::Done(Ok(value)),
                    Err(mismatch) => {
                        // A principal's values are the server's own words.
                        let redactor = self.redactor();
                        let message = mismatch.message.map_texts(|text| redactor.line(text, LONGEST_DETAIL));
                        let error = Error::of(ErrorKind::Claims, message)
                            .with_claim(mismatch.claim)
                            .with_status(status);
                        self.conclude(error, outcome, clock);
                    }
                }
            }
            Decoded::Accepted => self.accept(),
            Decoded::Malformed(why) => {
                let error = table::of_foreign_response().into_error_of(status, None).with_cause(why);
                self.conclude(error, outcome, clock);
            }
        }
    }

    /// The change is made: the user remains to be read.
    fn accept(&mut self) {
        self.phase = Phase::Accepted;
        self.template = RequestTemplate::GET;
        self.state = State::Send;
    }

    /// The attempt has failed: repeats it, or ends the call.
    fn conclude(&mut self, error: Error, outcome: AttemptOutcome, clock: ClockReading) {
        self.observe(Event::AttemptEnded(Some(error.kind())), clock.now);
        let remaining = self.remaining(clock.now).unwrap_or_default();
        self.state = match self.retries.take(outcome, self.template.idempotency, remaining, clock.random) {
            Some(wait) => {
                self.log_repeating(wait, &error);
                self.observe(Event::Retrying(error.kind(), wait), clock.now);
                self.maybe_applied |= outcome.maybe_applied();
                State::Wait(wait)
            }
            None => State::Done(Err(self.fail(error, outcome))),
        };
    }

    /// Hands the result out.
    #[inline(always)]
    fn end(&mut self, result: Result<O::Output, Error>, now: Instant) -> Step<O::Output> {
        self.observe(Event::CallEnded(result.as_ref().err().map(Error::kind)), now);
        Step::Done(result)
    }

    /// The time by which claims and dates are read.
    fn wall_clock(&self, clock: ClockReading) -> SystemTime {
        self.config.fixed_now().unwrap_or(clock.wall_clock)
    }

    /// What is left of the time for the whole call; `None` for nothing.
    fn remaining(&self, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.started);
        self.settings.limits.timeout.checked_sub(elapsed).filter(|remaining| !remaining.is_zero())
    }
}

/// Hand-written: the path and the operation may contain a token.
impl<O: Operation> std::fmt::Debug for Call<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("operation", &O::label())
            .field("route", &O::ROUTE.template)
            .field("attempts", &self.attempts)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The whole path of an operation's URL.
fn path<O: Operation>(config: &Config, operation: &O) -> Result<PathAndQuery, Error> {
    let segment = segment(operation)?;
    let parts = [config.base_path(), O::ROUTE.path, segment.as_str()];
    // Every part was checked to hold only what a path may hold.
    PathAndQuery::from_maybe_shared(Bytes::from(parts.concat()))
        .map_err(|_| Error::invalid_input("the argument can't be used in a path"))
}
