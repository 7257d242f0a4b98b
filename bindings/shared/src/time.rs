use std::time::{Duration, SystemTime};

/// A time as milliseconds since the Unix epoch: the core returns none before it, and none finer.
#[must_use]
pub fn millis(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// A duration in nanoseconds. No call takes the 292 years that fit.
#[must_use]
pub fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A time from seconds since the Unix epoch.
pub(crate) fn from_seconds(seconds: f64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_cross_as_milliseconds() {
        assert_eq!(millis(from_seconds(1.25).unwrap()), 1250);
        assert_eq!(millis(SystemTime::UNIX_EPOCH), 0);
        assert_eq!(from_seconds(f64::NAN), None);
    }
}
