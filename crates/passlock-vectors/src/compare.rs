//! Compares what was expected with what was observed. Pure: an observation is JSON.

use serde_json::{Map, Value, json};

use crate::expand::Variables;
use crate::suite::{Defaults, Vector};

/// The word that no text for people may hold: it is part of every secret of the vectors.
const CANARY: &str = "canary";
/// Half a millisecond: times have no more digits than that, and some languages keep them as floating point numbers.
const TOLERANCE: f64 = 0.000_5;

/// Everything that was observed for one vector.
#[derive(Clone, Debug)]
pub struct Observation {
    /// `{"result": ...}` or `{"error": ...}`.
    pub outcome: Value,
    /// The emulator's journal.
    pub journal: Vec<Value>,
    /// The error's message; empty for a result.
    pub message: String,
    /// What people are shown of the result or the error.
    pub texts: Vec<String>,
}

/// A vector's expected outcome, with the defaults filled in.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// `result` or `error`, and `wire`.
    pub value: Value,
}

impl Expectation {
    /// A vector's expectations on top of the defaults.
    #[must_use]
    pub fn new(vector: &Vector, defaults: &Defaults) -> Self {
        let wire: Vec<_> =
            vector.wire.iter().map(|request| merge_headers(request, &defaults.headers)).collect();
        let mut value = json!({ "wire": wire });
        match (&vector.result, &vector.error) {
            (Some(result), _) => value["result"] = result.clone(),
            (None, error) => {
                let error = merge(&defaults.error, error.as_ref().unwrap_or(&Map::new()));
                value["error"] = Value::Object(error);
            }
        }
        Self { value }
    }

    /// Without placeholders, for a runner that has these values for them.
    ///
    /// # Errors
    ///
    /// An invalid placeholder.
    pub fn expanded(self, known: &Map<String, Value>) -> Result<Value, String> {
        Variables::of(known).expand(&self.value)
    }
}

/// Every difference between what was expected and what was observed, one per line; no difference is a pass.
#[must_use]
pub fn check(expected: &Value, observation: &Observation) -> Vec<String> {
    let mut differences = Vec::new();
    let mut expected = expected.clone();
    // Words that the message must contain; otherwise each language words it as it likes.
    if let Some(Value::Array(words)) =
        expected["error"].as_object_mut().and_then(|error| error.remove("says"))
    {
        let message = plain(&observation.message);
        for word in &words {
            if !word.as_str().is_some_and(|word| message.contains(&plain(word))) {
                differences.push(format!("the message does not say {word}: {}", observation.message));
            }
        }
    }
    if let Some(quote) = expected["error"].as_object_mut().and_then(|error| error.remove("quotes")) {
        if !quote.as_str().is_some_and(|quote| observation.message.contains(quote)) {
            differences.push(format!("the message does not quote {quote}: {}", observation.message));
        }
    }
    if expected["error"].is_null() {
        expected.as_object_mut().map(|fields| fields.remove("error"));
    }
    let mut observed = observation.outcome.clone();
    observed["wire"] = seen(&observation.journal, &expected["wire"]);
    compare(&expected, &observed, "", &mut differences);
    for text in &observation.texts {
        if text.contains(CANARY) {
            differences.push(format!("a secret is shown: {text}"));
        }
    }
    differences
}

/// `apiKey`, `api_key` and `API_KEY` alike.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('_', "")
}

fn merge(defaults: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = defaults.clone();
    merged.extend(own.clone());
    merged
}

fn merge_headers(request: &Map<String, Value>, defaults: &Map<String, Value>) -> Value {
    let mut request = request.clone();
    let own = request.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    request.insert("headers".to_owned(), merge(defaults, &own).into());
    request.entry("body").or_insert(Value::Null);
    request.into()
}

/// The journal as a vector would put it: of each request's headers only those that the vector names.
fn seen(journal: &[Value], expected: &Value) -> Value {
    let mut before: Option<f64> = None;
    let requests = journal.iter().enumerate().map(|(index, entry)| {
        let mut request = json!({ "method": entry["method"], "path": entry["path"], "headers": {} });
        request["body"] = match entry["body"].as_str() {
            None | Some("") => Value::Null,
            Some(body) => serde_json::from_str(body).unwrap_or_else(|_| body.into()),
        };
        for name in expected[index]["headers"].as_object().into_iter().flat_map(Map::keys) {
            request["headers"][name] = entry["headers"][name].clone();
        }
        if let Some(gap) = expected[index]["gap"].as_f64() {
            let was =
                before.map_or(0.0, |before| entry["atMillis"].as_f64().unwrap_or_default() - before) / 1000.0;
            request["gap"] = if was >= gap { gap } else { was }.into();
        }
        before = entry["endedAtMillis"].as_f64();
        request
    });
    requests.collect()
}

