//! The contract, restated: what a call sends, how often, how long it waits, and what it returns.
//!
//! Written only from the documented API and the SDK's tables. It shares no code with the clients, nor with the emulator:
//! it has its own readers of HTTP, JSON, dates and URLs, which know the plain forms and leave the doubtful ones.

mod body;
mod call;
mod endpoint;
mod error;
mod extra;
mod http;
mod json;
mod server;
mod settings;
mod time;

use serde_json::{Map, Value};

/// A wait of more seconds than this is beyond any: languages hold it in ways of their own.
pub(crate) const LONGEST_WAIT: f64 = 1e9;

/// A vector's expected outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// Exactly this.
    Stated(Stated),
    /// The contract does not say, but all clients must agree.
    Unstated,
    /// It depends on the machine's speed, or the model does not cover such vectors.
    Skipped(&'static str),
}

/// The expectations of a vector: `wire`, and `result` or `error`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The requests.
    pub wire: Vec<Value>,
    /// `{"result": ...}` or `{"error": ...}`.
    pub end: Map<String, Value>,
    /// For each request, how many seconds after the end of the previous one it is sent: at least and at most.
    pub gaps: Vec<(f64, f64)>,
}

/// Why the model can't say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Skip(pub(crate) &'static str);

/// A vector's expected outcome. `defaults` are the settings that it leaves out.
#[must_use]
pub fn predict(vector: &Value, defaults: &Map<String, Value>) -> Prediction {
    match call::predict(vector, defaults) {
        Ok(prediction) => prediction,
        Err(Skip(why)) => Prediction::Skipped(why),
    }
}

/// A text, which may be put together of parts.
pub(crate) fn text(value: &Value) -> Result<String, Skip> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Object(fields) => {
            let parts =
                fields.get("$concat").and_then(Value::as_array).ok_or(Skip("a value that is no text"))?;
            let parts = parts.iter().map(|part| match part.as_array().map(Vec::as_slice) {
                Some([part, times]) => {
                    let times = times.as_u64().and_then(|times| usize::try_from(times).ok());
                    Ok(text(part)?.repeat(times.unwrap_or(0)))
                }
                _ => text(part),
            });
            parts.collect::<Result<Vec<_>, _>>().map(|parts| parts.concat())
        }
        _ => Err(Skip("a value that is no text")),
    }
}
