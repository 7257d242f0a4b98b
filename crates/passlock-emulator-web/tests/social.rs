//! Login with an id token of Apple or Google, and every refusal with its tag.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::time::Duration;

use common::*;
use serde_json::{Value, json};

const REGISTER: &str = "social/oidc/registration";
const LOG_IN: &str = "social/oidc/authentication";

/// An emulator that plays Google.
fn with_google() -> Service {
    let service = Service::start();
    set_issuer(&service, &Value::Null);
    service
}

/// Returns the keys of the issuer.
fn set_issuer(service: &Service, jwks: &Value) -> Value {
    let mut new =
        json!({ "provider": "google", "issuer": "https://accounts.google.test", "audience": "my-app" });
    if !jwks.is_null() {
        new["jwks"] = jwks.clone();
    }
    service.control("POST", "issuers", &new).success()["jwks"].take()
}

fn id_token(service: &Service, claims: &Value) -> String {
    let mut all = json!({ "email": EMAIL, "nonce": "n-1" });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let signed =
        service.control("POST", "id-tokens", &json!({ "provider": "google", "claims": all })).success();
    signed["idToken"].as_str().unwrap().to_owned()
}

fn post(service: &Service, path: &str, id_token: &str) -> Answer {
    service.post(path, &json!({ "provider": "google", "idToken": id_token, "nonce": "n-1" }))
}

/// Tag and message of the refusal of an otherwise good id token.
#[track_caller]
fn refused(claims: &Value) -> (u16, String, String) {
    let service = with_google();
    let answer = post(&service, REGISTER, &id_token(&service, claims));
    let (status, tag) = answer.refusal();
    (status, tag.to_owned(), answer.body["message"].as_str().unwrap().to_owned())
}

#[track_caller]
fn assert_unauthorized(claims: &Value, says: &str) {
    let (status, tag, message) = refused(claims);
    assert_eq!((status, tag.as_str()), (401, "Unauthorized"), "{claims}");
    assert!(message.contains(says), "{message}");
}

#[test]
fn an_id_token_signs_up_and_logs_in() {
    let service = with_google();
    let token = id_token(&service, &json!({ "given_name": "Ada", "family_name": "King" }));
    assert_eq!(post(&service, LOG_IN, &token).refusal(), (404, "NotFound"));
    let signed_up = post(&service, REGISTER, &token).success()["principal"].take();
    assert_eq!((&signed_up["authType"], &signed_up["email"]), (&json!("google"), &json!(EMAIL)));
    assert_eq!((&signed_up["givenName"], &signed_up["familyName"]), (&json!("Ada"), &json!("King")));
    assert_eq!((&signed_up["emailVerified"], &signed_up["userVerified"]), (&json!(true), &json!(false)));
    assert_eq!(service.exchange(signed_up["token"].as_str().unwrap()).success(), signed_up);
    // The client repeats what it may not have sent.
    assert_eq!(post(&service, REGISTER, &token).success()["principal"], signed_up);
    service.emulator.advance(Duration::from_secs(11));
    assert_eq!(post(&service, REGISTER, &token).refusal(), (409, "Duplicate"));
    let logged_in = post(&service, LOG_IN, &token).success()["principal"].take();
    assert_eq!((&logged_in["sub"], &logged_in["authId"]), (&signed_up["sub"], &signed_up["authId"]));
    assert_ne!(logged_in["token"], signed_up["token"]);
    // Somebody else who says to have this email address, in either way.
    let other = id_token(&service, &json!({ "sub": "another" }));
    assert_eq!(post(&service, REGISTER, &other).refusal(), (409, "Duplicate"));
    let options = service.post("passkey/registration/options", &json!({ "email": EMAIL }));
    assert_eq!(options.refusal(), (409, "Duplicate"));
    // The same name at another provider is another person's.
    let apple = json!({ "provider": "apple", "issuer": "https://apple.test", "audience": "my-app" });
    service.control("POST", "issuers", &apple).success();
    let claims = json!({ "email": EMAIL, "nonce": "n-1" });
    let signed =
        service.control("POST", "id-tokens", &json!({ "provider": "apple", "claims": claims })).success();
    let body = json!({ "provider": "apple", "idToken": signed["idToken"], "nonce": "n-1" });
    assert_eq!(service.post(LOG_IN, &body).refusal(), (404, "NotFound"));
}

