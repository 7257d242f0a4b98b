//! `doctor`: each thing broken in turn, and exactly that is named.
//!
//! Tests that trust an authority do so by SSL_CERT_FILE, which Windows and Apple's systems do not read.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "../common/mod.rs"]
mod common;
mod servers;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use common::*;
use passlock_emulator::{Fault, FaultRule};
use serde_json::{Value, json};
use servers::*;
use tempfile::NamedTempFile;

#[track_caller]
fn report(command: Command, status: i32) -> Value {
    let run = run(command);
    assert_eq!((run.status, run.stderr.as_str()), (Some(status), ""), "{run:?}");
    assert!(!run.stdout.contains("canary"), "{}", run.stdout);
    json(&run.stdout)
}

/// The checks by their status.
fn by_status(report: &Value) -> BTreeMap<&str, Vec<&str>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for check in report["checks"].as_array().unwrap() {
        all.entry(check["status"].as_str().unwrap()).or_default().push(check["name"].as_str().unwrap());
    }
    all
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// Asserts that one check failed, and gives what it says: what was seen, and what to do.
#[track_caller]
fn failure<'a>(report: &'a Value, name: &str) -> (&'a str, &'a str) {
    let failed = by_status(report);
    assert_eq!((failed.get("failed"), failed.get("warning")), (Some(&vec![name]), None), "{report:#}");
    assert_eq!(report["ok"], json!(false));
    let check = check(report, name);
    (check["detail"].as_str().unwrap(), check["advice"].as_str().unwrap())
}

#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn all_is_well_behind_tls_and_the_report_says_what_is_in_use() {
    let secure = Secure::new("localhost", 2100);
    let report = report(secure.doctor("localhost"), 0);
    let expected = ["settings", "proxy", "dns", "tcp", "tls", "service", "clock", "key"];
    assert_eq!(by_status(&report).get("ok").unwrap(), &expected, "{report:#}");
    assert_eq!(report["ok"], json!(true));
    let tls = check(&report, "tls");
    assert_eq!(tls["chain"][0]["subject"], "CN=The server of the tests");
    assert_eq!(tls["chain"][0]["issuer"], "CN=Authority 2100");
    assert_eq!(tls["chain"][0]["notAfter"], "Fri, 01 Jan 2100 00:00:00 GMT");
    assert!(tls["roots"].as_str().unwrap().starts_with("1 from SSL_CERT_FILE ("), "{tls}");
    let origins: BTreeMap<_, _> = report["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|setting| (setting["name"].as_str().unwrap(), setting["origin"].as_str().unwrap()))
        .collect();
    assert_eq!(origins["tenancyId"], "environment PASSLOCK_TENANCY_ID");
    assert_eq!(origins["apiKey"], "environment PASSLOCK_API_KEY");
    assert_eq!(origins["endpoint"], "environment PASSLOCK_ENDPOINT");
    assert_eq!(origins["timeout"], "argument --timeout");
    assert_eq!((origins["proxy"], origins["roots"]), ("default", "environment SSL_CERT_FILE"));
    // What was asked changed nothing.
    let journal = secure.emulator.journal();
    assert_eq!((journal.len(), journal[0].method.as_str()), (1, "GET"));
}