fn compare(expected: &Value, observed: &Value, path: &str, differences: &mut Vec<String>) {
    match (expected, observed) {
        (Value::Object(matcher), Value::Number(number)) if matcher.contains_key("$at_least") => {
            let least = matcher["$at_least"].as_f64().unwrap_or(f64::INFINITY);
            if number.as_f64().is_none_or(|number| number < least) {
                differences.push(format!("{path}: expected at least {least}, observed {number}"));
            }
        }
        (Value::Object(expected), Value::Object(observed)) => {
            for (name, value) in expected {
                match observed.get(name) {
                    Some(own) => compare(value, own, &format!("{path}/{name}"), differences),
                    None => differences.push(format!("{path}/{name}: expected {value}, observed nothing")),
                }
            }
            for (name, value) in observed.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                differences.push(format!("{path}/{name}: expected nothing, observed {value}"));
            }
        }
        (Value::Array(expected), Value::Array(observed)) => {
            if expected.len() != observed.len() {
                let (these, those) = (expected.len(), observed.len());
                differences.push(format!("{path}: expected {these} items, observed {those}: {observed:?}"));
            }
            for (index, (value, own)) in expected.iter().zip(observed).enumerate() {
                compare(value, own, &format!("{path}/{index}"), differences);
            }
        }
        (Value::Number(expected), Value::Number(observed)) => {
            let distance = expected.as_f64().zip(observed.as_f64()).map(|(a, b)| (a - b).abs());
            if distance.is_none_or(|distance| distance >= TOLERANCE) {
                differences.push(format!("{path}: expected {expected}, observed {observed}"));
            }
        }
        (Value::String(any), Value::String(text)) if any == "${any}" && !text.is_empty() => {}
        _ if expected == observed => {}
        _ => differences.push(format!("{path}: expected {expected}, observed {observed}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation() -> Observation {
        let entry = |at: u32, end: u32| {
            json!({
                "method": "GET", "path": "/t/user/u", "headers": { "accept": "*/*", "x": "1" }, "body": "{\"a\": 1}",
                "atMillis": at, "endedAtMillis": end,
            })
        };
        Observation {
            outcome: json!({ "error": { "kind": "server", "retry_after": 1.5, "request_id": "id" } }),
            journal: vec![entry(0, 10), entry(1010, 1020)],
            message: "max_retries is wrong".to_owned(),
            texts: vec!["max_retries is wrong".to_owned()],
        }
    }

    fn expected() -> Value {
        let request = json!({
            "method": "GET", "path": "/t/user/u", "headers": { "accept": "*/*", "y": null }, "body": { "a": 1 },
        });
        let mut later = request.clone();
        later["gap"] = json!(1);
        json!({
            "error": {
                "kind": "server", "retry_after": { "$at_least": 1 }, "request_id": "${any}", "says": ["maxRetries"],
                "quotes": "max_retries is",
            },
            "wire": [request, later],
        })
    }

    #[test]
    fn what_is_as_expected_passes() {
        assert_eq!(check(&expected(), &observation()), Vec::<String>::new());
    }

    #[test]
    fn a_secret_in_any_text_is_noticed() {
        let mut observation = observation();
        observation.texts.push("Error { token: token-canary-1 }".to_owned());
        assert_eq!(check(&expected(), &observation).len(), 1);
    }

    #[test]
    fn a_request_too_many_or_too_early_is_noticed() {
        let mut early = observation();
        early.journal[1]["atMillis"] = json!(1009);
        assert_eq!(check(&expected(), &early).len(), 1);
        let mut more = observation();
        more.journal.push(more.journal[0].clone());
        assert_eq!(check(&expected(), &more).len(), 1);
    }

    #[test]
    fn a_result_is_no_error_and_a_field_more_is_one_too_many() {
        let mut observation = observation();
        observation.outcome["error"]["limit"] = json!("timeout");
        assert_eq!(check(&expected(), &observation).len(), 1);
        observation.outcome = json!({ "result": {} });
        assert_eq!(check(&expected(), &observation).len(), 2);
    }
}
