//! One call in flight: every decision that is taken between a user's request and its result.
//!
//! ```text
//!            ┌─────────────── Wait ◄──────────────┐
//!            ▼                                    │ repeat
//! new ──► Send ──► (the transport) ──► outcome ───┤
//!            ▲                                    │ result
//!            └── PATCH accepted, read the user ───┴──► Done
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::answer::{self, ErrorBody};
use crate::attempt::{Answer, Attempt, FaultKind, TransportFault};
use crate::claims::ClaimChecks;
use crate::config::{Config, Limits, V1_ENDPOINT};
use crate::error::{Error, ErrorKind, Hint, Limit, OperationName};
use crate::operation::{Decoded, Operation, Plan, segment};
use crate::retry::{Ending, backoff};
use crate::secret::Redactor;

/// The most of a server's text that an error keeps, in bytes.
const LONGEST_DETAIL: usize = 1024;
/// The most of it that is shown in an error's message.
const LONGEST_REMARK: usize = 200;

/// Inputs that core may not fetch itself: the time and chance.
// Exhaustive: a transport makes it, and a new input must come from somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The clock that never jumps: time limits are measured with it.
    pub instant: Instant,
    /// The clock on the wall: claims and HTTP dates are read by it.
    pub wall: SystemTime,
    /// A random number, uniform over all of `u64`.
    pub entropy: u64,
}

/// What to do next.
// Exhaustive: who drives a call must do all that it asks for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "moved once an attempt: a box would cost more than the copy")]
pub enum Step<T> {
    /// Send this, and tell the call what came of it by [`Call::answered`] or [`Call::failed`].
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
}

impl CallSettings {
    /// The client's own settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self { limits: *config.limits(), claims: Arc::new(config.claims().clone()) }
    }
}

/// What is known of a call's last answer, for logs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// How many requests were sent, or tried to be sent.
    pub attempts: u32,
    /// The status of the last answer.
    pub status: Option<u16>,
    request_id: Option<String>,
}

impl Summary {
    /// The id that the service gave the last request, if it is printable.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

/// One operation in flight: a state machine that is told what happened and says what to do.
///
/// [`nonblocking::Client`](crate::nonblocking::Client) and [`blocking::Client`](crate::blocking::Client) drive it; nobody
/// else needs to.
pub struct Call<'a, O: Operation> {
    config: &'a Config,
    settings: &'a CallSettings,
    operation: O,
    /// A secret where the operation's argument is one.
    path: PathAndQuery,
    plan: Plan,
    started: Instant,
    /// What was left of the time for the whole call when the attempt in flight was sent.
    remaining_when_sent: Duration,
    retries: u32,
    /// The change was made; what is left is to read the user.
    accepted: bool,
    /// The server may have acted on an earlier attempt.
    unknown_fate: bool,
    summary: Summary,
    state: State<O::Output>,
}

enum State<T> {
    Send,
    Wait(Duration),
    Done(Result<T, Error>),
    /// The result was handed out.
    Over,
}

impl<'a, O: Operation> Call<'a, O> {
    /// Begins a call.
    ///
    /// # Errors
    ///
    /// `invalid_input`, before anything is sent.
    pub fn new(
        config: &'a Config,
        settings: &'a CallSettings,
        operation: O,
        now: Instant,
    ) -> Result<Self, Error> {
        let refused = |error: Error| error.with_operation(O::NAME);
        let path = path(config, &operation).map_err(refused)?;
        let plan = operation.request().map_err(refused)?;
        Ok(Self {
            config,
            settings,
            operation,
            path,
            plan,
            started: now,
            remaining_when_sent: Duration::ZERO,
            retries: 0,
            accepted: false,
            unknown_fate: false,
            summary: Summary::default(),
            state: State::Send,
        })
    }

