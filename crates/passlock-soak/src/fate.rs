//! What happens to a connection. Pure.

use std::time::Duration;

use fastrand::Rng;

/// What happens to a connection, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// After so many bytes, in both directions together.
    pub(crate) after_bytes: usize,
    pub(crate) event: Event,
    /// How long the peer takes to answer, as far as the client sees.
    pub(crate) latency: Duration,
    /// How long it may be idle before it is closed without a word.
    pub(crate) idle: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A reset, in the middle of a request or a response, or between the two.
    Reset,
    /// An end like any other.
    Close,
    /// Nothing more comes, and nothing is taken, until the client goes or this has passed.
    Stall(Duration),
    /// The rest comes byte by byte.
    Drip(Duration),
}

/// Before a connection's first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Welcome {
    Accept,
    Reset,
    /// No answer to the TLS handshake, or to the first request.
    Silence,
}

pub(crate) fn welcome(rng: &mut Rng) -> Welcome {
    match rng.u8(..100) {
        ..94 => Welcome::Accept,
        94..98 => Welcome::Reset,
        _ => Welcome::Silence,
    }
}

pub(crate) fn fate(rng: &mut Rng) -> Fate {
    // An exchange is about 1,000 bytes: most connections carry some before anything happens to them.
    let after_bytes = if rng.u8(..10) == 0 { rng.usize(..1_200) } else { rng.usize(..60_000) };
    let event = match rng.u8(..10) {
        ..4 => Event::Reset,
        4..7 => Event::Close,
        7..9 => Event::Stall(Duration::from_millis(rng.u64(200..3_000))),
        _ => Event::Drip(Duration::from_millis(rng.u64(1..8))),
    };
    let idle = if rng.u8(..4) == 0 { rng.u64(1..30) } else { rng.u64(500..10_000) };
    Fate {
        after_bytes,
        event,
        latency: Duration::from_millis(rng.u64(5..60)),
        idle: Duration::from_millis(idle),
    }
}
