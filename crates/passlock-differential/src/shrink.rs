//! Makes a failing vector smaller, as long as it fails in the same place.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::{Differ, Difference};

/// How many smaller vectors are tried at most.
const MOST_TRIES: usize = 1500;
/// And for how long: some wait for a time limit each.
const LONGEST: Duration = Duration::from_secs(90);

/// The smallest vector that was found.
#[must_use]
pub fn shrink(differ: &mut Differ<'_>, found: Difference) -> Difference {
    let (mut tries, begun) = (0, Instant::now());
    let small = shrink_by(found.clone(), &mut |candidate| {
        tries += 1;
        let may_fail = tries <= MOST_TRIES && begun.elapsed() < LONGEST && is_honest(candidate);
        let smaller = if may_fail { differ.once(candidate) } else { None };
        smaller.filter(|smaller| smaller.is_broken == found.is_broken && smaller.is_like(&found))
    });
    differ.difference(&bare(&small.vector)).unwrap_or(found)
}

/// Whether each secret of it is still whole: half of one is none, and may be shown.
fn is_honest(vector: &Value) -> bool {
    let whole = ["key-canary-0123456789", "token-canary-1", "jti-canary-1", "another-canary-key"];
    let text = unescaped(&vector.to_string());
    let count = |what: &str| text.matches(what).count();
    count("canary") == whole.into_iter().map(count).sum::<usize>()
}

/// With JSON's numbered escapes as what they stand for, however often they are escaped themselves.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match digits.and_then(char::from_u32) {
            Some(letter) => {
                out.truncate(out.trim_end_matches('\\').len());
                out.push(letter);
                out.push_str(&part[4..]);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// By any way to try a vector.
fn shrink_by(mut found: Difference, fails: &mut dyn FnMut(&Value) -> Option<Difference>) -> Difference {
    loop {
        let before = found.vector.clone();
        places(&before, &mut Vec::new(), &mut |path| smaller_at(&mut found, path, fails));
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

/// Makes a vector simpler in one place, in every way in which it still fails.
fn smaller_at(found: &mut Difference, path: &Path, fails: &mut dyn FnMut(&Value) -> Option<Difference>) {
    let Some((last, parents)) = path.split_last() else { return };
    // The place may have gone with another.
    let Some(value) = path.iter().try_fold(&found.vector, |value, name| child(value, name)).cloned() else {
        return;
    };
    // A secret that comes back is one only as long as it was given.
    if matches!(last.as_str(), "api_key" | "token") && value.to_string().contains("canary") {
        return;
    }
    let mut try_to = |edit: &dyn Fn(&mut Value)| {
        let mut smaller = bare(&found.vector);
        edit(parents.iter().fold(&mut smaller, |value, name| match value {
            Value::Array(items) => &mut items[name.parse::<usize>().unwrap_or(0)],
            value => &mut value[name.as_str()],
        }));
        if smaller == bare(&found.vector) {
            return false;
        }
        let smaller = fails(&smaller);
        let has_failed = smaller.is_some();
        *found = smaller.unwrap_or_else(|| found.clone());
        has_failed
    };
    let removed = try_to(&|parent| match parent {
        Value::Array(items) => drop(items.remove(last.parse().unwrap_or(0))),
        Value::Object(fields) => drop(fields.remove(last)),
        _ => {}
    });
    if removed {
        return;
    }
    let mut try_as = |simpler: Value| {
        try_to(&|parent| match parent {
            Value::Array(items) => items[last.parse::<usize>().unwrap_or(0)] = simpler.clone(),
            parent => parent[last.as_str()] = simpler.clone(),
        })
    };
    match &value {
        // Names of what there is have no simpler form.
        Value::String(_) if matches!(last.as_str(), "kind" | "operation") => {}
        Value::String(text) if last.ends_with("Base64") => {
            let Some(text) = decoded(text) else { return };
            shorten(&text, &mut |shorter| try_as(BASE64_STANDARD.encode(shorter).into()));
            // Nobody can read Base64.
            let is_body = last == "bodyBase64";
            try_to(&|parent| {
                let text = parent[last.as_str()].as_str().and_then(decoded);
                if let (true, Some(text), Value::Object(fields)) = (is_body, text, parent) {
                    fields.remove(last);
                    fields.insert("body".to_owned(), text.into());
                }
            });
        }
        Value::String(text) => drop(shorten(text, &mut |shorter| try_as(shorter.into()))),
        Value::Number(number) => {
            let simple = if last == "status" {
                [json!(200), json!(400), json!(500)]
            } else {
                [json!(0), json!(1), json!(2)]
            };
            simple.into_iter().filter(|simple| simple.as_f64() < number.as_f64()).any(try_as);
        }
        _ => {}
    }
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

/// Takes out of a text what can go, the longest parts first.
fn shorten(text: &str, fails: &mut dyn FnMut(&str) -> bool) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut size = chars.len();
    while size > 0 {
        let mut at = 0;
        while at < chars.len() {
            let end = (at + size).min(chars.len());
            let shorter: Vec<char> = chars[..at].iter().chain(&chars[end..]).copied().collect();
            if fails(&shorter.iter().collect::<String>()) {
                chars = shorter;
            } else {
                at = end;
            }
        }
        size /= 2;
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is called: what fails is what holds the text `<bad>`.
    fn small(vector: Value) -> Value {
        let found = Difference { vector, complaints: Vec::new(), is_broken: false };
        let fails = |candidate: &Value| {
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
    fn half_a_secret_is_no_smaller_vector_however_it_is_written() {
        let with =
            |message: &str| json!({ "server": [{ "body": format!("{{\"message\":\"{message}\"}}") }] });
        assert!(is_honest(&with(r"key\u002d\u0063anary-0123456789")));
        assert!(!is_honest(&with(r"\u0063anary")) && !is_honest(&with(r"key\u002dcan\u0061ry-012345678")));
        assert!(is_honest(&with(r"\ud800 \u12 \u")));
    }

    #[test]
    fn bytes_become_a_text() {
        let vector = json!({ "call": { "operation": "x" }, "server": [{ "bodyBase64": BASE64_STANDARD.encode("<bad>"), "y": "<bad>" }] });
        let small = small(vector);
        assert_eq!(small["server"][0].as_object().map(|fields| fields.len()), Some(1));
    }
}
