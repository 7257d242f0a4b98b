//! Every kind of error, with all its fields.

use std::collections::BTreeSet;
use std::time::Duration;

use passlock_core::{
    Claim, Config, ConfigBuilder, Error, ErrorKind, Hint, Limit, OperationName, TransportError,
    TransportErrorKind, V1_ENDPOINT,
};
use serde_json::json;

use crate::support::{
    FAULTS, Fields, NOW, Scenario, Turn, answer, cut, every_idempotent_operation, every_operation, fault,
    fields, principal_with,
};
use crate::tables::{ERRORS, RETRIES};

/// Plays one attempt of each operation and compares all that the errors say.
fn every_operation_fails(turn: &Turn, kind: ErrorKind, known: impl Fn(&mut Fields)) {
    for (operation, scenario) in every_operation() {
        let run = scenario.config(|c| c.max_retries(0)).then(turn.clone()).run();
        let mut expected = Fields::of(kind, operation.name, 1);
        known(&mut expected);
        assert_eq!(run.fields(), expected, "{turn:?}");
    }
}

fn limit(code: &str) -> Limit {
    *Limit::ALL.iter().find(|limit| limit.as_str() == code).unwrap()
}

fn kind(code: &str) -> ErrorKind {
    *ErrorKind::ALL.iter().find(|kind| kind.as_str() == code).unwrap()
}

