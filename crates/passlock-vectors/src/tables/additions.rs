use serde_json::{Value, json};

use super::build::*;

/// A header's value, which may be a secret.
const SECRET: &str = "header-canary-0123456789";

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = app_info();
    drafts.extend(headers());
    drafts.extend(retries_of_one_call());
    drafts.extend(connections_opened_ahead());
    drafts
}

fn refused(name: String, setting: &str, value: impl Into<Value>) -> Draft {
    construct(name).set(setting, value).refused(&[setting])
}

fn app_info() -> Vec<Draft> {
    let name = |name: &str| format!("additions/app-info/{name}");
    let sends = |what: &str, app_info: &str| {
        let request = json!({
            "method": "GET",
            "path": "/tenancy-1/user/user-1",
            "headers": { "user-agent": format!("${{user_agent}} {app_info}") },
        });
        get_user(name(what)).set("app_info", app_info).answer_user().saw(request).gives_user(&[])
    };
    let mut drafts = vec![
        sends("a-name", "my-app"),
        sends("name-version-and-comment", "my-app/1.2 (https://app.example)"),
        sends("128-bytes", &"a".repeat(128)),
    ];
    for (what, value) in [
        ("empty", String::new()),
        ("a-space-before-it", " my-app".to_owned()),
        ("a-space-after-it", "my-app ".to_owned()),
        ("a-header-in-it", "my-app\r\nX-Injected: 1".to_owned()),
        ("a-tab", "my\tapp".to_owned()),
        ("not-ascii", "my-äpp".to_owned()),
        ("129-bytes", "a".repeat(129)),
    ] {
        drafts.push(refused(name(what), "app_info", value));
    }
    drafts
}

fn headers() -> Vec<Draft> {
    let name = |name: &str| format!("additions/headers/{name}");
    let request = json!({
        "method": "GET",
        "path": "/tenancy-1/user/user-1",
        "headers": {
            "x-gateway-key": SECRET,
            "x-empty": "",
            "accept": "application/json",
            "user-agent": "${user_agent}",
        },
    });
    let echo = json!({ "_tag": "Forbidden", "message": format!("{SECRET} is no good") });
    let blanked = json!("[redacted] is no good");
    let credential = json!({ "x-gateway-auth": format!("Bearer {SECRET}"), "x-gateway-params": format!("id=1;key={SECRET}") });
    let given = json!({ "X-Gateway-Key": SECRET, "x-empty": "" });
    let mut drafts = vec![
        get_user(name("sent")).set("headers", given).answer_user().saw(request).gives_user(&[]),
        get_user(name("a-value-that-the-server-repeats-is-not-shown"))
            .set("headers", json!({ "x-gateway-key": SECRET }))
            .answer(403, echo.to_string())
            .sent(1)
            .fails("forbidden", 1, &failure(403, json!("Forbidden"), blanked.clone())),
        get_user(name("a-part-of-a-value-that-the-server-repeats-is-not-shown"))
            .set("headers", credential)
            .answer(403, echo.to_string())
            .sent(1)
            .fails("forbidden", 1, &failure(403, json!("Forbidden"), blanked)),
    ];
    for reserved in
        ["Authorization", "accept-encoding", "Content-Type", "HOST", "user-agent", "transfer-encoding"]
    {
        let what = format!("reserved/{}", reserved.to_lowercase());
        drafts.push(refused(name(&what), "headers", json!({ reserved: "canary" })));
    }
    for (what, header, value) in [
        ("no-name", "", "canary".to_owned()),
        ("a-space-in-a-name", "x canary", "v".to_owned()),
        ("another-header-in-a-value", "x-app", "canary\r\nX-Injected: 1".to_owned()),
        ("a-space-before-a-value", "x-app", " canary".to_owned()),
        ("a-value-that-is-not-ascii", "x-app", "canary-é".to_owned()),
        ("more-than-8-kib", "x-app", "canary".repeat(1400)),
    ] {
        drafts.push(refused(name(what), "headers", json!({ header: value })));
    }
    drafts
}

fn retries_of_one_call() -> Vec<Draft> {
    let name = |name: &str| format!("additions/max-retries-of-one-call/{name}");
    let broken = || json!({ "kind": "status", "status": 500, "body": "" });
    vec![
        get_user(name("none"))
            .given("options", json!({ "max_retries": 0 }))
            .fault_times(9, broken())
            .sent(1)
            .fails(
                "server",
                1,
                &[("status", json!(500)), ("request_id", json!("${any}")), ("retryable", json!(true))],
            ),
        get_user(name("more-than-the-clients"))
            .set("max_retries", 0)
            .given("options", json!({ "max_retries": 1 }))
            .fault_times(1, broken())
            .answer_user()
            .sent(2)
            .gives_user(&[]),
        get_user(name("more-than-10"))
            .given("options", json!({ "max_retries": 11 }))
            .refused(&["max_retries"]),
    ]
}

/// Whatever is answered, the connection is open; and no key is sent for it.
fn connections_opened_ahead() -> Vec<Draft> {
    let name = |name: &str| format!("additions/warm-up/{name}");
    let request = json!({
        "method": "GET",
        "path": "/tenancy-1/connection/pre-connect",
        "headers": { "authorization": null, "user-agent": "${user_agent}" },
    });
    vec![
        warm_up(name("opens-a-connection")).saw(request.clone()).with("result", json!({})),
        warm_up(name("any-answer-will-do")).answer(503, "<html>").saw(request).with("result", json!({})),
        warm_up(name("nobody-listens")).set("endpoint", "http://127.0.0.1:1").set("max_retries", 1).fails(
            "connection",
            2,
            &[("retryable", json!(true))],
        ),
    ]
}
