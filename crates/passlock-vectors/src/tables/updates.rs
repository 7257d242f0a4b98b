use serde_json::{Value, json};

use super::build::*;

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = sent_bodies();
    drafts.extend(refusals());
    drafts.extend(whole_users());
    drafts.extend(accepted());
    drafts.extend(not_read_back());
    drafts
}

/// What is sent, field by field.
fn sent_bodies() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, update, body) in [
        ("given-name", json!({ "given_name": "Ada" }), json!({ "givenName": "Ada" })),
        ("family-name", json!({ "family_name": "Lovelace" }), json!({ "familyName": "Lovelace" })),
        ("email-verified", json!({ "email_verified": true }), json!({ "emailVerified": true })),
        ("email-not-verified", json!({ "email_verified": false }), json!({ "emailVerified": false })),
        (
            "all-fields",
            json!({ "given_name": "Ada", "family_name": "Lovelace", "email_verified": true }),
            json!({ "givenName": "Ada", "familyName": "Lovelace", "emailVerified": true }),
        ),
        ("an-empty-string", json!({ "given_name": "" }), json!({ "givenName": "" })),
        (
            "null-is-unchanged",
            json!({ "given_name": null, "family_name": "Lovelace", "email_verified": null }),
            json!({ "familyName": "Lovelace" }),
        ),
        (
            "unicode",
            json!({ "given_name": "e\u{301} é 漢字 😀 \u{202e}", "family_name": "\u{feff}" }),
            json!({ "givenName": "e\u{301} é 漢字 😀 \u{202e}", "familyName": "\u{feff}" }),
        ),
        (
            "what-json-escapes",
            json!({ "given_name": "\"\\/\u{0}\u{8}\t\r\n\u{7f}\u{2028}", "family_name": "</script>" }),
            json!({ "givenName": "\"\\/\u{0}\u{8}\t\r\n\u{7f}\u{2028}", "familyName": "</script>" }),
        ),
        (
            "more-than-4-kib",
            json!({ "given_name": { "$concat": [["é", 5000]] } }),
            json!({ "givenName": { "$concat": [["é", 5000]] } }),
        ),
        (
            "an-update-looks-like-one",
            json!({ "given_name": "{\"emailVerified\":true}" }),
            json!({ "givenName": "{\"emailVerified\":true}" }),
        ),
    ] {
        drafts.push(
            update_user(format!("updates/sent/{name}"))
                .given("update", update)
                .answer_user()
                .saw(patch_request(body))
                .gives_user(&[]),
        );
    }
    drafts.push(
        update_user("updates/sent/headers")
            .answer_user()
            .saw(json!({
                "method": "PATCH",
                "path": "/tenancy-1/user/user-1",
                "headers": {
                    "content-type": "application/json", "transfer-encoding": null,
                    "expect": null, "accept-language": null, "cookie": null, "host": "127.0.0.1:${port}",
                },
                "body": { "givenName": "Ada" },
            }))
            .gives_user(&[]),
    );
    drafts.push(
        get_user("updates/sent/a-read-sends-no-body")
            .answer_user()
            .saw(json!({
                "method": "GET",
                "path": "/tenancy-1/user/user-1",
                "headers": {
                    "content-length": null, "transfer-encoding": null, "cookie": null, "referer": null,
                    "host": "127.0.0.1:${port}",
                },
            }))
            .gives_user(&[]),
    );
    drafts
}

fn patch_request(body: Value) -> Value {
    json!({
        "method": "PATCH",
        "path": "/tenancy-1/user/user-1",
        "headers": { "content-type": "application/json" },
        "body": body,
    })
}

