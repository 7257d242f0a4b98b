//! Runs one vector through all clients.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use passlock_vectors::{Defaults, Observation, Outcome};
use serde_json::{Map, Value, json};

use crate::clients::Client;
use crate::model::{self, LONGEST_WAIT, Prediction, Stated, predict};
use crate::quiet::wait_until_quiet;

/// How many seconds later than it must be a request may be sent: the machine has more to do.
const LATE: f64 = 3.0;
/// No vector may take longer.
const ENDLESS: Duration = Duration::from_secs(40);
/// How often a vector that fails is run again, since a busy machine may be to blame.
const AGAIN: usize = 2;
/// And how long after the run before.
const PAUSE: Duration = Duration::from_millis(500);

/// What is wrong with a vector.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The vector, with its expected outcome.
    pub vector: Value,
    /// What each client does instead, one per line, the client's name first.
    pub complaints: Vec<String>,
    /// The vector itself is wrong.
    pub is_broken: bool,
}

impl Difference {
    /// Whether the same clients fail, and one of them in the same place.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let client = |complaint: &String| complaint.split(' ').next().unwrap_or_default().to_owned();
        let place = |complaint: &String| complaint.split(": ").next().unwrap_or_default().to_owned();
        let all = |difference: &Self, what: &dyn Fn(&String) -> String| -> BTreeSet<String> {
            difference.complaints.iter().map(what).collect()
        };
        all(self, &client) == all(other, &client) && !all(self, &place).is_disjoint(&all(other, &place))
    }
}

/// The clients, and the values that vectors leave out.
pub struct Differ<'a> {
    clients: Vec<Box<dyn Client + 'a>>,
    defaults: &'a Defaults,
    /// What failed, and passed when it was run again.
    once_only: Vec<Difference>,
}

impl std::fmt::Debug for Differ<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.clients.iter().map(|client| client.name())).finish()
    }
}

impl<'a> Differ<'a> {
    /// Compares these clients.
    #[must_use]
    pub fn new(clients: Vec<Box<dyn Client + 'a>>, defaults: &'a Defaults) -> Self {
        Self { clients, defaults, once_only: Vec::new() }
    }

    /// A vector's expected outcome.
    #[must_use]
    pub fn predict(&self, vector: &Value) -> Prediction {
        predict(vector, &self.defaults.settings)
    }

    /// Runs a vector, and reports what is wrong if it is wrong every time.
    pub fn difference(&mut self, vector: &Value) -> Option<Difference> {
        let mut found = self.once(vector)?;
        for _ in 0..if found.is_broken { 0 } else { AGAIN } {
            // What a run before has sent may come late.
            thread::sleep(PAUSE);
            let Some(again) = self.once(vector) else {
                self.once_only.push(found);
                return None;
            };
            found = again;
        }
        Some(found)
    }

    /// Takes the vectors that have failed since the last call, and passed when they were run again.
    pub fn take_once_only(&mut self) -> Vec<Difference> {
        std::mem::take(&mut self.once_only)
    }

    /// Runs a vector once.
    pub fn once(&mut self, vector: &Value) -> Option<Difference> {
        let (mut full, stated) = match self.predict(vector) {
            Prediction::Skipped(_) => return None,
            Prediction::Unstated => {
                (with(vector, Vec::new(), &Map::from_iter([("result".to_owned(), json!({}))])), None)
            }
            Prediction::Stated(stated) => (with(vector, stated.wire.clone(), &stated.end), Some(stated)),
        };
        let mut difference = Difference { vector: full.clone(), complaints: Vec::new(), is_broken: false };
        let mut is_stated = stated.is_some();
        for client in self.clients.iter_mut().filter(|client| can_say(&***client, vector)) {
            let wrong = match observe(&mut **client, &full) {
                Err(why) => vec![why],
                Ok((Outcome { observation: Err(why), .. }, _)) => {
                    difference.is_broken = true;
                    vec![format!("the vector can't be run: {why}")]
                }
                // What the first client does the others must do as well.
                Ok((Outcome { observation: Ok(seen), .. }, _)) if !is_stated => {
                    is_stated = true;
                    full = as_seen(vector, &seen);
                    difference.vector = full.clone();
                    Vec::new()
                }
                Ok((outcome, took)) => {
                    let mut wrong = outcome.complaints();
                    if let (Some(stated), Ok(seen)) = (&stated, &outcome.observation) {
                        wrong.extend(gaps(stated, seen));
                    }
                    if took > ENDLESS {
                        wrong.push(format!("it took {took:?}"));
                    }
                    wrong
                }
            };
            difference.complaints.extend(wrong.iter().map(|what| format!("{} {what}", client.name())));
        }
        (!difference.complaints.is_empty()).then_some(difference)
    }
}

