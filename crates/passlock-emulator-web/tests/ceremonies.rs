//! Sign-up and login with a software authenticator, and every refusal with its tag.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use common::*;
use serde_json::{Value, json};

const VERIFY: &str = "passkey/authentication/verification";

#[test]
fn sign_up_and_login_give_tokens_that_the_back_end_exchanges() {
    let service = Service::start();
    let mut device = Device::new();
    let signed_up = service.sign_up(&mut device, EMAIL);
    let logged_in = service.log_in(&mut device, Some(EMAIL)).success()["principal"].take();
    assert_eq!(logged_in["sub"], signed_up["sub"]);
    assert_eq!(logged_in["authId"], signed_up["authId"]);
    assert_ne!(logged_in["token"], signed_up["token"]);
    assert_eq!(service.exchange(logged_in["token"].as_str().unwrap()).success(), logged_in);
    // Nobody says who it is: the passkey does.
    let discovered = service.log_in(&mut device, None).success();
    assert_eq!(discovered["principal"]["email"], EMAIL);
}

#[test]
fn a_principal_is_one_that_the_client_reads() {
    let principal = Service::start().sign_up(&mut Device::new(), EMAIL);
    let names: Vec<_> = principal.as_object().unwrap().keys().map(String::as_str).collect();
    for name in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti", "token", "authStatement", "expireAt"] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(!names.contains(&"givenName"), "absent, never null");
    assert_eq!(principal["authType"], "passkey");
    assert_eq!(principal["userVerified"], true);
    assert_eq!(principal["emailVerified"], false);
    assert!(principal["authStatement"]["authTimestamp"].as_str().unwrap().ends_with('Z'));
    assert!(!principal["jti"].as_str().unwrap().contains(':'));
}

#[test]
fn options_hold_no_null() {
    fn check(value: &Value) {
        match value {
            Value::Null => panic!("null"),
            Value::Array(items) => items.iter().for_each(check),
            Value::Object(fields) => fields.values().for_each(check),
            _ => {}
        }
    }
    let service = Service::start();
    let mut device = Device::new();
    check(&service.post("passkey/registration/options", &json!({ "email": EMAIL })).success());
    service.sign_up(&mut device, EMAIL);
    check(&service.post("passkey/authentication/options", &json!({ "email": EMAIL })).success());
    let anybody = service.post("passkey/authentication/options", &json!({})).success();
    check(&anybody);
    assert_eq!(anybody["publicKey"].get("allowCredentials"), None);
}

#[test]
fn a_wrong_origin_is_forbidden() {
    let service = Service::start();
    let begun = service.post("passkey/registration/options", &json!({ "email": EMAIL })).success();
    let credential = Device::new().create(FOREIGN, &begun);
    let body = json!({ "session": begun["session"], "credential": credential });
    assert_eq!(service.post("passkey/registration/verification", &body).refusal(), (403, "Forbidden"));

    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    let begun = service.post("passkey/authentication/options", &json!({})).success();
    let body = json!({ "session": begun["session"], "credential": device.get(FOREIGN, &begun) });
    assert_eq!(service.post(VERIFY, &body).refusal(), (403, "Forbidden"));
}

#[test]
fn a_replayed_challenge_is_unauthorized() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    let old = service.assertion(&mut device, None);
    service.post(VERIFY, &old).success();
    let begun = service.post("passkey/authentication/options", &json!({})).success();
    let replayed = json!({ "session": begun["session"], "credential": old["credential"] });
    assert_eq!(service.post(VERIFY, &replayed).refusal(), (401, "Unauthorized"));
}

