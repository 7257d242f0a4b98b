//! What the journal tells.

mod common;

use common::{Client, KEY, TENANCY, authorized, ended, start, user_path};
use passlock_emulator::{Fault, FaultRule, NewUser, Operation, Outcome};
use serde_json::json;

#[test]
fn requests_are_in_order_with_their_connection_and_the_raw_target() {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1"));
    let (mut first, mut second) = (Client::connect(&emulator), Client::connect(&emulator));
    first.get("/t/user/..%2f%2F?a=b&&");
    second.get("/a//b/../c");
    first.patch(&user_path("u1"), r#"{"givenName":"é"}"#);
    let journal = emulator.journal();
    let seen: Vec<_> = journal.iter().map(|entry| (entry.method.as_str(), entry.path.as_str())).collect();
    let patched = user_path("u1");
    assert_eq!(seen, [("GET", "/t/user/..%2f%2F?a=b&&"), ("GET", "/a//b/../c"), ("PATCH", patched.as_str())]);
    assert_eq!(journal[0].connection, journal[2].connection);
    assert_ne!(journal[0].connection, journal[1].connection);
    assert_eq!(
        journal.iter().map(|entry| entry.operation).collect::<Vec<_>>(),
        [Some(Operation::GetUser), None, Some(Operation::UpdateUser)]
    );
    assert_eq!(journal[2].body, r#"{"givenName":"é"}"#);
    assert!(journal.iter().all(|entry| entry.outcome == Outcome::Answered && entry.fault.is_none()));
    assert!(journal.windows(2).all(|pair| pair[0].at_millis <= pair[1].at_millis));
    assert!(journal.iter().all(|entry| entry.ended_at_millis.unwrap() >= entry.at_millis));
}

#[test]
fn the_control_api_shows_the_same_and_is_not_in_it() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    client.control("GET", "health", "");
    client.request("GET", &user_path("x"), &format!("{}X-Two: 1\r\nx-two: 2\r\n", authorized()), "");
    let shown = client.control("GET", "journal", "").json();
    assert_eq!(shown, json!({ "requests": emulator.journal() }));
    let entries = shown["requests"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    let mut entry = entries[0].clone();
    let fields = entry.as_object_mut().unwrap();
    assert!(fields.remove("atMillis").unwrap().as_u64().unwrap() > 1_700_000_000_000);
    assert!(fields.remove("endedAtMillis").unwrap().is_u64());
    let authorization = fields["headers"]["authorization"].as_str().unwrap().to_owned();
    assert_eq!(authorization, "dc54b1167727a712fcdfe36135357b3cb2e8e0c885e3774f715948c6b047d280");
    assert_eq!(
        entry,
        json!({
            "method": "GET", "path": format!("/{TENANCY}/user/x"), "body": "", "connection": 1,
            "outcome": "answered", "operation": "get_user", "fault": null,
            "headers": {"host": "localhost", "x-two": "1, 2", "authorization": authorization},
        })
    );
    assert!(!shown.to_string().contains(KEY));
}

#[test]
fn a_client_that_leaves_in_the_middle_of_its_body_is_told() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    client.send("PATCH", &user_path("u1"), &format!("{}Content-Length: 50\r\n", authorized()), "");
    client.write("{");
    ended(&emulator, Outcome::Pending);
    drop(client);
    assert_eq!(ended(&emulator, Outcome::ClientClosed).body, "");
}

#[test]
fn outcomes_over_the_control_api() {
    let emulator = start();
    emulator.fault(FaultRule::new(Fault::status(500)));
    emulator.fault(FaultRule::new(Fault::Hang));
    let mut client = Client::connect(&emulator);
    client.get("/");
    client.send_get("/");
    ended(&emulator, Outcome::Pending);
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
    let shown = Client::connect(&emulator).control("GET", "journal", "").json();
    let outcomes: Vec<_> = shown["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["outcome"], &entry["fault"]))
        .collect();
    assert_eq!(outcomes, [(&json!("faulted"), &json!("status")), (&json!("clientClosed"), &json!("hang"))]);
}

#[test]
fn a_body_is_cut_at_64_kib_and_the_operation_sees_all_of_it() {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1"));
    let long = "x".repeat(100_000);
    let answer =
        Client::connect(&emulator).patch(&user_path("u1"), &json!({ "givenName": long }).to_string());
    assert_eq!(answer.json()["user"]["givenName"], long);
    assert_eq!(emulator.journal()[0].body.len(), 64 * 1024);
}

#[test]
fn the_last_ten_thousand_are_kept() {
    let emulator = start();
    let mut client = Client::connect(&emulator);
    for batch in 0..101 {
        let requests: String =
            (0..100).map(|n| format!("GET /{} HTTP/1.1\r\n\r\n", batch * 100 + n)).collect();
        client.write(requests);
        for _ in 0..100 {
            client.answer();
        }
    }
    let journal = emulator.journal();
    assert_eq!(journal.len(), 10_000);
    assert_eq!(journal[0].path, "/100");
    assert_eq!(journal[9_999].path, "/10099");
}