#[test]
fn people_get_a_line_for_each_check() {
    let emulator = emulator();
    let text = run(passlock(&emulator, ["doctor"])).success();
    for line in [
        "  tenancyId  ten… (9 characters) ",
        "  apiKey     [redacted] ",
        "  ok       settings  complete\n",
        "  ok       dns       127.0.0.1 resolves to 127.0.0.1\n",
        "  skipped  tls       the endpoint uses http\n",
        "  ok       service   Passlock's API, version 1\n",
        "  ok       clock     the same as the server's\n",
        "  ok       key       accepted\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let mut command = passlock(&emulator, ["doctor"]);
    command.env("PASSLOCK_API_KEY", "canary-api-key-2");
    let refused = run(command);
    assert_eq!((refused.status, refused.stderr.as_str()), (Some(1), ""));
    assert!(refused.stdout.contains("\n  failed   key "), "{}", refused.stdout);
    assert!(
        refused.stdout.contains("> check that PASSLOCK_API_KEY is a key of the tenancy"),
        "{}",
        refused.stdout
    );
    assert!(!refused.stdout.contains("canary"), "{}", refused.stdout);
}

#[test]
fn a_setting_that_is_missing_or_wrong() {
    let emulator = emulator();
    for (variable, value, said) in [
        (
            "PASSLOCK_API_KEY",
            "",
            "api_key is missing: set PASSLOCK_API_KEY in the environment, or pass --api-key-file",
        ),
        ("PASSLOCK_API_KEY", "canary key", "api_key (PASSLOCK_API_KEY) contains a space"),
        ("PASSLOCK_TENANCY_ID", "", "tenancy_id is missing: set PASSLOCK_TENANCY_ID in the environment"),
        (
            "PASSLOCK_ENDPOINT",
            "http://canary.example",
            "endpoint (PASSLOCK_ENDPOINT) must begin with https://",
        ),
    ] {
        let mut command = passlock(&emulator, ["doctor", "--json"]);
        let report = report(
            {
                command.env(variable, value);
                command
            },
            2,
        );
        assert!(failure(&report, "settings").0.starts_with(said), "{report:#}");
        assert_eq!(by_status(&report)["skipped"].len(), 7, "{report:#}");
    }
    assert!(emulator.journal().is_empty());
}

/// The two are mixed up now and then, and the key must not be shown as the tenancy.
#[test]
fn a_key_in_place_of_the_tenancy_is_not_shown() {
    let emulator = emulator();
    let command = |arguments: &[&str]| {
        let mut command = passlock(&emulator, arguments);
        command.env("PASSLOCK_TENANCY_ID", KEY);
        command
    };
    let beside_itself = command(&["doctor", "--json"]);
    let mut swapped = command(&["doctor", "--json"]);
    swapped.env("PASSLOCK_API_KEY", "tenancy-1");
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(KEY.as_bytes()).unwrap();
    let mut of_a_file = command(&["doctor", "--json", "--api-key-file", file.path().to_str().unwrap()]);
    of_a_file.env_remove("PASSLOCK_API_KEY");
    for command in [beside_itself, swapped, of_a_file] {
        failure(&report(command, 1), "key");
    }
}

#[test]
fn a_host_that_there_is_not() {
    let emulator = emulator();
    let mut command = passlock(&emulator, ["doctor", "--json"]);
    command.env("PASSLOCK_ENDPOINT", "https://passlock.invalid");
    let report = report(command, 1);
    let (detail, advice) = failure(&report, "dns");
    assert!(detail.starts_with("passlock.invalid has no address: "), "{detail}");
    assert!(advice.contains("PASSLOCK_ENDPOINT"), "{advice}");
}

#[test]
fn a_port_on_which_nobody_listens() {
    let emulator = emulator();
    let closed = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let mut command = passlock(&emulator, ["doctor", "--json"]);
    command.env("PASSLOCK_ENDPOINT", format!("http://{closed}"));
    let report = report(command, 1);
    assert!(failure(&report, "tcp").0.contains("refused"), "{report:#}");
}

#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn a_certificate_for_another_host() {
    let secure = Secure::new("other.example", 2100);
    let report = report(secure.doctor("localhost"), 1);
    assert!(failure(&report, "tls").0.contains("it is for another host"), "{report:#}");
    assert!(secure.emulator.journal().is_empty(), "the key was sent");
}

#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn a_certificate_that_has_expired_or_soon_will() {
    let secure = Secure::new("localhost", 2021);
    let report = report(secure.doctor("localhost"), 1);
    let (detail, advice) = failure(&report, "tls");
    assert!(detail.contains("it has expired") && detail.contains("01 Jan 2021"), "{detail}");
    assert!(advice.contains("clock"), "{advice}");
    assert_eq!(check(&report, "tls")["chain"][0]["notAfter"], "Fri, 01 Jan 2021 00:00:00 GMT");
}

#[test]
fn an_authority_that_nobody_trusts() {
    let secure = Secure::new("localhost", 2100);
    let other = Secure::new("localhost", 2101);
    let mut command = secure.doctor("localhost");
    command.env("SSL_CERT_FILE", other.roots.path());
    let report = report(command, 1);
    let (detail, advice) = failure(&report, "tls");
    let way = if cfg!(windows) {
        "certutil -user -addstore Root"
    } else if cfg!(target_vendor = "apple") {
        "keychain"
    } else {
        "in SSL_CERT_FILE"
    };
    assert!(
        detail.contains("not issued by a trusted authority") && advice.contains(way),
        "{detail} {advice}"
    );
}

#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn roots_that_there_are_not() {
    let secure = Secure::new("localhost", 2100);
    let mut command = secure.doctor("localhost");
    command.env("SSL_CERT_FILE", "/no/such/file");
    let report = report(command, 1);
    let (detail, advice) = failure(&report, "tls");
    assert!(detail.starts_with("SSL_CERT_FILE") && detail.contains("/no/such/file"), "{detail}");
    assert!(advice.contains("can be read by this user"), "{advice}");
}

#[test]
fn a_port_that_does_not_speak_tls() {
    let emulator = emulator();
    let mut command = passlock(&emulator, ["doctor", "--json"]);
    command.env("PASSLOCK_ENDPOINT", emulator.endpoint().replace("http://", "https://"));
    let report = report(command, 1);
    assert!(failure(&report, "tls").1.contains("http://"), "{report:#}");
}

#[test]
fn a_clock_that_is_wrong() {
    let emulator = emulator();
    for (seconds, status) in [(3600, 1), (30, 0)] {
        emulator.reset();
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
        let headers = [("date", date.as_str()), ("content-type", "application/json")];
        let body = r#"{"_tag": "NotFound", "message": "no such user"}"#;
        emulator.fault(FaultRule::new(Fault::answer(404, headers, body)));
        let report = report(passlock(&emulator, ["doctor", "--json"]), status);
        if status == 1 {
            let (detail, advice) = failure(&report, "clock");
            assert!(detail.contains("behind the server") && advice.contains("clock"), "{detail}");
        } else {
            assert_eq!(by_status(&report)["warning"], ["clock"], "{report:#}");
        }
    }
}

