//! The retry rule: which attempts are repeated, how often, and after how long a wait. `tests/tables/retries.json` states which,
//! and the tests hold this code to it.

use std::time::Duration;

use http::StatusCode;

use crate::attempt::TransportErrorKind;

/// Whether a request can safely be sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// Yes: the second time changes nothing.
    Idempotent,
    /// No: it may be applied twice. If it was accepted and the response's body is lost, a GET of the user shows what it made.
    NonIdempotent,
}

/// How an attempt ended, as far as repeating it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptOutcome {
    /// There was no time left to send it.
    NotSent,
    TransportError(TransportErrorKind),
    Response {
        status: StatusCode,
        /// How long the service asks the client to wait, where it says so in a way that can be understood.
        retry_after: Option<Duration>,
    },
}

/// Whether repeating the request is safe, once its attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retryability {
    /// The server has not acted on it, and may do so later.
    Safe,
    /// The server may or may not have acted on it.
    Ambiguous,
    /// The same request would end the same way.
    Permanent,
}

impl AttemptOutcome {
    fn retryability(self) -> Retryability {
        match self {
            Self::NotSent
            | Self::TransportError(TransportErrorKind::NotConnected | TransportErrorKind::ConnectTimeout) => {
                Retryability::Safe
            }
            Self::TransportError(TransportErrorKind::Interrupted | TransportErrorKind::AttemptTimeout) => {
                Retryability::Ambiguous
            }
            Self::TransportError(
                TransportErrorKind::CertificateRefused
                | TransportErrorKind::CertificateInvalid
                | TransportErrorKind::ProxyRefused
                | TransportErrorKind::Malformed
                | TransportErrorKind::TooLarge
                | TransportErrorKind::Unusable,
            ) => Retryability::Permanent,
            Self::Response { status, retry_after } => match status.as_u16() {
                429 => Retryability::Safe,
                503 if retry_after.is_some() => Retryability::Safe,
                408 | 500 | 502 | 503 | 504 => Retryability::Ambiguous,
                _ => Retryability::Permanent,
            },
        }
    }

    /// Whether sending the request again is safe and may help.
    pub(crate) fn is_retryable(self, idempotency: Idempotency) -> bool {
        match self.retryability() {
            Retryability::Safe => true,
            Retryability::Ambiguous => idempotency == Idempotency::Idempotent,
            Retryability::Permanent => false,
        }
    }

    /// Whether the server may have acted on the request without our knowing.
    pub(crate) fn maybe_applied(self) -> bool {
        self.retryability() == Retryability::Ambiguous
    }

    /// How long the service asked the client to wait.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Response { retry_after, .. } => retry_after,
            Self::NotSent | Self::TransportError(_) => None,
        }
    }
}

/// The retries of one call.
#[derive(Debug)]
pub(crate) struct Retries {
    used: u32,
    max: u32,
}

impl Retries {
    pub(crate) fn new(max: u32) -> Self {
        Self { used: 0, max }
    }

    /// Takes another retry, if there is to be one, and says how long to wait before it. A wait that would use up what is
    /// left of the call's time is not begun. `random` is a uniformly random number.
    pub(crate) fn take(
        &mut self,
        outcome: AttemptOutcome,
        idempotency: Idempotency,
        remaining: Duration,
        random: u64,
    ) -> Option<Duration> {
        if self.used >= self.max || !outcome.is_retryable(idempotency) {
            return None;
        }
        let wait = backoff(self.used, outcome.retry_after(), random);
        if wait >= remaining {
            return None;
        }
        self.used += 1;
        Some(wait)
    }
}

/// How long to wait before the next attempt: what the server asked for, plus full jitter over a quarter of a second that
/// doubles with each retry, up to 4 seconds.
fn backoff(retry: u32, retry_after: Option<Duration>, random: u64) -> Duration {
    const FIRST: u64 = 250_000_000;
    const LONGEST: u64 = 4_000_000_000;
    let span = FIRST.checked_shl(retry).unwrap_or(LONGEST).min(LONGEST);
    // The high half of the product is uniform over 0..span, without the bias of a remainder.
    let jitter = (u128::from(random) * u128::from(span)) >> 64;
    let jitter = Duration::from_nanos(u64::try_from(jitter).unwrap_or(LONGEST));
    retry_after.unwrap_or_default().saturating_add(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_may_be_sent_later() {
        for idempotency in [Idempotency::Idempotent, Idempotency::NonIdempotent] {
            assert!(AttemptOutcome::NotSent.is_retryable(idempotency));
        }
        assert!(!AttemptOutcome::NotSent.maybe_applied());
    }

    #[test]
    fn a_retry_is_taken_only_if_there_is_one_left_and_its_wait_fits() {
        let second = Duration::from_secs(1);
        let answer = |status| AttemptOutcome::Response {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: Some(second),
        };
        let mut retries = Retries::new(1);
        assert_eq!(retries.take(answer(500), Idempotency::NonIdempotent, 2 * second, 0), None);
        assert_eq!(retries.take(answer(404), Idempotency::Idempotent, 2 * second, 0), None);
        assert_eq!(retries.take(answer(429), Idempotency::NonIdempotent, second, 0), None);
        assert_eq!(
            retries.take(answer(429), Idempotency::NonIdempotent, second + Duration::from_nanos(1), 0),
            Some(second)
        );
        assert_eq!(retries.take(answer(429), Idempotency::NonIdempotent, 2 * second, 0), None);
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
