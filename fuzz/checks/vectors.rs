//! What reads vectors: a text is a vector or an error, and its placeholders are filled in or refused. Input: a vector.

use passlock_vectors::{Defaults, Expectation, Observation, Vector, check as compare};
use serde_json::{Map, json};

pub(crate) fn check(input: &[u8]) {
    let Ok(vector) = serde_json::from_slice::<Vector>(input) else { return };
    let defaults: Defaults = serde_json::from_value(json!({
        "$schema": "", "about": "", "settings": {}, "now": 0, "headers": { "accept": "application/json" }, "error": { "status": null },
    }))
    .expect("these are defaults");
    let known = Map::from_iter([
        ("endpoint".to_owned(), json!("http://127.0.0.1:9")),
        ("port".to_owned(), json!("9")),
        ("token".to_owned(), json!("a-token")),
        ("exp".to_owned(), json!(i64::MAX - 1)),
    ]);
    let expected = Expectation::new(&vector, &defaults);
    let Ok(filled) = expected.expanded(&known) else { return };
    // What is filled in once is filled in the same again.
    let again = Expectation::new(&vector, &defaults).expanded(&known).expect("it went well before");
    assert_eq!(filled, again);
    // It can be compared with anything, such as itself.
    let observation = Observation {
        outcome: filled.clone(),
        journal: filled["wire"].as_array().cloned().unwrap_or_default(),
        message: String::new(),
        texts: Vec::new(),
    };
    drop(compare(&filled, &observation));
}
