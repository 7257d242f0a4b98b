use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use passlock_core::blocking::{Client, Transport};
use passlock_core::{
    Attempt, ClockReading, Config, ExchangeToken, GetUser, Response, TransportError, TransportErrorKind,
    UpdateUser, UserUpdate,
};

use super::*;
use crate::Options;

/// A transport that has one answer, and after it the same transport error, with this cause, for ever.
struct Script(std::sync::Mutex<Option<Response>>, TransportErrorKind, &'static str);

impl Transport for Script {
    fn send(&self, _: Attempt) -> Result<Response, TransportError> {
        let answer = self.0.lock().unwrap().take();
        answer.ok_or_else(|| TransportError::new(self.1, self.2))
    }

    fn wait(&self, _: Duration) {}

    fn clock(&self) -> ClockReading {
        ClockReading { now: Instant::now(), wall_clock: SystemTime::UNIX_EPOCH, random: 0 }
    }
}

fn client(answer: Option<http::response::Builder>, body: &str, fault: TransportErrorKind) -> Client<Script> {
    let config = Config::builder().tenancy_id("t").api_key("any-api-key").max_retries(0).build().unwrap();
    let answer = answer.map(|answer| answer.body(Ok(body.to_owned().into())).unwrap());
    Client::new(Arc::new(config), Script(std::sync::Mutex::new(answer), fault, "because"))
}

fn snake(error: &Error) -> Failure {
    Failure::new(error, NamingStyle::Snake)
}

fn nothing_known(kind: &'static str, failure: &Failure) -> Failure {
    Failure {
        kind,
        message: failure.message.clone(),
        operation: None,
        status: None,
        tag: None,
        detail: None,
        request_id: None,
        retry_after: None,
        attempts: 1,
        retryable: false,
        limit: None,
        claim: None,
        hint: None,
        applied: false,
        cause: None,
        suggested_status: 500,
        is_login_refused: false,
    }
}

#[test]
fn nothing_of_an_error_is_lost_on_the_way() {
    let error = Error::config("why").with_cause("because");
    let failure = snake(&error);
    assert_eq!(failure.message, "why");
    let expected =
        Failure { attempts: 0, cause: Some("because".into()), ..nothing_known("config", &failure) };
    assert_eq!(failure, expected);

    let refused =
        http::Response::builder().status(429).header("x-request-id", "id-1").header("retry-after", "2");
    let body = r#"{"_tag": "@error/Slow", "message": "m", "detail": "d"}"#;
    let failure = snake(
        &client(Some(refused), body, TransportErrorKind::Interrupted).call(GetUser::new("u")).unwrap_err(),
    );
    let expected = Failure {
        operation: Some("get_user"),
        status: Some(429),
        tag: Some("@error/Slow".into()),
        detail: Some("d".into()),
        request_id: Some("id-1".into()),
        retry_after: Some(2.0),
        retryable: true,
        hint: Some("wrong_endpoint"),
        suggested_status: 503,
        ..nothing_known("rate_limited", &failure)
    };
    assert_eq!(failure, expected);
    let text = |name: &str| failure.clone().texts().find(|(known, _)| known == name).map(|(_, text)| text);
    for (name, expected) in
        [("status", "429"), ("requestId", "id-1"), ("retryAfter", "2"), ("retryable", "true")]
    {
        assert_eq!(text(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!((text("limit"), text("applied").as_deref()), (None, Some("false")));

    // Accepted, and then not read back.
    let accepted = http::Response::builder().status(204);
    let update = UserUpdate::new().given_name("Ada");
    let late = client(Some(accepted), "", TransportErrorKind::ConnectTimeout)
        .call(UpdateUser::new("u", update))
        .unwrap_err();
    let failure = snake(&late);
    let expected = Failure {
        operation: Some("update_user"),
        attempts: 2,
        retryable: true,
        limit: Some("connect_timeout"),
        applied: true,
        cause: Some("because".into()),
        suggested_status: 503,
        ..nothing_known("timeout", &failure)
    };
    assert_eq!(failure, expected);

    let principal = r#"{"iss": "i", "aud": "other", "sub": "s", "iat": 0, "nbf": 0, "exp": 9, "jti": "j", "token": "t",
        "userVerified": true, "authType": "passkey", "authId": "a"}"#;
    let answer = http::Response::builder().status(200);
    let failure = client(Some(answer), principal, TransportErrorKind::Interrupted)
        .call(ExchangeToken::new("token"))
        .unwrap_err();
    let failure = snake(&failure);
    let expected = Failure {
        operation: Some("exchange_token"),
        status: Some(200),
        claim: Some("aud"),
        suggested_status: 401,
        is_login_refused: true,
        ..nothing_known("claims", &failure)
    };
    assert_eq!(failure, expected);
}

#[test]
fn an_error_of_a_language_s_own_is_as_the_core_s() {
    for kind in ErrorKind::ALL {
        for operation in [None].into_iter().chain(OperationName::ALL.iter().copied().map(Some)) {
            for hint in [None, Some(Hint::WrongEndpoint)] {
                let error = Error::new(*kind, "why").with_body(Some("Disabled".into()), None).with_hint(hint);
                let error = operation.into_iter().fold(error, Error::with_operation);
                let (operation, hint) = (operation.map(|it| it.as_str()), hint.map(|it| it.as_str()));
                let own = Failure::from_codes(kind.as_str(), operation, Some("Disabled"), hint, "why".into());
                assert_eq!(own, snake(&error));
            }
        }
    }
    let unknown = Failure::from_codes("novelty", Some("novelty"), None, Some("novelty"), String::new());
    assert_eq!((unknown.kind, unknown.operation, unknown.suggested_status), ("internal", None, 500));
}

/// The names with a `_` in what a message says before it quotes anybody, but for environment variables.
fn snake_names(message: &str) -> Vec<&str> {
    let ours = message.split('`').next().unwrap();
    let words = ours.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.contains('_') && *word == word.to_lowercase()).collect()
}

#[test]
fn every_message_names_settings_in_the_style_that_is_asked_for() {
    let settings = Config::builder;
    let valid = || settings().tenancy_id("t").api_key("any-api-key");
    let options = |change: fn(&mut Options)| {
        let mut options = Options {
            tenancy_id: Some("t".into()),
            api_key: Some("any-api-key".into()),
            ..Options::default()
        };
        change(&mut options);
        options.build::<Config>("test/1").unwrap_err()
    };
    let refused = || http::Response::builder().status(401);
    let foreign = r#"{"iss": "i", "aud": "max_retries", "sub": "s", "iat": 0, "nbf": 0, "exp": 9, "jti": "j",
        "token": "t", "userVerified": true, "authType": "passkey", "authId": "a"}"#;
    let foreign =
        || client(Some(http::Response::builder().status(200)), foreign, TransportErrorKind::Interrupted);
    let fault = |kind| client(None, "", kind).call(GetUser::new("u")).unwrap_err();
    for (error, names) in [
        (settings().build().unwrap_err(), &["tenancyID"][..]),
        (settings().tenancy_id("t").build().unwrap_err(), &["apiKey"]),
        (valid().tenancy_id("..").build().unwrap_err(), &["tenancyID"]),
        (valid().api_key("a b").build().unwrap_err(), &["apiKey"]),
        (valid().endpoint("http://example.com").build().unwrap_err(), &["allowHTTP"]),
        (valid().endpoint("http://localhost").proxy("http://far").build().unwrap_err(), &["allowHTTP"]),
        (valid().attempt_timeout(Duration::ZERO).build().unwrap_err(), &["attemptTimeout"]),
        (valid().connect_timeout(Duration::ZERO).build().unwrap_err(), &["connectTimeout"]),
        (valid().max_retries(11).build().unwrap_err(), &["maxRetries"]),
        (valid().max_response_bytes(0).build().unwrap_err(), &["maxResponseBytes"]),
        (options(|o| o.max_retries = Some(0.5)), &["maxRetries"]),
        (options(|o| o.max_response_bytes = Some(0.5)), &["maxResponseBytes"]),
        (options(|o| o.attempt_timeout = Some(f64::NAN)), &["attemptTimeout"]),
        (
            client(Some(refused()), "", TransportErrorKind::Interrupted).call(GetUser::new("u")).unwrap_err(),
            &["apiKey", "tenancyID"],
        ),
        (
            foreign().call(ExchangeToken::new("t")).unwrap_err(),
            &["tenancyID", "verifyClaims", "`max_retries`"],
        ),
        (fault(TransportErrorKind::ConnectTimeout), &["connectTimeout"]),
        (fault(TransportErrorKind::AttemptTimeout), &["attemptTimeout"]),
        (fault(TransportErrorKind::CertificateRefused), &["caCertificates"]),
        (fault(TransportErrorKind::TooLarge), &["maxResponseBytes"]),
        (
            client(None, "", TransportErrorKind::Interrupted)
                .call(UpdateUser::new("u", UserUpdate::new()))
                .unwrap_err(),
            &["givenName", "familyName", "emailVerified"],
        ),
    ] {
        let message = |style| Failure::new(&error, style).message;
        assert_eq!(message(NamingStyle::Snake), error.to_string());
        assert!(!snake_names(error.message()).is_empty(), "nothing to render: {error}");
        let swift = message(NamingStyle::Swift);
        assert!(names.iter().all(|name| swift.contains(name)), "{swift}");
        assert_eq!(snake_names(&swift), [""; 0], "{swift}");
        let camel = swift.replace("tenancyID", "tenancyId").replace("allowHTTP", "allowHttp");
        assert_eq!(message(NamingStyle::Camel), camel);
    }
}

#[test]
fn what_others_say_is_the_same_in_every_style() {
    let said = "no api_key or tenancyId within attempt_timeout, allowHttp";
    let line_by_line = said.replace(' ', "\n");
    let body = format!(r#"{{"_tag": "Unauthorized", "message": {line_by_line:?}}}"#);
    let answer = http::Response::builder().status(401);
    let refused =
        client(Some(answer), &body, TransportErrorKind::Interrupted).call(GetUser::new("u")).unwrap_err();
    let transport = |kind| {
        let transport = Script(std::sync::Mutex::new(None), kind, said);
        let config = Config::builder().tenancy_id("t").api_key("any-api-key").max_retries(0).build().unwrap();
        Client::new(Arc::new(config), transport).call(GetUser::new("u")).unwrap_err()
    };
    let errors = [
        refused,
        transport(TransportErrorKind::CertificateInvalid),
        transport(TransportErrorKind::Unusable),
        crate::reject_unknown_field(Some(said)).unwrap_err(),
        Error::new(ErrorKind::Config, said),
    ];
    for error in errors {
        for style in [NamingStyle::Snake, NamingStyle::Camel, NamingStyle::Swift] {
            let message = Failure::new(&error, style).message;
            assert!(message.contains(said), "{style:?}: {message}");
        }
    }
}
