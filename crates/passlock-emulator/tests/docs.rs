//! The examples of CONTROL.md are what they say.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use common::{Client, start, user_path};
use passlock_emulator::FaultRule;
use serde_json::Value;

const DOCS: &str = include_str!("../CONTROL.md");

/// Values differ from run to run (times, tokens); names and types don't.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(shape).collect::<Vec<_>>().into(),
        Value::String(_) => "text".into(),
        Value::Number(_) => 0.into(),
        Value::Bool(_) | Value::Null => value.clone(),
    }
}

#[test]
fn examples_are_answered_as_shown() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    let (mut routes, mut fault) = (Vec::new(), "");
    for block in DOCS.split("```text\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        let (request, shown) = block.split_once("\n\n").unwrap();
        let (line, body) = request.split_once('\n').unwrap_or((request, ""));
        let (method, path) = line.split_once(' ').unwrap();
        let answer = client.control(method, path.strip_prefix("/_emulator/").unwrap(), body);
        assert_eq!(answer.status, 200, "{line}: {answer:?}");
        let shown: Value = serde_json::from_str(shown).unwrap();
        assert_eq!(shape(&answer.json()), shape(&shown), "{line}");
        assert!(DOCS.contains(&format!("## `{line}`\n")), "{line} has no section");
        if line == "POST /_emulator/faults" {
            fault = body;
        }
        routes.push(line);
    }
    assert_eq!(routes.len(), 10, "{routes:?}");
    assert_eq!(client.get(&user_path("user-1")).status, 200, "the faults were cleared");
    client.control("POST", "faults", fault);
    assert_eq!(client.get(&user_path("user-1")).status, 503);
}

#[test]
fn every_fault_of_the_table_is_one() {
    let mut kinds: Vec<&str> = DOCS
        .lines()
        .filter_map(|line| line.strip_prefix("| `{\"kind\"")?.split_once("` |"))
        .map(|(fields, _)| {
            let rule = format!("{{\"fault\":{{\"kind\"{fields}}}");
            serde_json::from_str::<FaultRule>(&rule).unwrap_or_else(|error| panic!("{rule}: {error}"))
        })
        .map(|rule| rule.fault.kind())
        .collect();
    kinds.dedup();
    assert_eq!(kinds.len(), 14, "{kinds:?}");
}
