//! Looks through errors and all log lines of the process for secrets.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::sync::{Mutex, Once, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use passlock::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tracing::field::{Field, Visit};
use tracing::span;

/// All but the unreserved characters, as in our paths.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The forms of secrets to look for, and what was seen.
static STATE: Mutex<State> = Mutex::new(State { forms: Vec::new(), leaks: Vec::new(), seen: Vec::new() });

struct State {
    forms: Vec<String>,
    leaks: Vec<String>,
    /// For each target of a log line: the target and how many lines there were.
    seen: Vec<(String, usize)>,
}

fn state() -> std::sync::MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks for a secret from here on: raw, percent-encoded, in base64 and as bytes in `Debug`.
pub(crate) fn watch(secret: &str) {
    let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let debug = format!("{secret:?}");
    let mut forms = vec![
        secret.to_owned(),
        encoded.to_lowercase(),
        encoded,
        debug[1..debug.len() - 1].to_owned(),
        secret.as_bytes().escape_ascii().to_string(),
        format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned(),
    ];
    forms.push(utf8_percent_encode(secret, PATH).to_string());
    // What stands before a secret shifts its base64 by up to two bytes: the ends differ, the middle does not.
    for shift in 0..3 {
        let shifted = [&vec![0; shift], secret.as_bytes()].concat();
        let text = BASE64_STANDARD.encode(shifted);
        let middle = text[4..].trim_end_matches('=');
        forms.push(middle[..middle.len() - 4].to_owned());
    }
    assert!(forms.iter().all(|form| form.len() >= 8), "a form is too short to be looked for");
    state().forms.extend(forms);
}

fn leak(text: &str) -> Option<String> {
    state().forms.iter().find(|form| text.contains(form.as_str())).cloned()
}

/// Everything that an error says of itself.
pub(crate) fn texts(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = StdError::source(error);
    while let Some(cause) = source {
        let _ = writeln!(text, "{cause}\n{cause:?}");
        source = cause.source();
    }
    let fields = [Some(error.message()), error.tag(), error.detail(), error.request_id(), error.cause()];
    for field in fields.into_iter().flatten() {
        text.push_str(field);
        text.push('\n');
    }
    text
}

#[track_caller]
pub(crate) fn assert_clean(error: &Error) {
    let text = texts(error);
    if let Some(form) = leak(&text) {
        panic!("{form:?} stands in {text}");
    }
}

/// Collects from here on what anybody in this process logs: ours at every level, others' to DEBUG.
pub(crate) fn collect_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Lines).unwrap();
        log::set_logger(&Lines).unwrap();
        // Ours are made with `tracing`, at TRACE too; who uses `log` is a dependency.
        log::set_max_level(log::LevelFilter::Debug);
    });
}

/// How many log lines there were of targets that begin so, and those that held a secret.
pub(crate) fn lines_seen(target: &str) -> (usize, Vec<String>) {
    let state = state();
    let seen = state.seen.iter().filter(|(name, _)| name.starts_with(target)).map(|(_, count)| count);
    (seen.sum(), state.leaks.clone())
}

fn line(target: &str, text: &str) {
    let found = leak(text);
    let mut state = state();
    match state.seen.iter_mut().find(|(name, _)| name == target) {
        Some((_, count)) => *count += 1,
        None => state.seen.push((target.to_owned(), 1)),
    }
    if let Some(form) = found {
        state.leaks.push(format!("{target}: {form:?} stands in {text}"));
    }
}

struct Lines;

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        line(record.target(), &record.args().to_string());
    }

    fn flush(&self) {}
}

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("passlock") || *metadata.level() <= tracing::Level::DEBUG
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut text = Text(attributes.metadata().name().to_owned());
        attributes.record(&mut text);
        line(attributes.metadata().target(), &text.0);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        line("span", &text.0);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        line(event.metadata().target(), &text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}
