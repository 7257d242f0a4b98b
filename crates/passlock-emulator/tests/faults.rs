//! Every kind of fault, by the bytes on the wire and the journal.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::time::{Duration, Instant};

use common::{Client, ended, start, user_path};
use passlock_emulator::{BlockingEmulator, Fault, FaultRule, Headers, NewUser, Outcome};

fn with_user() -> BlockingEmulator {
    let emulator = start();
    emulator.add_user(NewUser::new("a@b.c").sub("u1").given_name("Ada"));
    emulator
}

/// The head and the body that `GET` of the user has without a fault, but for the request id.
fn real_answer(emulator: &BlockingEmulator) -> (usize, String) {
    let answer = Client::connect(emulator).get(&user_path("u1"));
    (answer.head.len(), String::from_utf8(answer.body).unwrap())
}

fn fault_get(emulator: &BlockingEmulator, fault: Fault) -> Client {
    emulator.fault(FaultRule::new(fault));
    let mut client = Client::connect(emulator);
    client.send_get(&user_path("u1"));
    client
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn status() {
    let emulator = with_user();
    let headers = Headers::new()
        .with("Retry-After", "7")
        .with("set-cookie", "a=1")
        .with("Set-Cookie", "b=2")
        .with("x-request-id", "r1");
    let mut client = fault_get(&emulator, Fault::answer(503, headers, "busy"));
    let answer = client.answer();
    assert_eq!(
        answer.head,
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nx-request-id: \
         r1\r\ncontent-length: 4\r\n\r\n"
    );
    assert_eq!(answer.body, b"busy");
    assert_eq!(ended(&emulator, Outcome::Faulted).fault.as_deref(), Some("status"));
    assert_eq!(client.get(&user_path("u1")).status, 200, "the connection goes on");
}

#[test]
fn status_without_a_body_and_with_bytes() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::status(500));
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("content-length")), (500, Some("0")));
    assert!(answer.header("x-request-id").is_some());
    assert!(answer.header("content-type").is_none());

    let headers = Headers::new().with("apigw-requestid", "g1").without("content-length");
    emulator.fault(FaultRule::new(Fault::Status {
        status: 299,
        headers,
        body: None,
        body_base64: Some("AP8=".into()),
    }));
    client.send_get(&user_path("u1"));
    let expected = b"HTTP/1.1 299 \r\napigw-requestid: g1\r\n\r\n\x00\xff";
    assert_eq!(client.at_least(expected.len()), expected);
}

#[test]
fn status_that_has_no_body() {
    let emulator = with_user();
    for status in [204, 304] {
        let mut client = fault_get(&emulator, Fault::status(status));
        let answer = client.answer();
        assert_eq!((answer.status, answer.header("content-length")), (status, None));
        assert_eq!(client.get(&user_path("u1")).status, 200);
    }
    let mut client = fault_get(&emulator, Fault::status(101));
    assert!(text(client.rest()).starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    let mut client = fault_get(&emulator, Fault::answer(200, [("connection", "close")], "x"));
    assert!(text(client.rest()).ends_with("\r\n\r\nx"));
}

#[test]
fn delay() {
    let emulator = with_user();
    let sent = Instant::now();
    let mut client = fault_get(&emulator, Fault::Delay { millis: 200 });
    assert_eq!(client.answer().status, 200);
    assert!(sent.elapsed() >= Duration::from_millis(200));
    let entry = ended(&emulator, Outcome::Faulted);
    assert!(entry.ended_at_millis.unwrap() - entry.at_millis >= 190, "{entry:?}");
    assert_eq!(client.get(&user_path("u1")).status, 200);
}

#[test]
fn hang() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::Hang);
    assert!(client.is_silent());
    assert_eq!(ended(&emulator, Outcome::Pending).ended_at_millis, None);
    drop(client);
    let entry = ended(&emulator, Outcome::ClientClosed);
    assert!(entry.ended_at_millis.unwrap() >= entry.at_millis);
}

#[test]
fn stall() {
    let emulator = with_user();
    let (head, body) = real_answer(&emulator);
    let mut client = fault_get(&emulator, Fault::Stall { after_bytes: 5 });
    let seen = text(client.at_least(head + 5));
    assert!(seen.contains(&format!("content-length: {}\r\n", body.len())), "{seen}");
    assert!(seen.ends_with(&format!("\r\n\r\n{}", &body[..5])), "{seen}");
    assert!(client.is_silent());
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
}

#[test]
fn stall_after_more_than_the_body_still_promises_more() {
    let emulator = with_user();
    let (head, body) = real_answer(&emulator);
    let mut client = fault_get(&emulator, Fault::Stall { after_bytes: 1_000_000 });
    let seen = text(client.at_least(head + body.len()));
    assert!(seen.contains(&format!("content-length: {}\r\n", body.len() + 1)), "{seen}");
    assert!(client.is_silent());
}

#[test]
fn stall_head() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::StallHead { after_bytes: 16 });
    assert_eq!(text(client.at_least(16)), "HTTP/1.1 200 OK\r");
    assert!(client.is_silent());
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
    let (head, _) = real_answer(&emulator);
    let mut client = fault_get(&emulator, Fault::StallHead { after_bytes: 1_000_000 });
    assert!(!text(client.at_least(head - 1)).ends_with("\r\n\r\n"));
    assert!(client.is_silent());
}

