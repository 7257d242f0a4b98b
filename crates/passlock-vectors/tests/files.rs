//! The files: valid by their schema, and the generated ones current.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::fs;

use boon::{Compiler, Schemas};
use passlock_vectors::{folder, tables};
use serde_json::Value;

fn json_files() -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".json") && !name.ends_with(".schema.json") {
            files.push((name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()));
        }
    }
    files
}

#[test]
fn every_file_is_valid_by_its_schema() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let mut compile = |name: &str| {
        let path = folder().canonicalize().unwrap().join(name);
        compiler
            .compile(path.to_str().unwrap(), &mut schemas)
            .unwrap_or_else(|error| panic!("{name}: {error:#}"))
    };
    let (vectors, defaults) = (compile("vectors.schema.json"), compile("defaults.schema.json"));
    let files = json_files();
    assert!(files.len() > 10);
    for (name, value) in &files {
        let schema = if name == "defaults.json" { defaults } else { vectors };
        if let Err(error) = schemas.validate(value, schema) {
            panic!("{name}: {error:#}");
        }
    }

    // And the schema is no rubber stamp.
    let (_, good) = files.iter().find(|(name, _)| name == "documented.json").unwrap();
    for (pointer, value) in [
        ("/vectors/0/name", Value::from("No Such Name")),
        ("/vectors/0/now", Value::from("today")),
        ("/vectors/0/call/operation", Value::from("exchangeToken")),
        ("/vectors/0/call/token", Value::Null),
        ("/vectors/0/result/emial", Value::from("x")),
        ("/vectors/0/settings/maxRetries", Value::from(1)),
        ("/vectors/0/error", serde_json::json!({ "kind": "server" })),
        ("/vectors/0/wire/0/headers", serde_json::json!({ "Accept": "x" })),
        ("/vectors/0/result/iat", Value::from("2024")),
    ] {
        let mut bad = good.clone();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        if pointer == "/vectors/0/call/token" {
            bad.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field);
        } else {
            bad.pointer_mut(parent).unwrap()[field] = value;
        }
        assert!(schemas.validate(&bad, vectors).is_err(), "{pointer}");
    }
}

#[test]
fn generated_files_are_current() {
    let generated = tables::files();
    for (name, text) in &generated {
        let committed = fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(committed == *text, "{name} is not current: cargo run -p passlock-vectors -- generate");
    }
    for (name, value) in json_files() {
        let says_so = !value["generated_from"].is_null();
        assert_eq!(says_so, generated.iter().any(|(own, _)| *own == name), "{name}");
        if let Some(source) = value["generated_from"].as_str() {
            assert!(folder().join("../..").join(source).is_file(), "{source}");
        }
    }
}
