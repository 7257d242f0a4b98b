//! The settings that one call may have of its own, and what clients that share a transport do not share.

use std::sync::Arc;

use passlock_core::{Claim, Config, ErrorKind, ExchangeToken, asynchronous, blocking};

use crate::support::{
    NOW, PerCall, Scenario, Script, TENANCY, answer, at_once, every_operation, principal, principal_with,
    wall,
};

fn refused_for(scenario: Scenario) -> Option<Claim> {
    let run = scenario.run();
    run.result.is_err().then(|| run.fields().claim.unwrap())
}

#[test]
fn an_issuer_for_one_call() {
    let asked = |issuer| PerCall { issuer: Some(issuer), ..PerCall::default() };
    let scenario = Scenario::exchange().config(|c| c.issuer("https://idp.passlock.dev")).then_success();
    assert_eq!(refused_for(scenario.clone()), None);
    assert_eq!(refused_for(scenario.clone().per_call(asked("elsewhere"))), Some(Claim::Iss));
    let scenario = scenario.config(|c| c.issuer("elsewhere"));
    assert_eq!(refused_for(scenario.clone()), Some(Claim::Iss));
    assert_eq!(refused_for(scenario.per_call(asked("https://idp.passlock.dev"))), None);
}

#[test]
fn an_empty_issuer_for_one_call_is_refused_as_the_setting_is() {
    let refusal =
        Config::builder().tenancy_id(TENANCY).api_key("any-api-key").issuer("").build().unwrap_err();
    let empty = PerCall { issuer: Some(""), ..PerCall::default() };
    for (_, scenario) in every_operation() {
        let run = scenario.config(|c| c.verify_claims(false)).per_call(empty.clone()).run();
        let fields = run.fields();
        assert_eq!((fields.kind, fields.attempts, run.sent.len()), (ErrorKind::Config, 0, 0));
        assert!(fields.operation.is_some());
        assert_eq!(run.error().message(), refusal.message());
    }
}

#[test]
fn user_verification_for_one_call() {
    let asked = |require| PerCall { require_user_verified: Some(require), ..PerCall::default() };
    let scenario =
        Scenario::exchange().then(answer(200, principal_with(|p| p["userVerified"] = false.into())));
    assert_eq!(refused_for(scenario.clone()), None);
    assert_eq!(refused_for(scenario.clone().per_call(asked(true))), Some(Claim::UserVerified));
    let scenario = scenario.config(|c| c.require_user_verified(true));
    assert_eq!(refused_for(scenario.clone()), Some(Claim::UserVerified));
    assert_eq!(refused_for(scenario.per_call(asked(false))), None);
}

#[test]
fn ways_to_log_in_for_one_call() {
    let asked = |auth_types| PerCall { auth_types: Some(auth_types), ..PerCall::default() };
    let scenario = Scenario::exchange().config(|c| c.auth_types(["google"])).then_success();
    assert_eq!(refused_for(scenario.clone()), Some(Claim::AuthType));
    assert_eq!(refused_for(scenario.clone().per_call(asked(&["apple", "passkey"]))), None);
    assert_eq!(refused_for(scenario.clone().per_call(asked(&["apple"]))), Some(Claim::AuthType));
    assert_eq!(refused_for(scenario.per_call(asked(&[]))), None, "none given: any");
    // A way that this version does not know is compared as it is.
    let pigeon = Scenario::exchange().then(answer(200, principal_with(|p| p["authType"] = "pigeon".into())));
    assert_eq!(refused_for(pigeon.clone().per_call(asked(&["pigeon"]))), None);
    assert_eq!(refused_for(pigeon.per_call(asked(&["Pigeon"]))), Some(Claim::AuthType));
}

#[test]
fn a_clock_that_the_settings_fix_is_the_one_that_claims_are_checked_by() {
    let scenario = Scenario::exchange().wall_clock(wall(0)).then_success();
    assert_eq!(refused_for(scenario.clone()), Some(Claim::Nbf));
    assert_eq!(refused_for(scenario.config(|c| c.fixed_now(wall(NOW)))), None);
}

/// A clone with settings of its own leaves the client that it was made of as it was.
#[test]
fn settings_of_one_call_stay_with_that_call() {
    let config = || Arc::new(Config::builder().tenancy_id(TENANCY).api_key("any-api-key").build().unwrap());
    let script = || {
        let turns = vec![answer(200, principal()), answer(200, principal())];
        Script::new(turns, wall(NOW), 0, std::time::Duration::ZERO)
    };

    let client = asynchronous::Client::new(config(), script());
    let strict =
        client.clone().with_issuer("elsewhere").with_auth_types(["apple"]).with_require_user_verified(true);
    assert_eq!(at_once(strict.call(ExchangeToken::new("token"))).unwrap_err().kind(), ErrorKind::Claims);
    assert!(at_once(client.call(ExchangeToken::new("token"))).is_ok());

    let client = blocking::Client::new(config(), script());
    let strict =
        client.clone().with_issuer("elsewhere").with_auth_types(["apple"]).with_require_user_verified(true);
    assert_eq!(strict.call(ExchangeToken::new("token")).unwrap_err().kind(), ErrorKind::Claims);
    assert!(client.call(ExchangeToken::new("token")).is_ok());
}