#[test]
fn drip() {
    let emulator = with_user();
    let (_, body) = real_answer(&emulator);
    let mut client = fault_get(&emulator, Fault::Drip { millis_per_byte: 1 });
    let started = Instant::now();
    assert_eq!(text(client.answer().body), body);
    assert!(started.elapsed() >= Duration::from_millis(100));
    ended(&emulator, Outcome::Faulted);
    assert_eq!(client.get(&user_path("u1")).status, 200);

    let mut client = fault_get(&emulator, Fault::Drip { millis_per_byte: 300 });
    assert_eq!(client.at_least(1), b"H");
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
}

#[test]
fn reset() {
    let emulator = with_user();
    assert!(fault_get(&emulator, Fault::Reset).rest_until_reset().is_empty());
    ended(&emulator, Outcome::Faulted);
}

#[test]
fn reset_after_head() {
    let emulator = with_user();
    let (head, body) = real_answer(&emulator);
    let seen = text(fault_get(&emulator, Fault::ResetAfterHead).rest_until_reset());
    assert_eq!(seen.len(), head);
    assert!(seen.ends_with("\r\n\r\n"));
    assert!(seen.contains(&format!("content-length: {}\r\n", body.len())));
    ended(&emulator, Outcome::Faulted);
}

#[test]
fn truncate() {
    let emulator = with_user();
    let (_, body) = real_answer(&emulator);
    for (after_bytes, sent) in [(None, body.len() / 2), (Some(3), 3), (Some(0), 0), (Some(9_999), body.len())]
    {
        let seen = text(fault_get(&emulator, Fault::Truncate { after_bytes }).rest());
        assert!(seen.ends_with(&format!("\r\n\r\n{}", &body[..sent])), "{seen}");
        let promised = body.len().max(sent + 1);
        assert!(seen.contains(&format!("content-length: {promised}\r\n")), "{seen}");
    }
    ended(&emulator, Outcome::Faulted);
}

#[test]
fn garbage() {
    let emulator = with_user();
    let seen = fault_get(&emulator, Fault::Garbage { bytes_base64: None }).rest();
    assert!(!seen.is_empty() && !seen.starts_with(b"HTTP"));
    ended(&emulator, Outcome::Faulted);
    let seen = fault_get(&emulator, Fault::Garbage { bytes_base64: Some("AQID".into()) }).rest();
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn endless() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::Endless { status: None });
    let seen = client.at_least(3_000_000);
    assert!(seen.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let start = String::from_utf8_lossy(&seen[..300]);
    assert!(
        start.contains("transfer-encoding: chunked\r\n") && start.contains("\r\n\r\n9\r\n{\"user\":\"\r\n")
    );
    ended(&emulator, Outcome::Pending);
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
    let mut client = fault_get(&emulator, Fault::Endless { status: Some(500) });
    assert!(client.at_least(100).starts_with(b"HTTP/1.1 500"));
}

#[test]
fn endless_head() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::EndlessHead);
    let seen = text(client.at_least(3_000_000));
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\nx-endless-0: "));
    assert!(!seen.contains("\r\n\r\n"));
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
}

#[test]
fn an_endless_answer_to_a_client_that_does_not_read_ends_with_the_client() {
    let emulator = with_user();
    let client = fault_get(&emulator, Fault::Endless { status: None });
    // Until the buffers of both sides are full.
    std::thread::sleep(Duration::from_millis(300));
    drop(client);
    ended(&emulator, Outcome::ClientClosed);
}

#[test]
fn an_endless_answer_ends_when_the_client_closes_its_sending_side() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::Endless { status: None });
    // It reads nothing, so that the emulator is in the middle of writing when the end comes.
    std::thread::sleep(Duration::from_millis(300));
    client.close_writing();
    ended(&emulator, Outcome::ClientClosed);
}

#[test]
fn close_idle() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::CloseIdle { after_millis: 0 });
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("connection")), (200, None));
    assert!(client.rest().is_empty());
    ended(&emulator, Outcome::Faulted);
    let mut client = fault_get(&emulator, Fault::CloseIdle { after_millis: 100 });
    let answered = {
        client.answer();
        Instant::now()
    };
    assert!(client.rest().is_empty());
    assert!(answered.elapsed() >= Duration::from_millis(50));
}

#[test]
fn redirect() {
    let emulator = with_user();
    let fault = Fault::Redirect { location: "http://other.test/x".into(), status: None };
    let answer = fault_get(&emulator, fault).answer();
    assert_eq!((answer.status, answer.header("location")), (302, Some("http://other.test/x")));
    let fault = Fault::Redirect { location: "/x".into(), status: Some(308) };
    assert_eq!(fault_get(&emulator, fault).answer().status, 308);
}

#[test]
fn what_is_sent_ahead_of_a_delayed_answer_is_not_lost() {
    let emulator = with_user();
    let mut client = fault_get(&emulator, Fault::Delay { millis: 100 });
    client.send_get(&user_path("nobody"));
    assert_eq!(client.answer().status, 200);
    assert_eq!(client.answer().status, 404);
}
