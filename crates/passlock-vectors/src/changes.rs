//! The self-test: every single change to an expectation must be noticed.

use serde_json::{Value, json};

use crate::compare::check;
use crate::run::Outcome;

/// How many single changes of an expectation there are, and those that the comparison does not notice.
///
/// Offline: what was observed is compared again and again, and nothing is called.
#[must_use]
pub fn unnoticed(outcome: &Outcome) -> (usize, Vec<String>) {
    let Ok(observation) = &outcome.observation else { return (0, Vec::new()) };
    let mut leaves = Vec::new();
    find(&outcome.expectation, &mut Vec::new(), &mut leaves);
    let mut count = 0;
    let mut missed = Vec::new();
    for leaf in leaves {
        let mut expectation = outcome.expectation.clone();
        for change in changes(at(&mut expectation, &leaf), &leaf) {
            let before = std::mem::replace(at(&mut expectation, &leaf), change);
            count += 1;
            if check(&expectation, observation).is_empty() {
                let after = at(&mut expectation, &leaf);
                missed.push(format!("{} /{}: {before} became {after}", outcome.name, leaf.join("/")));
            }
            *at(&mut expectation, &leaf) = before;
        }
    }
    (count, missed)
}

/// The places of all leaves, and of all arrays.
fn find(value: &Value, path: &mut Vec<String>, leaves: &mut Vec<Vec<String>>) {
    let mut descend = |name: String, value: &Value| {
        path.push(name);
        find(value, path, leaves);
        path.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| descend(name.clone(), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| descend(index.to_string(), item));
            leaves.push(path.clone());
        }
        _ => leaves.push(path.clone()),
    }
}

/// What a leaf becomes, one after another.
fn changes(leaf: &Value, path: &[String]) -> Vec<Value> {
    // These two say only how much there must be at least.
    let is_bound = path.last().is_some_and(|name| name == "gap" || name == "$at_least");
    match leaf {
        Value::Null => vec![json!("x"), json!(0), json!(false)],
        Value::Bool(flag) => vec![json!(!flag), Value::Null],
        Value::Number(_) if is_bound => vec![json!(1e300), Value::Null],
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            vec![json!(number + 1.0), json!(number - 0.001), json!(number.to_string()), Value::Null]
        }
        Value::String(text) => {
            vec![json!(format!("{text}x")), json!(format!("x{text}")), json!("\u{0}"), Value::Null]
        }
        // With fewer words to look for, the same message still passes.
        Value::Array(_) if path.last().is_some_and(|name| name == "says") => vec![],
        Value::Array(items) => {
            let more = [&items[..], &[json!({})]].concat();
            let fewer = items.split_last().map(|(_, fewer)| fewer.to_vec());
            fewer.into_iter().chain([more]).map(Value::Array).collect()
        }
        Value::Object(_) => vec![],
    }
}

/// The value at a place that [`find`] found.
fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, name| match value {
        Value::Array(items) => {
            let index = name.parse::<usize>().unwrap_or(usize::MAX);
            &mut items[index]
        }
        value => &mut value[name.as_str()],
    })
}
