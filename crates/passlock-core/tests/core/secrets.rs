//! Neither the API key nor a token ever shows. `Scenario::run` looks for both in every error and every log line of every
//! scenario of this test binary; here a hostile server and a talkative transport do their worst.

use std::time::{Instant, SystemTime};

use passlock_core::{
    Call, CallSettings, ClockReading, Config, ConfigBuilder, ExchangeToken, Response, Step, TransportError,
    TransportErrorKind, asynchronous, blocking,
};
use serde_json::json;

use crate::support::{
    self, API_KEY, Scenario, Script, TENANCY, TOKEN, Turn, answer, every_operation, holds_a_secret,
};

/// A secret in every form that a peer got it in, or may have made of it.
fn forms(secret: &str) -> Vec<String> {
    let encoded = support::percent_encoded(secret);
    let mut small = String::new();
    for (i, part) in encoded.split('%').enumerate() {
        if i == 0 {
            small.push_str(part);
        } else {
            small.push_str(&format!("%{}{}", part[..2].to_lowercase(), &part[2..]));
        }
    }
    assert!(encoded != secret && small != encoded);
    let form = encoded.replace("%20", "+");
    let mut forms =
        vec![secret.to_owned(), secret.to_lowercase(), secret.to_uppercase(), encoded, small, form];
    forms.extend(html_and_json(secret));
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.extend([hex.to_uppercase(), hex]);
    // Seven, none and two bytes before it: each way for it to lie across the groups of three.
    for (before, after) in [("Bearer ", ""), ("", "\n"), ("u:", ":x")] {
        let standard = support::base64(format!("{before}{secret}{after}").as_bytes());
        let unpadded = standard.trim_end_matches('=').replace('+', "-").replace('/', "_");
        forms.extend([support::percent_encoded(&standard), standard, unpadded]);
    }
    forms
}

/// A secret as templates and JSON writers escape it: what they must, and more than that.
fn html_and_json(secret: &str) -> Vec<String> {
    let each = |escape: &dyn Fn(char) -> String| secret.chars().map(escape).collect::<String>();
    let plain = |c: char| c.is_ascii_alphanumeric();
    vec![
        each(&|c| if plain(c) { c.into() } else { format!("&#{};", u32::from(c)) }),
        each(&|c| if plain(c) { c.into() } else { format!("&#x{:X};", u32::from(c)) }),
        each(&|c| if c == '/' { "&#x2f;".into() } else { c.into() }),
        each(&|c| if c == '/' { "\\/".into() } else { c.into() }),
        each(&|c| if plain(c) { c.into() } else { format!("\\u{:04x}", u32::from(c)) }),
        each(&|c| format!("\\u{:04X}", u32::from(c))),
    ]
}

/// The secrets that an operation's errors must not show, in all their forms.
fn secrets_of(scenario: &Scenario) -> Vec<String> {
    match scenario.call {
        support::Call::Exchange(_) => [forms(API_KEY), forms(TOKEN)].concat(),
        _ => forms(API_KEY),
    }
}

/// Texts that hold a secret: in a URL, twice, and where an excerpt would be cut.
fn texts(secret: &str) -> [String; 3] {
    [
        format!("GET https://api.passlock.dev/t/token/{secret}?key={secret}"),
        format!("{}{secret}", "x".repeat(190)),
        format!("{}{secret}", "x".repeat(1015)),
    ]
}

/// Runs all that a peer may do with every text for every operation; each must end in an error without a secret.
fn each_text(turns: impl Fn(&str) -> Vec<Turn>) {
    for (operation, scenario) in every_operation() {
        for text in secrets_of(&scenario).iter().flat_map(|secret| texts(secret)) {
            for turn in turns(&text) {
                // Of an update that was accepted, the read after it is what fails.
                let accepted = !operation.is_idempotent && turn.is_success();
                let scenario = scenario.clone().config(|c| c.max_retries(0)).then(turn.clone());
                let run = if accepted { scenario.then(turn).run() } else { scenario.run() };
                assert!(run.result.is_err());
            }
        }
    }
}

