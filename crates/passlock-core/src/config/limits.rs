//! Time limits.

use std::time::Duration;

use crate::error::{Error, Limit, Name};
use crate::message;

/// The longest time that any limit may be.
const LONGEST: Duration = Duration::from_secs(3600);

/// The three time limits of a call, each clamped to the enclosing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The whole call, retries and waits included.
    pub(crate) timeout: Duration,
    /// One attempt, as it was set: a call with more time of its own is not held to an earlier clamp.
    pub(crate) attempt: Duration,
    /// Opening a connection, as it was set.
    pub(crate) connect: Duration,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self {
        timeout: Duration::from_secs(30),
        attempt: Duration::from_secs(10),
        connect: Duration::from_secs(5),
    };

    pub(crate) fn checked(self) -> Result<Self, Error> {
        check(Limit::Timeout, self.timeout)?;
        check(Limit::AttemptTimeout, self.attempt)?;
        check(Limit::ConnectTimeout, self.connect)?;
        Ok(self)
    }

    /// The same limits with a different one for the whole call.
    pub(crate) fn with_timeout(self, timeout: Duration) -> Result<Self, Error> {
        check(Limit::Timeout, timeout)?;
        // A transport keeps the connect limit that it was made with.
        Ok(Self { timeout, connect: self.connect(), ..self })
    }

    /// The effective value of one of the limits.
    #[must_use]
    pub fn of(&self, limit: Limit) -> Duration {
        match limit {
            Limit::Timeout => self.timeout,
            Limit::AttemptTimeout => self.attempt(),
            Limit::ConnectTimeout => self.connect(),
        }
    }

    /// The limit on one attempt.
    pub(crate) fn attempt(&self) -> Duration {
        self.attempt.min(self.timeout)
    }

    /// The limit on opening a connection.
    #[must_use]
    pub fn connect(&self) -> Duration {
        self.connect.min(self.attempt())
    }
}

fn check(limit: Limit, value: Duration) -> Result<(), Error> {
    if value.is_zero() || value > LONGEST {
        return Err(Error::config(message![limit, " must be more than zero and at most one hour"]));
    }
    Ok(())
}

/// Converts a number of seconds to a setting's duration: for languages whose durations are numbers. The builder checks
/// how long it may be.
///
/// # Errors
///
/// `config` for an invalid duration: negative, infinite, NaN.
#[doc(hidden)]
pub fn duration_from_seconds(setting: Name, seconds: f64) -> Result<Duration, Error> {
    let refusal =
        |_| Error::config(message![setting, " must be a duration of at most one hour, and not negative"]);
    Duration::try_from_secs_f64(seconds).map_err(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_clamped_to_the_one_around_it() {
        let seconds = Duration::from_secs;
        let limits = Limits::DEFAULT.with_timeout(seconds(3)).unwrap();
        assert_eq!((limits.attempt(), limits.connect()), (seconds(3), seconds(3)));
        let limits = limits.with_timeout(seconds(8)).unwrap();
        assert_eq!((limits.attempt(), limits.connect()), (seconds(8), seconds(3)));
        let wide = Limits { connect: seconds(60), ..Limits::DEFAULT }.checked().unwrap();
        assert_eq!(wide.connect(), seconds(10));
    }

    #[test]
    fn no_limit_is_zero_endless_or_not_a_number() {
        let limit = |seconds| {
            let timeout = duration_from_seconds(Name("timeout"), seconds)?;
            Limits::DEFAULT.with_timeout(timeout)
        };
        for seconds in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 3600.5, 1e300, 1e-12] {
            let error = limit(seconds).unwrap_err();
            assert!(error.message().starts_with("timeout must be"), "{seconds}");
            // The caller may have given another unit.
            assert!(!error.message().contains("seconds"), "{}", error.message());
        }
        assert_eq!(limit(3600.0).unwrap().timeout, LONGEST);
        assert!(Limits { attempt: Duration::ZERO, ..Limits::DEFAULT }.checked().is_err());
    }
}
