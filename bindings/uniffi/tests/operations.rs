//! The exported functions as foreign code calls them, against the emulator.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use passlock_emulator::{Emulator, EmulatorConfig, Fault, FaultRule, NewUser, Outcome};
use passlock_uniffi::{
    NativeCancel, NativeClient, NativeDetail, NativeError, NativeOptions, NativePackage, NativeRequest,
    NativeUser, NativeValue,
};

/// A token that is never cancelled.
fn never() -> Arc<NativeCancel> {
    Arc::new(NativeCancel::new())
}

async fn emulator() -> Emulator {
    let user = NewUser::new("ada@example.com").sub("user-1").given_name("Ada");
    Emulator::start(EmulatorConfig::new().user(user)).await.unwrap()
}

fn options(emulator: &Emulator) -> NativeOptions {
    let named = [
        ("tenancyId", emulator.tenancy_id()),
        ("apiKey", emulator.api_key()),
        ("endpoint", emulator.endpoint()),
        ("maxRetries", "0"),
    ];
    NativeOptions { named: texts(&named), ..NativeOptions::default() }
}

fn texts(named: &[(&str, &str)]) -> HashMap<String, String> {
    named.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn request(operation: &str, argument: &str) -> NativeRequest {
    let (operation, argument) = (operation.to_owned(), argument.to_owned());
    NativeRequest { operation, argument, ..NativeRequest::default() }
}

fn user(value: NativeValue) -> NativeUser {
    match value {
        NativeValue::User { user } => user,
        other => panic!("{other:?} is no user"),
    }
}

fn client(emulator: &Emulator) -> NativeClient {
    NativeClient::new(options(emulator), NativePackage::Swift).unwrap()
}

fn failure<T>(result: Result<T, NativeError>) -> HashMap<String, String> {
    match result {
        Err(NativeError::Failed { fields }) => fields,
        Err(NativeError::Cancelled) => panic!("cancelled"),
        Ok(_) => panic!("no failure"),
    }
}

#[tokio::test]
async fn all_operations_and_the_name_of_the_package() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let token = emulator.issue_token("user-1").token;
    let exchange = client.call(request("exchange_token", &token), never()).await.unwrap();
    assert!(!format!("{exchange:?}").contains(&token));
    let NativeValue::Principal { principal } = exchange else { panic!("a user") };
    assert_eq!((&*principal.sub, &*principal.token, &*principal.auth_type), ("user-1", &*token, "passkey"));
    assert_eq!(principal.exp - principal.iat, 360_000);
    let update = request("update_user", "user-1");
    let update =
        NativeRequest { fields: texts(&[("familyName", "Lovelace"), ("emailVerified", "true")]), ..update };
    let changed = user(client.call(update, never()).await.unwrap());
    assert_eq!((changed.family_name.as_deref(), changed.email_verified), (Some("Lovelace"), true));
    assert_eq!(user(client.call(request("get_user", "user-1"), never()).await.unwrap()), changed);
    let expected = format!("passlock-swift/{}", env!("CARGO_PKG_VERSION"));
    assert!(emulator.journal().iter().all(|request| request.headers["user-agent"] == expected));
}

#[tokio::test]
async fn the_applications_headers_and_its_name_are_sent() {
    let emulator = emulator().await;
    let mut settings = options(&emulator);
    settings.named.extend(texts(&[("appInfo", "shop/2")]));
    settings.headers = Some(texts(&[("x-shop", "header-canary"), ("x-team", "logins")]));
    assert!(!format!("{settings:?}").contains("canary"));
    let client = NativeClient::new(settings.clone(), NativePackage::Swift).unwrap();
    client.call(request("get_user", "user-1"), never()).await.unwrap();
    let sent = emulator.journal()[0].headers.clone();
    assert_eq!((&*sent["x-shop"], &*sent["x-team"]), ("header-canary", "logins"));
    assert!(sent["user-agent"].ends_with(" shop/2"), "{}", sent["user-agent"]);
    settings.headers = Some(texts(&[("x-shop", "header-canary"), ("y", "a\nb"), ("authorization", "a")]));
    let refused = failure(NativeClient::new(settings, NativePackage::Swift));
    assert!(refused["message"].contains("authorization"), "{refused:?}");
    assert!(!format!("{refused:?}").contains("canary"));
}

#[tokio::test]
async fn warming_up_opens_the_connection_that_the_first_call_takes() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let warmed_up = client.call(request("warm_up", ""), never()).await.unwrap();
    assert_eq!(warmed_up, NativeValue::Done);
    client.call(request("get_user", "user-1"), never()).await.unwrap();
    let journal = emulator.journal();
    assert!(journal[0].path.ends_with("/connection/pre-connect"), "{}", journal[0].path);
    assert_eq!(journal[0].connection, journal[1].connection);
}

