//! No secret stands in any error or log line, whatever the server says back.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use passlock::{Error, ErrorKind};
use passlock_core::{Attempt, ConfigBuilder, Open, asynchronous, blocking};
use passlock_emulator::{BlockingEmulator, EmulatorConfig, Fault, FaultRule, Headers};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::{Client, Flavour, Server, all, assert_clean, collect_logs, lines_seen, runtime, watch};

const KEY: &str = "key-canary-8f0c/+sd~9w:Q==";
const TOKEN: &str = "token canary/é+?&=%41~5d2e";

/// An emulator that takes the canaries, and settings for it.
fn emulator() -> (BlockingEmulator, ConfigBuilder) {
    let emulator = BlockingEmulator::start(EmulatorConfig::new().tenancy_id("t").api_key(KEY)).unwrap();
    let settings = settings(emulator.endpoint());
    (emulator, settings)
}

fn settings(endpoint: &str) -> ConfigBuilder {
    passlock_core::Config::builder().tenancy_id("t").api_key(KEY).endpoint(endpoint).max_retries(1)
}

/// The limit of calls that are to meet it. All others have the default: on a busy machine a call may take its time.
const SHORT: Duration = Duration::from_millis(700);

/// What a server that echoes has of a request: the key, the token as it was and as it was sent.
fn echo() -> String {
    let encoded = utf8_percent_encode(TOKEN, NON_ALPHANUMERIC);
    format!("Bearer {KEY} /t/token/{} {TOKEN} end", our_path_segment(&encoded.to_string()))
}

/// Unreserved characters are not encoded in a path of ours.
fn our_path_segment(encoded: &str) -> String {
    encoded.replace("%2D", "-").replace("%2E", ".").replace("%5F", "_").replace("%7E", "~")
}

fn raw(bytes: impl AsRef<[u8]>) -> Fault {
    Fault::Garbage { bytes_base64: Some(BASE64_STANDARD.encode(bytes)) }
}

/// A principal with one value replaced by an echo.
fn principal(name: &str) -> String {
    let mut principal = serde_json::json!({
        "iss": "https://idp.passlock.dev", "aud": "t", "sub": "u", "iat": 1, "nbf": 1, "exp": 2, "jti": "j", "token": "j",
        "userVerified": true, "authType": "passkey", "authId": "a",
    });
    principal[name] = echo().into();
    principal.to_string()
}

/// Every way to answer that could show a secret, and the kind of error that it is to be.
fn answers() -> Vec<(Fault, ErrorKind)> {
    let echo = echo();
    // Not in the headers that frame a response, which ureq logs at DEBUG: passlock-blocking's docs say so. Header values are ASCII here: the token in its encoded form, and the key.
    let shown: String = echo.chars().filter(|c| c.is_ascii()).collect();
    let encoded = our_path_segment(&utf8_percent_encode(TOKEN, NON_ALPHANUMERIC).to_string());
    let headers = || {
        Headers::new()
            .with("x-request-id", format!("{KEY} {encoded}"))
            .with("authorization", format!("Bearer {KEY}"))
            .with("location", format!("/t/token/{encoded}"))
            .with("x-echo", shown.clone())
            .with("server", shown.clone())
            .with("content-type", shown.clone())
            .with("set-cookie", shown.clone())
            .with("www-authenticate", shown.clone())
    };
    let body = serde_json::json!({"_tag": echo, "message": echo, "detail": echo}).to_string();
    let mut answers: Vec<_> = [
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::BadRequest),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (503, ErrorKind::Server),
        (302, ErrorKind::Protocol),
        (200, ErrorKind::Protocol),
        (201, ErrorKind::Protocol),
    ]
    .into_iter()
    .map(|(status, kind)| (Fault::answer(status, headers(), body.clone()), kind))
    .collect();
    for name in ["iat", "exp", "userVerified"] {
        answers.push((Fault::answer(200, headers(), principal(name)), ErrorKind::Protocol));
    }
    for name in ["aud", "iss"] {
        answers.push((Fault::answer(200, headers(), principal(name)), ErrorKind::Claims));
    }
    for text in [
        echo.clone(),
        format!("HTTP/1.1 {echo}\r\n\r\n"),
        format!("{echo} 200 OK\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{echo}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{encoded}: x\r\n{KEY} : x\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {KEY}{encoded}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}{encoded}\r\n\r\n"),
    ] {
        answers.push((raw(text), ErrorKind::Protocol));
    }
    answers.extend([
        (Fault::Reset, ErrorKind::Connection),
        // The emulator does not know the token, and the head of its answer says so.
        (Fault::ResetAfterHead, ErrorKind::NotFound),
        (Fault::Truncate { after_bytes: Some(0) }, ErrorKind::NotFound),
        (Fault::Garbage { bytes_base64: None }, ErrorKind::Protocol),
        (Fault::Endless { status: None }, ErrorKind::Protocol),
        (Fault::EndlessHead, ErrorKind::Protocol),
        (Fault::Hang, ErrorKind::Timeout),
        (Fault::StallHead { after_bytes: 3 }, ErrorKind::Timeout),
    ]);
    answers
}

