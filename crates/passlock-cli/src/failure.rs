//! What ends the command badly, how that is reported, and the exit status.

use std::process::ExitCode;

use passlock_core::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::output::{self, Entries, WriteError};

/// The status of a call that failed.
const CALL: u8 = 1;
/// The status of wrong usage, input or settings: nothing was sent.
const USAGE: u8 = 2;

pub(crate) enum Failure {
    /// The command line can't be understood, or asks for help or the version.
    Usage(clap::Error),
    /// A call failed, or could not be made.
    Call(Error),
    /// The result could not be written.
    Output(WriteError),
    /// The result, which was written, says what is wrong: a setting, or something else.
    Told { config: bool },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// A setting is wrong.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::Call(Error::config(message.into()))
    }

    /// Tells about it on standard error.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        // There is nobody left to tell when this can't be written either.
        match self {
            Self::Usage(error) if !error.use_stderr() => match output::accepted(error.print()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => Self::Output(error).report(false),
            },
            Self::Usage(error) if json => {
                let _ = output::to_stderr(&output::json(&Entries::new([
                    ("kind", json!(ErrorKind::InvalidInput.as_str())),
                    ("message", json!(first_paragraph(&error.to_string()))),
                ])));
                ExitCode::from(USAGE)
            }
            Self::Usage(error) => {
                let _ = error.print();
                ExitCode::from(USAGE)
            }
            Self::Call(error) => {
                let text = if json { output::json(&every_field(&error)) } else { human(&error) };
                let _ = output::to_stderr(&text);
                ExitCode::from(status(error.kind()))
            }
            Self::Told { config } => ExitCode::from(if config { USAGE } else { CALL }),
            Self::Output(WriteError(error)) => {
                let message = format!("the result can't be written: {error}");
                let text = if json {
                    output::json(&Entries::new([("kind", json!("output")), ("message", json!(message))]))
                } else {
                    output::failure(&message)
                };
                let _ = output::to_stderr(&text);
                ExitCode::from(CALL)
            }
        }
    }
}

fn status(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Config | ErrorKind::InvalidInput => USAGE,
        _ => CALL,
    }
}

/// What was refused, without the usage that follows, on one line.
fn first_paragraph(text: &str) -> String {
    let text = text.split("\n\n").next().unwrap_or(text);
    let lines: Vec<_> = text.trim_start_matches("error: ").lines().map(str::trim).collect();
    lines.join(" ")
}

/// An error for people: its message, and below it what else is worth knowing.
pub(crate) fn human(error: &Error) -> String {
    let told = |(name, value): &(String, Value)| match name.as_str() {
        "message" => false,
        // Nothing was sent that could be counted or repeated.
        "attempts" | "retryable" => error.attempts() > 0,
        "applied" => error.is_applied(),
        _ => !value.is_null(),
    };
    let entries = every_field(error).0.into_iter().filter(told).collect();
    format!("{}{}", output::failure(error.message()), output::table(&Entries(entries), 2))
}

/// What went wrong, in one line without its fields.
pub(crate) fn human_message(failure: &Failure) -> String {
    match failure {
        Failure::Call(error) => error.message().to_owned(),
        Failure::Usage(error) => first_paragraph(&error.to_string()),
        Failure::Output(WriteError(error)) => error.to_string(),
        Failure::Told { .. } => String::new(),
    }
}

/// Every field that is known.
fn every_field(error: &Error) -> Entries {
    let fields = [
        ("kind", json!(error.kind().as_str())),
        ("message", json!(error.message())),
        ("operation", json!(error.operation().map(|operation| operation.as_str()))),
        ("status", json!(error.status())),
        ("tag", json!(error.tag())),
        ("detail", json!(error.detail())),
        ("requestId", json!(error.request_id())),
        ("retryAfter", json!(error.retry_after().map(|wait| wait.as_secs_f64()))),
        ("attempts", json!(error.attempts())),
        ("retryable", json!(error.is_retryable())),
        ("limit", json!(error.limit().map(|limit| limit.as_str()))),
        ("claim", json!(error.claim().map(|claim| claim.as_str()))),
        ("hint", json!(error.hint().map(|hint| hint.as_str()))),
        ("applied", json!(error.is_applied())),
        ("cause", json!(error.cause())),
    ];
    Entries::new(fields.into_iter().filter(|(_, value)| !value.is_null()))
}
