//! Times: those of a principal, and those of `Retry-After`.

/// The first second of the year 10000.
const END: i128 = 253_402_300_800;

/// Milliseconds since the epoch of seconds as JSON writes them, truncated; nothing outside of the years 1970 to 9999.
pub(super) fn millis(written: &str) -> Option<u64> {
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((written, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (negative, whole) = whole.strip_prefix('-').map_or((false, whole), |whole| (true, whole));
    let digits: String = [whole, fraction].concat().trim_start_matches('0').to_owned();
    if digits.is_empty() {
        return Some(0);
    }
    if negative {
        return None;
    }
    // The point of the number in milliseconds, counted from before its first digit.
    let significant = i64::try_from(digits.len()).ok()?;
    let exponent = exponent.parse::<i64>().ok()?;
    let point = significant
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(exponent)?
        .checked_add(3)?;
    if point <= 0 {
        return Some(0);
    }
    if point > 16 {
        return None;
    }
    let point = usize::try_from(point).ok()?;
    let padded: String = digits.chars().chain(std::iter::repeat('0')).take(point).collect();
    let millis = padded.parse::<i128>().ok()?;
    if millis >= END * 1000 { None } else { u64::try_from(millis).ok() }
}

/// The seconds that `Retry-After` asks for, at this time.
pub(super) fn retry_after(value: &str, now: f64) -> Option<f64> {
    let value = value.trim_matches([' ', '\t']);
    let digits = value.strip_prefix('-').unwrap_or(value);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = digits.parse::<f64>().ok()?;
        return Some(if value.starts_with('-') { 0.0 } else { seconds });
    }
    Some((http_date(value)? as f64 - now).max(0.0))
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// RFC 9110, 5.6.7: all three forms.
fn http_date(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let is_weekday = |name: &str, length: usize| {
        WEEKDAYS.iter().any(|weekday| weekday[..length.min(weekday.len())] == *name)
    };
    let (day, month, year, clock) = match words[..] {
        [weekday, day, month, year, clock, "GMT"]
            if text.len() == 29 && is_weekday(weekday.strip_suffix(',')?, 3) =>
        {
            (day, month, year.parse().ok()?, clock)
        }
        [weekday, date, clock, "GMT"] if date.len() == 9 && is_weekday(weekday.strip_suffix(',')?, 9) => {
            let parts: Vec<&str> = date.split('-').collect();
            let [day, month, year] = parts[..] else { return None };
            let year: i64 = year.parse().ok()?;
            // Two digits: years from 1970 on.
            (day, month, if year < 70 { 2000 + year } else { 1900 + year }, clock)
        }
        [weekday, month, day, clock, year] if text.len() == 24 && is_weekday(weekday, 3) => {
            (day, month, year.parse().ok()?, clock)
        }
        _ => return None,
    };
    if clock.len() != 8 {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)?;
    let clock: Vec<i64> = clock.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hour, minute, second] = clock[..] else { return None };
    let days = days_before_year(year) - days_before_year(1970)
        + days_before_month(year, month)
        + day.parse::<i64>().ok()?
        - 1;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    365 * past + past / 4 - past / 100 + past / 400
}

fn days_before_month(year: i64, month: usize) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    lengths.iter().take(month).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_milliseconds() {
        for (written, read) in [
            ("0", Some(0)),
            ("-0.0e9", Some(0)),
            ("1725882236.1239", Some(1_725_882_236_123)),
            ("1.725882236e9", Some(1_725_882_236_000)),
            ("17258822360000e-4", Some(1_725_882_236_000)),
            ("0.0009", Some(0)),
            ("253402300799.999", Some(253_402_300_799_999)),
            ("253402300800", None),
            ("-1", None),
            ("1e400", None),
            ("1e-400", Some(0)),
        ] {
            assert_eq!(millis(written), read, "{written}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (value, seconds) in [
            ("7", Some(7.0)),
            (" -7", Some(0.0)),
            ("7.5", None),
            ("", None),
            ("soon", None),
            ("Mon, 09 Sep 2024 11:45:30 GMT", Some(30.0)),
            ("Monday, 09-Sep-24 11:45:30 GMT", Some(30.0)),
            ("Mon Sep  9 11:45:30 2024", Some(30.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0.0)),
        ] {
            assert_eq!(retry_after(value, 1_725_882_300.0), seconds, "{value}");
        }
    }
}