#[test]
fn the_search_for_secrets_finds_them() {
    for secret in [forms(API_KEY), forms(TOKEN)].concat() {
        assert!(holds_a_secret(&format!("x{secret}x")), "{secret}");
        assert!(holds_a_secret(&format!("{secret:?}")), "{secret}");
    }
    assert!(!holds_a_secret("the API rejected the key: [redacted]"));
}

#[test]
fn a_server_that_echoes_in_its_error_body_is_not_repeated() {
    each_text(|text| {
        let bodies = [
            json!({ "_tag": text, "message": text, "detail": text }).to_string(),
            json!({ "message": text }).to_string(),
            text.to_owned(),
        ];
        let statuses = [302, 400, 401, 404, 429, 500];
        statuses.iter().flat_map(|status| bodies.clone().map(|body| answer(*status, body))).collect()
    });
}

#[test]
fn a_server_that_echoes_in_its_headers_is_not_repeated() {
    each_text(|text| {
        if !text.is_ascii() {
            return Vec::new();
        }
        let headers = [
            "x-request-id",
            "x-amz-apigw-id",
            "location",
            "retry-after",
            "content-encoding",
            "www-authenticate",
        ];
        let statuses = [200, 302, 401, 404, 500];
        let turn = |status| headers.iter().fold(answer(status, "{}"), |turn, name| turn.header(name, text));
        statuses.map(turn).to_vec()
    });
}

#[test]
fn a_success_that_can_not_be_understood_is_not_repeated() {
    each_text(|text| {
        let principal = |field: &str| {
            support::principal_with(|p| {
                p["iss"] = json!(7);
                // Without it this is no user either.
                p["email"] = json!(null);
                p[field] = json!(text);
                p[text] = json!(text);
            })
        };
        let mut bodies: Vec<_> = ["iat", "userVerified", "jti", "sub"].map(principal).into();
        bodies.extend([text.to_owned(), json!(text).to_string(), json!([text]).to_string()]);
        bodies.extend([json!({ text: text }).to_string(), json!({ "user": text }).to_string()]);
        bodies.push(json!({ "user": { "sub": "s", "email": "e", "emailVerified": text } }).to_string());
        bodies.into_iter().map(|body| answer(200, body)).collect()
    });
}

#[test]
fn a_claim_that_holds_a_secret_is_not_repeated() {
    let strict = |c: ConfigBuilder| c.issuer("https://idp.passlock.dev").auth_types(["passkey"]);
    for text in secrets_of(&Scenario::exchange()).iter().flat_map(|secret| texts(secret)) {
        for field in ["aud", "iss", "authType"] {
            let body = support::principal_with(|p| p[field] = json!(text));
            let run = Scenario::exchange().config(strict).then(answer(200, body)).run();
            assert!(run.fields().claim.is_some());
        }
    }
}

#[test]
fn a_transport_that_says_too_much_is_not_repeated() {
    use TransportErrorKind::*;
    each_text(|text| {
        let kinds = [
            NotConnected,
            CertificateRefused,
            CertificateInvalid,
            ProxyRefused,
            ConnectTimeout,
            AttemptTimeout,
            Interrupted,
            Malformed,
            TooLarge,
            Unusable,
        ];
        let head = kinds.map(|kind| Turn::new(Err(TransportError::new(kind, text))));
        let body = kinds.map(|kind| Turn::new(Ok(Response::new(Err(TransportError::new(kind, text))))));
        head.into_iter().chain(body).collect()
    });
}

#[test]
fn what_was_hidden_is_marked() {
    let body = json!({ "_tag": "X", "message": format!("no token {TOKEN} for {API_KEY}") }).to_string();
    let run = Scenario::exchange().then(answer(400, body)).run();
    assert_eq!(run.fields().detail.as_deref(), Some("no token [redacted] for [redacted]"));
}

