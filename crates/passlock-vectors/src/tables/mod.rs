//! The vectors that read better as tables. Their files in `tests/vectors` are written by `passlock-vectors generate`, and
//! a test checks that they are current.
//!
//! A table states what is expected independently: nothing here asks the SDK for the outcome.

mod additions;
mod answers;
mod build;
mod claims;
mod echoes;
mod endpoints;
mod errors;
mod network;
mod no_proxy;
mod paths;
mod principals;
mod retries;
mod settings;
mod updates;
mod users;

use serde_json::{Value, json};

use crate::json::pretty;

/// The generated files: name and text.
#[must_use]
pub fn files() -> Vec<(&'static str, String)> {
    let file = |name: &'static str, about: &str, vectors: Vec<build::Draft>| {
        let source = name.trim_end_matches(".json").replace('-', "_");
        let vectors: Vec<Value> = vectors.into_iter().map(build::Draft::done).collect();
        let value = json!({
            "$schema": "./vectors.schema.json",
            "about": about,
            "generated_from": format!("crates/passlock-vectors/src/tables/{source}.rs"),
            "vectors": vectors,
        });
        (name, pretty(&value))
    };
    vec![
        file(
            "additions.json",
            "What an application adds: its name, its own headers, and a different number of retries for one call.",
            additions::all(),
        ),
        file(
            "answers.json",
            "Every status that matters: with a tag, from a gateway, as HTML and empty.",
            answers::all(),
        ),
        file("claims.json", "The checks on a principal, at their limits.", claims::all()),
        file(
            "endpoints.json",
            "Endpoints that are accepted, and endpoints that are refused.",
            endpoints::all(),
        ),
        file("errors.json", "What an error's body and headers add to its status.", errors::all()),
        file("network.json", "Faults of the network, time limits and proxies.", network::all()),
        file("no-proxy.json", "Which endpoints `NO_PROXY` exempts from a proxy.", no_proxy::all()),
        file(
            "paths.json",
            "Tokens, subs and tenancy ids as exactly one path segment, or refused.",
            paths::all(),
        ),
        file("principals.json", "A principal, field by field.", principals::all()),
        file("retries.json", "The retry table, and the length of the waits.", retries::all()),
        file("settings.json", "Settings that are accepted, and settings that are refused.", settings::all()),
        file("updates.json", "What an update sends, and what the response may be.", updates::all()),
        file("users.json", "A user, field by field.", users::all()),
    ]
}
