//! Which requests a fault applies to, and whether their operations are carried out before it.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use common::{Client, ended, start, token_path, user_path};
use passlock_emulator::{BlockingEmulator, Fault, FaultRule, NewToken, NewUser, Operation, Outcome};
use serde_json::json;

/// Longer than any test waits, and shorter than the client's patience.
const LONG: u64 = 15_000;

fn with_user() -> BlockingEmulator {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1").given_name("Ada"));
    emulator
}

fn name(emulator: &BlockingEmulator) -> String {
    let user = Client::connect(emulator).get(&user_path("u1")).json();
    user["user"]["givenName"].as_str().map(str::to_owned).unwrap_or_default()
}

#[test]
fn apply_says_whether_the_operation_is_carried_out() {
    let emulator = with_user();
    let cut_short = |fault: Fault, apply, new: &str| {
        emulator.fault(FaultRule::new(fault).apply(apply).operation(Operation::UpdateUser));
        let mut client = Client::connect(&emulator);
        client.send_patch(&user_path("u1"), &json!({ "givenName": new }).to_string());
        client
    };
    for (index, (fault, bytes)) in [
        (Fault::status(500), 1),
        (Fault::Redirect { location: "/".into(), status: None }, 1),
        (Fault::Garbage { bytes_base64: None }, 1),
        (Fault::Stall { after_bytes: 1 }, 1),
        (Fault::StallHead { after_bytes: 1 }, 1),
        (Fault::Truncate { after_bytes: None }, 1),
        (Fault::ResetAfterHead, 1),
        (Fault::Endless { status: None }, 1),
        (Fault::EndlessHead, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let before = name(&emulator);
        let new = format!("new {index}");
        cut_short(fault.clone(), false, &new).at_least(bytes);
        assert_eq!(name(&emulator), before, "{fault:?}");
        cut_short(fault.clone(), true, &new).at_least(bytes);
        assert_eq!(name(&emulator), new, "{fault:?}");
    }
    let before = name(&emulator);
    cut_short(Fault::Reset, false, "reset").rest_until_reset();
    assert_eq!(name(&emulator), before);
    cut_short(Fault::Reset, true, "reset").rest_until_reset();
    assert_eq!(name(&emulator), "reset");

    // What is delivered in the end was carried out.
    for (new, fault) in [
        ("delayed", Fault::Delay { millis: 1 }),
        ("dripped", Fault::Drip { millis_per_byte: 0 }),
        ("closed", Fault::CloseIdle { after_millis: 0 }),
    ] {
        let answer = cut_short(fault, false, new).answer();
        assert_eq!(answer.json()["user"]["givenName"], new);
        assert_eq!(name(&emulator), new);
    }
}

#[test]
fn a_delay_carries_out_before_it_waits_only_when_told() {
    let emulator = with_user();
    let give_up = |apply, new: &str| {
        emulator.fault(FaultRule::new(Fault::Delay { millis: LONG }).apply(apply));
        let mut client = Client::connect(&emulator);
        client.send_patch(&user_path("u1"), &json!({ "givenName": new }).to_string());
        assert!(client.is_silent());
        drop(client);
        ended(&emulator, Outcome::ClientClosed);
    };
    give_up(false, "not applied");
    assert_eq!(name(&emulator), "Ada");
    give_up(true, "applied");
    assert_eq!(name(&emulator), "applied");
}

#[test]
fn a_hanging_operation_can_be_carried_out() {
    let emulator = with_user();
    let token = emulator.issue_token_with(NewToken::new("u1").single_use(true)).token;
    for (apply, status) in [(false, 200), (true, 404)] {
        let token = if apply {
            emulator.issue_token_with(NewToken::new("u1").single_use(true)).token
        } else {
            token.clone()
        };
        emulator.fault(FaultRule::new(Fault::Hang).apply(apply));
        let mut client = Client::connect(&emulator);
        client.send_get(&token_path(&token));
        assert!(client.is_silent());
        drop(client);
        ended(&emulator, Outcome::ClientClosed);
        assert_eq!(Client::connect(&emulator).get(&token_path(&token)).status, status);
    }
}

#[test]
fn faults_go_to_the_next_matching_requests_in_order() {
    let emulator = with_user();
    emulator.fault(FaultRule::new(Fault::status(501)).operation(Operation::ExchangeToken).times(2));
    emulator.fault(FaultRule::new(Fault::status(502)).method("PATCH"));
    emulator.fault(FaultRule::new(Fault::status(503)));
    emulator.fault(FaultRule::new(Fault::status(504)));
    let mut client = Client::connect(&emulator);
    assert_eq!(client.control("GET", "health", "").status, 200, "the control API is subject to no fault");
    assert_eq!(client.get(&user_path("u1")).status, 503);
    assert_eq!(client.get(&token_path("x")).status, 501);
    assert_eq!(client.patch(&user_path("u1"), "{}").status, 502);
    assert_eq!(client.get(&token_path("x")).status, 501);
    assert_eq!(client.get("/no/route").status, 504);
    assert_eq!(client.get(&user_path("u1")).status, 200);
}
