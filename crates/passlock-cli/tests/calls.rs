//! The operations as commands.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use passlock_emulator::{Behaviour, Fault, FaultRule, Operation, Outcome, PatchAnswer};
use serde_json::json;

#[test]
fn exchange_shows_a_principal_without_its_credentials() {
    let emulator = emulator();
    let token = emulator.issue_token(SUB);
    let shown = json(&run(passlock(&emulator, ["exchange", "--json", &token.token])).success());
    assert_eq!(shown["sub"], SUB);
    assert_eq!(shown["aud"], TENANCY);
    assert_eq!(shown["exp"], token.exp);
    assert_eq!(shown["userVerified"], true);
    assert_eq!(shown["authType"], "passkey");
    assert_eq!(shown["givenName"], "Ada");
    assert!(shown.get("token").is_none() && shown.get("jti").is_none(), "{shown}");

    let shown = run(passlock(&emulator, ["exchange", &token.token])).success();
    assert!(shown.starts_with("sub            user-1\nemail          ada@example.com\n"), "{shown}");
    assert!(shown.contains("\nexp            "), "{shown}");
    assert!(shown.contains(" GMT\n"), "{shown}");
    assert!(!shown.contains(&token.token) && !shown.contains("\u{1b}"), "{shown}");
}

#[test]
fn exchange_shows_credentials_when_asked() {
    let emulator = emulator();
    let token = emulator.issue_token(SUB).token;
    let shown = json(&run(passlock(&emulator, ["exchange", "--json", "--show-token", &token])).success());
    assert_eq!(shown["token"], token);
    assert!(shown["jti"].is_string());
    let shown = run(passlock(&emulator, ["exchange", "--show-token", &token])).success();
    assert!(shown.contains(&format!("\ntoken          {token}\n")), "{shown}");
}

#[test]
fn exchange_reads_the_token_from_standard_input() {
    let emulator = emulator();
    let token = emulator.issue_token(SUB).token;
    for input in [token.clone(), format!("{token}\n"), format!("{token}\r\n")] {
        let shown = run_with_stdin(passlock(&emulator, ["exchange", "--json", "-"]), input.as_bytes());
        assert_eq!(json(&shown.success())["sub"], SUB);
    }
    let none = run_with_stdin(passlock(&emulator, ["exchange", "--json", "-"]), b"\n");
    let error = json(&none.failure(2));
    assert_eq!((&error["kind"], &error["operation"]), (&json!("invalid_input"), &json!("exchange_token")));
}

#[test]
fn a_user_is_read() {
    let emulator = emulator();
    let shown = run(passlock(&emulator, ["user", "get", SUB, "--json"])).success();
    let line =
        "{\"sub\":\"user-1\",\"email\":\"ada@example.com\",\"emailVerified\":false,\"givenName\":\"Ada\"}\n";
    assert_eq!(shown, line);
    let shown = run(passlock(&emulator, ["user", "get", SUB])).success();
    let table =
        "sub            user-1\nemail          ada@example.com\nemailVerified  false\ngivenName      Ada\n";
    assert_eq!(shown, table);
}

#[test]
fn a_user_is_changed() {
    let emulator = emulator();
    let args = ["user", "update", SUB, "--given-name=", "--family-name", "King", "--email-verified", "true"];
    let shown = json(&run(passlock(&emulator, args.into_iter().chain(["--json"]))).success());
    let user = json!({"sub": SUB, "email": "ada@example.com", "emailVerified": true, "givenName": "", "familyName": "King"});
    assert_eq!(shown, user);
    assert_eq!(emulator.journal()[0].body, r#"{"givenName":"","familyName":"King","emailVerified":true}"#);

    let shown = run(passlock(&emulator, ["user", "update", SUB, "--email-verified", "false"])).success();
    assert!(shown.contains("emailVerified  false\n") && shown.contains("familyName     King\n"), "{shown}");
    assert_eq!(emulator.journal()[1].body, r#"{"emailVerified":false}"#);
}

#[test]
fn an_update_without_a_field_is_refused() {
    let emulator = emulator();
    let error = json(&run(passlock(&emulator, ["user", "update", SUB, "--json"])).failure(2));
    assert!(error["message"].as_str().unwrap().ends_with("--family-name or --email-verified"), "{error}");
    assert_eq!((&error["kind"], &error["operation"]), (&json!("invalid_input"), &json!("update_user")));
    assert!(emulator.journal().is_empty());
}

#[test]
fn an_update_that_was_accepted_but_not_read_back_says_so() {
    let emulator = emulator();
    let empty = Behaviour::new().patch_answer(PatchAnswer::Empty);
    emulator.configure(empty);
    emulator.fault(FaultRule::new(Fault::status(403)).operation(Operation::GetUser).times(2));
    let args = ["user", "update", SUB, "--family-name", "King"];
    let error = json(&run(passlock(&emulator, args.into_iter().chain(["--json"]))).failure(1));
    assert_eq!((&error["applied"], &error["kind"]), (&json!(true), &json!("forbidden")));
    let error = run(passlock(&emulator, args)).failure(1);
    assert!(error.contains("\n  applied    true\n"), "{error}");
}

#[test]
fn the_key_comes_from_a_file() {
    let emulator = emulator();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, format!("{KEY}\n")).unwrap();
    let path = path.to_str().unwrap();
    let mut command = passlock(&emulator, ["user", "get", SUB, "--api-key-file", path, "--json"]);
    command.env_remove("PASSLOCK_API_KEY");
    run(command).success();
    // It overrides the environment.
    let mut command = passlock(&emulator, ["user", "get", SUB, "--api-key-file", path, "--json"]);
    command.env("PASSLOCK_API_KEY", "another-key");
    run(command).success();

    let missing = folder.path().join("canary-missing");
    let mut command = passlock(&emulator, ["user", "get", SUB, "--json", "--api-key-file"]);
    command.arg(&missing);
    let error = json(&run(command).failure(2));
    assert_eq!(error["kind"], "config");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("--api-key-file can't be read") && !message.contains("canary"), "{message}");
    let empty = folder.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    let mut command = passlock(&emulator, ["user", "get", SUB, "--json", "--api-key-file"]);
    command.arg(&empty);
    assert_eq!(json(&run(command).failure(2))["message"], "--api-key-file is empty");
}

