//! `demo --browser`, and the browser API of `emulate`.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::io::{Read, Write};
use std::net::{Ipv6Addr, TcpListener, TcpStream};

use common::*;

/// Asks by HTTP, as simply as possible, and gives head and body.
fn ask(url: &str, request: &str, headers: &str, body: &str) -> (String, String) {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// `localhost` has two addresses, and a browser may try either first.
#[test]
fn the_demo_is_found_at_both_addresses_or_does_not_start() {
    // A machine may have no IPv6.
    let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else { return };
    let port = other.local_addr().unwrap().port();
    let args = ["demo", "--browser", "--json", "--exit-with-stdin", "--port", &port.to_string()];
    let message = run(bare(args)).failure(2);
    assert!(message.contains(&format!("can't listen on port {port}: ")), "{message}");
    drop(other);
    let _demo = Process::of(bare(args));
    TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
}

#[test]
fn the_demo_serves_an_application_beside_its_emulator() {
    let mut demo = Process::of(bare(["demo", "--browser", "--json", "--exit-with-stdin"]));
    let (url, emulator) = (demo.get("url").to_owned(), demo.get("emulator").to_owned());
    assert!(url.starts_with("http://localhost:"), "{url}");
    let (head, page) = ask(&url, "GET /", "", "");
    assert!(head.starts_with("HTTP/1.1 200") && page.contains("<title>Passlock demo</title>"));
    let policy = format!("default-src 'none'; script-src 'self' {emulator}; style-src 'self'");
    assert!(head.contains(&policy) && !head.contains("unsafe"), "{head}");
    let (_, state) = ask(&url, "GET /api/state", "", "");
    assert!(state.contains(&emulator) && !state.to_lowercase().contains("key"), "{state}");

    let json = "Content-Type: application/json\r\n";
    let login = |origin: &str| {
        let headers = format!("{json}Origin: {origin}\r\n");
        ask(&url, "POST /api/login", &headers, r#"{"token":"made-up"}"#)
    };
    assert!(login("http://localhost:1").0.starts_with("HTTP/1.1 403"));
    let (head, body) = login(&url);
    assert!(head.starts_with("HTTP/1.1 401") && body.contains("not_found"), "{head}\n{body}");
    assert!(!head.to_lowercase().contains("set-cookie"), "{head}");

    // The application's pages may use the emulator, and others may not.
    let warm = |origin: &str| {
        ask(&emulator, "GET /demo-tenancy/connection/pre-connect", &format!("Origin: {origin}\r\n"), "").0
    };
    assert!(warm(&url).starts_with("HTTP/1.1 200"));
    assert!(warm("http://localhost:1").starts_with("HTTP/1.1 403"));
    demo.close_stdin();
    assert_eq!(demo.ended(), Some(0));
}

#[test]
fn the_emulator_serves_pages_of_the_origins_that_it_is_told() {
    let pages = |args: &[&str], origin: &str| {
        let process = Process::start(args);
        let path = format!("GET /{}/connection/pre-connect", process.get("tenancyId"));
        ask(process.get("endpoint"), &path, &format!("Origin: {origin}\r\n"), "").0.contains(" 200 ")
    };
    assert!(pages(&[], "http://localhost:3000"));
    assert!(!pages(&[], "https://app.example.test"));
    let app = ["--origin", "https://app.example.test", "--rp-id", "example.test"];
    assert!(pages(&app, "https://app.example.test"));
    assert!(!pages(&app, "http://localhost:3000"));
}

#[test]
fn an_origin_that_no_browser_would_use_is_refused() {
    let told = run(bare(["emulate", "--origin", "http://127.0.0.1:3000"])).failure(2);
    assert!(told.contains("http://127.0.0.1:3000") && told.contains("IP"), "{told}");
}

#[test]
fn flags_of_the_browsers_demo_need_it() {
    assert!(run(bare(["demo", "--port", "3000"])).failure(2).contains("--browser"));
}
