//! Every row of the browser's protocol, its aliases, CORS, faults, repetition, mail, and who may not use it.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use common::*;
use passlock_emulator::{Fault, FaultRule};
use passlock_emulator_web::{Browser, BrowserConfig};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn pages_that_wait_for_the_service_are_answered() {
    let service = Service::start();
    let origin = format!("Origin: {ORIGIN}\r\n");
    let get = |path: &str| service.send("GET", path, &origin, "");
    assert_eq!(get("/tenancy-1/connection/pre-connect").success(), json!({ "warmed": true }));
    let warm = get("/tenancy-1/token/token?warm=true");
    assert_eq!((warm.status, warm.header("access-control-allow-origin")), (404, Some(ORIGIN)));
    // An endpoint with a trailing slash.
    assert_eq!(get("//tenancy-1/connection/pre-connect").status, 200);
    assert_eq!(get("/tenancy-2/connection/pre-connect").refusal(), (401, "Unauthorized"));
    // Without the words that warm up it is the exchange of a token, which is no page's business.
    let exchange = get("/tenancy-1/token/token");
    assert_eq!(
        (exchange.refusal(), exchange.header("access-control-allow-origin")),
        ((401, "Unauthorized"), None)
    );
}

#[test]
fn older_clients_have_their_names_for_the_routes() {
    let service = Service::start();
    let mut device = Device::new();
    let begun = service.post("passkey/register/options", &json!({ "email": EMAIL })).success();
    let credential = device.create(ORIGIN, &begun);
    let body = json!({ "session": begun["session"], "credential": credential });
    service.post("passkey/register/verify", &body).success();
    let begun = service.post("passkey/auth/options", &json!({})).success();
    let body = json!({ "session": begun["session"], "credential": device.get(ORIGIN, &begun) });
    assert_eq!(service.post("passkey/auth/verify", &body).success()["principal"]["email"], EMAIL);
}

#[test]
fn the_status_of_an_email_address_is_always_one() {
    let service = Service::start();
    let status = |email: &str| service.post("user/status", &json!({ "email": email })).success();
    assert_eq!(status(EMAIL), json!({ "existingUser": false }));
    assert_eq!(status("no address"), json!({ "existingUser": false }));
    service.sign_up(&mut Device::new(), EMAIL);
    assert_eq!(status(EMAIL), json!({ "existingUser": true }));
}

#[test]
fn allowed_pages_may_ask_and_read_and_foreign_ones_may_not() {
    let service = Service::start();
    let ask = |origin: &str, path: &str| {
        let lines = format!(
            "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: content-type,x-client-id,x-passlock-client-version\r\n"
        );
        service.send("OPTIONS", path, &lines, "")
    };
    let answer = ask(ORIGIN, "/tenancy-1/user/status");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("vary"), Some("origin"));
    let methods = answer.header("access-control-allow-methods").unwrap();
    assert!(methods.contains("GET") && methods.contains("POST"));
    for name in ["content-type", "x-client-id", "x-passlock-client-version"] {
        assert!(answer.header("access-control-allow-headers").unwrap().contains(name), "{name}");
    }
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    for origin in
        [FOREIGN, "null", "https://localhost:3000", "http://localhost:3000.evil.test", "https://evil.test"]
    {
        let preflight = ask(origin, "/tenancy-1/user/status");
        assert_eq!(
            (preflight.status, preflight.header("access-control-allow-origin")),
            (403, None),
            "{origin}"
        );
        let post = service.post_from(origin, "user/status", &json!({ "email": EMAIL }));
        assert_eq!((post.refusal(), post.header("access-control-allow-origin")), ((403, "Forbidden"), None));
    }
    // What a form of a web page can send without asking is not understood.
    let lines = "Content-Type: text/plain\r\n";
    let plain = service.send("POST", "/tenancy-1/user/status", lines, r#"{"email":"a@b.c"}"#);
    assert_eq!(plain.refusal(), (400, "BadRequest"));
}

#[test]
fn the_control_api_and_the_api_stay_closed_to_pages() {
    let service = Service::start();
    for origin in [ORIGIN, FOREIGN] {
        for path in ["mailbox", "passkeys", "health", "journal"] {
            let lines = format!("Origin: {origin}\r\n");
            let answer = service.send("GET", &format!("/_emulator/{path}"), &lines, "");
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{path}");
        }
        let lines = format!("Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n");
        for path in [
            "/_emulator/mailbox/next-code",
            "/_emulator/issuers",
            "/_emulator/id-tokens",
            "/_emulator/users",
            "/tenancy-1/user/u1",
            "/tenancy-1/token/t",
        ] {
            let answer = service.send("OPTIONS", path, &lines, "");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        }
    }
    for path in ["issuers", "id-tokens"] {
        let lines = format!("Origin: {ORIGIN}\r\n{JSON}");
        let answer = service.send("POST", &format!("/_emulator/{path}"), &lines, "{}");
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{path}");
    }
    let lines = "Sec-Fetch-Site: same-site\r\n";
    assert_eq!(service.send("GET", "/_emulator/mailbox", lines, "").status, 403);
}