#[test]
fn a_call_that_fails_tells_all_that_is_known() {
    let emulator = emulator();
    let error = json(&run(passlock(&emulator, ["exchange", "--json", "unknown-token"])).failure(1));
    let request_id = error["requestId"].clone();
    assert!(request_id.is_string());
    let message = error["message"].clone();
    assert_eq!(
        error,
        json!({"kind": "not_found", "message": message, "operation": "exchange_token", "status": 404, "tag": "NotFound",
            "detail": "Invalid token", "requestId": request_id, "attempts": 1, "retryable": false, "applied": false})
    );
    let error = run(passlock(&emulator, ["exchange", "unknown-token"])).failure(1);
    assert!(
        error.starts_with(&format!("error: {}\n  kind       not_found\n", message.as_str().unwrap())),
        "{error}"
    );
    assert!(error.contains("\n  requestId  "), "{error}");
}

#[test]
fn what_the_service_asks_to_wait_is_in_seconds() {
    let emulator = emulator();
    let rule = FaultRule::new(Fault::answer(429, [("retry-after", "3000")], ""));
    emulator.fault(rule.times(2));
    let error = json(&run(passlock(&emulator, ["user", "get", SUB, "--json"])).failure(1));
    assert_eq!(
        (&error["kind"], &error["retryAfter"], &error["retryable"]),
        (&json!("rate_limited"), &json!(3000.0), &json!(true))
    );
    let error = run(passlock(&emulator, ["user", "get", SUB])).failure(1);
    assert!(error.contains("\n  retryAfter  3000 s\n"), "{error}");
}