#[test]
fn a_forged_signature_is_unauthorized() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    // Well-formed, but of another challenge's data.
    let other = service.assertion(&mut device, None);
    let mut forged = service.assertion(&mut device, None);
    forged["credential"]["response"]["signature"] = other["credential"]["response"]["signature"].clone();
    assert_eq!(service.post(VERIFY, &forged).refusal(), (401, "Unauthorized"));
    // Not even a signature.
    let mut forged = service.assertion(&mut device, None);
    forged["credential"]["response"]["signature"] = "AAAA".into();
    assert_eq!(service.post(VERIFY, &forged).refusal(), (401, "Unauthorized"));
    service.log_in(&mut device, None).success();
}

#[test]
fn a_counter_that_goes_back_is_unauthorized() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    service.log_in(&mut device, None).success();
    service.log_in(&mut device, None).success();
    device.turn_back();
    assert_eq!(service.log_in(&mut device, None).refusal(), (401, "Unauthorized"));
}

#[test]
fn a_ceremony_under_way_does_not_hold_an_old_counter() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    let early = service.assertion(&mut device, Some(EMAIL));
    service.log_in(&mut device, Some(EMAIL)).success();
    assert_eq!(service.post(VERIFY, &early).refusal(), (401, "Unauthorized"));
}

#[test]
fn missing_user_verification_is_forbidden_where_required() {
    let service = Service::start();
    let mut device = Device::new();
    device.verified = false;
    let begin = |verification: &str| {
        let input = json!({ "email": EMAIL, "userVerification": verification });
        service.post("passkey/registration/options", &input).success()
    };
    // The authenticator is lied to: it makes a passkey without verifying, as a broken one would.
    let mut begun = begin("required");
    begun["publicKey"]["authenticatorSelection"]["userVerification"] = "discouraged".into();
    let body = json!({ "session": begun["session"], "credential": device.create(ORIGIN, &begun) });
    assert_eq!(service.post("passkey/registration/verification", &body).refusal(), (403, "Forbidden"));

    let begun = begin("discouraged");
    let body = json!({ "session": begun["session"], "credential": device.create(ORIGIN, &begun) });
    let principal = service.post("passkey/registration/verification", &body).success();
    assert_eq!(principal["principal"]["userVerified"], false);

    let mut begun =
        service.post("passkey/authentication/options", &json!({ "userVerification": "required" })).success();
    begun["publicKey"]["userVerification"] = "discouraged".into();
    let body = json!({ "session": begun["session"], "credential": device.get(ORIGIN, &begun) });
    assert_eq!(service.post(VERIFY, &body).refusal(), (403, "Forbidden"));
}

#[test]
fn another_users_credential_is_unauthorized() {
    let service = Service::start();
    let (mut ada, mut eve) = (Device::new(), Device::new());
    let ada_sub = service.sign_up(&mut ada, EMAIL)["sub"].clone();
    service.sign_up(&mut eve, "eve@example.com");
    let as_ada = service.post("passkey/authentication/options", &json!({ "email": EMAIL })).success();
    let mut for_eve = as_ada.clone();
    for_eve["publicKey"].as_object_mut().unwrap().remove("allowCredentials");
    let body = json!({ "session": as_ada["session"], "credential": eve.get(ORIGIN, &for_eve) });
    assert_eq!(service.post(VERIFY, &body).refusal(), (401, "Unauthorized"));
    // Her own passkey under another one's name.
    let mut body = service.assertion(&mut eve, None);
    body["credential"]["response"]["userHandle"] = base64_url(ada_sub.as_str().unwrap()).into();
    assert_eq!(service.post(VERIFY, &body).refusal(), (401, "Unauthorized"));
    // Nobody named, neither before nor now.
    let mut body = service.assertion(&mut eve, None);
    body["credential"]["response"].as_object_mut().unwrap().remove("userHandle");
    assert_eq!(service.post(VERIFY, &body).refusal(), (401, "Unauthorized"));
}