fn refusals() -> Vec<Draft> {
    let refused = |name: &str, update: Value, says: &[&str]| {
        update_user(format!("updates/refused/{name}"))
            .given("update", update)
            .fails("invalid_input", 0, &[])
            .says(says)
    };
    let mut drafts = vec![
        refused("no-field", json!({}), &["empty"]),
        refused("only-nulls", json!({ "given_name": null, "email_verified": null }), &["empty"]),
    ];
    for (name, update, says) in [
        ("email", json!({ "email": "ada@example.com" }), "email"),
        ("email-beside-another", json!({ "given_name": "Ada", "email": "ada@example.com" }), "email"),
        ("a-misspelling", json!({ "given_nam": "Ada" }), "given_nam"),
        ("an-unknown-field-that-is-null", json!({ "given_name": "Ada", "nickname": null }), "nickname"),
        ("a-number", json!({ "given_name": 7 }), "given_name"),
        ("a-list", json!({ "family_name": ["Lovelace"] }), "family_name"),
        ("a-string-for-a-boolean", json!({ "email_verified": "true" }), "email_verified"),
        ("a-number-for-a-boolean", json!({ "email_verified": 1 }), "email_verified"),
        ("a-boolean-for-a-string", json!({ "given_name": true }), "given_name"),
    ] {
        drafts.push(
            refused(name, update, &[says]).only(&["python", "node"], "elsewhere the compiler refuses it"),
        );
    }
    drafts.push(
        refused("a-lone-surrogate", json!({ "given_name": { "$utf16": [97, 0xd83d] } }), &["given_name"])
            .only(&["python", "node", "kotlin"], "Rust and Swift have no such strings"),
    );
    drafts
}

