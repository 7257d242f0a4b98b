//! The retry table, as a pure function, and how long to wait.

use std::time::Duration;

use http::StatusCode;

use crate::attempt::FaultKind;

/// What may happen when a request is sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// Nothing: it only reads.
    Safe,
    /// It may be applied twice.
    Unsafe,
}

/// How an attempt ended, as far as repeating it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Fault(FaultKind),
    Answer {
        status: StatusCode,
        /// Whether it said, in a way that can be understood, when to come back.
        retry_after: bool,
    },
}

/// What is known of the request once its attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The server has not acted on it, and may do so later.
    NotApplied,
    /// The server may or may not have acted on it.
    Unknown,
    /// The same request would end the same way.
    Final,
}

impl Ending {
    fn fate(self) -> Fate {
        match self {
            Self::Fault(FaultKind::NotConnected | FaultKind::ConnectTimeout) => Fate::NotApplied,
            Self::Fault(FaultKind::Interrupted | FaultKind::AttemptTimeout) => Fate::Unknown,
            Self::Fault(
                FaultKind::CertificateRefused
                | FaultKind::Malformed
                | FaultKind::TooLarge
                | FaultKind::Unusable,
            ) => Fate::Final,
            Self::Answer { status, retry_after } => match status.as_u16() {
                429 => Fate::NotApplied,
                503 if retry_after => Fate::NotApplied,
                408 | 500 | 502 | 503 | 504 => Fate::Unknown,
                _ => Fate::Final,
            },
        }
    }

    /// Whether sending the request again is safe and may help.
    pub(crate) fn is_retryable(self, replay: Replay) -> bool {
        match self.fate() {
            Fate::NotApplied => true,
            Fate::Unknown => replay == Replay::Safe,
            Fate::Final => false,
        }
    }

    /// Whether the server may have acted on the request without our knowing.
    pub(crate) fn is_of_unknown_fate(self) -> bool {
        self.fate() == Fate::Unknown
    }
}

/// How long to wait before the next attempt: what the server asked for, plus full jitter over a quarter of a second that
/// doubles with each retry, up to 4 seconds. `entropy` is a uniformly random number.
pub(crate) fn backoff(retry: u32, retry_after: Option<Duration>, entropy: u64) -> Duration {
    const FIRST: u64 = 250_000_000;
    const LONGEST: u64 = 4_000_000_000;
    let span = FIRST.checked_shl(retry).unwrap_or(LONGEST).min(LONGEST);
    // The high half of the product is uniform over 0..span, without the bias of a remainder.
    let jitter = (u128::from(entropy) * u128::from(span)) >> 64;
    let jitter = Duration::from_nanos(u64::try_from(jitter).unwrap_or(LONGEST));
    retry_after.unwrap_or_default().saturating_add(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_retry_table() {
        use FaultKind::*;
        let fault = Ending::Fault;
        let answer = |status: u16, retry_after| Ending::Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after,
        };
        let mut rows = vec![
            (fault(NotConnected), true, true),
            (fault(ConnectTimeout), true, true),
            (fault(CertificateRefused), false, false),
            (answer(429, false), true, true),
            (answer(429, true), true, true),
            (answer(503, true), true, true),
            (answer(503, false), true, false),
            (answer(408, false), true, false),
            (answer(500, true), true, false),
            (answer(502, false), true, false),
            (answer(504, false), true, false),
            (fault(Interrupted), true, false),
            (fault(AttemptTimeout), true, false),
            (fault(Malformed), false, false),
            (fault(TooLarge), false, false),
            (fault(Unusable), false, false),
        ];
        for status in (200..600).filter(|s| ![408, 429, 500, 502, 503, 504].contains(s)) {
            rows.push((answer(status, true), false, false));
        }
        for (ending, get, patch) in rows {
            assert_eq!(ending.is_retryable(Replay::Safe), get, "GET {ending:?}");
            assert_eq!(ending.is_retryable(Replay::Unsafe), patch, "PATCH {ending:?}");
        }
    }

    #[test]
    fn the_wait_doubles_up_to_four_seconds_and_is_jittered_over_its_whole_span() {
        let longest = |retry| backoff(retry, None, u64::MAX).as_millis();
        assert_eq!([0, 1, 2, 3, 4, 5, 10, 99].map(longest), [249, 499, 999, 1999, 3999, 3999, 3999, 3999]);
        assert_eq!(backoff(3, None, 0), Duration::ZERO);
        assert_eq!(backoff(0, None, u64::MAX / 2).as_millis(), 124);
    }

    #[test]
    fn the_servers_wish_is_added_to_the_jitter() {
        assert_eq!(backoff(0, Some(Duration::from_secs(7)), 0), Duration::from_secs(7));
        assert_eq!(backoff(9, Some(Duration::MAX), u64::MAX), Duration::MAX);
    }
}