#[tokio::test]
async fn how_a_call_went_crosses_with_its_outcome() {
    let emulator = emulator().await;
    let client = client(&emulator);
    emulator.fault(FaultRule::new(Fault::status(503)).times(1));
    let retried = NativeRequest { named: texts(&[("maxRetries", "1")]), ..request("get_user", "user-1") };
    let observed = client.observe(retried, NativeDetail::Attempts, never()).await.unwrap();
    assert_eq!(user(observed.value.unwrap()).sub, "user-1");
    let report = observed.report;
    assert_eq!((observed.failure, report.attempts, report.status), (None, 2, Some(200)));
    let server = format!("http://{}:{}", report.server_address, report.server_port);
    assert_eq!(server, emulator.endpoint());
    let [first, second] = &report.requests[..] else { panic!("{report:?}") };
    assert_eq!((&*first.method, &*first.route), ("GET", "/{tenancyId}/user/{sub}"));
    assert_eq!((first.status, first.error_type.as_deref(), first.resends), (Some(503), Some("503"), 0));
    assert_eq!((second.status, second.error_type.as_deref(), second.resends), (Some(200), None, 1));
    assert!(first.begun <= first.ended && first.ended + first.wait.unwrap() <= second.begun);
    assert!(second.begun < second.ended && second.ended <= report.elapsed);
    assert_eq!(report.request_id, second.request_id);
    assert!(report.request_id.is_some());
}

#[tokio::test]
async fn a_failure_is_part_of_what_is_observed() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let request = |operation| request(operation, "token-canary");
    let unknown = client.observe(request("exchange_token"), NativeDetail::Call, never()).await.unwrap();
    assert!(!format!("{unknown:?}").contains("canary"));
    assert_eq!((unknown.value, &*unknown.failure.unwrap()["kind"]), (None, "not_found"));
    assert_eq!((unknown.report.status, unknown.report.requests), (Some(404), vec![]));
    // What could not begin has nothing to report.
    let wrong = NativeRequest { named: texts(&[("maxRetries", "11")]), ..request("get_user") };
    assert_eq!(failure(client.observe(wrong, NativeDetail::Call, never()).await)["kind"], "config");
    let cancelled = never();
    cancelled.cancel();
    let cancelled = client.observe(request("get_user"), NativeDetail::Attempts, cancelled).await;
    assert_eq!(cancelled, Err(NativeError::Cancelled));
    client.close().unwrap();
    let late = client.observe(request("get_user"), NativeDetail::Attempts, never()).await;
    assert_eq!(failure(late)["message"], "client is closed");
}

#[tokio::test]
async fn cancelling_ends_the_request() {
    let emulator = emulator().await;
    emulator.fault(FaultRule::new(Fault::Hang));
    // Longer than the test waits: what ends is not ended by a limit.
    let mut patient = options(&emulator);
    patient.named.extend(texts(&[("timeout", "300"), ("attemptTimeout", "300")]));
    let client = Arc::new(NativeClient::new(patient, NativePackage::Swift).unwrap());
    let cancel = Arc::new(NativeCancel::new());
    let call = {
        let (client, cancel) = (Arc::clone(&client), Arc::clone(&cancel));
        tokio::spawn(async move { client.call(request("get_user", "user-1"), cancel).await })
    };
    let outcome = || emulator.journal().first().map(|request| request.outcome);
    until(|| outcome().is_some()).await;
    cancel.cancel();
    assert_eq!(call.await.unwrap(), Err(NativeError::Cancelled));
    until(|| outcome() == Some(Outcome::ClientClosed)).await;
}

#[tokio::test]
async fn closing_and_settings_fail_as_config() {
    let emulator = emulator().await;
    let client = client(&emulator);
    client.close().unwrap();
    client.close().unwrap();
    let late = client.call(request("get_user", "user-1"), never()).await;
    assert_eq!(failure(late)["message"], "client is closed");
    for wrong in [("maxRetries", "11"), ("noSetting", "1")] {
        let mut settings = options(&emulator);
        settings.named.extend(texts(&[wrong]));
        assert_eq!(failure(NativeClient::new(settings, NativePackage::Swift))["kind"], "config");
    }
    for (package, name) in [(NativePackage::Swift, "tenancyID"), (NativePackage::Kotlin, "tenancyId")] {
        let mut settings = options(&emulator);
        settings.named.remove("tenancyId");
        let missing = failure(NativeClient::new(settings, package));
        assert_eq!(missing["kind"], "config");
        assert!(missing["message"].starts_with(&format!("{name} is missing")), "{}", missing["message"]);
    }
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}