/// A full user in any 2xx is the result.
fn whole_users() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for status in [200, 201, 202, 203, 206, 299] {
        for (form, body) in [("wrapped", json!({ "user": user(&[]) })), ("bare", user(&[]))] {
            drafts.push(
                update_user(format!("updates/answered/{form}-{status}"))
                    .answer(status, json!({ "$json": body }))
                    .sent(1)
                    .gives_user(&[]),
            );
        }
    }
    let answered = |name: &str, body: Value| {
        update_user(format!("updates/answered/{name}")).answer(200, json!({ "$json": body })).sent(1)
    };
    for (name, body) in [
        ("a-byte-order-mark", format!("\u{feff}{}", user(&[]))),
        ("a-lone-surrogate-elsewhere", verbatim(&user(&[]), "nickname", r#""\ud83d""#)),
    ] {
        drafts
            .push(update_user(format!("updates/answered/{name}")).answer(200, body).sent(1).gives_user(&[]));
    }
    let required = json!({ "sub": SUB, "email": "ada@example.com" });
    let fields =
        [("given_name", Value::Null), ("family_name", Value::Null), ("email_verified", json!(false))];
    drafts.extend([
        answered("required-fields-only", json!({ "user": required })).gives_user(&fields),
        answered("required-fields-only-bare", required).gives_user(&fields),
        answered("wrapped-with-more", json!({ "user": user(&[("x", json!(1))]), "message": "Updated" }))
            .gives_user(&[]),
        answered("bare-with-more", user(&[("_tag", json!("User")), ("updatedAt", json!(1))])).gives_user(&[]),
        answered("bare-with-another-user-inside", user(&[("user", json!("user-1"))])).gives_user(&[]),
        answered("another-name-than-was-sent", json!({ "user": user(&[("givenName", json!("Augusta"))]) }))
            .why("the record as the service has it")
            .gives_user(&[("given_name", json!("Augusta"))]),
    ]);
    drafts
}

/// A body that ends before it is whole.
fn cut_off() -> Value {
    raw("HTTP/1.1 200 OK\r\nx-request-id: req-1\r\ncontent-length: 99\r\n\r\n{")
}

/// A body in a coding that was not asked for.
fn coded(status: u16) -> Value {
    answer(status, &[("x-request-id", "req-1"), ("content-encoding", "gzip")], "not gzip at all")
}

/// Any other 2xx means accepted, whatever became of its body: the user is read.
fn accepted() -> Vec<Draft> {
    let mut drafts = Vec::new();
    let then_read = |name: &str, status: u16, body: Value| {
        update_user(format!("updates/accepted/{name}"))
            .answer(status, body)
            .answer_user()
            .sent(1)
            .then_read(1)
            .gives_user(&[])
    };
    for (name, body) in [
        ("empty", json!("")),
        ("an-empty-object", json!("{}")),
        ("a-message", json!("{\"message\":\"Updated\"}")),
        ("true", json!("true")),
        ("null", json!("null")),
        ("a-list", json!("[]")),
        ("a-user-in-a-list", json!(json!([user(&[])]).to_string())),
        ("a-user-as-a-list", json!("[\"user-1\",\"ada@example.com\"]")),
        ("html", json!("<html>ok</html>")),
        ("text", json!("OK")),
        ("a-user-without-its-email", json!(without(user(&[]), "email").to_string())),
        ("a-user-without-its-sub", json!(json!({ "user": without(user(&[]), "sub") }).to_string())),
        ("a-user-of-wrong-types", json!(user(&[("emailVerified", json!("yes"))]).to_string())),
        ("a-user-that-is-null", json!("{\"user\":null}")),
        ("a-user-cut-short", json!(user(&[]).to_string().trim_end_matches('}'))),
        ("only-what-was-sent", json!("{\"givenName\":\"Ada\"}")),
        ("a-lone-surrogate-in-its-sub", json!(verbatim(&user(&[]), "sub", r#""user-\ud83d""#))),
    ] {
        drafts.push(then_read(name, 200, body));
    }
    for status in [201, 202, 204, 299] {
        let body = if status == 204 { Value::Null } else { json!("") };
        drafts.push(then_read(&format!("empty-{status}"), status, body));
    }
    for (name, fault) in [
        ("a-body-that-is-cut-off", cut_off()),
        ("a-body-that-is-reset", json!({ "kind": "resetAfterHead" })),
        ("a-body-without-end", json!({ "kind": "endless" })),
        ("a-body-that-is-announced-too-large", raw("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{")),
        ("a-body-that-stalls", json!({ "kind": "stall", "afterBytes": 10 })),
        ("a-body-in-a-foreign-coding", coded(200)),
        ("a-body-in-a-foreign-coding-202", coded(202)),
    ] {
        drafts.push(
            update_user(format!("updates/accepted/{name}"))
                .why("the head said that the change was made; the body can't take that back")
                .set("max_response_bytes", 1000)
                .set("attempt_timeout", 1)
                .set("max_retries", 0)
                .server("users", json!({ "sub": SUB, "email": "ada@example.com" }))
                .fault(fault)
                .answer_user()
                .sent(1)
                .then_read(1)
                .gives_user(&[]),
        );
    }
    drafts.push(
        update_user("updates/accepted/the-connection-closes-after-it")
            .why("the emulator's own answer, after which the connection is dead: the read opens another")
            .server("users", json!({ "sub": SUB, "email": "ada@example.com" }))
            .server("behaviour", json!({ "patchAnswer": "empty" }))
            .fault(json!({ "kind": "closeIdle" }))
            .sent(1)
            .then_read(1)
            .gives_user(&[("family_name", Value::Null), ("email_verified", json!(false))]),
    );
    drafts.push(
        update_user("updates/accepted/after-a-retry")
            .fault(answer(429, &[], Value::Null))
            .answer(200, "{}")
            .fault(answer(503, &[], Value::Null))
            .answer_user()
            .sent(2)
            .then_read(2)
            .gives_user(&[]),
    );
    drafts
}

/// The update was accepted, and then the user could not be read: `applied`, and `retryable` speaks of the read.
fn not_read_back() -> Vec<Draft> {
    let accepted = |name: &str| update_user(format!("updates/not-read-back/{name}")).answer(200, "{}");
    let applied = |draft: Draft, kind: &str, attempts: u32, fields: &[(&'static str, Value)]| {
        draft.fails(kind, attempts, &[&[("applied", json!(true))], fields].concat())
    };
    let id = ("request_id", json!("req-1"));
    let tagged = |tag: &str| json!({ "$json": { "_tag": tag, "message": "It failed" } });
    let mut drafts = Vec::new();
    for (status, tag, kind) in [
        (401, "Unauthorized", "unauthorized"),
        (403, "Disabled", "forbidden"),
        (404, "NotFound", "not_found"),
    ] {
        drafts.push(applied(
            accepted(&status.to_string()).answer(status, tagged(tag)).sent(1).then_read(1),
            kind,
            2,
            &[("status", json!(status)), ("tag", json!(tag)), ("detail", json!("It failed")), id.clone()],
        ));
    }
    let retryable = ("retryable", json!(true));
    drafts.push(applied(
        accepted("500")
            .set("max_retries", 1)
            .fault_times(2, answer(500, &[("x-request-id", "req-1")], Value::Null))
            .sent(1)
            .then_read(2),
        "server",
        3,
        &[("status", json!(500)), id.clone(), retryable.clone()],
    ));
    drafts.push(applied(
        accepted("reset").set("max_retries", 0).fault(json!({ "kind": "reset" })).sent(1).then_read(1),
        "connection",
        2,
        std::slice::from_ref(&retryable),
    ));
    drafts.push(applied(
        accepted("hang")
            .set("max_retries", 0)
            .set("attempt_timeout", 0.5)
            .fault(json!({ "kind": "hang" }))
            .sent(1)
            .then_read(1),
        "timeout",
        2,
        &[("limit", json!("attempt_timeout")), retryable.clone()],
    ));
    drafts.push(applied(
        accepted("429-that-does-not-fit")
            .fault(answer(429, &[("x-request-id", "req-1"), ("retry-after", "60")], Value::Null))
            .sent(1)
            .then_read(1),
        "rate_limited",
        2,
        &[("status", json!(429)), id.clone(), ("retry_after", json!(60)), retryable.clone()],
    ));
    for (name, status, body) in [
        ("not-a-user", 200, json!("{}")),
        ("a-bare-user", 200, json!({ "$json": user(&[]) })),
        ("202", 202, json!({ "$json": { "user": user(&[]) } })),
    ] {
        drafts.push(applied(
            accepted(name).answer(status, body).sent(1).then_read(1),
            "protocol",
            2,
            &[("status", json!(status)), id.clone()],
        ));
    }
    drafts.push(applied(
        update_user("updates/not-read-back/a-body-that-is-lost-twice")
            .set("max_retries", 0)
            .fault_times(2, cut_off())
            .sent(1)
            .then_read(1),
        "connection",
        2,
        &[("status", json!(200)), id.clone(), retryable.clone()],
    ));
    drafts.push(applied(
        update_user("updates/not-read-back/a-foreign-coding-twice")
            .fault_times(2, coded(200))
            .sent(1)
            .then_read(1),
        "protocol",
        2,
        &[("status", json!(200)), id],
    ));
    drafts.push(applied(
        update_user("updates/not-read-back/no-time-left")
            .why("the body takes all the time, so nothing is read after it")
            .set("timeout", 0.5)
            .server("users", json!({ "sub": SUB, "email": "ada@example.com" }))
            .fault(json!({ "kind": "stall", "afterBytes": 10 }))
            .sent(1),
        "timeout",
        1,
        &[("limit", json!("timeout")), retryable],
    ));
    drafts.push(
        update_user("updates/not-accepted/made-and-then-reset")
            .why("no head arrived: whether the change was made is not known")
            .server("users", json!({ "sub": SUB, "email": "ada@example.com" }))
            .fault(json!({ "kind": "reset" }))
            .sent(1)
            .fails("connection", 1, &[]),
    );
    drafts
}
