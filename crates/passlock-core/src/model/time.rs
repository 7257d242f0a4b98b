//! Times as the API writes them: seconds since the Unix epoch.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};

/// The first second of the year 10000.
pub(super) const END: u64 = 253_402_300_800;

/// Reads whole or fractional seconds; a fraction is truncated to milliseconds.
///
/// A number is asked for, not anything: serde_json with `arbitrary_precision`, which any other crate may switch on, gives
/// its numbers as maps to those who ask for anything. Integers come as such all the same.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    deserializer.deserialize_f64(Seconds)
}

/// Writes seconds, with a fraction only where there is one.
pub(super) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if since_epoch.subsec_nanos() == 0 {
        serializer.serialize_u64(since_epoch.as_secs())
    } else {
        serializer.serialize_f64(since_epoch.as_secs_f64())
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = SystemTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since the Unix epoch, in the years 1970 to 9999")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<SystemTime, E> {
        if seconds >= END {
            return Err(E::invalid_value(Unexpected::Unsigned(seconds), &self));
        }
        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<SystemTime, E> {
        match u64::try_from(seconds) {
            Ok(seconds) => self.visit_u64(seconds),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(seconds), &self)),
        }
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<SystemTime, E> {
        let refused = || E::invalid_value(Unexpected::Float(seconds), &self);
        if !(0.0..END as f64).contains(&seconds) {
            return Err(refused());
        }
        // The shortest text that reads back as this number is the one the server wrote, so truncating that text, and not
        // the binary fraction a little below it, gives the milliseconds the server meant.
        let text = seconds.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole: u64 = whole.parse().map_err(|_| refused())?;
        let millis = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
        let millis = millis.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        Ok(SystemTime::UNIX_EPOCH + Duration::from_millis(whole * 1000 + millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Time(#[serde(with = "super")] SystemTime);

    impl serde::Serialize for Time {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serialize(&self.0, serializer)
        }
    }

    fn millis(json: &str) -> Option<u128> {
        let time: Time = serde_json::from_str(json).ok()?;
        Some(time.0.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis())
    }

    #[test]
    fn seconds_may_have_a_fraction_which_is_truncated_to_milliseconds() {
        for (json, expected) in [
            ("0", 0),
            ("-0.0", 0),
            ("1732406400", 1_732_406_400_000),
            ("1732406400.123", 1_732_406_400_123),
            ("1732406400.1239", 1_732_406_400_123),
            ("1732406400.9999", 1_732_406_400_999),
            ("1.5e3", 1_500_000),
            ("1e-9", 0),
            ("253402300799.999", 253_402_300_799_999),
        ] {
            assert_eq!(millis(json), Some(expected), "{json}");
        }
    }

    #[test]
    fn times_outside_the_years_1970_to_9999_are_refused() {
        for json in [
            "-1",
            "-0.001",
            "253402300800",
            "253402300800.0",
            "1e300",
            "18446744073709551616",
            "\"0\"",
            "null",
        ] {
            assert_eq!(millis(json), None, "{json}");
        }
    }

    #[test]
    fn whole_seconds_are_written_as_integers() {
        assert_eq!(
            serde_json::to_string(&Time(SystemTime::UNIX_EPOCH + Duration::from_secs(7))).unwrap(),
            "7"
        );
        assert_eq!(
            serde_json::to_string(&Time(SystemTime::UNIX_EPOCH + Duration::from_millis(7250))).unwrap(),
            "7.25"
        );
    }
}
