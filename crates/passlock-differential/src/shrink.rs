//! Makes a vector that fails smaller, as long as it fails in the same place.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::{Difference, Differ};

/// How many smaller vectors are tried at most.
const MOST_TRIES: usize = 1500;

/// The smallest vector that was found.
#[must_use]
pub fn shrink(differ: &mut Differ<'_>, found: Difference) -> Difference {
    let mut tries = 0;
    shrink_by(found, &mut |candidate, found| {
        tries += 1;
        let may_fail = tries <= MOST_TRIES && is_honest(candidate);
        let smaller = if may_fail { differ.difference(candidate) } else { None };
        smaller.filter(|smaller| smaller.is_broken == found.is_broken && smaller.is_like(found))
    })
}

/// Whether each secret of it is still whole: half of one is none, and may be shown.
fn is_honest(vector: &Value) -> bool {
    let whole = ["key-canary-0123456789", "token-canary-1", "jti-canary-1", "another-canary-key"];
    let text = vector.to_string();
    let count = |what: &str| text.matches(what).count();
    count("canary") == whole.into_iter().map(count).sum::<usize>()
}

/// By any way to try a vector.
fn shrink_by(
    mut found: Difference,
    fails: &mut dyn FnMut(&Value, &Difference) -> Option<Difference>,
) -> Difference {
    loop {
        let before = found.vector.clone();
        let mut path = Vec::new();
        places(&before, &mut path, &mut |path| {
            // The place may have gone with another.
            while let Some(smaller) = smaller_at(&found.vector, path)
                .into_iter()
                .find_map(|candidate| fails(&candidate, &found))
            {
                found = smaller;
            }
        });
        if found.vector == before {
            return found;
        }
    }
}

type Path = [String];

/// Everything in a vector that may be simpler, the largest first.
fn places(value: &Value, path: &mut Vec<String>, each: &mut dyn FnMut(&Path)) {
    // What is expected follows from the rest.
    if matches!(path.first().map(String::as_str), Some("name" | "only" | "wire" | "result" | "error")) {
        return;
    }
    each(path);
    let names: Vec<String> = match value {
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).rev().map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    };
    for name in names {
        path.push(name.clone());
        places(child(value, &name).unwrap_or(&Value::Null), path, each);
        path.pop();
    }
}

fn child<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        value => value.get(name),
    }
}

/// The vectors that are simpler in one place.
fn smaller_at(vector: &Value, path: &Path) -> Vec<Value> {
    let Some(value) = path.iter().try_fold(vector, |value, name| child(value, name)) else { return Vec::new() };
    let Some((last, parents)) = path.split_last() else { return Vec::new() };
    // A secret that comes back is one only as long as it was given.
    if matches!(last.as_str(), "api_key" | "token") && value.to_string().contains("canary") {
        return Vec::new();
    }
    let mut candidates = Vec::new();
    let mut change = |edit: &dyn Fn(&mut Value)| {
        let mut smaller = bare(vector);
        let parent = parents.iter().fold(&mut smaller, |value, name| match value {
            Value::Array(items) => &mut items[name.parse::<usize>().unwrap_or(0)],
            value => &mut value[name.as_str()],
        });
        edit(parent);
        if smaller != bare(vector) {
            candidates.push(smaller);
        }
    };
    change(&|parent| match parent {
        Value::Array(items) => drop(items.remove(last.parse().unwrap_or(0))),
        Value::Object(fields) => drop(fields.remove(last)),
        _ => {}
    });
    for simpler in simpler(value, last) {
        change(&|parent| match parent {
            Value::Array(items) => items[last.parse::<usize>().unwrap_or(0)] = simpler.clone(),
            parent => parent[last.as_str()] = simpler.clone(),
        });
    }
    // A text in Base64 is one that nobody can read.
    if let Some(text) = value.as_str().filter(|_| last == "bodyBase64").and_then(decoded) {
        change(&|parent| {
            if let Value::Object(fields) = parent {
                fields.remove(last);
                fields.insert("body".to_owned(), text.clone().into());
            }
        });
    }
    candidates
}

/// A vector without an expectation: that follows from the rest.
fn bare(vector: &Value) -> Value {
    let mut vector = vector.clone();
    if let Value::Object(fields) = &mut vector {
        fields.retain(|name, _| !matches!(name.as_str(), "wire" | "result" | "error"));
    }
    vector
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()
}

/// The values that are simpler than this one, the simplest first.
fn simpler(value: &Value, name: &str) -> Vec<Value> {
    match value {
        Value::String(text) if name.ends_with("Base64") => match decoded(text) {
            Some(text) => shorter(&text).into_iter().map(|text| BASE64_STANDARD.encode(text).into()).collect(),
            None => Vec::new(),
        },
        // Names of what there is have no simpler form.
        Value::String(_) if matches!(name, "kind" | "operation") => Vec::new(),
        Value::String(text) => shorter(text).into_iter().map(Value::from).collect(),
        Value::Number(number) => {
            let simple = if name == "status" { [json!(200), json!(400), json!(500)] } else { [json!(0), json!(1), json!(2)] };
            simple.into_iter().filter(|simple| simple.as_f64() < number.as_f64()).collect()
        }
        _ => Vec::new(),
    }
}

/// The text without a part of it: the longest parts first.
fn shorter(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut size = chars.len();
    while size > 0 {
        let mut at = 0;
        while at < chars.len() {
            let end = (at + size).min(chars.len());
            found.push(chars[..at].iter().chain(&chars[end..]).collect());
            at += size;
        }
        size /= 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is called: what fails is what holds the text `<bad>`.
    fn small(vector: Value) -> Value {
        let found = Difference { vector, complaints: Vec::new(), is_broken: false };
        let fails = |candidate: &Value, _: &Difference| {
            let fails = candidate["call"]["operation"] == "x" && candidate.to_string().contains("<bad>");
            fails.then(|| Difference { vector: candidate.clone(), complaints: Vec::new(), is_broken: false })
        };
        shrink_by(found, &mut { fails }).vector
    }

    #[test]
    fn what_does_not_matter_goes() {
        let vector = json!({
            "name": "n", "settings": { "a": 1, "b": { "c": [] } }, "now": 7, "call": { "operation": "x", "sub": "s" },
            "server": [{ "faults": { "times": 2 } }, { "faults": { "body": "some <bad> text" } }], "wire": [1], "result": {},
        });
        assert_eq!(
            small(vector),
            json!({ "name": "n", "call": { "operation": "x" }, "server": [{ "faults": { "body": "<bad>" } }] })
        );
    }

    #[test]
    fn bytes_become_a_text() {
        let vector = json!({ "call": { "operation": "x" }, "server": [{ "bodyBase64": BASE64_STANDARD.encode("<bad>"), "y": "<bad>" }] });
        let small = small(vector);
        assert_eq!(small["server"][0].as_object().map(|fields| fields.len()), Some(1));
    }
}