    /// What to do now.
    pub fn step(&mut self, now: Instant) -> Step<O::Output> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Send => match self.remaining(now) {
                Some(remaining) => self.send(remaining),
                None => Step::Done(Err(self.out_of_time())),
            },
            State::Wait(duration) => {
                self.state = State::Send;
                Step::Wait(duration)
            }
            State::Done(result) => Step::Done(result),
            State::Over => Step::Done(Err(Error::config("the call is over").with_operation(O::NAME))),
        }
    }

    /// Tells the call that the attempt it asked for ended without an answer.
    pub fn failed(&mut self, fault: &TransportFault, now: Moment) {
        let error = self.fault_error(fault, now.instant);
        self.conclude(error, Ending::Fault(fault.kind()), None, now);
    }

    /// Tells the call what the answer to the attempt it asked for was.
    pub fn answered(&mut self, answer: Answer, now: Moment) {
        let (head, body) = answer.into_parts();
        self.summary.status = Some(head.status.as_u16());
        let request_id = answer::request_id(&head.headers).and_then(|id| id.to_str().ok());
        self.summary.request_id = request_id.map(|id| self.redactor().line(id, LONGEST_REMARK));
        tracing::debug!(
            target: "passlock",
            operation = O::NAME.as_str(),
            attempt = self.summary.attempts,
            status = head.status.as_u16(),
            elapsed = ?now.instant.saturating_duration_since(self.started),
            "answered"
        );
        if head.status.is_success() {
            self.succeeded(head.status, &head.headers, body, now);
        } else {
            self.refused(head.status, &head.headers, &body, now);
        }
    }

    /// What is known of the call so far.
    #[must_use]
    pub fn into_summary(self) -> Summary {
        self.summary
    }

    fn send(&mut self, remaining: Duration) -> Step<O::Output> {
        self.summary.attempts += 1;
        self.remaining_when_sent = remaining;
        tracing::debug!(
            target: "passlock",
            operation = O::NAME.as_str(),
            attempt = self.summary.attempts,
            method = self.plan.method.as_str(),
            route = O::ROUTE.template(),
            "sending"
        );
        let mut request = http::Request::new(self.plan.body.clone().unwrap_or_default());
        *request.method_mut() = self.plan.method.clone();
        *request.uri_mut() = self.config.endpoint().uri(self.path.clone());
        *request.headers_mut() = self.config.headers().clone();
        if self.plan.body.is_some() {
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
        body: Result<Bytes, TransportFault>,
        now: Moment,
    ) {
        let ending = Ending::Answer { status, retry_after: false };
        let body = match body {
            Ok(body) if answer::is_identity_coded(headers) => body,
            Ok(_) => {
                let why = "the answer has a Content-Encoding that was not asked for";
                let error = self.protocol_error(status, why);
                return self.conclude(error, ending, None, now);
            }
            Err(fault) => {
                let error = self.fault_error(&fault, now.instant).with_status(status);
                return self.conclude(error, Ending::Fault(fault.kind()), None, now);
            }
        };
        match O::decode(&self.plan, status, &body) {
            Decoded::Value(value) => {
                let wall = self.config.fixed_now().unwrap_or(now.wall);
                match O::check(&value, &self.settings.claims, self.config, wall) {
                    Ok(()) => self.state = State::Done(Ok(value)),
                    Err(refusal) => {
                        let message = self.redactor().line(&refusal.message, LONGEST_DETAIL);
                        let error = Error::new(ErrorKind::Claims, message)
                            .with_claim(refusal.claim)
                            .with_status(status);
                        self.conclude(error, ending, None, now);
                    }
                }
            }
            Decoded::Accepted => {
                self.accepted = true;
                self.plan = Plan::GET;
                self.state = State::Send;
            }
            Decoded::Malformed(why) => {
                let error = self
                    .protocol_error(
                        status,
                        "the answer can't be understood: check that endpoint is Passlock's API",
                    )
                    .with_cause(why);
                self.conclude(error, ending, None, now);
            }
        }
    }

    /// Anything but a 2xx: the status decides, and the body only adds to it.
    fn refused(
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

    /// The attempt has failed: repeats it, or ends the call.
    fn conclude(&mut self, error: Error, ending: Ending, retry_after: Option<Duration>, now: Moment) {
        let retryable = ending.is_retryable(self.plan.replay);
        if retryable && self.retries < self.config.max_retries() {
            let wait = backoff(self.retries, retry_after, now.entropy);
            if self.remaining(now.instant).is_some_and(|remaining| wait < remaining) {
                tracing::debug!(
                    target: "passlock",
                    operation = O::NAME.as_str(),
                    attempt = self.summary.attempts,
                    ?wait,
                    reason = error.kind().as_str(),
                    "repeating"
                );
                self.retries += 1;
                self.unknown_fate |= ending.is_of_unknown_fate();
                self.state = State::Wait(wait);
                return;
            }
        }
        let error = self.finish(error, retryable);
        tracing::debug!(
            target: "passlock",
            operation = O::NAME.as_str(),
            attempts = self.summary.attempts,
            kind = error.kind().as_str(),
            status = error.status(),
            request_id = error.request_id(),
            "failed"
        );
        self.state = State::Done(Err(error));
    }

    /// Adds what is known of the call as a whole.
    fn finish(&self, error: Error, retryable: bool) -> Error {
        let request_id = error.status().and(self.summary.request_id.clone());
        let error = error
            .with_operation(O::NAME)
            .with_attempts(self.summary.attempts)
            .with_retryable(retryable)
            .with_request_id(request_id);
        if self.accepted { error.with_applied() } else { error }
    }

    /// The error that a fault stands for.
    fn fault_error(&self, fault: &TransportFault, now: Instant) -> Error {
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
    fn timed_out(&self, limit: Limit, value: Duration, now: Instant) -> Error {
        // The first test does not look at the clock: a transport's timer may fire a little early.
        if self.remaining_when_sent <= value || self.remaining(now).is_none() {
            timeout(Limit::Timeout, self.settings.limits.timeout)
        } else {
            timeout(limit, value)
        }
    }

    fn protocol_error(&self, status: StatusCode, message: &str) -> Error {
        Error::new(ErrorKind::Protocol, format!("{message} ({})", status.as_u16())).with_status(status)
    }

    /// No time was left before an attempt was made, so repeating the call is safe.
    fn out_of_time(&self) -> Error {
        self.finish(timeout(Limit::Timeout, self.settings.limits.timeout), true)
    }

    /// What is left of the time for the whole call; `None` for nothing.
    fn remaining(&self, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.started);
        self.settings.limits.timeout.checked_sub(elapsed).filter(|remaining| !remaining.is_zero())
    }

    fn redactor(&self) -> Redactor<'_> {
        let token = O::ROUTE.is_secret().then(|| self.operation.argument());
        Redactor::new([self.config.api_key()].into_iter().chain(token))
    }
}

/// Hand-written: the path and the operation may hold a token.
impl<O: Operation> std::fmt::Debug for Call<'_, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("operation", &O::NAME)
            .field("route", &O::ROUTE.template())
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// The whole path of an operation's URL.
fn path<O: Operation>(config: &Config, operation: &O) -> Result<PathAndQuery, Error> {
    let segment = segment(operation)?;
    let parts = [config.base_path(), O::ROUTE.name(), segment.as_str()];
    // Every part was checked to hold only what a path may hold.
    PathAndQuery::from_maybe_shared(Bytes::from(parts.concat()))
        .map_err(|_| Error::invalid_input("the argument makes no path"))
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
