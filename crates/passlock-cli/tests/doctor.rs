//! `doctor`: each thing broken in turn, and exactly that is named.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use common::*;
use passlock_emulator::{BlockingEmulator, Fault, FaultRule};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// What a proxy's password looks like.
const PASSWORD: &str = "canary-password";

/// A certificate authority, and an emulator behind a certificate that it has issued.
struct Secure {
    emulator: BlockingEmulator,
    address: SocketAddr,
    roots: NamedTempFile,
}

impl Secure {
    fn new(name: &str, year: i32) -> Self {
        let emulator = emulator();
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, format!("Authority {year}"));
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let mut roots = NamedTempFile::new().unwrap();
        roots.write_all(authority.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
        let issuer = Issuer::new(authority, key);
        let mut leaf = CertificateParams::new([name.to_owned()]).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, "The server of the tests");
        leaf.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let address = serve_tls(Arc::new(tls), address_of(&emulator));
        Self { emulator, address, roots }
    }

    fn doctor(&self, host: &str) -> Command {
        let mut command = passlock(&self.emulator, ["doctor", "--json", "--timeout", "5"]);
        command
            .env("PASSLOCK_ENDPOINT", format!("https://{host}:{}", self.address.port()))
            .env("SSL_CERT_FILE", self.roots.path())
            .env_remove("SSL_CERT_DIR");
        command
    }
}

fn address_of(emulator: &BlockingEmulator) -> SocketAddr {
    emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
}

/// A server on a thread of its own, which the process's end ends.
fn serve(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Ends TLS, and hands one request and its answer on.
fn serve_tls(tls: Arc<ServerConfig>, to: SocketAddr) -> SocketAddr {
    serve(move |stream| {
        let mut near = StreamOwned::new(ServerConnection::new(Arc::clone(&tls)).unwrap(), stream);
        let Some(request) = read_head(&mut near) else { return };
        let mut far = TcpStream::connect(to).unwrap();
        // The end of the answer is the end of the connection.
        far.write_all(&[&request[..request.len() - 2], b"Connection: close\r\n\r\n"].concat()).unwrap();
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).unwrap();
        let _ = near.write_all(&answer);
        near.conn.send_close_notify();
        let _ = near.flush();
    })
}

/// A request without a body, unless the other side goes before.
fn read_head(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(head)
}

/// A proxy that answers each request for a tunnel with this, or opens one to an address whatever was asked.
fn proxy(answer: &'static str, to: Option<SocketAddr>) -> String {
    let address = serve(move |mut near| {
        if read_head(&mut near).is_none() {
            return;
        }
        near.write_all(answer.as_bytes()).unwrap();
        let Some(to) = to else { return };
        let far = TcpStream::connect(to).unwrap();
        let (mut from_near, mut to_far) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from_near, &mut to_far));
        let (mut far, mut near) = (far, near);
        let _ = std::io::copy(&mut far, &mut near);
    });
    format!("http://user:{PASSWORD}@{address}")
}

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
    assert!(tls["roots"].as_str().unwrap().starts_with("1 of SSL_CERT_FILE ("), "{tls}");
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
        "  tenancyId  tenancy-1 ",
        "  apiKey     [redacted] ",
        "  ok       settings  complete\n",
        "  ok       dns       127.0.0.1 is 127.0.0.1\n",
        "  skipped  tls       the endpoint is an http one\n",
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
        ("PASSLOCK_API_KEY", "", "api_key is missing"),
        ("PASSLOCK_API_KEY", "canary key", "api_key (PASSLOCK_API_KEY) contains a space"),
        ("PASSLOCK_TENANCY_ID", "", "tenancy_id is missing"),
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

/// The ids are mixed up now and then, and the key must not be shown as the tenancy.
#[test]
fn a_key_in_place_of_the_tenancy_is_not_shown() {
    let emulator = emulator();
    let mut command = passlock(&emulator, ["doctor", "--json"]);
    command.env("PASSLOCK_TENANCY_ID", KEY);
    failure(&report(command, 1), "key");
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
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let mut command = passlock(&emulator, ["doctor", "--json"]);
    command.env("PASSLOCK_ENDPOINT", format!("http://{closed}"));
    let report = report(command, 1);
    assert!(failure(&report, "tcp").0.contains("refused"), "{report:#}");
}

#[test]
fn a_certificate_for_another_host() {
    let secure = Secure::new("other.example", 2100);
    let report = report(secure.doctor("localhost"), 1);
    assert!(failure(&report, "tls").0.contains("it is for another host"), "{report:#}");
    assert!(secure.emulator.journal().is_empty(), "the key was sent");
}

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
    assert!(
        detail.starts_with("no trusted authority") && advice.contains("SSL_CERT_FILE"),
        "{detail} {advice}"
    );
}

#[test]
fn roots_that_there_are_not() {
    let secure = Secure::new("localhost", 2100);
    let mut command = secure.doctor("localhost");
    command.env("SSL_CERT_FILE", "/no/such/file");
    let report = report(command, 1);
    assert!(failure(&report, "tls").0.starts_with("SSL_CERT_FILE"), "{report:#}");
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
    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
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

#[test]
fn a_proxy_that_works() {
    let secure = Secure::new("api.example", 2100);
    let mut command = secure.doctor("api.example");
    command.env("HTTPS_PROXY", proxy("HTTP/1.1 200 OK\r\n\r\n", Some(secure.address)));
    let report = report(command, 0);
    assert!(check(&report, "proxy")["detail"].as_str().unwrap().contains("(by HTTPS_PROXY) opened a tunnel"));
    assert_eq!(by_status(&report)["skipped"], ["dns", "tcp"]);
    assert_eq!(check(&report, "tcp")["detail"], "the proxy sees to it");
}
