//! Answers to each operation. Input, as text: the operation's first letter and the status on one line, headers on the next
//! ones, an empty line, the body. `{key}` and `{token}` stand for the secrets of the call: a server may echo them. A token
//! is known only to an exchange.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use passlock_core::{
    Call, CallSettings, ClockReading, Config, Error, ErrorKind, ExchangeToken, GetUser, Operation,
    OperationName, Principal, Response, Step, TransportError, TransportErrorKind, UpdateUser, User,
    UserUpdate,
};

const KEY: &str = "k3y-canary/of=the+server";
const TOKEN: &str = "t0ken-canary/of a=visitor";
/// No clock of the checks is later.
const NOW: Duration = Duration::from_secs(1_732_406_400);

pub(crate) fn check(input: &[u8]) {
    let (head, body) = match input.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&input[..at], &input[at + 2..]),
        None => (input, &[][..]),
    };
    let operation = head.first();
    let token = if matches!(operation, Some(b'g' | b'u')) { None } else { Some(TOKEN) };
    let head =
        String::from_utf8_lossy(head).replace("{key}", KEY).replace("{token}", token.unwrap_or_default());
    let body =
        replace(&replace(body, b"{key}", KEY.as_bytes()), b"{token}", token.unwrap_or_default().as_bytes());
    let answer = Script::new(&head, body.into(), token);
    match operation {
        Some(b'g') => drop(play(GetUser::new("user-1"), &answer).map(|user| round_trip_user(&user))),
        Some(b'u') => {
            let update = UserUpdate::new().given_name("Ada");
            drop(play(UpdateUser::new("user-1", update), &answer).map(|user| round_trip_user(&user)));
        }
        _ => drop(play(ExchangeToken::new(TOKEN), &answer).map(|principal| round_trip_principal(&principal))),
    }
}

/// The same answer to every attempt.
struct Script {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
    cut: bool,
    /// What the call may not show, besides the key.
    token: Option<&'static str>,
}

impl Script {
    fn new(head: &str, body: Bytes, token: Option<&'static str>) -> Self {
        let mut lines = head.lines();
        let digits = lines.next().unwrap_or_default().trim_start_matches(|c: char| !c.is_ascii_digit());
        let status = digits.parse().ok().filter(|status| (100..1000).contains(status)).unwrap_or(200);
        let mut headers = http::HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let name = http::HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_str(value.trim())) {
                headers.append(name, value);
            }
        }
        let cut = headers.contains_key("x-cut");
        Self { status, headers, body, cut, token }
    }

    fn assert_not_shown_in(&self, text: &str) {
        let shown = [KEY].into_iter().chain(self.token).any(|secret| text.contains(secret));
        assert!(!shown, "{text}");
    }

    fn answer(&self) -> Response {
        let body = if self.cut {
            let cause = String::from_utf8_lossy(&self.body).into_owned();
            Err(TransportError::new(TransportErrorKind::Interrupted, cause))
        } else {
            Ok(self.body.clone())
        };
        let mut answer = http::Response::new(body);
        *answer.status_mut() = http::StatusCode::from_u16(self.status).expect("three digits");
        *answer.headers_mut() = self.headers.clone();
        answer
    }
}

fn play<O: Operation>(operation: O, script: &Script) -> Result<O::Output, Error> {
    let config =
        Config::builder().tenancy_id("tenancy").api_key(KEY).build().expect("these settings are fine");
    let settings = CallSettings::of(&config);
    let mut now = Instant::now();
    let mut call = Call::new(&config, &settings, operation, now).expect("this argument is fine");
    let (mut attempts, mut steps) = (0, 0);
    let result = loop {
        steps += 1;
        assert!(steps < 12, "the call does not end");
        match call.step(now) {
            Step::Send(_) => {
                attempts += 1;
                let clock = ClockReading { now, wall_clock: SystemTime::UNIX_EPOCH + NOW, random: 1 << 63 };
                call.on_response(script.answer(), clock);
            }
            Step::Wait(wait) => {
                assert!(wait < Duration::from_secs(30), "no wait is longer than the call");
                now += wait;
            }
            Step::Done(result) => break result,
        }
        script.assert_not_shown_in(&format!("{call:?}"));
    };
    let info = call.into_info(now);
    assert_eq!((info.attempts, info.status), (attempts, Some(script.status)));
    script.assert_not_shown_in(&format!("{info:?} {:?}", info.request_id()));
    if let Err(error) = &result {
        check_error(error, script, attempts);
    } else {
        assert!((200..300).contains(&script.status) && !script.cut);
    }
    result
}

fn check_error(error: &Error, script: &Script, attempts: u32) {
    for text in [error.message(), error.cause().unwrap_or_default(), error.tag().unwrap_or_default()] {
        assert!(text.len() < 2048);
        script.assert_not_shown_in(text);
    }
    assert!(!error.message().chars().any(char::is_control), "{error:?}");
    script.assert_not_shown_in(&format!(
        "{error:?} {error:#?} {:?} {:?}",
        error.detail(),
        error.request_id()
    ));
    assert_eq!((error.attempts(), error.status()), (attempts, Some(script.status)));
    let kind = error.kind();
    match script.status {
        400 | 401 | 403 | 404 | 409 | 422 => assert!(kind.is_api()),
        429 => assert_eq!(kind, ErrorKind::RateLimited),
        400..500 => assert_eq!(kind, ErrorKind::BadRequest),
        500..600 => assert_eq!(kind, ErrorKind::Server),
        200..300 if script.cut => assert_eq!(kind, ErrorKind::Connection),
        200..300 => assert!(matches!(kind, ErrorKind::Protocol | ErrorKind::Claims)),
        _ => assert_eq!(kind, ErrorKind::Protocol),
    }
    if error.is_applied() {
        assert_eq!(error.operation(), Some(OperationName::UpdateUser));
    }
}

fn round_trip_principal(principal: &Principal) {
    debug_hides_the_credentials(principal);
    let json = serde_json::to_vec(principal).expect("a principal can be written");
    assert_eq!(serde_json::from_slice::<Principal>(&json).expect("and read again"), *principal);
}

fn round_trip_user(user: &User) {
    let json = serde_json::to_vec(user).expect("a user can be written");
    assert_eq!(serde_json::from_slice::<User>(&json).expect("and read again"), *user);
}

/// The credentials of a principal are not in its `Debug`, whatever they are, unless another field holds the same.
fn debug_hides_the_credentials(principal: &Principal) {
    let text = format!("{principal:?}");
    assert!(text.contains("jti: [redacted], token: [redacted]"), "{text}");
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}
