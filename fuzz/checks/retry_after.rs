//! `Retry-After`. Input: eight bytes of the clock (seconds since the epoch, little endian), then the header's value.

use std::time::{Duration, SystemTime};

use passlock_core::parse_retry_after;

pub(crate) fn check(input: &[u8]) {
    let Some((clock, value)) = input.split_first_chunk::<8>() else { return };
    let Ok(value) = std::str::from_utf8(value) else { return };
    // Some thousand years, so that the clock is one that a machine may show.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from_le_bytes(*clock) % (1 << 38));

    let asked = parse_retry_after(value, now);
    let digits = value.trim();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = digits.parse().unwrap_or(u64::MAX);
        assert_eq!(asked, Some(Duration::from_secs(seconds)));
    }
    // A number does not look at the clock, and a date comes nearer as time passes, but never turns into something else.
    let later = now + Duration::from_secs(60);
    match (asked, parse_retry_after(value, later)) {
        (None, None) => (),
        (Some(asked), Some(then)) => {
            let passed = asked.checked_sub(then).expect("a later clock never makes the wait longer");
            assert!(passed <= Duration::from_secs(60));
        }
        (asked, then) => panic!("{value:?} is {asked:?}, and {then:?} a minute later"),
    }
    // No date is later than the year 9999.
    if asked.is_some_and(|asked| asked > Duration::from_secs(10_000 * 366 * 86_400)) {
        assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{value:?} is {asked:?}");
    }
}