#[test]
fn lines_are_logged_at_all_and_name_the_route() {
    for (operation, scenario) in every_operation() {
        let run = scenario.then(answer(429, "")).then(answer(404, "").header("x-request-id", "id-1")).run();
        let log = run.log.join("\n");
        for part in [
            &*format!("/{{tenancyId}}/{}", operation.route),
            "sending request",
            "received response",
            "retrying",
            "failed",
            "not_found",
            "id-1",
        ] {
            assert!(log.contains(part), "{part} is not in\n{log}");
        }
        let mut lines = run.log.iter().filter(|line| !line.starts_with("span "));
        assert!(lines.all(|line| line.starts_with("DEBUG passlock ")), "{log}");
    }
}

#[test]
fn no_debug_of_a_call_in_flight_shows_a_secret() {
    let config = Config::builder().tenancy_id(TENANCY).api_key(API_KEY).build().unwrap();
    let settings = CallSettings::of(&config);
    let clock = ClockReading { now: Instant::now(), wall_clock: SystemTime::UNIX_EPOCH, random: 0 };
    let operation = ExchangeToken::new(TOKEN);
    let mut shown = vec![format!("{config:?} {settings:?} {operation:?}")];

    let mut call = Call::new(&config, &settings, operation, clock.now).unwrap();
    let step = call.step(clock.now);
    shown.push(format!("{call:?} {step:?}"));
    let Step::Send(attempt) = step else { panic!("{step:?}") };
    shown.push(format!("{attempt:#?} {:?}", attempt.request.headers()));

    for id in [API_KEY.to_owned(), support::percent_encoded(TOKEN), "x".repeat(5000)] {
        let echo =
            http::Response::builder().status(200).header("x-request-id", &id).body(Ok("{}".into())).unwrap();
        let mut call = Call::new(&config, &settings, ExchangeToken::new(TOKEN), clock.now).unwrap();
        shown.push(format!("{:?}", call.step(clock.now)));
        call.on_response(echo, clock);
        shown.push(format!("{call:?}"));
        shown.push(format!("{:?}", call.step(clock.now)));
        let info = call.into_info(clock.now);
        shown.push(format!("{info:?} {:?}", info.request_id()));
        assert!(info.request_id().unwrap().len() < 300);
    }

    shown.push(format!("{:?}", Config::builder().tenancy_id(TENANCY).api_key(API_KEY)));
    for text in shown {
        assert!(!holds_a_secret(&text), "{text}");
    }
}

#[test]
fn a_principal_hides_its_credentials_and_gives_them_when_asked() {
    let run = Scenario::exchange().then_success().run();
    let text = format!("{:?} {:#?}", run.value(), run.value());
    assert!(!text.contains("token-of-the-principal") && !text.contains("jti-of-the-principal"), "{text}");
    let support::Value::Principal(principal) = run.value() else { panic!("{text}") };
    assert_eq!((&*principal.token, &*principal.jti), ("token-of-the-principal", "jti-of-the-principal"));
    let json = serde_json::to_value(principal).unwrap();
    assert_eq!(
        (&json["token"], &json["jti"]),
        (&"token-of-the-principal".into(), &"jti-of-the-principal".into())
    );
}

/// A client shows its transport's `Debug`, its settings, and no key.
#[test]
fn no_debug_of_a_client_shows_the_key() {
    let config = std::sync::Arc::new(Config::builder().tenancy_id(TENANCY).api_key(API_KEY).build().unwrap());
    let script = || Script::new(Vec::new(), SystemTime::UNIX_EPOCH, 0, std::time::Duration::ZERO);
    let text = format!(
        "{:?} {:?}",
        asynchronous::Client::new(config.clone(), script()),
        blocking::Client::new(config, script())
    );
    assert!(text.contains("Client") && !holds_a_secret(&text), "{text}");
}

/// A key that reads like the name of a setting is taken out of what the server says, and the name stays.
#[test]
fn a_name_in_a_message_is_no_secret() {
    let aud = answer(200, support::principal_with(|principal| principal["aud"] = "not tenancy_id".into()));
    let run = Scenario::exchange().config(|c| c.api_key("tenancy_id")).then(aud).run();
    let message = run.error().message();
    assert!(message.contains("check tenancy_id (verify_claims"), "{message}");
    assert!(message.ends_with("its aud is `not [redacted]`"), "{message}");
}
