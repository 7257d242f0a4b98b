//! A transport that follows a script, on a clock of its own.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use passlock_core::{
    Attempt, ClockReading, Response, TransportError, TransportErrorKind, asynchronous, blocking,
};

/// The outcome of one attempt, and what the clocks do in the meantime.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    outcome: Result<Response, TransportError>,
    takes: Takes,
    /// Where the wall clock stands afterwards, if it is set meanwhile.
    wall: Option<SystemTime>,
}

#[derive(Clone, Copy, Debug)]
enum Takes {
    Exactly(Duration),
    /// As long as the attempt may take, give or take.
    ItsLimitLess(Duration),
}

/// An answer that was read whole.
pub(crate) fn answer(status: u16, body: impl Into<Vec<u8>>) -> Turn {
    Turn::new(Ok(response(status, Ok(body.into()))))
}

/// An answer of which only the head arrived.
pub(crate) fn cut(status: u16, kind: TransportErrorKind) -> Turn {
    Turn::new(Ok(response(status, Err(TransportError::new(kind, "the body's fault")))))
}

/// All that a transport may say went wrong, by the names that the tables have for it.
pub(crate) const FAULTS: [(&str, TransportErrorKind); 10] = [
    ("not_connected", TransportErrorKind::NotConnected),
    ("connect_timeout", TransportErrorKind::ConnectTimeout),
    ("certificate_refused", TransportErrorKind::CertificateRefused),
    ("certificate_invalid", TransportErrorKind::CertificateInvalid),
    ("proxy_refused", TransportErrorKind::ProxyRefused),
    ("interrupted", TransportErrorKind::Interrupted),
    ("attempt_timeout", TransportErrorKind::AttemptTimeout),
    ("malformed", TransportErrorKind::Malformed),
    ("too_large", TransportErrorKind::TooLarge),
    ("unusable", TransportErrorKind::Unusable),
];

/// No answer.
pub(crate) fn fault(kind: TransportErrorKind) -> Turn {
    Turn::new(Err(TransportError::new(kind, "the transport's words")))
}

fn response(status: u16, body: Result<Vec<u8>, TransportError>) -> Response {
    http::Response::builder().status(status).body(body.map(Into::into)).unwrap()
}

impl Turn {
    pub(crate) fn new(outcome: Result<Response, TransportError>) -> Self {
        Self { outcome, takes: Takes::Exactly(Duration::ZERO), wall: None }
    }

    /// Whether this is a 2xx, whatever became of its body.
    pub(crate) fn is_success(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|response| response.status().is_success())
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.outcome.as_mut().unwrap().headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub(crate) fn takes(mut self, duration: Duration) -> Self {
        self.takes = Takes::Exactly(duration);
        self
    }

    /// Takes as long as the attempt may take.
    pub(crate) fn takes_its_limit(self) -> Self {
        self.takes_its_limit_less(Duration::ZERO)
    }

    pub(crate) fn takes_its_limit_less(mut self, early: Duration) -> Self {
        self.takes = Takes::ItsLimitLess(early);
        self
    }

    /// Meanwhile, the wall clock is set.
    pub(crate) fn wall_clock_set_to(mut self, wall: SystemTime) -> Self {
        self.wall = Some(wall);
        self
    }
}

/// A request, as the transport got it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    /// Time since the script began.
    pub(crate) at: Duration,
    pub(crate) method: http::Method,
    pub(crate) uri: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: bytes::Bytes,
    pub(crate) timeout: Duration,
    pub(crate) max_response_bytes: u64,
}

/// Clones share the script, as transports share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Script(Arc<Mutex<Stage>>);

#[derive(Debug)]
struct Stage {
    turns: VecDeque<Turn>,
    began: Instant,
    now: Duration,
    wall: SystemTime,
    random: u64,
    oversleep: Duration,
    sent: Vec<Sent>,
    waits: Vec<Duration>,
}

impl Script {
    pub(crate) fn new(turns: Vec<Turn>, wall: SystemTime, random: u64, oversleep: Duration) -> Self {
        Self(Arc::new(Mutex::new(Stage {
            turns: turns.into(),
            began: Instant::now(),
            now: Duration::ZERO,
            wall,
            random,
            oversleep,
            sent: Vec::new(),
            waits: Vec::new(),
        })))
    }

    /// What was asked of the transport: requests and waits. Fails if the script has more to play.
    pub(crate) fn played(&self) -> (Vec<Sent>, Vec<Duration>, Duration) {
        let stage = self.0.lock().unwrap();
        assert!(stage.turns.is_empty(), "{} turns were not asked for: {:?}", stage.turns.len(), stage.sent);
        (stage.sent.clone(), stage.waits.clone(), stage.now)
    }

    fn play(&self, attempt: Attempt) -> Result<Response, TransportError> {
        let mut stage = self.0.lock().unwrap();
        let Attempt { request, timeout, max_response_bytes, .. } = attempt;
        let (head, body) = request.into_parts();
        let at = stage.now;
        let (method, uri, headers) = (head.method, head.uri.to_string(), head.headers);
        stage.sent.push(Sent { at, method, uri, headers, body, timeout, max_response_bytes });
        let turn = stage.turns.pop_front().expect("an attempt that the script does not know of");
        let takes = match turn.takes {
            Takes::Exactly(duration) => duration,
            Takes::ItsLimitLess(early) => timeout - early,
        };
        stage.pass(takes);
        if let Some(wall) = turn.wall {
            stage.wall = wall;
        }
        turn.outcome
    }

    fn sleep(&self, duration: Duration) {
        let mut stage = self.0.lock().unwrap();
        stage.waits.push(duration);
        let oversleep = stage.oversleep;
        stage.pass(duration + oversleep);
    }

    fn reading(&self) -> ClockReading {
        let stage = self.0.lock().unwrap();
        ClockReading { now: stage.began + stage.now, wall_clock: stage.wall, random: stage.random }
    }
}

impl Stage {
    fn pass(&mut self, duration: Duration) {
        self.now += duration;
        self.wall += duration;
    }
}

impl asynchronous::Transport for Script {
    async fn send(&self, attempt: Attempt) -> Result<Response, TransportError> {
        self.play(attempt)
    }

    async fn wait(&self, duration: Duration) {
        self.sleep(duration);
    }

    fn clock(&self) -> ClockReading {
        self.reading()
    }
}

impl blocking::Transport for Script {
    fn send(&self, attempt: Attempt) -> Result<Response, TransportError> {
        self.play(attempt)
    }

    fn wait(&self, duration: Duration) {
        self.sleep(duration);
    }

    fn clock(&self) -> ClockReading {
        self.reading()
    }
}

/// Runs a future that has nothing to wait for: the script's clock does not pass by itself.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("something besides the transport was waited for"),
    }
}
