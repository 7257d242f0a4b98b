//! Neither the key nor a token is ever printed by a command that fails.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::*;
use passlock_core::ErrorKind;
use passlock_emulator::{Fault, FaultRule};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// Holds what a path must encode.
const TOKEN: &str = "canary-token/é+1 2";
const TOKEN_ON_THE_WIRE: &str = "canary-token%2F%C3%A9%2B1%202";

/// The forms in which a secret could show up.
fn forms(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
        "canary".to_owned(),
    ]
}

/// Runs a command that fails, for people and for machines, with and without logs, and gives the kind of its error.
#[track_caller]
fn kind_of(make: impl Fn(&[&str]) -> Command, input: Option<&[u8]>) -> String {
    let mut kind = String::new();
    for log in [None, Some("trace")] {
        for extra in [&[][..], &["--json"]] {
            let mut command = make(extra);
            if let Some(level) = log {
                command.env("RUST_LOG", level).env("RUST_BACKTRACE", "1");
            }
            let run = match input {
                Some(input) => run_with_stdin(command, input),
                None => run(command),
            };
            for text in [&run.stdout, &run.stderr] {
                for form in forms(KEY).iter().chain(&forms(TOKEN)) {
                    assert!(!text.contains(form), "{form}: {text}");
                }
            }
            assert!(matches!(run.status, Some(1 | 2)), "{run:?}");
            assert!(!run.stderr.contains("panicked"), "{run:?}");
            if !extra.is_empty() {
                kind = json(&run.stderr)["kind"].as_str().unwrap().to_owned();
            }
        }
    }
    kind
}

#[test]
fn no_kind_of_error_shows_a_secret() {
    let emulator = emulator();
    let exchange = |extra: &[&str]| passlock(&emulator, [&["exchange", TOKEN], extra].concat());
    // A server that repeats all that it was sent.
    let echo = json!({
        "_tag": "Echo",
        "message": format!("{TOKEN} {KEY}"),
        "detail": format!("Bearer {KEY} /{TENANCY}/token/{TOKEN_ON_THE_WIRE}"),
    });
    let headers = [("content-type", "application/json"), ("x-request-id", KEY), ("retry-after", "3000")];
    let answered = |status| Fault::answer(status, headers, echo.to_string());
    let mut kinds = BTreeSet::new();
    let mut met = |fault: Fault, expected: ErrorKind| {
        emulator.reset();
        emulator.fault(FaultRule::new(fault.clone()).times(99));
        let kind = kind_of(exchange, None);
        assert_eq!(kind, expected.as_str(), "{fault:?}");
        kinds.insert(kind);
    };
    met(answered(401), ErrorKind::Unauthorized);
    met(answered(403), ErrorKind::Forbidden);
    met(answered(404), ErrorKind::NotFound);
    met(answered(429), ErrorKind::RateLimited);
    met(answered(418), ErrorKind::BadRequest);
    met(answered(503), ErrorKind::Server);
    met(answered(200), ErrorKind::Protocol);
    met(answered(302), ErrorKind::Protocol);
    met(
        Fault::Garbage { bytes_base64: Some(STANDARD.encode(format!("{TOKEN} {KEY}\r\n"))) },
        ErrorKind::Protocol,
    );
    met(Fault::Reset, ErrorKind::Connection);
    let principal = json!({"iss": KEY, "aud": TOKEN, "sub": KEY, "iat": 1, "nbf": 1, "exp": 2, "jti": TOKEN,
        "token": TOKEN, "userVerified": true, "authType": KEY, "authId": KEY});
    met(Fault::answer(200, headers, principal.to_string()), ErrorKind::Claims);

    emulator.reset();
    emulator.fault(FaultRule::new(Fault::Hang).times(99));
    kinds.insert(kind_of(
        |extra| passlock(&emulator, [&["exchange", TOKEN, "--timeout", "0.2"], extra].concat()),
        None,
    ));
    emulator.reset();
    let wrong_key = |extra: &[&str]| {
        let mut command = exchange(extra);
        command.env("PASSLOCK_API_KEY", "canary-api-key-1-but-wrong");
        command
    };
    assert_eq!(kind_of(wrong_key, None), "unauthorized");
    let unusable_key = |extra: &[&str]| {
        let mut command = exchange(extra);
        command.env("PASSLOCK_API_KEY", "canary api key");
        command
    };
    kinds.insert(kind_of(unusable_key, None));
    let long = TOKEN.repeat(300);
    kinds.insert(kind_of(|extra| passlock(&emulator, [&["exchange", &long], extra].concat()), None));

    // A panic is nothing that a user of the command can bring about.
    let reachable = ErrorKind::ALL.iter().filter(|kind| **kind != ErrorKind::Internal);
    let all: BTreeSet<_> = reachable.map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(kinds, all);
}

#[test]
fn no_wrong_usage_shows_a_secret() {
    let emulator = emulator();
    for args in [
        &["exchange", "a", TOKEN][..],
        &["exchange", "-canary-token"],
        &["exchange", "--canary-token-1"],
        &["exchange", "a", "--api-key", KEY],
        &["exchange", "a", "--api-key=canary-api-key-1"],
        &["exchange", "a", "--api-key-file", KEY],
        &["exchange", "a", "--timeout", KEY],
        &["exchange", "a", "--timeout=canary-api-key-1"],
        &["exchange", "a", "--show-token=canary-token/é+1 2"],
        &["user", "get", "a", TOKEN],
        &["user", TOKEN],
        &["user", "update", "a", "--email-verified", TOKEN],
        &["user", "update", "a", "--token", TOKEN],
        &["emulate", TOKEN],
        &["emulate", "--port", KEY],
        &["emulate", "--control-key", KEY],
        &["emulate", "--control-key-file", KEY],
        &[TOKEN],
    ] {
        let kind = kind_of(|extra| passlock(&emulator, [args, extra].concat()), None);
        assert!(kind == "invalid_input" || kind == "config", "{args:?}: {kind}");
    }
    assert!(emulator.journal().is_empty());
}

#[test]
fn no_unusable_input_shows_a_secret() {
    let emulator = emulator();
    let long = TOKEN.repeat(10_000);
    for input in
        [&b"canary-token\xff"[..], b"canary-token\nX-Injected: canary", b"canary-token\0", long.as_bytes()]
    {
        let from_stdin = |extra: &[&str]| passlock(&emulator, [&["exchange", "-"], extra].concat());
        assert_eq!(kind_of(from_stdin, Some(input)), "invalid_input");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, input).unwrap();
        let path = path.to_str().unwrap();
        let from_file = |extra: &[&str]| {
            passlock(&emulator, [&["exchange", "a", "--api-key-file", path], extra].concat())
        };
        assert_eq!(kind_of(from_file, None), "config");
        let remote = |extra: &[&str]| {
            let args = ["emulate", "--address", "0.0.0.0", "--allow-remote", "--control-key-file", path];
            passlock(&emulator, [&args, extra].concat())
        };
        assert_eq!(kind_of(remote, None), "config");
    }
    assert!(emulator.journal().is_empty());
}
