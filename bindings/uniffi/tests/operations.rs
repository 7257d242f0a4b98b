//! The exported functions as foreign code calls them, against the emulator.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use passlock_emulator::{Emulator, EmulatorConfig, Fault, FaultRule, NewUser, Outcome};
use passlock_uniffi::{
    NativeCallOptions, NativeCancel, NativeClient, NativeError, NativeFailure, NativeOptions, NativePackage,
    NativeUserUpdate,
};

/// What is never told to cancel.
fn never() -> Arc<NativeCancel> {
    Arc::new(NativeCancel::new())
}

async fn emulator() -> Emulator {
    let user = NewUser::new("ada@example.com").sub("user-1").given_name("Ada");
    Emulator::start(EmulatorConfig::new().user(user)).await.unwrap()
}

fn options(emulator: &Emulator) -> NativeOptions {
    NativeOptions {
        tenancy_id: Some(emulator.tenancy_id().to_owned()),
        api_key: Some(emulator.api_key().to_owned()),
        endpoint: Some(emulator.endpoint().to_owned()),
        allow_http: None,
        timeout: None,
        attempt_timeout: None,
        connect_timeout: None,
        max_retries: Some(0),
        max_response_bytes: None,
        proxy: None,
        ca_certificates: None,
        leeway: None,
        verify_claims: None,
        issuer: None,
        require_user_verified: None,
        auth_types: None,
        environment: HashMap::new(),
        fixed_now: None,
    }
}

fn client(emulator: &Emulator) -> NativeClient {
    NativeClient::new(options(emulator), NativePackage::Swift).unwrap()
}

fn failure<T>(result: Result<T, NativeError>) -> NativeFailure {
    match result {
        Err(NativeError::Failed { failure }) => failure,
        Err(NativeError::Cancelled) => panic!("cancelled"),
        Ok(_) => panic!("no failure"),
    }
}

#[tokio::test]
async fn all_operations_and_the_name_of_the_package() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let token = emulator.issue_token("user-1").token;
    let call = NativeCallOptions::default;
    let principal = client.exchange_token(token.clone(), call(), never()).await.unwrap();
    assert_eq!((&*principal.sub, &*principal.token, &*principal.auth_type), ("user-1", &*token, "passkey"));
    assert_eq!(principal.exp - principal.iat, 360_000);
    assert!(!format!("{principal:?}").contains(&token));
    let changes =
        NativeUserUpdate { family_name: Some("Lovelace".to_owned()), ..NativeUserUpdate::default() };
    let changed = client.update_user("user-1".to_owned(), changes, call(), never()).await.unwrap();
    assert_eq!(changed.family_name.as_deref(), Some("Lovelace"));
    assert_eq!(client.get_user("user-1".to_owned(), call(), never()).await.unwrap(), changed);
    let expected = format!("passlock-swift/{}", env!("CARGO_PKG_VERSION"));
    assert!(emulator.journal().iter().all(|request| request.headers["user-agent"] == expected));
}

#[tokio::test]
async fn cancelling_ends_the_request() {
    let emulator = emulator().await;
    emulator.fault(FaultRule::new(Fault::Hang));
    // Longer than the test waits: what ends is not ended by a limit.
    let patient = NativeOptions { timeout: Some(300.0), attempt_timeout: Some(300.0), ..options(&emulator) };
    let client = Arc::new(NativeClient::new(patient, NativePackage::Swift).unwrap());
    let cancel = Arc::new(NativeCancel::new());
    let call = {
        let (client, cancel) = (Arc::clone(&client), Arc::clone(&cancel));
        tokio::spawn(async move {
            client.get_user("user-1".to_owned(), NativeCallOptions::default(), cancel).await
        })
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
    let late = client.get_user("user-1".to_owned(), NativeCallOptions::default(), never()).await;
    assert_eq!(failure(late).message, "client is closed");
    for (package, name) in [(NativePackage::Swift, "tenancyID"), (NativePackage::Kotlin, "tenancyId")] {
        let settings = NativeOptions { tenancy_id: None, ..options(&emulator) };
        let missing = failure(NativeClient::new(settings, package));
        assert_eq!(missing.kind, "config");
        assert!(missing.message.starts_with(&format!("{name} is missing")), "{}", missing.message);
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