/// Errors that need no answer: each kind that is left, and every way not to connect.
fn without_answer(open: impl Fn(ConfigBuilder) -> Result<Client, Error>) -> Vec<(Error, ErrorKind)> {
    let gone = SocketAddr::from(([127, 0, 0, 1], 1));
    let silent = Server::silent();
    let exchange = |endpoint: String, proxy: Option<String>| {
        let mut settings = settings(&endpoint).allow_http(true).max_retries(0);
        if endpoint.contains(&silent.address.to_string()) {
            settings = settings.timeout(SHORT);
        }
        if let Some(proxy) = proxy {
            settings = settings.proxy(proxy);
        }
        open(settings).unwrap().exchange(TOKEN).unwrap_err()
    };
    let connection = ErrorKind::Connection;
    let local = || settings("http://localhost:1");
    let key = utf8_percent_encode(KEY, NON_ALPHANUMERIC);
    let long = format!("{TOKEN}{}", "x".repeat(5_000));
    vec![
        (exchange(format!("http://{gone}"), None), connection),
        (exchange(format!("https://{gone}"), None), connection),
        (exchange("http://nowhere.invalid".to_owned(), None), connection),
        (exchange("https://nowhere.invalid".to_owned(), Some(format!("http://{key}@{gone}"))), connection),
        (exchange(format!("https://{}", silent.address), None), ErrorKind::Timeout),
        (open(local().api_key(format!("{KEY}\u{7f}"))).unwrap_err(), ErrorKind::Config),
        (open(local().api_key(format!("{KEY}é"))).unwrap_err(), ErrorKind::Config),
        (open(local().endpoint(format!("http://{KEY}@localhost"))).unwrap_err(), ErrorKind::Config),
        (open(local().endpoint(format!("http://localhost/?{KEY}"))).unwrap_err(), ErrorKind::Config),
        (open(local().proxy(format!("socks5://{KEY}@h"))).unwrap_err(), ErrorKind::Config),
        (open(local().proxy(format!("http://h/{KEY}"))).unwrap_err(), ErrorKind::Config),
        (open(local().ca_certificates(KEY)).unwrap_err(), ErrorKind::Config),
        (open(local()).unwrap().exchange(&format!("{TOKEN}\0")).unwrap_err(), ErrorKind::InvalidInput),
        (open(local()).unwrap().exchange(&long).unwrap_err(), ErrorKind::InvalidInput),
    ]
}