#[test]
fn the_module_is_for_allowed_pages_and_holds_no_secret() {
    let service = Service::start();
    let get =
        |origin: &str| service.send("GET", "/_emulator/passlock.js", &format!("Origin: {origin}\r\n"), "");
    let module = get(ORIGIN);
    assert_eq!(module.status, 200);
    assert_eq!(module.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(module.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!((get(FOREIGN).status, get(FOREIGN).header("access-control-allow-origin")), (403, None));
}

#[test]
fn a_code_proves_an_email_address_once() {
    let service = Service::start();
    service.control("POST", "mailbox/next-code", &json!({ "code": "123456" })).success();
    let wish = json!({ "method": "code" });
    let begun = service
        .post("passkey/registration/options", &json!({ "email": EMAIL, "verifyEmail": wish }))
        .success();
    assert!(service.browser.mailbox().is_empty(), "not before there is a passkey");
    let mut device = Device::new();
    let body = json!({ "session": begun["session"], "credential": device.create(ORIGIN, &begun), "verifyEmail": wish });
    let principal = service.post("passkey/registration/verification", &body).success()["principal"].take();
    assert_eq!(service.post("passkey/registration/verification", &body).success()["principal"], principal);
    let mails = service.control("GET", "mailbox", &Value::Null).success()["mails"].take();
    assert_eq!(mails.as_array().unwrap().len(), 1, "a repeated request sends no second email");
    assert_eq!((&mails[0]["to"], &mails[0]["code"]), (&json!(EMAIL), &json!("123456")));
    assert_eq!(mails[0].get("link"), None);

    let verify = |code: &str, token: &Value| {
        service.post("user/verify-email", &json!({ "code": code, "token": token }))
    };
    let token = &principal["token"];
    assert_eq!(verify("123456", &json!("made-up")).refusal(), (401, "Unauthorized"));
    assert_eq!(verify("000000", token).refusal(), (400, "BadRequest"));
    let verified = verify("123456", token).success()["principal"].take();
    assert_eq!(verified["emailVerified"], true);
    assert_ne!(verified["token"], *token);
    assert_eq!(service.exchange(verified["token"].as_str().unwrap()).success(), verified);
    assert_eq!(verify("123456", token).success()["principal"], verified, "the same answer again");
    service.emulator.advance(std::time::Duration::from_secs(11));
    assert_eq!(verify("123456", token).refusal(), (400, "BadRequest"));
}

#[test]
fn a_code_can_be_sent_again_expires_and_is_not_guessed() {
    let service = Service::start();
    let principal = service.sign_up(&mut Device::new(), EMAIL);
    let resend = |user: &Value| {
        let wish = json!({ "method": "link", "redirectUrl": "http://localhost:3000/verify?a=b" });
        service.post("user/verify-email/resend", &json!({ "userId": user, "verifyEmail": wish }))
    };
    assert_eq!(resend(&json!("nobody")).refusal(), (404, "NotFound"));
    for _ in 0..4 {
        assert_eq!(resend(&principal["sub"]).success(), json!({}));
    }
    let mails = service.browser.mailbox();
    assert_eq!(mails.len(), 1, "the client repeats itself");
    let link = format!("http://localhost:3000/verify?a=b&code={}", mails[0].code);
    assert_eq!(mails[0].link.as_deref(), Some(link.as_str()));

    let verify = |code: &str| {
        service.post("user/verify-email", &json!({ "code": code, "token": principal["token"] })).refusal().0
    };
    assert!((0..5).all(|_| verify("x") == 400));
    assert_eq!(verify(&mails[0].code), 400, "five wrong ones use it up");
    service.emulator.advance(std::time::Duration::from_secs(3));
    resend(&principal["sub"]).success();
    let code = service.browser.mailbox()[1].code.clone();
    service.emulator.advance(std::time::Duration::from_secs(300));
    assert_eq!(verify(&code), 200, "another code is good, and the token still lives");

    let elsewhere = json!({ "method": "link", "redirectUrl": "https://evil.test/" });
    let input = json!({ "userId": principal["sub"], "verifyEmail": elsewhere });
    assert_eq!(service.post("user/verify-email/resend", &input).refusal(), (400, "BadRequest"));
}

#[test]
fn faults_and_the_journal_hold_here_too() {
    let service = Service::start();
    let mut device = Device::new();
    service.sign_up(&mut device, EMAIL);
    let verification = "/passkey/authentication/verification";
    let body = service.assertion(&mut device, None);
    // The answer is lost before anything was done, and then after all was done: a repetition finds the same login.
    service.emulator.fault(FaultRule::new(Fault::status(503)).path(verification));
    assert_eq!(service.post(&verification[1..], &body).status, 503);
    service.emulator.fault(FaultRule::new(Fault::ResetAfterHead).path(verification).apply(true));
    service.try_send("POST", &format!("/{TENANCY}{verification}"), JSON, &body.to_string());
    let logged_in = service.post(&verification[1..], &body).success();
    let entries = service.emulator.journal();
    let of_login: Vec<_> = entries.iter().filter(|entry| entry.path.ends_with(verification)).collect();
    assert_eq!(of_login.len(), 3);
    assert_eq!(of_login[0].fault.as_deref(), Some("status"));
    assert_eq!(of_login[2].operation, None);
    let token = logged_in["principal"]["token"].as_str().unwrap();
    assert_eq!(service.exchange(token).status, 200);
    // A warming request is no exchange, and is subject to no fault for one.
    let rule = FaultRule::new(Fault::status(500)).operation(passlock_emulator::Operation::ExchangeToken);
    service.emulator.fault(rule);
    assert_eq!(service.send("GET", "/tenancy-1/token/token?warm=true", "", "").status, 404);
    assert_eq!(service.exchange(token).status, 500);
}

#[test]
fn a_fault_that_shows_the_answer_carries_nothing_out() {
    let service = Service::start();
    let mut device = Device::new();
    let begun = service.post("passkey/registration/options", &json!({ "email": EMAIL })).success();
    let body = json!({ "session": begun["session"], "credential": device.create(ORIGIN, &begun) });
    service.emulator.fault(FaultRule::new(Fault::ResetAfterHead));
    service.try_send("POST", "/tenancy-1/passkey/registration/verification", JSON, &body.to_string());
    assert!(service.browser.passkeys().is_empty());
    assert_eq!(service.post("user/status", &json!({ "email": EMAIL })).success()["existingUser"], false);
    service.post("passkey/registration/verification", &body).success();
    assert_eq!(service.browser.passkeys().len(), 1);
}

#[test]
fn a_reset_forgets_passkeys_emails_and_codes() {
    let service = Service::start();
    let mut device = Device::new();
    let principal = service.sign_up(&mut device, EMAIL);
    let wish = json!({ "userId": principal["sub"], "verifyEmail": { "method": "code" } });
    service.post("user/verify-email/resend", &wish).success();
    service.control("POST", "mailbox/next-code", &json!({ "code": "123456" })).success();
    service.control("POST", "reset", &json!({})).success();
    assert!(service.browser.passkeys().is_empty() && service.browser.mailbox().is_empty());
    assert_eq!(service.log_in(&mut device, None).refusal(), (401, "Unauthorized"));
    let principal = service.sign_up(&mut Device::new(), EMAIL);
    let wish = json!({ "userId": principal["sub"], "verifyEmail": { "method": "code" } });
    service.post("user/verify-email/resend", &wish).success();
    assert_ne!(service.browser.mailbox()[0].code, "123456");
}

#[test]
fn tokens_of_a_login_are_for_single_use_where_asked_for() {
    let service = Service::with(BrowserConfig::new().origin(ORIGIN).single_use_tokens(true));
    let principal = service.sign_up(&mut Device::new(), EMAIL);
    let token = principal["token"].as_str().unwrap();
    assert_eq!(service.exchange(token).status, 200);
    assert_eq!(service.exchange(token).refusal(), (404, "NotFound"));
    // The code of the email comes later, and the token still says who it is.
    let wish = json!({ "userId": principal["sub"], "verifyEmail": { "method": "code" } });
    service.post("user/verify-email/resend", &wish).success();
    let code = &service.browser.mailbox()[0].code;
    let verified = service.post("user/verify-email", &json!({ "code": code, "token": token })).success();
    assert_eq!(service.exchange(verified["principal"]["token"].as_str().unwrap()).status, 200);
}

#[test]
fn wrong_settings_are_refused() {
    for config in [
        BrowserConfig::new().origin("http://127.0.0.1:3000"),
        BrowserConfig::new().origin("http://example.test"),
        BrowserConfig::new().rp_id("example.test"),
    ] {
        let text = format!("{config:?}");
        assert!(Browser::new(config).is_err(), "{text}");
    }
}

#[test]
fn mistakes_in_the_control_api_are_named() {
    let service = Service::start();
    for (path, body, says) in [
        ("passkeys/delete", json!({}), "id or sub"),
        ("passkeys/delete", json!({ "user": "x" }), "user"),
        ("passkeys/disable", json!({ "id": "x" }), "Unknown passkey"),
        ("mailbox/next-code", json!({ "code": "" }), "code"),
        ("mailboxes", json!({}), "/mailboxes"),
    ] {
        let answer = service.control("POST", path, &body);
        assert!(answer.status >= 400, "{path}");
        assert!(answer.body["message"].as_str().unwrap().contains(says), "{answer:?}");
    }
}
