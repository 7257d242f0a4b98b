//! What an update comes to: accepted or not, read back or not.

use passlock_core::{ErrorKind, Limit, OperationName, TransportErrorKind};

use crate::answers::user_of;
use crate::support::{Scenario, Turn, answer, cut, fault, user, wrapped_user};

#[test]
fn an_update_that_answers_with_the_user_is_one_request() {
    for status in [200, 201, 202] {
        for body in [wrapped_user(), user(), format!(r#"{{"message":"done","user":{}}}"#, user())] {
            let run = Scenario::update().then(answer(status, body)).run();
            assert_eq!(user_of(&run).sub, "user-1");
            assert_eq!(run.sent.len(), 1);
            assert_eq!(
                (run.sent[0].method.as_str(), &run.sent[0].body[..]),
                ("PATCH", &br#"{"givenName":"Ada"}"#[..])
            );
            assert_eq!(run.sent[0].headers["content-type"], "application/json");
        }
    }
}

/// Answers to a PATCH that say no more than that it was accepted.
fn accepted() -> Vec<Turn> {
    let mut turns = vec![answer(204, "")];
    for body in [
        "",
        "{}",
        "null",
        "true",
        "OK",
        "[]",
        r#"{"message":"updated"}"#,
        r#"{"user":{"sub":"user-1","givenName":"Ada"}}"#,
        r#"{"sub":"user-1"}"#,
        r#"{"user":null}"#,
        r#"["user-1","ada@example.com"]"#,
        r#"{"user":{"sub":"user-1","ema"#,
    ] {
        turns.push(answer(200, body));
        turns.push(answer(202, body));
    }
    turns
}

#[test]
fn an_update_that_answers_with_anything_else_is_followed_by_a_read() {
    for turn in accepted() {
        let run = Scenario::update().then(turn.clone()).then(answer(200, wrapped_user())).run();
        assert_eq!(user_of(&run).given_name.as_deref(), Some("Ada"), "{turn:?}");
        assert_eq!((run.sent.len(), run.waits.len()), (2, 0));
        assert_eq!((run.sent[1].method.as_str(), run.sent[1].body.len()), ("GET", 0));
        assert_eq!(run.sent[0].uri, run.sent[1].uri);
        assert!(!run.sent[1].headers.contains_key("content-type"));
    }
}

#[test]
fn when_the_read_after_an_update_fails_the_error_says_that_the_update_was_accepted() {
    use ErrorKind::*;
    let api = |status, tag| answer(status, format!(r#"{{"_tag":"{tag}","message":"m"}}"#));
    for (turn, kind, retryable) in [
        (answer(200, "{}"), Protocol, false),
        (answer(200, user()), Protocol, false),
        (answer(204, ""), Protocol, false),
        (answer(302, ""), Protocol, false),
        (answer(200, wrapped_user()).header("content-encoding", "gzip"), Protocol, false),
        (api(401, "Unauthorized"), Unauthorized, false),
        (api(403, "Forbidden"), Forbidden, false),
        (api(404, "NotFound"), NotFound, false),
        (api(400, "BadRequest"), BadRequest, false),
        (api(429, "TooMany"), RateLimited, true),
        // Of the update these would not be retryable.
        (api(500, "InternalServerError"), Server, true),
        (api(503, "x"), Server, true),
        (fault(TransportErrorKind::NotConnected), Connection, true),
        (fault(TransportErrorKind::Interrupted), Connection, true),
        (fault(TransportErrorKind::CertificateRefused), Connection, false),
        (fault(TransportErrorKind::CertificateInvalid), Connection, false),
        (fault(TransportErrorKind::ProxyRefused), Connection, false),
        (fault(TransportErrorKind::ConnectTimeout), Timeout, true),
        (fault(TransportErrorKind::AttemptTimeout), Timeout, true),
        (cut(200, TransportErrorKind::Interrupted), Connection, true),
        (fault(TransportErrorKind::Malformed), Protocol, false),
        (cut(200, TransportErrorKind::TooLarge), Protocol, false),
        (fault(TransportErrorKind::Unusable), Config, false),
    ] {
        let run =
            Scenario::update().config(|c| c.max_retries(0)).then(answer(204, "")).then(turn.clone()).run();
        let fields = run.fields();
        assert_eq!((fields.kind, fields.retryable), (kind, retryable), "{turn:?}");
        assert_eq!((fields.operation, fields.attempts), (Some(OperationName::UpdateUser), 2), "{turn:?}");
        assert!(fields.applied && run.error().message().contains("the update was accepted"), "{turn:?}");
        if retryable {
            let run =
                Scenario::update().then(answer(204, "")).then(turn).then(answer(200, wrapped_user())).run();
            assert!(run.result.is_ok());
            assert_eq!(
                run.sent.iter().map(|s| s.method.as_str()).collect::<Vec<_>>(),
                ["PATCH", "GET", "GET"]
            );
        }
    }
}

#[test]
fn an_update_whose_head_says_yes_is_read_back_whatever_became_of_its_body() {
    let coded = |status| answer(status, wrapped_user()).header("content-encoding", "gzip");
    let lost = [
        TransportErrorKind::Interrupted,
        TransportErrorKind::AttemptTimeout,
        TransportErrorKind::TooLarge,
        TransportErrorKind::Malformed,
    ];
    let lost = lost.map(|kind| [200, 204, 299].map(|status| cut(status, kind))).into_iter().flatten();
    for turn in lost.chain([200, 204, 299].map(coded)) {
        let scenario = Scenario::update().config(|c| c.max_retries(0)).then(turn.clone());
        let run = scenario.clone().then(answer(200, wrapped_user())).run();
        assert!(run.result.is_ok(), "{turn:?}");
        assert_eq!(run.sent.iter().map(|s| s.method.as_str()).collect::<Vec<_>>(), ["PATCH", "GET"]);
        // No wait: it is no retry.
        assert_eq!(run.waits.len(), 0);

        let run = scenario.then(answer(404, "")).run();
        let fields = run.fields();
        assert_eq!((fields.kind, fields.status), (ErrorKind::NotFound, Some(404)));
        assert_eq!((fields.attempts, fields.retryable, fields.applied), (2, false, true));
    }
    // The body took all the time there was.
    let limits = |c: passlock_core::ConfigBuilder| c.timeout(std::time::Duration::from_secs(3));
    let stalled = cut(200, TransportErrorKind::AttemptTimeout).takes_its_limit();
    let fields = Scenario::update().config(limits).then(stalled).run().fields();
    assert_eq!((fields.limit, fields.applied, fields.attempts), (Some(Limit::Timeout), true, 1));
    // Of a read nothing is applied, and of an update that was refused neither.
    for run in [Scenario::get().then(coded(200)).run(), Scenario::update().then(coded(400)).run()] {
        assert!(!run.fields().applied);
    }
}

#[test]
fn retries_before_and_after_an_update_was_accepted_share_one_budget() {
    let run = Scenario::update()
        .then(answer(429, ""))
        .then(answer(204, ""))
        .then(answer(500, ""))
        .then(answer(500, ""))
        .run();
    let fields = run.fields();
    assert_eq!((fields.attempts, fields.applied, run.waits.len()), (4, true, 2));
}

#[test]
fn an_update_that_was_not_accepted_is_not_said_to_be() {
    for turn in [
        answer(400, ""),
        answer(500, ""),
        cut(500, TransportErrorKind::Interrupted),
        fault(TransportErrorKind::Interrupted),
    ] {
        let run = Scenario::update().then(turn).run();
        assert!(!run.fields().applied && !run.error().message().contains("accepted"));
    }
}