#[test]
fn a_key_that_is_refused() {
    let emulator = emulator();
    let mut command = passlock(&emulator, ["doctor", "--json"]);
    command.env("PASSLOCK_API_KEY", "canary-api-key-2");
    failure(&report(command, 1), "key");
    // One that may do nothing.
    emulator.fault(FaultRule::new(Fault::answer(
        403,
        [("content-type", "application/json")],
        r#"{"_tag": "Disabled"}"#,
    )));
    failure(&report(passlock(&emulator, ["doctor", "--json"]), 1), "key");
}

/// A login page, or a firewall's word, says nothing about the key.
#[test]
fn an_answer_that_is_not_the_services_own() {
    let emulator = emulator();
    for status in [401, 403] {
        emulator.reset();
        let page = Fault::answer(status, [("content-type", "text/html")], "<h1>Access denied</h1>");
        emulator.fault(FaultRule::new(page));
        let report = report(passlock(&emulator, ["doctor", "--json"]), 1);
        let (_, advice) = failure(&report, "service");
        assert!(advice.contains("in front of the API"), "{advice}");
    }
}

#[test]
fn an_endpoint_of_version_2_or_of_something_else() {
    let emulator = emulator();
    let json_type = [("content-type", "application/json")];
    for (body, said) in [
        (r#"{"_tag": "@error/NotFound", "message": "no"}"#, "version 2"),
        (r#"{"message": "Not Found"}"#, "not Passlock's API"),
    ] {
        emulator.reset();
        emulator.fault(FaultRule::new(Fault::answer(404, json_type, body)));
        let report = report(passlock(&emulator, ["doctor", "--json"]), 1);
        let (detail, advice) = failure(&report, "service");
        assert!(detail.contains(said), "{detail}");
        assert!(advice.contains("https://api.v1.passlock.dev"), "{advice}");
    }
}

#[test]
fn a_service_that_fails() {
    let emulator = emulator();
    for fault in [Fault::status(503), Fault::Reset, Fault::Garbage { bytes_base64: None }] {
        emulator.reset();
        emulator.fault(FaultRule::new(fault).times(9));
        let report = report(passlock(&emulator, ["doctor", "--json"]), 1);
        failure(&report, "service");
    }
}

#[test]
fn a_proxy_in_the_way() {
    let secure = Secure::new("api.example", 2100);
    let unused = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    for (proxy, said) in [
        (proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", None), "asks for credentials (407)"),
        (proxy("HTTP/1.1 403 Forbidden\r\n\r\n", None), "refused the tunnel (403)"),
        (proxy("SSH-2.0-x\r\n", None), "not valid HTTP/1.1"),
        (format!("http://user:{PASSWORD}@{unused}"), "refused"),
        (format!("socks5://user:{PASSWORD}@{unused}"), "HTTPS_PROXY must be an http:// URL"),
    ] {
        let mut command = secure.doctor("api.example");
        command.env("HTTPS_PROXY", proxy);
        let report = report(command, 1);
        let (detail, advice) = failure(&report, "proxy");
        assert!(detail.contains(said), "{detail}");
        assert!(advice.contains("HTTPS_PROXY") || advice.contains("variable"), "{advice}");
    }
}

#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn a_proxy_that_works() {
    let secure = Secure::new("api.example", 2100);
    let mut command = secure.doctor("api.example");
    command.env("HTTPS_PROXY", proxy("HTTP/1.1 200 OK\r\n\r\n", Some(secure.address)));
    let report = report(command, 0);
    assert!(
        check(&report, "proxy")["detail"].as_str().unwrap().contains("(from HTTPS_PROXY) opened a tunnel")
    );
    assert_eq!(by_status(&report)["skipped"], ["dns", "tcp"]);
    assert_eq!(check(&report, "tcp")["detail"], "done by the proxy");
}

/// Each byte comes in time, and there is no end of them.
#[test]
fn a_proxy_or_server_that_drips_does_not_hold_it_up() {
    let emulator = emulator();
    for (name, variable, url) in [
        ("proxy", "HTTPS_PROXY", format!("http://{}", dripping(b"HTTP/1.1 200 OK\r\nX: ", b'x'))),
        // The head of a record, and then its content.
        ("tls", "PASSLOCK_ENDPOINT", format!("https://{}", dripping(b"\x16\x03\x03\x3f\xff", 2))),
    ] {
        let mut command = passlock(&emulator, ["doctor", "--json", "--timeout", "2"]);
        command.env("PASSLOCK_ENDPOINT", "https://api.passlock.test").env(variable, url);
        let started = Instant::now();
        let report = report(command, 1);
        let (detail, _) = failure(&report, name);
        assert!(detail.contains("timed out"), "{detail}");
        assert!(started.elapsed() < Duration::from_secs(4), "{name}: {:?}", started.elapsed());
    }
}
