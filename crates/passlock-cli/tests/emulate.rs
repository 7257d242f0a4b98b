//! The emulator as a process.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

#[cfg(unix)]
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::ffi::OsStrExt;
#[cfg(unix)]
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::*;
use serde_json::{Value, json};

/// Asks the process something by HTTP, as simply as possible, and gives the status and the body.
fn ask(process: &Process, method: &str, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
    let mut stream = TcpStream::connect(process.get("endpoint").strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

fn control(process: &Process, path: &str, body: &Value) -> Value {
    let (status, answer) = ask(process, "POST", &format!("/_emulator/{path}"), None, body);
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn it_says_in_one_line_where_it_is() {
    let process = Process::start(&[]);
    let names: Vec<_> = process.ready.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["apiKey", "control", "endpoint", "tenancyId"]);
    assert!(process.get("endpoint").starts_with("http://127.0.0.1:"));
    assert_eq!(process.get("control"), format!("{}/_emulator", process.get("endpoint")));
    let (status, health) = ask(&process, "GET", "/_emulator/health", None, &Value::Null);
    assert_eq!((status, &health["version"]), (200, &json!(env!("CARGO_PKG_VERSION"))));
}

#[test]
fn it_serves_what_the_command_line_asks_for() {
    // Not one that the system hands out: another test's emulator could get it.
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let port = (first..32_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("users.json");
    // As PowerShell writes it.
    let users = r#"{"users": [{"email": "ada@example.com", "givenName": "Ada", "sub": "user-1"}]}"#;
    fs::write(&data, format!("\u{feff}{users}")).unwrap();
    let port_text = port.to_string();
    let process = Process::start(&[
        "--port",
        &port_text,
        "--tenancy-id",
        "my-tenancy",
        "--api-key",
        "my-api-key",
        "--data",
        data.to_str().unwrap(),
        "--no-legacy-fields",
    ]);
    assert_eq!(
        process.ready,
        json!({"endpoint": format!("http://127.0.0.1:{port}"), "tenancyId": "my-tenancy", "apiKey": "my-api-key",
            "control": format!("http://127.0.0.1:{port}/_emulator")})
    );
    let token = control(&process, "tokens", &json!({"sub": "user-1"}));
    let path = format!("/my-tenancy/token/{}", token["token"].as_str().unwrap());
    let (status, principal) = ask(&process, "GET", &path, Some("my-api-key"), &Value::Null);
    assert_eq!((status, &principal["givenName"]), (200, &json!("Ada")));
    assert!(principal.get("authStatement").is_none() && principal.get("expireAt").is_none());
    let (status, _) = ask(&process, "GET", &path, Some("another-key"), &Value::Null);
    assert_eq!(status, 401);
}

#[test]
fn legacy_fields_are_there_by_default() {
    let process = Process::start(&["--api-key", "my-api-key", "--tenancy-id", "t"]);
    control(&process, "users", &json!({"email": "ada@example.com", "sub": "user-1"}));
    let token = control(&process, "tokens", &json!({"sub": "user-1"}));
    let path = format!("/t/token/{}", token["token"].as_str().unwrap());
    let (_, principal) = ask(&process, "GET", &path, Some("my-api-key"), &Value::Null);
    assert!(principal["authStatement"].is_object() && principal["expireAt"].is_string(), "{principal}");
}

#[test]
fn a_random_seed_makes_it_repeatable() {
    let made_up = |args: &[&str]| {
        let process = Process::start(args);
        let user = control(&process, "users", &json!({"email": "ada@example.com"}));
        let sub = user["user"]["sub"].clone();
        let token = control(&process, "tokens", &json!({"sub": sub}));
        [process.ready["tenancyId"].clone(), process.ready["apiKey"].clone(), sub, token["token"].clone()]
    };
    let seeded = made_up(&["--random-seed", "7"]);
    assert_eq!(made_up(&["--random-seed", "7"]), seeded);
    let others = [made_up(&["--random-seed", "8"]), made_up(&[]), made_up(&[])];
    for (index, other) in others.iter().enumerate() {
        assert!(other.iter().zip(&seeded).all(|(a, b)| a != b), "{other:?}");
        assert!(others[..index].iter().all(|earlier| earlier != other), "{other:?}");
    }
}

#[test]
fn it_reads_no_real_key_from_the_environment() {
    let mut command = bare(["emulate", "--json"]);
    command.env("PASSLOCK_API_KEY", KEY).env("PASSLOCK_TENANCY_ID", "canary");
    let process = Process::of(command);
    assert!(!process.ready.to_string().contains("canary"), "{}", process.ready);
}

#[test]
fn it_ends_with_its_standard_input() {
    let mut process = Process::start(&[]);
    assert!(process.is_running());
    let (path, key) =
        (format!("/{}/user/nobody", process.get("tenancyId")), process.get("apiKey").to_owned());
    assert_eq!(ask(&process, "GET", &path, Some(&key), &Value::Null).0, 404);
    process.close_stdin();
    assert_eq!(process.ended(), Some(0));
    // By now another test's emulator may listen there, which refuses the key.
    if TcpStream::connect(process.get("endpoint").strip_prefix("http://").unwrap()).is_ok() {
        assert_eq!(ask(&process, "GET", &path, Some(&key), &Value::Null).0, 401);
    }
}

#[test]
fn without_the_flag_standard_input_is_of_no_interest() {
    let mut process = Process::of(bare(["emulate", "--json"]));
    process.close_stdin();
    // Enough for the other one to have ended many times over.
    thread::sleep(Duration::from_millis(500));
    assert!(process.is_running());
    ask(&process, "GET", "/_emulator/health", None, &Value::Null);
}

#[test]
#[cfg(unix)]
fn signals_end_it_in_order() {
    for signal in ["-INT", "-TERM"] {
        let mut process = Process::of(bare(["emulate", "--json"]));
        // A connection that is open does not hold it up.
        let _open = TcpStream::connect(process.get("endpoint").strip_prefix("http://").unwrap()).unwrap();
        let status = Command::new("kill").arg(signal).arg(process.id().to_string()).status().unwrap();
        assert!(status.success());
        assert_eq!(process.ended(), Some(0), "{signal}");
    }
}

#[test]
fn people_are_told_what_to_set() {
    let command =
        bare(["emulate", "--tenancy-id", "my-tenancy", "--api-key", "my-api-key", "--exit-with-stdin"]);
    // Its standard input is closed from the start: it tells, and ends.
    let told = run(command).success();
    assert!(told.starts_with(
        "Passlock emulator, ready. Press Ctrl-C to stop.\n\n  PASSLOCK_ENDPOINT    http://127.0.0.1:"
    ));
    assert!(
        told.contains("\n  PASSLOCK_TENANCY_ID  my-tenancy\n  PASSLOCK_API_KEY     my-api-key\n"),
        "{told}"
    );
    assert!(told.contains("/_emulator\n") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn another_address_needs_its_flag_and_a_key() {
    for args in [
        &["emulate", "--address", "0.0.0.0", "--json"][..],
        &["emulate", "--address", "0.0.0.0", "--allow-remote", "--json"],
        &["emulate", "--address", "::", "--json"],
    ] {
        let error = json(&run(bare(args)).failure(2));
        assert_eq!(error["kind"], "config");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("--allow-remote") && message.contains("PASSLOCK_EMULATOR_CONTROL_KEY"),
            "{message}"
        );
    }
    let mut command = bare(["emulate", "--address", "0.0.0.0", "--json"]);
    command.env("PASSLOCK_EMULATOR_CONTROL_KEY", "control-1");
    assert_eq!(json(&run(command).failure(2))["kind"], "config");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, "control-1\n").unwrap();
    let remote = ["emulate", "--address", "0.0.0.0", "--allow-remote", "--json"];
    let mut from_environment = bare(remote);
    from_environment.env("PASSLOCK_EMULATOR_CONTROL_KEY", "control-1");
    let mut from_file = bare(remote);
    from_file.arg("--control-key-file").arg(&path).env("PASSLOCK_EMULATOR_CONTROL_KEY", "another");
    for command in [from_environment, from_file] {
        let process = Process::of(command);
        assert!(!process.ready.to_string().contains("control-1"), "{}", process.ready);
        let journal = |key| ask(&process, "GET", "/_emulator/journal", key, &Value::Null).0;
        assert_eq!((journal(None), journal(Some("another")), journal(Some("control-1"))), (401, 401, 200));
    }
}

#[test]
fn what_can_not_be_served_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (args, says) in [
        (["--port", &port], "can't listen on 127.0.0.1:"),
        (["--tenancy-id", ".."], "tenancy id"),
        (["--api-key", ""], "API key"),
        (["--data", "/nowhere/at/all"], "--data /nowhere/at/all: "),
        (["--data", &file("a", b"{\"users\": [")], "EOF"),
        (["--data", &file("b", b"{\"users\": [{\"mail\": \"a@b.c\"}]}")], "unknown field `mail`"),
        (["--data", &file("key", b"1234567890123456")], "--data "),
        (["--data", &file("quoted", b"\"1234567890123456\"")], "--data "),
        (["--data", &file("utf-16", b"\xff\xfe{\0")], "UTF-16: save it as UTF-8"),
        (["--data", &file("c", b"{\"users\": [{\"email\": \"a@b.c\"}, {\"email\": \"a@b.c\"}]}")], "a@b.c"),
    ] {
        let error = json(&run(bare([&["emulate", "--json"], &args[..]].concat())).failure(2));
        assert_eq!(error["kind"], "config");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(says) && !message.contains("1234567890123456"), "{error}");
    }
    // Not of another setting, which is as it should be.
    for (setting, value, says) in [
        ("--origin", "http://localhost:3000/", "is not an origin"),
        ("--tenancy-id", "..", "can't be a path segment"),
        ("--api-key", "two words", "the API key must be"),
    ] {
        let args = ["emulate", "--json", "--address", "0.0.0.0", "--allow-remote", setting, value];
        let mut command = bare(args);
        command.env("PASSLOCK_EMULATOR_CONTROL_KEY", "control-1");
        let message = json(&run(command).failure(2))["message"].as_str().unwrap().to_owned();
        assert!(message.contains(says) && !message.contains("--allow-remote"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn a_control_key_that_can_not_be_read_is_said() {
    let mut command = bare(["emulate", "--json"]);
    command.env("PASSLOCK_EMULATOR_CONTROL_KEY", OsStr::from_bytes(b"s\xe9cret-key"));
    let message = json(&run(command).failure(2))["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "PASSLOCK_EMULATOR_CONTROL_KEY is not valid Unicode");
}