#[test]
fn a_time_limit_ends_the_call() {
    let emulator = emulator();
    for args in
        [&["exchange", "a-token"][..], &["user", "get", SUB], &["user", "update", SUB, "--given-name", "A"]]
    {
        emulator.reset();
        emulator.fault(FaultRule::new(Fault::Hang).times(9));
        let error =
            json(&run(passlock(&emulator, [args, &["--timeout", "0.5", "--json"]].concat())).failure(1));
        assert_eq!((&error["kind"], &error["limit"]), (&json!("timeout"), &json!("timeout")));
        let started = Instant::now();
        while emulator.journal()[0].outcome != Outcome::ClientClosed {
            assert!(started.elapsed() < PATIENCE);
            thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn no_argument_reaches_another_route() {
    let emulator = emulator();
    let error = json(&run(passlock(&emulator, ["exchange", "../user/user-1", "--json"])).failure(1));
    assert_eq!(error["kind"], "not_found");
    let error = json(&run(passlock(&emulator, ["user", "get", "../token/x", "--json"])).failure(1));
    assert_eq!(error["kind"], "not_found");
    for refused in [&["exchange", ".."][..], &["exchange", ""], &["exchange", "a\nb"], &["user", "get", "."]]
    {
        let error = json(&run(passlock(&emulator, [refused, &["--json"]].concat())).failure(2));
        assert_eq!((&error["kind"], &error["attempts"]), (&json!("invalid_input"), &json!(0)));
    }
    let paths: Vec<_> = emulator.journal().into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, ["/tenancy-1/token/..%2Fuser%2Fuser-1", "/tenancy-1/user/..%2Ftoken%2Fx"]);
}

#[test]
fn settings_that_are_missing_or_wrong_are_named() {
    let emulator = emulator();
    for (variable, value) in [
        ("PASSLOCK_TENANCY_ID", ""),
        ("PASSLOCK_TENANCY_ID", ".."),
        ("PASSLOCK_API_KEY", ""),
        ("PASSLOCK_API_KEY", "two words"),
        ("PASSLOCK_ENDPOINT", "http://api.example.com"),
    ] {
        let mut command = passlock(&emulator, ["user", "get", SUB, "--json"]);
        command.env(variable, value);
        let error = json(&run(command).failure(2));
        assert_eq!(error["kind"], "config");
        assert!(error["message"].as_str().unwrap().contains(variable), "{error}");
    }
    let error = json(&run(passlock(&emulator, ["user", "get", SUB, "--json", "--timeout", "0"])).failure(2));
    assert!(error["message"].as_str().unwrap().starts_with("timeout must be"), "{error}");
    assert!(emulator.journal().is_empty());
}

#[test]
fn wrong_usage_is_an_error_for_people_and_for_machines() {
    for args in [
        &["exchange"][..],
        &["exchange", "a", "--timeout", "soon"],
        &["exchange", "a", "--api-key", "k"],
        &["user", "update", "a", "--email", "x@y.z"],
        &["user", "update", "a", "--email-verified", "perhaps"],
        &["user", "set"],
        &["emulate", "--port", "70000"],
        &["elope"],
    ] {
        let error = run(bare(args)).failure(2);
        assert!(error.starts_with("error: ") && error.contains("--help"), "{error}");
        let error = json(&run(bare([args, &["--json"]].concat())).failure(2));
        assert_eq!(error["kind"], "invalid_input", "{args:?}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains('\n') && !message.contains("Usage"), "{message}");
    }
    assert!(run(bare([""; 0])).failure(2).contains("Usage: passlock-cli <COMMAND>"));
    assert!(run(bare(["user"])).failure(2).contains("Usage: passlock-cli user <COMMAND>"));
}

#[test]
fn help_and_version_are_results() {
    assert_eq!(run(bare(["--version"])).success(), concat!("passlock-cli ", env!("CARGO_PKG_VERSION"), "\n"));
    let mut calling = Vec::new();
    for command in [vec![], vec!["user".to_owned()]].into_iter().chain(commands()) {
        let help = run(bare([&command[..], &["--help".to_owned()]].concat())).success();
        assert!(help.contains("Usage: passlock-cli"), "{help}");
        // Readable without a wide terminal.
        let widest = help.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 120, "{command:?}: {widest}");
        // The commands that call the API never take the key itself.
        if help.contains("--api-key-file") {
            assert!(help.contains("PASSLOCK_API_KEY") && help.contains("Examples:"), "{help}");
            assert!(!help.contains("--api-key ") && !help.contains("--api-key="), "{help}");
            calling.push(command.join(" "));
        }
    }
    assert_eq!(calling[..3], ["doctor", "exchange", "user get"]);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let emulator = emulator();
    let token = emulator.issue_token(SUB).token;
    let mut child = passlock(&emulator, ["exchange", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    // Before the command has its token, and so before it can write.
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    assert_eq!(finish(child).success(), "");
    assert_eq!(emulator.journal()[0].outcome, Outcome::Answered);
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_can_not_be_written_is_a_failure() {
    let emulator = emulator();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for args in [&["user", "get", SUB, "--json"][..], &["emulate", "--json"]] {
        let mut command = passlock(&emulator, args);
        command.stdout(full());
        assert_eq!(json(&run(command).failure(1))["kind"], "output");
    }
    for args in [&["user", "get", SUB][..], &["demo"], &["--help"], &["--version"]] {
        let mut command = passlock(&emulator, args);
        command.stdout(full());
        let error = run(command).failure(1);
        assert!(error.starts_with("error: the result can't be written: "), "{error}");
    }
}

#[test]
fn values_can_not_command_the_terminal() {
    let emulator = emulator();
    let args = ["user", "update", SUB, "--given-name", "\u{1b}[2JAda\u{202e}", "--family-name", "李"];
    let mut command = passlock(&emulator, args);
    // As in a terminal: nothing is stripped on the way.
    command.env("CLICOLOR_FORCE", "1");
    let shown = run(command).success();
    assert!(shown.contains("\\u{1b}[2JAda\\u{202e}") && shown.contains("李"), "{shown}");

    let body = r#"{"_tag": "NotFound", "message": "gone\u001b[2J"}"#;
    emulator.fault(FaultRule::new(Fault::answer(404, [("content-type", "application/json")], body)));
    let mut command = passlock(&emulator, ["user", "get", SUB]);
    command.env("CLICOLOR_FORCE", "1");
    let error = run(command).failure(1);
    assert!(error.contains("gone") && !error.contains("\u{1b}[2J"), "{error}");
}
