//! Who may not use the emulator, and what can not bring it down.

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common::{Client, config, start};
use passlock_emulator::{BlockingEmulator, EmulatorConfig, StartError};

const JSON: &str = "Content-Type: application/json\r\n";

fn status(emulator: &BlockingEmulator, head: &str) -> u16 {
    let mut client = Client::connect(emulator);
    client.write(format!("{head}\r\n"));
    let answer = client.answer();
    assert!(answer.headers("access-control-allow-origin").is_empty(), "{}", answer.head);
    answer.status
}

#[test]
fn the_control_api_demands_a_loopback_host() {
    let emulator = start();
    for host in ["localhost", "localhost:1234", "127.0.0.1", "127.0.0.1:99", "[::1]:80", "127.8.8.8"] {
        assert_eq!(status(&emulator, &format!("GET /_emulator/health HTTP/1.1\r\nHost: {host}\r\n")), 200);
    }
    for host in [
        "evil.test",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "10.0.0.1",
        "",
        "evil.test:80",
        "x@localhost",
    ] {
        assert_eq!(
            status(&emulator, &format!("GET /_emulator/journal HTTP/1.1\r\nHost: {host}\r\n")),
            403,
            "{host}"
        );
    }
    assert_eq!(status(&emulator, "GET /_emulator/health HTTP/1.1\r\n"), 403);
    let two = "GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n";
    assert_eq!(status(&emulator, two), 403);
    let absolute = "GET http://evil.test/_emulator/health HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(status(&emulator, absolute), 403);
    let absolute = "GET http://localhost/_emulator/health HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(status(&emulator, absolute), 200);
}

#[test]
fn the_control_api_is_closed_to_web_pages() {
    let emulator = start();
    let with = |headers: &str| {
        status(&emulator, &format!("POST /_emulator/reset HTTP/1.1\r\nHost: localhost\r\n{JSON}{headers}"))
    };
    assert_eq!(with(""), 200);
    assert_eq!(with("Sec-Fetch-Site: none\r\n"), 200);
    for headers in [
        "Origin: https://evil.test\r\n",
        "Origin: http://localhost:3000\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: same-origin\r\n",
    ] {
        assert_eq!(with(headers), 403, "{headers}");
    }
    // What a browser asks before it lets a page send JSON.
    let preflight = "OPTIONS /_emulator/faults HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.test\r\n\
                     Access-Control-Request-Method: POST\r\n";
    assert_eq!(status(&emulator, preflight), 403);
}

#[test]
fn a_post_to_the_control_api_demands_json() {
    let emulator = start();
    emulator.add_user(passlock_emulator::NewUser::new("a@b.c"));
    for kind in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=application/json\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
    ] {
        let head = format!("POST /_emulator/reset HTTP/1.1\r\nHost: localhost\r\n{kind}");
        assert_eq!(status(&emulator, &head), 400, "{kind}");
    }
    // Nothing was reset.
    let mut client = Client::connect(&emulator);
    assert_eq!(client.control("POST", "users", r#"{"email":"a@b.c"}"#).status, 409);
    let head = "POST /_emulator/reset HTTP/1.1\r\nHost: localhost\r\nContent-Type: Application/JSON; charset=utf-8\r\n";
    assert_eq!(status(&emulator, head), 200);
}

#[test]
fn a_control_key_is_demanded_where_there_is_one() {
    let emulator = BlockingEmulator::start(config().control_key("open-sesame")).unwrap();
    let with = |headers: &str| {
        status(&emulator, &format!("GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n{headers}"))
    };
    assert_eq!(with("Authorization: Bearer open-sesame\r\n"), 200);
    for headers in [
        String::new(),
        "Authorization: Bearer open-sesam\r\n".to_owned(),
        "Authorization: Bearer open-sesame \x01\r\n".replace('\x01', "x"),
        "Authorization: open-sesame\r\n".to_owned(),
        "Authorization: Bearer open-sesame\r\nAuthorization: Bearer x\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", common::KEY),
    ] {
        assert_eq!(with(&headers), 401, "{headers}");
    }
}

#[test]
fn off_loopback_it_starts_only_when_told_twice() {
    for address in
        [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into(), "192.0.2.1".parse().unwrap()]
    {
        for config in [
            config().address(address),
            config().address(address).control_key("k"),
            config().address(address).allow_remote(true),
        ] {
            let error = BlockingEmulator::start(config).unwrap_err();
            assert!(matches!(error, StartError::Config(_)), "{error:?}");
        }
    }
}

#[test]
fn off_loopback_any_host_with_the_key_and_no_web_page() {
    let config = config().address(Ipv4Addr::UNSPECIFIED).allow_remote(true).control_key("k");
    let emulator = BlockingEmulator::start(config).unwrap();
    assert!(emulator.endpoint().starts_with("http://127.0.0.1:"));
    let with = |headers: &str| {
        status(&emulator, &format!("GET /_emulator/health HTTP/1.1\r\nHost: build-host\r\n{headers}"))
    };
    assert_eq!(with("Authorization: Bearer k\r\n"), 200);
    assert_eq!(with(""), 401);
    assert_eq!(with("Authorization: Bearer k\r\nOrigin: http://build-host\r\n"), 403);
}

#[test]
fn debug_output_holds_no_key() {
    let config = EmulatorConfig::default().api_key("canary-1").control_key("canary-2");
    let settings = format!("{config:?}");
    let emulator = BlockingEmulator::start(config).unwrap();
    let sub = emulator.add_user(passlock_emulator::NewUser::new("a@b.c")).sub;
    let issued = emulator.issue_token(&sub);
    let shown = format!("{settings} {emulator:?} {:?} {issued:?}", *emulator);
    assert!(!shown.contains("canary") && !shown.contains(&issued.token), "{shown}");
}
