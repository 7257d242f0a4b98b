//! `warm_up`: a connection is open after it, or it says why not.

use passlock_core::{ErrorKind, TransportErrorKind};

use crate::support::{Scenario, Value, answer, cut, fault};

#[test]
fn the_request_is_the_browser_clients_and_carries_no_key() {
    let run = Scenario::warm_up().then_success().run();
    assert_eq!(run.value(), &Value::Done);
    let [sent] = &run.sent[..] else { panic!("{:?}", run.sent) };
    assert_eq!(sent.method, "GET");
    assert_eq!(sent.uri, "https://api.passlock.dev/tenancy%201/connection/pre-connect");
    assert!(sent.body.is_empty() && !sent.headers.contains_key("authorization"), "{sent:?}");
    assert!(sent.headers.contains_key("user-agent"));
}

#[test]
fn whatever_the_service_answers_will_do() {
    for status in [200, 204, 301, 400, 401, 403, 404, 429, 500, 503] {
        let run = Scenario::warm_up().then(answer(status, "<html>")).run();
        assert_eq!((run.value(), run.sent.len()), (&Value::Done, 1), "{status}");
    }
}

#[test]
fn a_connection_that_can_not_be_opened_is_tried_again_and_is_an_error() {
    for kind in [TransportErrorKind::NotConnected, TransportErrorKind::ConnectTimeout] {
        let run = Scenario::warm_up().then(fault(kind)).then_success().run();
        assert_eq!((run.value(), run.sent.len()), (&Value::Done, 2));
        let run = Scenario::warm_up().then(fault(kind)).then(fault(kind)).then(fault(kind)).run();
        let error = run.error();
        assert_eq!((error.operation(), error.attempts(), error.is_retryable()), (None, 3, true));
        assert!(matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout), "{error}");
    }
    let run = Scenario::warm_up().then(fault(TransportErrorKind::CertificateRefused)).run();
    assert_eq!((run.error().kind(), run.sent.len()), (ErrorKind::Connection, 1));
}

/// Such a connection does not serve the next call.
#[test]
fn an_answer_that_is_cut_off_leaves_no_connection() {
    let run = Scenario::warm_up().then(cut(200, TransportErrorKind::Interrupted)).then_success().run();
    assert_eq!((run.value(), run.sent.len()), (&Value::Done, 2));
    let run = Scenario::warm_up().then(cut(404, TransportErrorKind::TooLarge)).run();
    assert_eq!(run.error().kind(), ErrorKind::Protocol);
}
