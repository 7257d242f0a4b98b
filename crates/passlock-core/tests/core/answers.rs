//! Every shape of an answer.

use passlock_core::{AuthType, ErrorKind, Hint, Limit, Principal, TransportErrorKind};
use serde_json::json;

use crate::support::{
    Fields, NOW, Run, Scenario, TENANCY, Value, answer, cut, every_idempotent_operation, every_operation,
    principal, principal_with, user, wall, wrapped_user,
};

fn principal_of(run: &Run) -> &Principal {
    match run.value() {
        Value::Principal(principal) => principal,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn user_of(run: &Run) -> &passlock_core::User {
    match run.value() {
        Value::User(user) => user,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_principal_is_read_whole() {
    let run = Scenario::exchange().then(answer(200, principal())).run();
    let principal = principal_of(&run);
    assert_eq!(
        (&*principal.iss, &*principal.aud, &*principal.sub),
        ("https://idp.passlock.dev", TENANCY, "user-1")
    );
    assert_eq!([principal.iat, principal.nbf, principal.exp], [wall(NOW), wall(NOW), wall(NOW + 360)]);
    assert_eq!((&*principal.jti, &*principal.token), ("jti-of-the-principal", "token-of-the-principal"));
    assert!(principal.user_verified);
    assert_eq!((&principal.auth_type, &*principal.auth_id), (&AuthType::Passkey, "authenticator-1"));
    assert_eq!(principal.given_name.as_deref(), Some("Ada"));
    assert_eq!(principal.family_name, None);
    assert_eq!(principal.email.as_deref(), Some("ada@example.com"));
    assert_eq!(principal.email_verified, Some(true));
}

#[test]
fn what_a_principal_may_lack_is_none_and_what_is_not_known_is_ignored() {
    const REQUIRED: [&str; 11] =
        ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "token", "userVerified", "authType", "authId"];
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let run = Scenario::exchange().then(answer(200, principal_with(change))).run();
        run.result
            .err()
            .map(|error| (error.kind(), error.status(), error.cause().unwrap_or_default().to_owned()))
    };
    for field in REQUIRED {
        let (kind, status, cause) = refused(&|p| drop(p.as_object_mut().unwrap().remove(field))).unwrap();
        assert_eq!((kind, status), (ErrorKind::Protocol, Some(200)));
        assert!(cause.starts_with(&format!("missing field `{field}`")), "{cause}");
        for wrong in [json!(null), json!([]), json!({})] {
            let (kind, _, cause) = refused(&|p| p[field] = wrong.clone()).unwrap();
            assert_eq!(kind, ErrorKind::Protocol);
            assert!(cause.starts_with("a value of the wrong type at line 1 column"), "{cause}");
        }
    }
    for field in ["givenName", "familyName", "email", "emailVerified"] {
        assert_eq!(refused(&|p| drop(p.as_object_mut().unwrap().remove(field))), None);
        assert_eq!(refused(&|p| p[field] = json!(null)), None);
        assert_eq!(refused(&|p| p[field] = json!([])).unwrap().0, ErrorKind::Protocol);
    }
    let legacy =
        json!({ "authType": "passkey", "userVerified": true, "authTimestamp": "2024-11-24T00:00:00Z" });
    assert_eq!(refused(&|p| p["authStatement"] = legacy.clone()), None);
    assert_eq!(refused(&|p| p["expireAt"] = json!("2024-11-24T00:06:00Z")), None);
    assert_eq!(refused(&|p| p["user"] = json!({ "givenName": 7 })), None);
    assert_eq!(refused(&|p| p["authType"] = json!("pigeon")), None);
}

#[test]
fn times_are_seconds_with_a_fraction_of_milliseconds_in_the_years_1970_to_9999() {
    let exp = |exp: serde_json::Value| {
        let run = Scenario::exchange().config(|c| c.verify_claims(false));
        let run = run.then(answer(200, principal_with(|p| p["exp"] = exp))).run();
        run.result.is_ok().then(|| principal_of(&run).exp)
    };
    assert_eq!(exp(json!(0)), Some(wall(0)));
    assert_eq!(exp(json!(1.25)), Some(wall(1) + std::time::Duration::from_millis(250)));
    assert_eq!(exp(json!(253_402_300_799_u64)), Some(wall(253_402_300_799)));
    for outside in
        [json!(253_402_300_800_u64), json!(-1), json!(1e300), json!("0"), json!("2024-11-24T00:00:00Z")]
    {
        assert_eq!(exp(outside.clone()), None, "{outside}");
    }
}

#[test]
fn a_user_is_read_out_of_its_wrapping() {
    let run = Scenario::get().then(answer(200, wrapped_user())).run();
    let user = user_of(&run);
    assert_eq!((&*user.sub, &*user.email), ("user-1", "ada@example.com"));
    assert_eq!(
        (user.given_name.as_deref(), user.family_name.as_deref(), user.email_verified),
        (Some("Ada"), None, true)
    );
    for body in [
        r#"{"user":{"sub":"s","email":"e"}}"#,
        r#"{"user":{"sub":"s","email":"e","emailVerified":null},"x":1}"#,
    ] {
        let run = Scenario::get().then(answer(200, body)).run();
        assert!(!user_of(&run).email_verified);
    }
}

#[test]
fn a_read_is_answered_by_200_and_what_it_asked_for_or_not_at_all() {
    for (status, body) in [
        (200, String::new()),
        (200, "null".into()),
        (200, "{}".into()),
        (200, "<html>".into()),
        (200, r#"{"message":"hello"}"#.into()),
        (200, r#"{"user":null}"#.into()),
        (200, r#"{"user":{"sub":"user-1"}}"#.into()),
        // An array is no object, whatever a decoder's conveniences.
        (200, r#"[{"sub":"user-1","email":"e"}]"#.into()),
        (200, r#"{"user":["user-1","e"]}"#.into()),
        (200, user()),
        (200, format!("{} x", wrapped_user())),
        (201, wrapped_user()),
        (202, wrapped_user()),
        (204, String::new()),
        (206, wrapped_user()),
        (299, wrapped_user()),
    ] {
        let run = Scenario::get().then(answer(status, body.clone())).run();
        let fields = run.fields();
        assert_eq!((fields.kind, fields.status), (ErrorKind::Protocol, Some(status)), "{status} {body}");
        assert_eq!((fields.attempts, fields.retryable), (1, false));
        assert!(fields.cause.is_some());
    }
    let array = format!(r#"["i","{TENANCY}","s",{NOW},{NOW},{0},"j","t",true,"passkey","a"]"#, NOW + 360);
    for (status, body) in
        [(200, array), (200, wrapped_user()), (200, "7".into()), (201, principal()), (204, String::new())]
    {
        let run = Scenario::exchange().then(answer(status, body.clone())).run();
        assert_eq!(run.fields().kind, ErrorKind::Protocol, "{status} {body}");
    }
}

#[test]
fn a_success_that_is_cut_anywhere_is_an_error() {
    let whole = [(Scenario::exchange(), principal()), (Scenario::get(), wrapped_user())];
    for (scenario, body) in whole {
        for length in 0..body.len() {
            // The server's Content-Length agreed with the cut.
            let run = scenario.clone().then(answer(200, &body[..length])).run();
            let fields = run.fields();
            assert_eq!((fields.kind, fields.status, fields.attempts), (ErrorKind::Protocol, Some(200), 1));
        }
        assert!(scenario.clone().then(answer(200, body)).run().result.is_ok());
        // The transport noticed it.
        let run = scenario.config(|c| c.max_retries(0)).then(cut(200, TransportErrorKind::Interrupted)).run();
        let fields = run.fields();
        assert_eq!((fields.kind, fields.status, fields.attempts), (ErrorKind::Connection, Some(200), 1));
    }
    // Of an update the head says that it was accepted.
    for body in [wrapped_user(), user()] {
        for length in 0..body.len() {
            let run =
                Scenario::update().then(answer(200, &body[..length])).then(answer(200, wrapped_user())).run();
            assert!(run.result.is_ok());
        }
    }
}

#[test]
fn an_error_body_that_is_cut_anywhere_costs_only_what_it_would_have_said() {
    let body = json!({ "_tag": "NotFound", "message": "Invalid token", "detail": "d" }).to_string();
    for (operation, scenario) in every_operation() {
        for length in 0..body.len() {
            let run =
                scenario.clone().then(answer(401, &body[..length]).header("x-request-id", "id-1")).run();
            let expected = Fields {
                status: Some(401),
                request_id: Some("id-1".to_owned()),
                ..Fields::of(ErrorKind::Unauthorized, operation.name, 1)
            };
            assert_eq!(run.fields(), expected);
        }
        assert_eq!(scenario.then(answer(401, &*body)).run().fields().kind, ErrorKind::NotFound);
    }
}

#[test]
fn once_a_head_has_arrived_its_status_decides_whatever_became_of_the_body() {
    use ErrorKind::*;
    for (status, kind) in [
        (400, BadRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, BadRequest),
        (429, RateLimited),
        (500, Server),
        (503, Server),
    ] {
        let lost = [
            TransportErrorKind::Interrupted,
            TransportErrorKind::AttemptTimeout,
            TransportErrorKind::TooLarge,
            TransportErrorKind::Malformed,
        ];
        let coded = answer(status, r#"{"_tag":"Disabled"}"#).header("content-encoding", "gzip");
        let unreadable =
            [coded, answer(status, b"\xff\xfe".to_vec()), answer(status, r#"["Disabled","m","d"]"#)];
        for turn in lost.map(|fault| cut(status, fault)).into_iter().chain(unreadable) {
            let run =
                Scenario::get().config(|c| c.max_retries(0)).then(turn.header("retry-after", "3")).run();
            let fields = run.fields();
            assert_eq!((fields.kind, fields.status), (kind, Some(status)));
            assert_eq!((fields.tag, fields.detail, fields.limit), (None, None, None::<Limit>));
            assert_eq!(fields.retry_after.unwrap().as_secs(), 3);
        }
    }
    // What could not be read is no sign of another service.
    for kind in [TransportErrorKind::Interrupted, TransportErrorKind::TooLarge] {
        let run = Scenario::get().then(cut(404, kind)).run();
        assert_eq!(run.fields().hint, None::<Hint>);
    }
}

#[test]
fn no_content_coding_but_identity_is_taken() {
    for (coding, taken) in [
        ("identity", true),
        ("Identity", true),
        ("", true),
        ("gzip", false),
        ("br", false),
        ("identity, gzip", false),
    ] {
        for (_, scenario) in every_idempotent_operation() {
            let success = scenario.call.success().header("content-encoding", coding);
            let run = scenario.then(success).run();
            assert_eq!(run.result.is_ok(), taken, "{coding}");
            if !taken {
                let fields = run.fields();
                assert_eq!((fields.kind, fields.retryable), (ErrorKind::Protocol, false));
                assert!(fields.status.is_some_and(|status| (200..300).contains(&status)));
                assert!(run.error().message().contains("Content-Encoding"));
            }
        }
    }
    let twice =
        answer(200, wrapped_user()).header("content-encoding", "identity").header("content-encoding", "gzip");
    assert_eq!(Scenario::get().then(twice).run().fields().kind, ErrorKind::Protocol);
}

#[test]
fn redirects_and_other_strange_statuses_are_followed_by_nothing() {
    for status in (100..200).chain(300..400).chain(600..1000) {
        for (_, scenario) in every_operation() {
            let turn = answer(status, principal()).header("location", "https://elsewhere.example/");
            let run = scenario.then(turn).run();
            let fields = run.fields();
            assert_eq!((fields.kind, fields.status), (ErrorKind::Protocol, Some(status)));
            assert_eq!((fields.attempts, fields.retryable), (1, false));
            assert_eq!(
                run.error().message().contains("redirects are not followed"),
                (300..400).contains(&status)
            );
        }
    }
}