#[test]
fn there_are_thirteen_kinds_and_six_come_from_the_api() {
    let codes = |kinds: &[ErrorKind]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    let api: Vec<_> = ErrorKind::ALL.iter().copied().filter(|kind| kind.is_api()).collect();
    let table = |of_answers: bool| {
        let rows = ERRORS.kinds.iter().filter(|row| !of_answers || row.when.is_some());
        rows.map(|row| row.kind.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(codes(ErrorKind::ALL), table(false));
    assert_eq!(codes(&api), table(true));
    assert_eq!((ErrorKind::ALL.len(), api.len()), (13, 6));
}

#[test]
fn an_answer_has_the_kind_that_the_table_says() {
    let holds = |status, tag: &str| {
        let body = json!({ "_tag": tag }).to_string();
        let run = Scenario::get().config(|c| c.max_retries(0)).then(answer(status, body)).run();
        assert_eq!(run.fields().kind.as_str(), ERRORS.of_response(status, tag), "{status} {tag}");
    };
    for status in (100..=999).filter(|status| !(200..300).contains(status)) {
        holds(status, "");
    }
    for status in ERRORS.tags_decide_over().iter().copied().chain([302, 402, 410, 429, 500, 600]) {
        for tag in ERRORS.tags().chain(["InternalServerError", "notfound"]) {
            holds(status, tag);
            holds(status, &format!("@error/{tag}"));
        }
    }
}

#[test]
fn an_api_error_says_all_that_its_answer_said() {
    for (status, tag) in [
        (400, "BadRequest"),
        (401, "Unauthorized"),
        (403, "Disabled"),
        (404, "NotFound"),
        (409, "Duplicate"),
        (422, "SomethingNew"),
        (429, "TooMany"),
        (418, "Unauthorized"),
        (501, "InternalServerError"),
        // A known tag decides over some statuses, and stays as it is.
        (400, "NotFound"),
        (409, "Disabled"),
        (422, "Unauthorized"),
    ] {
        let body = json!({ "_tag": tag, "message": "the message", "detail": "the detail" }).to_string();
        let turn = answer(status, body).header("x-request-id", "id-1").header("retry-after", "2");
        every_operation_fails(&turn, kind(ERRORS.of_response(status, tag)), |expected| {
            let operation = expected.operation.unwrap().as_str();
            expected.status = Some(status);
            expected.tag = Some(tag.to_owned());
            expected.detail = Some("the detail".to_owned());
            expected.request_id = Some("id-1".to_owned());
            expected.retry_after = Some(Duration::from_secs(2));
            expected.retryable = RETRIES.of_status(status, true).is_repeated(operation);
        });
    }
}

#[test]
fn what_to_answer_is_what_the_table_says() {
    let tags = [None, Some("Disabled"), Some("@error/Disabled"), Some("Forbidden"), Some("disabled")];
    for kind in ErrorKind::ALL {
        for operation in [None].into_iter().chain(OperationName::ALL.iter().copied().map(Some)) {
            let is_exchange = operation == Some(OperationName::ExchangeToken);
            let row = ERRORS.kinds.iter().find(|row| row.kind == kind.as_str()).unwrap();
            if !is_exchange && row.suggested.others.is_none() {
                continue;
            }
            for tag in tags {
                for hint in [None, Some(Hint::WrongEndpoint)] {
                    let error = Error::new(*kind, "").with_body(tag.map(str::to_owned), None);
                    let error = operation.into_iter().fold(error, Error::with_operation);
                    let error = error.with_hint(hint);
                    let name = operation.map(|name| name.as_str());
                    let expected = ERRORS.suggested(kind.as_str(), name, tag, hint.is_some());
                    let suggested = (error.suggested_status(), error.is_login_refused());
                    assert_eq!(suggested, expected, "{kind} {operation:?} {tag:?} {hint:?}");
                }
            }
        }
    }
}

#[test]
fn without_a_detail_the_message_is_it() {
    let turn = answer(404, r#"{"_tag":"NotFound","message":"Invalid token"}"#);
    every_operation_fails(&turn, ErrorKind::NotFound, |expected| {
        expected.status = Some(404);
        expected.tag = Some("NotFound".to_owned());
        expected.detail = Some("Invalid token".to_owned());
    });
}

#[test]
fn a_message_says_what_happened_and_what_to_do_and_what_the_service_says() {
    let message = |scenario: Scenario, status| {
        let turn = answer(status, "{\"_tag\":\"X\",\"message\":\"line one\\r\\nline\\u001b[31mtwo\"}");
        scenario.config(|c| c.max_retries(0)).then(turn).run().error().message().to_owned()
    };
    for (status, says) in [
        (401, "check api_key and tenancy_id"),
        (403, "disabled"),
        (404, "the token is unknown or expired: log in again"),
        (429, "slow down"),
        (500, "try again later"),
        (400, "the API rejected the request"),
    ] {
        let message = message(Scenario::exchange(), status);
        assert!(message.contains(says), "{message}");
        assert!(message.contains(&format!("({status})")), "{message}");
        assert!(message.ends_with("line one  line [31mtwo"), "{message}");
    }
    assert!(message(Scenario::get(), 404).contains("there is no such user"));
}

#[test]
fn a_wrong_endpoint_knows_of_no_token_and_no_user() {
    let elsewhere = answer(404, r#"{"message":"Not Found"}"#);
    for (operation, scenario) in every_operation() {
        let run = scenario.then(elsewhere.clone()).run();
        let message = run.error().message();
        assert!(message.starts_with("not found (404): Not Found; "), "{}: {message}", operation.route);
        assert!(message.contains("endpoint"), "{message}");
    }
}

#[test]
fn what_a_service_says_at_length_is_cut() {
    let long = "\u{e9}".repeat(5000);
    let body = json!({ "_tag": long, "message": long, "detail": long }).to_string();
    let run = Scenario::get().then(answer(400, body).header("x-request-id", &"i".repeat(5000))).run();
    let fields = run.fields();
    for text in [fields.tag, fields.detail, fields.request_id] {
        let text = text.unwrap();
        assert!(
            text.ends_with('\u{2026}') && text.len() <= 1024 + '\u{2026}'.len_utf8(),
            "{} bytes",
            text.len()
        );
    }
    assert!(run.error().message().len() < 512);
}

#[test]
fn a_transports_faults_become_errors_with_its_words_as_the_cause() {
    assert!(
        ERRORS
            .faults
            .keys()
            .map(String::as_str)
            .eq(FAULTS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>())
    );
    for (name, fault_kind) in FAULTS {
        let row = &ERRORS.faults[name];
        every_operation_fails(&fault(fault_kind), kind(&row.kind), |expected| {
            let operation = expected.operation.unwrap().as_str();
            expected.limit = row.limit.as_deref().map(limit);
            // What can't be used has its words as the message.
            expected.cause = (name != "unusable").then(|| "the transport's words".to_owned());
            expected.retryable = RETRIES.of_fault(name).is_repeated(operation);
        });
        let wordless = Turn::new(Err(TransportError::new(fault_kind, "")));
        let run = Scenario::get().config(|c| c.max_retries(0)).then(wordless).run();
        assert_eq!(run.fields().cause, None);
    }
}

#[test]
fn a_transport_that_can_not_be_used_is_a_matter_of_configuration_and_says_what_to_do() {
    every_operation_fails(&fault(TransportErrorKind::Unusable), ErrorKind::Config, |_| ());
    let run = Scenario::get().then(fault(TransportErrorKind::Unusable)).run();
    assert_eq!(run.error().message(), "the transport's words");
}

#[test]
fn a_success_whose_body_is_lost_has_the_faults_kind_and_its_status() {
    for name in ["interrupted", "attempt_timeout", "malformed", "too_large"] {
        let (_, fault_kind) = *FAULTS.iter().find(|(fault, _)| *fault == name).unwrap();
        let row = &ERRORS.faults[name];
        let turn = cut(200, fault_kind).header("x-request-id", "id-1");
        // Any other goes on: its head said that it was accepted.
        for (operation, scenario) in every_idempotent_operation() {
            let run = scenario.config(|c| c.max_retries(0)).then(turn.clone()).run();
            let expected = Fields {
                status: Some(200),
                request_id: Some("id-1".to_owned()),
                cause: Some("the body's fault".to_owned()),
                limit: row.limit.as_deref().map(limit),
                retryable: RETRIES.of_fault(name).get,
                ..Fields::of(kind(&row.kind), operation.name, 1)
            };
            assert_eq!(run.fields(), expected, "{name}");
        }
    }
}

#[test]
fn too_large_an_answer_names_the_setting() {
    let run = Scenario::get()
        .config(|c| c.max_response_bytes(77))
        .then(cut(200, TransportErrorKind::TooLarge))
        .run();
    assert_eq!(run.sent[0].max_response_bytes, 77);
    assert!(run.error().message().contains("max_response_bytes (77)"));
}

#[test]
fn claims_that_do_not_hold_are_named() {
    /// A claim, what makes it wrong, the settings that ask for it to be right, and what the message names.
    struct Case(Claim, fn(&mut serde_json::Value), fn(ConfigBuilder) -> ConfigBuilder, &'static str);
    let cases = [
        Case(Claim::Aud, |p| p["aud"] = "another tenancy".into(), |c| c, "tenancy_id"),
        Case(Claim::Nbf, |p| p["nbf"] = (NOW + 61).into(), |c| c, "clock"),
        Case(Claim::Exp, |p| p["exp"] = (NOW - 60).into(), |c| c, "clock"),
        Case(
            Claim::Iss,
            |p| p["iss"] = "elsewhere".into(),
            |c| c.issuer("https://idp.passlock.dev"),
            "issuer requires",
        ),
        Case(
            Claim::UserVerified,
            |p| p["userVerified"] = false.into(),
            |c| c.require_user_verified(true),
            "require_user_verified",
        ),
        Case(
            Claim::AuthType,
            |p| p["authType"] = "pigeon".into(),
            |c| c.auth_types(["passkey", "apple"]),
            "auth_types",
        ),
    ];
    let named: Vec<_> = cases.iter().map(|case| case.0).collect();
    for claim in Claim::ALL {
        assert!(named.contains(claim), "{claim} has no case");
    }
    for Case(claim, change, config, says) in cases {
        let turn = answer(200, principal_with(change)).header("apigw-requestid", "id-1");
        let run = Scenario::exchange().config(config).then(turn.clone()).run();
        let expected = Fields {
            status: Some(200),
            request_id: Some("id-1".to_owned()),
            claim: Some(claim),
            ..Fields::of(ErrorKind::Claims, OperationName::ExchangeToken, 1)
        };
        assert_eq!(run.fields(), expected);
        assert!(run.error().message().contains(says), "{}", run.error());
        assert!(Scenario::exchange().config(config).then_success().run().result.is_ok(), "{claim}");
        let unchecked =
            Scenario::exchange().config(config).config(|c| c.verify_claims(false)).then(turn).run();
        assert!(unchecked.result.is_ok(), "{claim}");
    }
}

#[test]
fn a_foreign_audience_is_told_with_the_way_to_switch_the_check_off() {
    for aud in ["another tenancy".to_owned(), "x".repeat(100_000)] {
        let run = Scenario::exchange().then(answer(200, principal_with(|p| p["aud"] = aud.into()))).run();
        let message = run.error().message();
        assert!(message.contains("verify_claims"), "{message}");
        assert!(message.len() <= 1100, "{} bytes", message.len());
    }
}

#[test]
fn the_first_request_id_present_is_the_errors() {
    let ids = ["x-request-id", "apigw-requestid", "x-amzn-requestid", "x-amz-apigw-id"];
    for (first, id) in ids.iter().enumerate() {
        let turn = ids[first..].iter().rev().fold(answer(404, ""), |turn, name| turn.header(name, name));
        assert_eq!(Scenario::get().then(turn).run().fields().request_id.as_deref(), Some(*id));
    }
}

#[test]
fn an_error_speaks_of_the_last_attempt_alone() {
    let first = answer(503, r#"{"_tag":"First","message":"first"}"#)
        .header("retry-after", "1")
        .header("x-request-id", "1");
    let run = Scenario::get()
        .config(|c| c.max_retries(1))
        .then(first.clone())
        .then(fault(TransportErrorKind::NotConnected))
        .run();
    let expected = Fields {
        cause: Some("the transport's words".to_owned()),
        retryable: true,
        ..Fields::of(ErrorKind::Connection, OperationName::GetUser, 2)
    };
    assert_eq!(run.fields(), expected);
    let run = Scenario::get().then(first).then(answer(403, "")).run();
    let expected =
        Fields { status: Some(403), ..Fields::of(ErrorKind::Forbidden, OperationName::GetUser, 2) };
    assert_eq!(run.fields(), expected);
}

#[test]
fn signs_of_another_service_are_a_hint_that_names_the_other_host() {
    for (status, body, hinted) in [
        (404, "", true),
        (404, "<html>not here</html>", true),
        (404, r#"{"message":"Not Found"}"#, true),
        (404, r#"["NotFound"]"#, true),
        (404, r#"{"_tag":"NotFound","message":"Invalid token"}"#, false),
        (404, r#"{"_tag":"SomethingNew"}"#, false),
        (403, r#"{"message":"Missing Authentication Token"}"#, true),
        (403, r#"{"message":"Forbidden"}"#, false),
        (403, "", false),
        (401, r#"{"_tag":"@error/Unauthorized"}"#, true),
        (500, r#"{"_tag":"@error/InternalServerError"}"#, true),
        (429, r#"{"_tag":"@error/TooMany"}"#, true),
        (401, "", false),
        (500, "", false),
    ] {
        let run = Scenario::get().config(|c| c.max_retries(0)).then(answer(status, body)).run();
        assert_eq!(run.fields().hint, hinted.then_some(Hint::WrongEndpoint), "{status} {body}");
        assert_eq!(run.error().message().contains(V1_ENDPOINT), hinted, "{status} {body}");
    }
    assert_eq!(Hint::ALL, [Hint::WrongEndpoint]);
}

#[test]
fn a_tag_of_version_2_decides_and_is_kept_verbatim() {
    let run = Scenario::get().then(answer(422, r#"{"_tag":"@error/NotFound"}"#)).run();
    let fields = run.fields();
    assert_eq!((fields.kind, fields.tag.as_deref()), (ErrorKind::NotFound, Some("@error/NotFound")));
}

#[test]
fn settings_are_refused_without_an_operation_or_an_attempt() {
    let error = Config::builder().tenancy_id("t").build().unwrap_err();
    let fields = fields(&error);
    assert_eq!((fields.kind, fields.operation, fields.attempts), (ErrorKind::Config, None, 0));
    let error = Error::closed().with_operation(OperationName::GetUser);
    assert_eq!((error.kind(), error.message()), (ErrorKind::Config, "client is closed"));
}
