//! The browser API of the emulator: whatever pages send, one after another, it answers, in JSON, and never with its own
//! failure. Input: requests, parted by the byte 0xFF, which no JSON holds: a letter for the route, and the body. In a body
//! `$session` is the session that was begun last, and `$token` the last principal's token.

use std::sync::{LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use passlock_emulator::{BlockingEmulator, EmulatorConfig};
use passlock_emulator_web::{Browser, BrowserConfig};
use serde_json::Value;

const ORIGIN: &str = "http://localhost:3000";
const ROUTES: [&str; 11] = [
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

/// One for all inputs: it is as new for each.
static EMULATOR: LazyLock<Mutex<BlockingEmulator>> = LazyLock::new(|| {
    let browser = Browser::new(BrowserConfig::new().origin(ORIGIN)).expect("this origin is fine");
    let config = EmulatorConfig::new().tenancy_id("t").random_seed(1).extension(browser);
    Mutex::new(BlockingEmulator::start(config).expect("a port is free"))
});

pub(crate) fn check(input: &[u8]) {
    let emulator = EMULATOR.lock().unwrap_or_else(PoisonError::into_inner);
    emulator.reset();
    let (mut session, mut token) = (String::new(), String::new());
    for request in input.split(|byte| *byte == 0xFF).take(12) {
        let Some((letter, body)) = request.split_first() else { continue };
        let route = ROUTES[usize::from(*letter) % ROUTES.len()];
        let body = String::from_utf8_lossy(body).replace("$session", &session).replace("$token", &token);
        let request = Request::post(format!("/t/{route}"))
            .header("origin", ORIGIN)
            .header("content-type", "application/json")
            .body(Bytes::from(body))
            .expect("this is a request");
        let answer = emulator.ask_extension(&request).expect("this is one of its routes");
        let status = answer.status().as_u16();
        assert!(matches!(status, 200 | 400..=499), "{status} to {request:?}");
        let said: Value = serde_json::from_slice(answer.body()).expect("the answer is JSON");
        assert_eq!(said["_tag"].is_string(), status != 200, "{said} to {request:?}");
        let text = |value: &Value, before: String| value.as_str().map_or(before, str::to_owned);
        session = text(&said["session"], session);
        token = text(&said["token"], text(&said["principal"]["token"], token));
    }
}