#[test]
fn a_user_with_a_passkey_is_no_social_one() {
    let service = with_google();
    service.sign_up(&mut Device::new(), EMAIL);
    let token = id_token(&service, &json!({}));
    assert_eq!(post(&service, REGISTER, &token).refusal(), (409, "Duplicate"));
    assert_eq!(post(&service, LOG_IN, &token).refusal(), (404, "NotFound"));
}

#[test]
fn a_disabled_social_user_is_refused() {
    let service = with_google();
    let token = id_token(&service, &json!({}));
    let sub = post(&service, REGISTER, &token).success()["principal"]["sub"].take();
    service.control("POST", "users/disable", &json!({ "sub": sub })).success();
    assert_eq!(post(&service, LOG_IN, &token).refusal(), (403, "Disabled"));
}

#[test]
fn an_id_token_with_a_wrong_signature_is_unauthorized() {
    let service = with_google();
    let (good, other) = (id_token(&service, &json!({})), id_token(&service, &json!({ "sub": "another" })));
    let (payload, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    let answer = post(&service, REGISTER, &format!("{payload}.{signature}"));
    assert_eq!(answer.refusal(), (401, "Unauthorized"));
    assert!(answer.body["message"].as_str().unwrap().contains("signature"), "{answer:?}");
    assert_eq!(post(&service, REGISTER, &format!("{payload}.")).refusal(), (401, "Unauthorized"));
    // The right one for a key that the issuer has no longer.
    set_issuer(&service, &Value::Null);
    assert_eq!(post(&service, REGISTER, &good).refusal(), (401, "Unauthorized"));
    // None at all, and one by a shared secret: no key of the issuer is for that.
    let claims = good.split('.').nth(1).unwrap();
    for algorithm in ["none", "HS256", "RS256"] {
        let header = base64_url(json!({ "alg": algorithm, "typ": "JWT" }).to_string());
        let answer = post(&service, REGISTER, &format!("{header}.{claims}.{signature}"));
        let expected = if algorithm == "none" { (400, "BadRequest") } else { (401, "Unauthorized") };
        assert_eq!(answer.refusal(), expected, "{algorithm}");
    }
}

#[test]
fn an_id_token_of_another_issuer_is_unauthorized() {
    assert_unauthorized(&json!({ "iss": "https://evil.test" }), "issuer");
    assert_unauthorized(&json!({ "iss": null }), "iss");
}

#[test]
fn an_id_token_for_another_audience_is_unauthorized() {
    assert_unauthorized(&json!({ "aud": "another-app" }), "audience");
    assert_unauthorized(&json!({ "aud": ["another-app"] }), "audience");
    assert_unauthorized(&json!({ "aud": null }), "aud");
}

#[test]
fn an_expired_id_token_is_unauthorized() {
    assert_unauthorized(&json!({ "exp": 1_700_000_000 }), "expired");
    assert_unauthorized(&json!({ "exp": null }), "exp");
    assert_unauthorized(&json!({ "nbf": 4_000_000_000_u64 }), "not valid yet");
    let service = with_google();
    let token = id_token(&service, &json!({}));
    service.emulator.advance(Duration::from_secs(3_500));
    post(&service, REGISTER, &token).success();
    let now = service.emulator.advance(Duration::from_secs(300));
    assert_eq!(post(&service, LOG_IN, &token).refusal(), (401, "Unauthorized"));
    // A new one is as old as the clock says.
    post(&service, LOG_IN, &id_token(&service, &json!({}))).success();
    // Its `nbf` is on the same clock.
    post(&service, LOG_IN, &id_token(&service, &json!({ "nbf": now }))).success();
    let valid_later = id_token(&service, &json!({ "nbf": now + 600 }));
    assert_eq!(post(&service, LOG_IN, &valid_later).refusal(), (401, "Unauthorized"));
}

#[test]
fn an_id_token_of_another_login_is_unauthorized() {
    assert_unauthorized(&json!({ "nonce": "n-2" }), "nonce");
    assert_unauthorized(&json!({ "nonce": null }), "nonce");
}

#[test]
fn what_is_no_id_token_is_a_bad_request() {
    let service = with_google();
    for text in ["", "x", "a.b", "a.b.c", "a.b.c.d"] {
        assert_eq!(post(&service, REGISTER, text).refusal(), (400, "BadRequest"), "{text}");
    }
    for claims in [
        json!({ "sub": null }),
        json!({ "email": null }),
        json!({ "email": "nobody" }),
        json!({ "email_verified": 1 }),
    ] {
        let token = id_token(&service, &claims);
        assert_eq!(post(&service, REGISTER, &token).refusal(), (400, "BadRequest"), "{claims}");
    }
    // Apple's way to write it.
    let token = id_token(&service, &json!({ "email_verified": "true", "aud": ["other", "my-app"] }));
    assert_eq!(post(&service, REGISTER, &token).success()["principal"]["emailVerified"], true);
}

#[test]
fn an_issuer_may_have_keys_of_its_own() {
    let (google, service) = (with_google(), Service::start());
    let jwks = set_issuer(&google, &Value::Null);
    assert_eq!(jwks["keys"][0].get("d"), None, "no private key");
    set_issuer(&service, &jwks);
    post(&service, REGISTER, &id_token(&google, &json!({}))).success();
    let signed = json!({ "provider": "google", "claims": { "email": EMAIL } });
    assert_eq!(service.control("POST", "id-tokens", &signed).status, 400);
}

/// The example of RFC 7515, appendix A.2: what Apple and Google sign with.
#[test]
fn rs256_is_verified() {
    let jwk = json!({
        "kty": "RSA", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT\
              -SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS\
              -UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2e\
              thFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    });
    let service = Service::start();
    set_issuer(&service, &json!({ "keys": [jwk] }));
    let signed = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
        F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO\
        --xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioyp\
        GlUPQGe77Rw";
    let message = |text: &str| post(&service, LOG_IN, text).body["message"].as_str().unwrap().to_owned();
    // It has no subject, and more: but all of that comes after its signature.
    assert!(!message(&format!("{signed}{signature}")).contains("signature"));
    assert!(message(&format!("{signed}d{}", &signature[1..])).contains("signature"));
}

#[test]
fn without_an_issuer_social_login_is_refused_clearly() {
    let service = with_google();
    let token = id_token(&service, &json!({}));
    service.control("POST", "reset", &json!({})).success();
    for path in [REGISTER, LOG_IN] {
        let answer = post(&service, path, &token);
        assert_eq!(answer.refusal(), (400, "BadRequest"));
        assert!(answer.body["message"].as_str().unwrap().contains("/_emulator/issuers"));
    }
    // The same request, once there is an issuer, has no old answer.
    set_issuer(&service, &Value::Null);
    assert_eq!(post(&service, LOG_IN, &token).refusal(), (401, "Unauthorized"));
}

#[test]
fn mistakes_about_issuers_are_named() {
    let service = Service::start();
    let issuer = |field: &str, value: Value| {
        let mut new = json!({ "provider": "google", "issuer": "i", "audience": "a" });
        new[field] = value;
        new
    };
    for (path, body, says) in [
        ("issuers", issuer("provider", json!("facebook")), "apple"),
        ("issuers", issuer("issuer", json!("")), "issuer"),
        ("issuers", issuer("audience", json!("")), "audience"),
        ("issuers", issuer("key", json!("")), "key"),
        ("issuers", issuer("jwks", json!({ "keys": [] })), "jwks"),
        ("issuers", issuer("jwks", json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] })), "jwks"),
        ("id-tokens", json!({ "provider": "google", "claims": { "email": EMAIL } }), "No issuer"),
    ] {
        let answer = service.control("POST", path, &body);
        assert_eq!(answer.refusal(), (400, "BadRequest"), "{body}");
        assert!(answer.body["message"].as_str().unwrap().contains(says), "{answer:?}");
    }
    set_issuer(&service, &Value::Null);
    let nobody = json!({ "provider": "google", "claims": {} });
    assert!(
        service.control("POST", "id-tokens", &nobody).body["message"].as_str().unwrap().contains("email")
    );
}
