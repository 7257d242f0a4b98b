//! The soak finds what it is there for: clients that are wrong on purpose are found out, each by name.

#![allow(clippy::expect_used, reason = "a test says what went wrong by failing")]

use std::process::Command;

/// What the soak says of hyper's client with a fault, or with none.
fn soak(planted: &str) -> (bool, String) {
    let exe = env!("CARGO_BIN_EXE_passlock-soak");
    let program = format!("planted\n{exe}\nclient\nhyper\n{planted}");
    let arguments = ["--seconds", "6", "--seed", "1", "--only", "planted", "--program", &program];
    let output = Command::new(exe).args(arguments).output().expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[track_caller]
fn is_found(planted: &str, says: &str) {
    let (passed, said) = soak(planted);
    assert!(!passed && said.contains(says), "{said}");
    assert!(said.ends_with("0 passed, 1 failed\n"), "{said}");
}

#[test]
fn a_client_without_a_fault_passes() {
    let (passed, said) = soak("nothing");
    assert!(passed && said.ends_with("1 passed, 0 failed\n"), "{said}");
}

#[test]
fn an_answer_that_goes_to_another_call_is_found() {
    is_found("answer", "wrong: Call { operation: ");
}

#[test]
fn an_update_that_is_carried_out_twice_is_found() {
    is_found("update", "an update was carried out twice: name-");
}

#[test]
fn a_request_that_the_client_does_not_speak_of_is_found() {
    is_found("request", "more requests than attempts: missing-");
}

#[test]
fn a_client_most_of_whose_calls_fail_is_found() {
    is_found("failure", " calls succeeded");
}

#[test]
fn a_call_that_never_ends_is_found() {
    is_found("hang", "it does not come to rest within 20s: a call hangs");
}

/// By `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn what_is_not_given_back_is_found() {
    is_found("descriptor", "grows: descriptors: ");
    is_found("thread", "grows: threads: ");
}
