//! Whatever a page sends, the emulator goes on answering.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::*;
use serde_json::{Value, json};

/// `PASSLOCK_FUZZ_REQUESTS=100000` for a long run.
const REQUESTS: usize = 10_000;
/// How many requests are sent on one connection.
const BATCH: usize = 100;

/// Knuth's linear congruential generator: the same requests in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// A panic ends no more than its connection: it has to be counted.
static PANICS: AtomicUsize = AtomicUsize::new(0);

const PATHS: [&str; 13] = [
    "connection/pre-connect",
    "token/token?warm=true",
    "user/status",
    "passkey/registration/options",
    "passkey/registration/verification",
    "passkey/register/verify",
    "passkey/authentication/options",
    "passkey/authentication/verification",
    "passkey/auth/verify",
    "user/verify-email",
    "user/verify-email/resend",
    "social/oidc/registration",
    "social/oidc/authentication",
];

/// Takes a piece of JSON and changes one thing in it, or puts a fresh session in.
fn mutate(random: &mut Random, value: &mut Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() && random.below(8) > 0 => {
            let index = random.below(fields.len());
            mutate(random, fields.values_mut().nth(index).unwrap());
        }
        Value::Array(items) if !items.is_empty() && random.below(8) > 0 => {
            let index = random.below(items.len());
            mutate(random, &mut items[index]);
        }
        Value::String(text) if random.below(4) > 0 => {
            let mut bytes = text.clone().into_bytes();
            match random.below(3) {
                0 if !bytes.is_empty() => bytes.truncate(random.below(bytes.len())),
                1 if !bytes.is_empty() => {
                    let index = random.below(bytes.len());
                    bytes[index] = b"AZaz09-_"[random.below(8)];
                }
                _ => bytes.extend_from_slice(b"AAAA"),
            }
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        other => {
            let odd = [
                json!(null),
                json!(true),
                json!(-1),
                json!(1e300),
                json!(""),
                json!([]),
                json!({}),
                json!("\u{0}é"),
            ];
            *other = odd[random.below(odd.len())].clone();
        }
    }
}

#[test]
fn random_requests_leave_it_in_health() {
    let requests = std::env::var("PASSLOCK_FUZZ_REQUESTS").map_or(REQUESTS, |text| text.parse().unwrap());
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        earlier(info);
    }));
    let service = Service::start();
    let mut device = Device::new();
    let principal = service.sign_up(&mut device, EMAIL);
    let begun = service.post("passkey/registration/options", &json!({ "email": "b@example.com" })).success();
    let issuer =
        json!({ "provider": "google", "issuer": "https://accounts.google.test", "audience": "my-app" });
    service.control("POST", "issuers", &issuer).success();
    let claims = json!({ "email": "d@example.com", "nonce": "n-1" });
    let id_token = service.control("POST", "id-tokens", &json!({ "provider": "google", "claims": claims }));
    let id_token = id_token.success()["idToken"].take();
    let seeds = [
        json!({ "session": begun["session"], "credential": Device::new().create(ORIGIN, &begun), "verifyEmail": { "method": "code" } }),
        service.assertion(&mut device, None),
        json!({ "email": EMAIL, "givenName": "Ada", "familyName": null, "userVerification": "required", "verifyEmail": { "method": "link", "redirectUrl": "http://localhost:3000/" } }),
        json!({ "code": "123456", "token": principal["token"] }),
        json!({ "userId": principal["sub"], "verifyEmail": { "method": "code" } }),
        json!({ "provider": "google", "idToken": id_token, "nonce": "n-1" }),
    ];
    let mut random = Random(1);
    let mut statuses = [0_usize; 6];
    let mut left = requests;
    let mut sessions = Vec::new();
    while left > 0 {
        // A ceremony that is under way, so that what follows its lookup is reached as well.
        sessions.clear();
        for path in ["passkey/registration/options", "passkey/authentication/options"] {
            for _ in 0..BATCH / 4 {
                let email = if path.contains("registration") { json!("c@example.com") } else { json!(EMAIL) };
                sessions.push(service.post(path, &json!({ "email": email })).success()["session"].take());
            }
        }
        let mut stream =
            TcpStream::connect(service.emulator.endpoint().strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut sent = Vec::new();
        let count = left.min(BATCH);
        for index in 0..count {
            let mut body = seeds[random.below(seeds.len())].clone();
            if body.get("session").is_some() {
                body["session"] = sessions[random.below(sessions.len())].clone();
            }
            for _ in 0..random.below(3) {
                mutate(&mut random, &mut body);
            }
            let mut body = body.to_string().into_bytes();
            if random.below(16) == 0 && !body.is_empty() {
                let at = random.below(body.len());
                body[at] = u8::try_from(random.below(256)).unwrap();
            }
            let method = ["POST", "POST", "POST", "POST", "POST", "GET", "OPTIONS", "PUT"][random.below(8)];
            let origin = ["Origin: http://localhost:3000\r\n", "", "Origin: \u{ff}\r\n"]
                [random.below(3).min(random.below(3))];
            let path = PATHS[random.below(PATHS.len())];
            let close = if index + 1 == count { "Connection: close\r\n" } else { "" };
            sent.extend_from_slice(
                format!(
                    "{method} /{TENANCY}/{path} HTTP/1.1\r\nHost: localhost\r\n{origin}{close}\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                )
                .as_bytes(),
            );
            sent.extend_from_slice(&body);
        }
        let mut reader = stream.try_clone().unwrap();
        let read = std::thread::spawn(move || {
            let mut answers = Vec::new();
            reader.read_to_end(&mut answers).unwrap();
            answers
        });
        stream.write_all(&sent).unwrap();
        let answers = String::from_utf8_lossy(&read.join().unwrap()).into_owned();
        let mut answered = 0;
        for piece in answers.split("HTTP/1.1 ").skip(1) {
            answered += 1;
            statuses[usize::from(piece.as_bytes()[0] - b'0')] += 1;
        }
        assert_eq!(answered, count, "every request has its answer");
        left -= count;
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
    assert_eq!(statuses[5], 0, "{statuses:?}");
    // It is no test of refusals alone.
    assert!(statuses[2] > requests / 20 && statuses[4] > requests / 20, "{statuses:?}");
    assert_eq!(service.control("GET", "health", &Value::Null).status, 200);
    service.log_in(&mut device, None).success();
}