#[test]
fn a_session_expires_and_is_good_for_one_kind_once() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    let late = service.assertion(&mut device, None);
    service.emulator.advance(std::time::Duration::from_secs(301));
    assert_eq!(service.post(VERIFY, &late).refusal(), (400, "BadRequest"));

    // Answered again for a moment, and not for ever.
    let body = service.assertion(&mut device, None);
    let first = service.post(VERIFY, &body).success();
    for _ in 0..3 {
        assert_eq!(service.post(VERIFY, &body).success(), first);
    }
    service.emulator.advance(std::time::Duration::from_secs(11));
    assert_eq!(service.post(VERIFY, &body).refusal(), (400, "BadRequest"));

    let mut body = service.assertion(&mut device, None);
    body["session"] = "made-up".into();
    assert_eq!(service.post(VERIFY, &body).refusal(), (400, "BadRequest"));
    let sign_up = service.post("passkey/registration/options", &json!({ "email": "b@c.d" })).success();
    body["session"] = sign_up["session"].clone();
    assert_eq!(service.post(VERIFY, &body).refusal(), (400, "BadRequest"));
}

#[test]
fn a_refusal_uses_the_challenge_up() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    let good = service.assertion(&mut device, None);
    let mut bad = good.clone();
    bad["credential"]["response"]["signature"] = "AAAA".into();
    assert_eq!(service.post(VERIFY, &bad).refusal(), (401, "Unauthorized"));
    assert_eq!(service.post(VERIFY, &good).refusal(), (400, "BadRequest"));
    assert_eq!(service.post(VERIFY, &bad).refusal(), (401, "Unauthorized"), "the same answer each time");
}

#[test]
fn an_email_address_has_one_sign_up() {
    let service = Service::start();
    let mut device = Device::new();
    let begun = service.post("passkey/registration/options", &json!({ "email": EMAIL })).success();
    service.sign_up(&mut device, EMAIL);
    let options = service.post("passkey/registration/options", &json!({ "email": EMAIL }));
    assert_eq!(options.refusal(), (409, "Duplicate"));
    // One that had begun before.
    let body = json!({ "session": begun["session"], "credential": Device::new().create(ORIGIN, &begun) });
    assert_eq!(service.post("passkey/registration/verification", &body).refusal(), (409, "Duplicate"));
    for email in ["", "ada", "@b", "a@", "a b@c", "a\n@c"] {
        let answer = service.post("passkey/registration/options", &json!({ "email": email }));
        assert_eq!(answer.refusal(), (400, "BadRequest"), "{email}");
    }
    let answer = service.post("passkey/authentication/options", &json!({ "email": "no@body.test" }));
    assert_eq!(answer.refusal(), (404, "NotFound"));
}

#[test]
fn disabled_users_and_passkeys_are_refused() {
    let service = Service::start();
    let mut device = Device::new();
    let sub = service.sign_up(&mut device, EMAIL)["sub"].clone();
    service.control("POST", "users/disable", &json!({ "sub": sub })).success();
    assert_eq!(service.log_in(&mut device, None).refusal(), (403, "Disabled"));
    service.control("POST", "users/disable", &json!({ "sub": sub, "disabled": false })).success();
    service.log_in(&mut device, None).success();

    let passkey = service.control("GET", "passkeys", &Value::Null).success()["passkeys"][0].take();
    assert_eq!(passkey["sub"], sub);
    assert_eq!(service.browser.passkeys()[0].id, passkey["id"].as_str().unwrap());
    service.control("POST", "passkeys/disable", &json!({ "id": passkey["id"] })).success();
    assert_eq!(service.log_in(&mut device, None).refusal(), (403, "Disabled"));
    service.control("POST", "passkeys/disable", &json!({ "id": passkey["id"], "disabled": false })).success();
    let deleted = service.control("POST", "passkeys/delete", &json!({ "sub": sub })).success();
    assert_eq!(deleted, json!({ "deleted": 1 }));
    assert_eq!(service.log_in(&mut device, None).refusal(), (401, "Unauthorized"));
    // A user who has lost all passkeys can create a new one.
    assert_eq!(service.sign_up(&mut Device::new(), EMAIL)["sub"], sub);
}