/// Core takes secrets out of what a transport says. A transport does not rely on that.
#[test]
fn a_transport_does_not_show_what_it_was_to_send() {
    watch(KEY);
    all(|flavour| {
        let gone = SocketAddr::from(([127, 0, 0, 1], 1));
        for fault in [Some(Fault::Reset), Some(Fault::Hang), Some(raw("no HTTP")), None] {
            let (emulator, settings) = emulator();
            let endpoint = match fault {
                Some(fault) => {
                    emulator.fault(FaultRule::new(fault));
                    emulator.endpoint().to_owned()
                }
                None => format!("http://{gone}"),
            };
            let config = settings.endpoint(&endpoint).build().unwrap();
            let uri = format!("{endpoint}/t/token/token-canary-in-the-uri");
            let request = http::Request::get(uri).header("authorization", format!("Bearer {KEY}"));
            let attempt = Attempt {
                request: request.body(Default::default()).unwrap(),
                timeout: Duration::from_millis(300),
                max_response_bytes: 1_000,
            };
            let fault = match flavour {
                Flavour::Reqwest => {
                    let transport = passlock::Http::open(&config, None).unwrap();
                    runtime().block_on(asynchronous::Transport::send(&transport, attempt)).unwrap_err()
                }
                Flavour::Hyper => {
                    let transport = passlock_hyper::Http::open(&config, None).unwrap();
                    runtime().block_on(asynchronous::Transport::send(&transport, attempt)).unwrap_err()
                }
                Flavour::Blocking => {
                    let transport = passlock_blocking::Http::open(&config, None).unwrap();
                    blocking::Transport::send(&transport, attempt).unwrap_err()
                }
            };
            let text = format!("{fault:?}");
            assert!(!text.contains("canary") && !text.contains("/t/"), "{flavour:?} {text}");
        }
    });
}

#[test]
fn no_error_and_no_log_line_holds_the_key_or_a_token() {
    watch(KEY);
    watch(TOKEN);
    collect_logs();
    let mut kinds = all(|flavour| {
        let mut kinds = Vec::new();
        let mut look = |error: Error, kind: ErrorKind, why: &str| {
            assert_eq!(error.kind(), kind, "{why}");
            assert_clean(&error);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        };
        for (fault, kind) in answers() {
            let why = format!("{fault:?}");
            let (emulator, mut settings) = emulator();
            if kind == ErrorKind::Timeout {
                settings = settings.timeout(SHORT);
            }
            if kind == ErrorKind::Claims {
                settings = settings.issuer("https://idp.passlock.dev");
            }
            emulator.fault(FaultRule::new(fault).times(100));
            let client = Client::open(flavour, settings).unwrap();
            look(client.exchange(TOKEN).unwrap_err(), kind, &why);
            let shown = format!("{client:?} {:?} {:#?}", client.config(), client.config());
            assert!(!shown.contains("canary"), "{shown}");
        }
        for (error, kind) in without_answer(|settings| Client::open(flavour, settings)) {
            let why = error.to_string();
            look(error, kind, &why);
        }
        kinds
    });
    kinds.sort_by_key(|kind| kind.as_str());
    // A panic is nothing that a server can bring about.
    let mut known = ErrorKind::ALL.to_vec();
    known.retain(|kind| *kind != ErrorKind::Internal);
    known.sort_by_key(|kind| kind.as_str());
    assert_eq!(kinds, known, "a kind was not looked at");

    // A call that succeeds has nothing to hide but what it was given.
    all(|flavour| {
        let (emulator, settings) = emulator();
        let sub = emulator.add_user(passlock_emulator::NewUser::new("ada@example.com")).sub;
        let token = emulator.issue_token(&sub).token;
        watch(&token);
        let principal = Client::open(flavour, settings).unwrap().exchange(&token).unwrap();
        assert_eq!(principal.token, token);
        let shown = format!("{principal:?} {principal:#?}");
        assert!(!shown.contains(&token), "{shown}");
    });

    for target in ["passlock", "ureq", "hyper_util", "rustls"] {
        let (lines, leaks) = lines_seen(target);
        assert!(lines > 0, "{target} has logged nothing: it is not listened to");
        assert!(leaks.is_empty(), "{leaks:#?}");
    }
}