/// Runs a vector. A panic is a difference like any other, and so is the end of a process.
fn observe(client: &mut dyn Client, vector: &Value) -> Result<(Outcome, Duration), String> {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| client.observe(vector)));
    let took = begun.elapsed();
    let outcome = outcome.unwrap_or_else(|_| Err("it panicked".to_owned()));
    // Else what is left of this one could be counted among the requests of the next. Where all requests were seen that there
    // had to be, nothing is left.
    if !outcome.as_ref().is_ok_and(has_seen_all) {
        client.port().map_or(Ok(()), wait_until_quiet)?;
    }
    Ok((outcome?, took))
}

/// Whether all is as it should be, and the client did not give up waiting for anything.
fn has_seen_all(outcome: &Outcome) -> bool {
    let is_late = |seen: &Observation| seen.outcome["error"]["kind"] == "timeout";
    outcome.complaints().is_empty() && !outcome.observation.as_ref().is_ok_and(is_late)
}

/// Whether this client can run such a vector.
fn can_say(client: &dyn Client, vector: &Value) -> bool {
    let only = vector["only"]["languages"].as_array();
    only.is_none_or(|languages| languages.iter().any(|language| language == client.language()))
}

/// A vector with an expectation.
fn with(vector: &Value, wire: Vec<Value>, end: &Map<String, Value>) -> Value {
    let mut full = vector.clone();
    full["wire"] = wire.into();
    for (name, value) in end {
        full[name] = value.clone();
    }
    full
}

/// A vector that expects what was seen.
fn as_seen(vector: &Value, seen: &Observation) -> Value {
    let app_info = model::text(&vector["settings"]["app_info"]).ok().filter(|text| !text.is_empty());
    let wire = seen.journal.iter().map(|entry| {
        let body = entry["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
        let mut request = json!({
            "method": entry["method"],
            "path": entry["path"],
            "headers": {
                "authorization": entry["headers"]["authorization"], "content-type": entry["headers"]["content-type"],
            },
            "body": body.unwrap_or(Value::Null),
        });
        if let Some(app_info) = &app_info {
            request["headers"]["user-agent"] = format!("${{user_agent}} {app_info}").into();
        }
        request
    });
    let mut end = seen.outcome.as_object().cloned().unwrap_or_default();
    // The emulator makes ids up.
    if let Some(id) = end.get_mut("error").map(|error| &mut error["request_id"]) {
        if id.as_str().is_some_and(|id| !id.is_empty() && !vector.to_string().contains(id)) {
            *id = "${any}".into();
        }
    }
    // How a wait beyond any is held differs from language to language.
    if let Some(wait) = end.get_mut("error").map(|error| &mut error["retry_after"]) {
        if wait.as_f64().is_some_and(|seconds| seconds > LONGEST_WAIT) {
            *wait = json!({ "$at_least": LONGEST_WAIT });
        }
    }
    with(vector, wire.collect(), &end)
}

/// Requests that were sent too early or too late after the one before.
fn gaps(stated: &Stated, seen: &Observation) -> Vec<String> {
    let pairs = seen.journal.iter().zip(seen.journal.iter().skip(1));
    let waited = pairs.map(|(before, after)| {
        (after["atMillis"].as_f64().unwrap_or(0.0) - before["endedAtMillis"].as_f64().unwrap_or(f64::MAX))
            / 1000.0
    });
    let bounds = waited.zip(&stated.gaps).enumerate();
    // The journal counts whole milliseconds, and the emulator may note an end after the client has seen it.
    let wrong =
        bounds.filter(|(_, (waited, (least, most)))| *waited < least - 0.005 || *waited > most + LATE);
    wrong
        .map(|(number, (waited, (least, most)))| format!("/wait/{number}: {waited} s, not {least} to {most}"))
        .collect()
}
