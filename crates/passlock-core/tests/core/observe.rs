//! What an application's observer is told about a call, and what the call info says along with a result.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passlock_core::{
    CallEvent, CallStage, ErrorKind, GetUser, Observer, TransportErrorKind, UpdateUser, UserUpdate,
    asynchronous, blocking,
};

use crate::support::{
    API_KEY, NOW, PerCall, Scenario, Script, TENANCY, TOKEN, answer, at_once, fault, holds_a_secret, wall,
    wrapped_user,
};

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Observer for Notes {
    fn observe(&self, event: &CallEvent<'_>) {
        assert!(!holds_a_secret(&format!("{event:?}")), "{event:?}");
        let CallEvent {
            stage,
            operation,
            method,
            route,
            attempt,
            status,
            error,
            wait,
            elapsed,
            request_id,
            ..
        } = event;
        assert_eq!((*operation, *route), ("exchange_token", "/{tenancyId}/token/{token}"));
        let told = (
            stage,
            method,
            attempt,
            status,
            error.map(ErrorKind::as_str),
            wait,
            elapsed.as_secs(),
            request_id,
        );
        self.0.lock().unwrap().push(format!("{told:?}").replace("\"GET\", ", ""));
    }
}

fn told(scenario: Scenario) -> Vec<String> {
    let notes = Notes::default();
    let observer = notes.clone();
    scenario.config(move |config| config.observer(observer)).run();
    let told = std::mem::take(&mut *notes.0.lock().unwrap());
    // Once for each flavour.
    let half = told.len() / 2;
    assert_eq!(told[..half], told[half..]);
    told[..half].to_vec()
}

#[test]
fn each_step_of_a_call_is_told_in_order() {
    let second = Duration::from_secs(1);
    let retried = Scenario::exchange()
        .then(answer(503, "").header("retry-after", "2").header("x-request-id", "first").takes(second))
        .then_success();
    assert_eq!(
        told(retried),
        [
            "(CallBegun, 1, None, None, None, 0, None)",
            "(AttemptSent, 1, None, None, None, 0, None)",
            r#"(AttemptEnded, 1, Some(503), Some("server"), None, 1, Some("first"))"#,
            r#"(Retrying, 1, Some(503), Some("server"), Some(2s), 1, Some("first"))"#,
            "(AttemptSent, 2, None, None, None, 3, None)",
            "(AttemptEnded, 2, Some(200), None, None, 3, None)",
            "(CallEnded, 2, Some(200), None, None, 3, None)",
        ]
    );
    let lost =
        Scenario::exchange().config(|c| c.max_retries(0)).then(fault(TransportErrorKind::NotConnected));
    assert_eq!(
        told(lost),
        [
            "(CallBegun, 1, None, None, None, 0, None)",
            "(AttemptSent, 1, None, None, None, 0, None)",
            r#"(AttemptEnded, 1, None, Some("connection"), None, 0, None)"#,
            r#"(CallEnded, 1, None, Some("connection"), None, 0, None)"#,
        ]
    );
}

#[test]
fn an_echo_is_told_to_no_observer() {
    for secret in [API_KEY, TOKEN] {
        let echo = answer(404, format!(r#"{{"_tag":"NotFound","message":"{secret}"}}"#));
        told(Scenario::exchange().then(echo.header("x-request-id", &format!("id-{API_KEY}"))));
    }
}

#[test]
fn call_info_says_how_a_call_went() {
    let config = || {
        let builder = passlock_core::Config::builder().tenancy_id(TENANCY).api_key(API_KEY);
        Arc::new(builder.build().unwrap())
    };
    let script = || {
        let first = answer(500, "").takes(Duration::from_secs(1));
        let second = answer(200, wrapped_user()).header("x-request-id", "id-2").takes(Duration::from_secs(2));
        Script::new(vec![first, second], wall(NOW), 0, Duration::ZERO)
    };
    let (result, asynchronous) =
        at_once(asynchronous::Client::new(config(), script()).run(GetUser::new("u"), None));
    result.unwrap();
    let (result, blocking) = blocking::Client::new(config(), script()).run(GetUser::new("u"), None);
    result.unwrap();
    for info in [asynchronous, blocking] {
        assert_eq!((info.attempts, info.status, info.request_id()), (2, Some(200), Some("id-2")));
        assert_eq!(info.elapsed, Duration::from_secs(3));
    }
    // An attempt without a response leaves nothing of an earlier one's.
    let turns = vec![answer(503, "").header("x-request-id", "id-1"), fault(TransportErrorKind::NotConnected)];
    let script = Script::new(turns, wall(NOW), 0, Duration::ZERO);
    let client = blocking::Client::new(config(), script).with_max_retries(1).unwrap();
    let (result, info) = client.run(GetUser::new("u"), None);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Connection);
    assert_eq!((info.attempts, info.status, info.request_id()), (2, None, None));
}

/// The requests of a call, as an observer of that call only is told: how they ended, and how many times each had been sent.
#[derive(Default)]
struct Requests(Mutex<Vec<(String, u32, Option<String>)>>);

impl Observer for Requests {
    fn observe(&self, event: &CallEvent<'_>) {
        if event.stage == CallStage::AttemptEnded {
            let error_type = event.error_type().map(Cow::into_owned);
            self.0.lock().unwrap().push((event.method.to_owned(), event.resends, error_type));
        }
    }
}

#[test]
fn only_a_request_that_is_sent_again_is_counted_as_such() {
    let config = passlock_core::Config::builder().tenancy_id(TENANCY).api_key(API_KEY).build().unwrap();
    // The update is accepted, but its answer can't be read: so the user is.
    let turns = vec![
        answer(429, ""),
        answer(200, "?"),
        answer(503, ""),
        fault(TransportErrorKind::NotConnected),
        answer(200, wrapped_user()),
    ];
    let script = Script::new(turns, wall(NOW), 0, Duration::ZERO);
    let requests = Arc::new(Requests::default());
    let client = blocking::Client::new(Arc::new(config), script).with_max_retries(3).unwrap();
    let update = UpdateUser::new("u", UserUpdate::new().given_name("Ada"));
    client.run(update, Some(requests.clone())).0.unwrap();
    let told = std::mem::take(&mut *requests.0.lock().unwrap());
    let told: Vec<_> =
        told.iter().map(|(method, resends, error)| (&**method, *resends, error.as_deref())).collect();
    let expected = [
        ("PATCH", 0, Some("429")),
        ("PATCH", 1, None),
        ("GET", 0, Some("503")),
        ("GET", 1, Some("connection")),
        ("GET", 2, None),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_number_of_retries_for_one_call() {
    for (of_the_client, of_the_call, attempts) in
        [(1, None, 2), (1, Some(0), 1), (0, Some(3), 4), (1, Some(11), 0)]
    {
        let per_call = PerCall { max_retries: of_the_call, ..PerCall::default() };
        let scenario = Scenario::get().config(|c| c.max_retries(of_the_client)).per_call(per_call);
        let turns = (0..attempts).fold(scenario, |scenario, _| scenario.then(answer(500, "")));
        let fields = turns.run().fields();
        assert_eq!(fields.attempts, attempts, "{of_the_call:?}");
        assert_eq!(fields.kind == ErrorKind::Config, attempts == 0);
    }
}
