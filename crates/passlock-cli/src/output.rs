//! What is printed, for people and for machines.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use passlock_core::disturbs_a_line;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

pub(crate) const TITLE: Style = Style::new().bold();
pub(crate) const NAME: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const ROUTE: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The order in which the fields of a principal and of a user are shown. Others follow.
const ORDER: [&str; 15] = [
    "sub",
    "email",
    "emailVerified",
    "givenName",
    "familyName",
    "authType",
    "authId",
    "userVerified",
    "iss",
    "aud",
    "iat",
    "nbf",
    "exp",
    "jti",
    "token",
];

/// The fields that are credentials.
const CREDENTIALS: [&str; 2] = ["jti", "token"];

/// Names and values, in the order in which they are shown.
pub(crate) struct Entries(pub(crate) Vec<(String, Value)>);

impl Entries {
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        Self(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The fields of a principal or a user, without credentials.
    pub(crate) fn of(model: &impl Serialize) -> Self {
        let mut entries = Self::with_credentials(model);
        entries.0.retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
        entries
    }

    /// The fields of a principal or a user, all of them.
    pub(crate) fn with_credentials(model: &impl Serialize) -> Self {
        let mut entries: Vec<_> = match json!(model) {
            Value::Object(fields) => fields.into_iter().collect(),
            _ => Vec::new(),
        };
        entries.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len()));
        Self(entries)
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The result could not be written.
#[derive(Debug)]
pub(crate) struct WriteError(pub(crate) io::Error);

/// Writes to standard output.
pub(crate) fn to_stdout(text: &str) -> Result<(), WriteError> {
    accepted(write(&mut anstream::stdout().lock(), text))
}

/// Writes to standard error.
pub(crate) fn to_stderr(text: &str) -> io::Result<()> {
    write(&mut anstream::stderr().lock(), text)
}

/// A reader that has left wants to read no more: that is no failure.
pub(crate) fn accepted(written: io::Result<()>) -> Result<(), WriteError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(WriteError(error)),
        _ => Ok(()),
    }
}

/// One line of JSON, in the order of the entries. What a terminal would obey is escaped, as JSON escapes anything.
pub(crate) fn json(entries: &Entries) -> String {
    // Names are strings and values are JSON already, so that nothing can fail.
    let line = serde_json::to_string(entries).unwrap_or_default();
    let escape = |c| if disturbs_a_line(c) { format!("\\u{:04x}", u32::from(c)) } else { String::from(c) };
    let line: String = line.chars().map(escape).collect();
    format!("{line}\n")
}

/// One line for people that says what failed.
pub(crate) fn failure(message: &str) -> String {
    format!("{BAD}error{BAD:#}: {}\n", printable(message))
}

/// One line an entry for people, the values below each other.
pub(crate) fn table(entries: &Entries, indent: usize) -> String {
    let width = entries.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(String, Value)| {
        format!("{:indent$}{NAME}{name:width$}{NAME:#}  {}\n", "", cell(name, value))
    };
    entries.0.iter().map(line).collect()
}

/// `text` without what a terminal would obey: a value may come from an attacker.
pub(crate) fn printable(text: &str) -> String {
    let escape = |c: char| if disturbs_a_line(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn cell(name: &str, value: &Value) -> String {
    match (name, value) {
        ("iat" | "nbf" | "exp", Value::Number(seconds)) => date(seconds.as_f64().unwrap_or_default()),
        ("retryAfter", Value::Number(seconds)) => format!("{} s", seconds.as_f64().unwrap_or_default()),
        (_, Value::String(text)) => printable(text),
        (_, other) => printable(&other.to_string()),
    }
}

/// A time that the SDK has read is in the years that a date can show.
fn date(seconds: f64) -> String {
    let since_epoch = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since_epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(printable("Ada é 李\u{1b}[2J\u{202e}\n"), "Ada é 李\\u{1b}[2J\\u{202e}\\n");
        let entries = Entries::new([("sub", json!("é\u{7f}\u{9b}\u{202e}\u{2028}\n"))]);
        assert_eq!(json(&entries), "{\"sub\":\"é\\u007f\\u009b\\u202e\\u2028\\n\"}\n");
    }

    #[test]
    fn credentials_are_left_out_and_fields_are_in_order() {
        let model = json!({"zip": 1, "token": "t", "jti": "j", "sub": "s", "exp": 1360, "email": "e"});
        let names = |entries: Entries| entries.0.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(Entries::of(&model)), ["sub", "email", "exp", "zip"]);
        let all = ["sub", "email", "exp", "jti", "token", "zip"];
        assert_eq!(names(Entries::with_credentials(&model)), all);
        assert_eq!(cell("exp", &json!(1360)), "Thu, 01 Jan 1970 00:22:40 GMT");
    }
}
