use serde_json::{Value, json};

use super::build::*;

/// Status and tag: where a known tag decides, and where it does not.
const DECIDED: &[(u16, &str)] = &[
    (400, "Unauthorized"),
    (400, "Forbidden"),
    (400, "Disabled"),
    (400, "NotFound"),
    (400, "Duplicate"),
    (401, "Forbidden"),
    (401, "Disabled"),
    (401, "NotFound"),
    (401, "BadRequest"),
    (403, "Unauthorized"),
    (403, "NotFound"),
    (403, "Duplicate"),
    (404, "Unauthorized"),
    (404, "Forbidden"),
    (404, "Disabled"),
    (404, "BadRequest"),
    (409, "Unauthorized"),
    (409, "NotFound"),
    (409, "Disabled"),
    (422, "Unauthorized"),
    (422, "NotFound"),
    (422, "Disabled"),
    // A tag that is not known leaves it to the status.
    (400, "InternalServerError"),
    (401, "InternalServerError"),
    (403, "Whatever"),
    (404, "InternalServerError"),
    (404, "notfound"),
    (403, "notFound"),
    (401, ""),
    (409, "Conflict"),
    (422, "Unprocessable"),
    // And so does every other status.
    (402, "NotFound"),
    (405, "Forbidden"),
    (410, "Unauthorized"),
    (501, "NotFound"),
    (505, "Unauthorized"),
];

/// Tags of version 2 of the API.
const VERSION_2: &[(u16, &str)] = &[
    (400, "@error/Unauthorized"),
    (401, "@error/Forbidden"),
    (403, "@error/Disabled"),
    (404, "@error/NotFound"),
    (409, "@error/Duplicate"),
    (422, "@error/BadRequest"),
    (403, "@error/InvalidCode"),
    (404, "@error/"),
    (410, "@error/NotFound"),
    (501, "@error/InternalServerError"),
];

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (status, tag) in DECIDED {
        let name = if tag.is_empty() { "no-letters" } else { tag };
        drafts.push(tagged(&format!("errors/tag/{status}-{name}"), *status, tag).fails_by_answer(
            *status,
            tag,
            &failure(*status, json!(tag), json!("It failed")),
        ));
    }
    for (status, tag) in VERSION_2 {
        let name = tag.trim_start_matches("@error/");
        let name = if name.is_empty() { "no-letters" } else { name };
        let mut fields = failure(*status, json!(tag), json!("It failed"));
        fields.push(("hint", json!("wrong_endpoint")));
        drafts.push(
            tagged(&format!("errors/tag-of-version-2/{status}-{name}"), *status, tag)
                .fails_by_answer(*status, tag, &fields)
                .says(&["https://api.v1.passlock.dev"]),
        );
    }
    for status in [429, 500, 503] {
        drafts.push(tagged(&format!("errors/tag/{status}-NotFound"), status, "NotFound").fails_by_answer(
            status,
            "NotFound",
            &failure(status, json!("NotFound"), json!("It failed")),
        ));
    }
    drafts.extend(hints());
    drafts.extend(details());
    drafts.extend(bodies());
    drafts.extend(request_ids());
    drafts.extend(unreadable());
    drafts.push(quoted());
    drafts.extend(super::echoes::all());
    drafts
}

/// A server's words look like settings' names, which each language writes in its own way: they stay as they are.
fn quoted() -> Draft {
    let said = "no api_key or tenancyId\nwithin attempt_timeout, allowHttp or max_retries";
    get_user("errors/quoted/names-of-settings")
        .answer(401, json!({ "$json": { "_tag": "Unauthorized", "message": said } }))
        .sent(1)
        .fails("unauthorized", 1, &failure(401, json!("Unauthorized"), json!(said)))
        .quotes(&said.replace('\n', " "))
}

fn tagged(name: &str, status: u16, tag: &str) -> Draft {
    get_user(name).answer(status, json!({ "$json": { "_tag": tag, "message": "It failed" } })).sent(1)
}

fn hints() -> Vec<Draft> {
    let plain = |name: &str, status, message: &str| {
        get_user(format!("errors/hint/{name}"))
            .answer(status, json!({ "$json": { "message": message } }))
            .sent(1)
    };
    let wrong = |draft: Draft, kind, status, message: &str| {
        let mut fields = failure(status, Value::Null, json!(message));
        fields.push(("hint", json!("wrong_endpoint")));
        draft.fails(kind, 1, &fields).says(&["https://api.v1.passlock.dev"])
    };
    let none = |draft: Draft, kind, status, message: &str| {
        draft.fails(kind, 1, &failure(status, Value::Null, json!(message)))
    };
    let missing = "Missing Authentication Token";
    vec![
        wrong(plain("missing-authentication-token", 403, missing), "forbidden", 403, missing),
        wrong(plain("a-gateway-s-404", 404, "Not Found"), "not_found", 404, "Not Found"),
        none(plain("a-403-of-another-kind", 403, "Forbidden"), "forbidden", 403, "Forbidden"),
        none(plain("the-same-words-with-401", 401, missing), "unauthorized", 401, missing),
        none(plain("a-gateway-s-400", 400, "Bad Request"), "bad_request", 400, "Bad Request"),
        tagged("errors/hint/a-404-of-passlock", 404, "NotFound").fails(
            "not_found",
            1,
            &failure(404, json!("NotFound"), json!("It failed")),
        ),
    ]
}

/// `detail`, or else `message`: at most 1 KiB of it, as it was written.
fn details() -> Vec<Draft> {
    let body = |name: &str, body: Value, tag: Value, detail: Value| {
        get_user(format!("errors/detail/{name}")).answer(403, json!({ "$json": body })).sent(1).fails(
            "forbidden",
            1,
            &failure(403, tag, detail),
        )
    };
    let forbidden = json!("Forbidden");
    let mut drafts = vec![
        body(
            "detail-and-message",
            json!({ "_tag": "Forbidden", "message": "No", "detail": "The key is read-only" }),
            forbidden.clone(),
            json!("The key is read-only"),
        ),
        body("only-detail", json!({ "_tag": "Forbidden", "detail": "No" }), forbidden.clone(), json!("No")),
        body("only-message", json!({ "_tag": "Forbidden", "message": "No" }), forbidden.clone(), json!("No")),
        body("neither", json!({ "_tag": "Forbidden" }), forbidden.clone(), Value::Null),
        body(
            "nulls",
            json!({ "_tag": "Forbidden", "message": null, "detail": null }),
            forbidden.clone(),
            Value::Null,
        ),
        body(
            "no-strings",
            json!({ "_tag": "Forbidden", "message": 7, "detail": { "a": 1 } }),
            forbidden.clone(),
            Value::Null,
        ),
        body(
            "a-detail-that-is-no-string",
            json!({ "_tag": "Forbidden", "message": "No", "detail": ["x"] }),
            forbidden.clone(),
            json!("No"),
        ),
        body("a-tag-that-is-no-string", json!({ "_tag": 7, "message": "No" }), Value::Null, json!("No")),
        body(
            "unicode-and-line-breaks",
            json!({ "_tag": "Forbidden", "message": "Né\n漢字 😀\t\"\\" }),
            forbidden.clone(),
            json!("Né\n漢字 😀\t\"\\"),
        ),
        body(
            "unknown-fields",
            json!({ "_tag": "Forbidden", "message": "No", "stack": ["a", { "b": 1 }] }),
            forbidden.clone(),
            json!("No"),
        ),
    ];
    for (name, times, detail) in [
        ("1-kib", 1024, json!({ "$concat": [["x", 1024]] })),
        ("more-than-1-kib", 2000, json!({ "$concat": [["x", 1024], "…"] })),
    ] {
        let text = json!({ "$concat": ["{\"_tag\":\"Forbidden\",\"message\":\"", ["x", times], "\"}"] });
        drafts.push(get_user(format!("errors/detail/{name}")).answer(403, text).sent(1).fails(
            "forbidden",
            1,
            &failure(403, json!("Forbidden"), detail),
        ));
    }
    drafts
}

/// Bodies of which nothing can be read cost nothing but tag and detail.
fn bodies() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, body) in [
        ("trailing-text", json!("{\"_tag\":\"NotFound\"}x")),
        ("cut-short", json!("{\"_tag\":\"NotFound\"")),
        ("a-tag-twice", json!("{\"_tag\":\"NotFound\",\"_tag\":\"NotFound\"}")),
        ("a-list", json!("[\"NotFound\",\"No\"]")),
        ("a-string", json!("\"NotFound\"")),
        ("null", json!("null")),
        ("a-number", json!("404")),
        (
            "nested-10000-deep",
            json!({ "$concat": ["{\"_tag\":\"NotFound\",\"detail\":", ["[", 10_000], ["]", 10_000], "}"] }),
        ),
    ] {
        drafts.push(get_user(format!("errors/body/{name}")).answer(401, body).sent(1).fails(
            "unauthorized",
            1,
            &failure(401, Value::Null, Value::Null),
        ));
    }
    for (name, body, detail) in [
        ("byte-order-mark", "\u{feff}{\"_tag\":\"NotFound\",\"message\":\"It failed\"}", "It failed"),
        ("a-lone-surrogate", r#"{"_tag":"NotFound","message":"No \ud83d"}"#, "No \u{fffd}"),
    ] {
        drafts.push(get_user(format!("errors/body/{name}")).answer(401, body).sent(1).fails(
            "not_found",
            1,
            &failure(401, json!("NotFound"), json!(detail)),
        ));
    }
    drafts.push(
        get_user("errors/body/not-utf-8")
            .fault(json!({
                "kind": "status", "status": 401, "headers": { "x-request-id": "req-1" }, "bodyBase64": "//4="
            }))
            .sent(1)
            .fails("unauthorized", 1, &failure(401, Value::Null, Value::Null)),
    );
    drafts.push(
        get_user("errors/body/says-html-and-is-json")
            .why("the type that is announced does not matter")
            .fault(answer(
                400,
                &[("x-request-id", "req-1"), ("content-type", "text/html")],
                json!({ "$json": { "_tag": "NotFound", "message": "It failed" } }),
            ))
            .sent(1)
            .fails("not_found", 1, &failure(400, json!("NotFound"), json!("It failed"))),
    );
    drafts
}

fn request_ids() -> Vec<Draft> {
    let names = ["x-request-id", "apigw-requestid", "x-amzn-requestid", "x-amz-apigw-id"];
    let of = |name: &str, headers: Value, id: Value| {
        let fault = json!({
            "kind": "status", "status": 401, "headers": headers,
            "body": { "$json": { "_tag": "Unauthorized" } },
        });
        let fields = [("status", json!(401)), ("tag", json!("Unauthorized")), ("request_id", id)];
        get_user(format!("errors/request-id/{name}")).fault(fault).sent(1).fails("unauthorized", 1, &fields)
    };
    let mut drafts = Vec::new();
    for (index, header) in names.iter().enumerate() {
        drafts.push(of(header, json!({ *header: "the-id" }), json!("the-id")));
        // From here on all of them are there: the first one is it.
        let rest: serde_json::Map<String, Value> = names[index..]
            .iter()
            .rev()
            .map(|name| ((*name).to_owned(), format!("of-{name}").into()))
            .collect();
        drafts.push(of(
            &format!("{header}-before-the-rest"),
            Value::Object(rest),
            json!(format!("of-{header}")),
        ));
    }
    drafts.push(of("none", json!({ "x-request-id": null }), Value::Null));
    drafts.push(of("in-other-case", json!({ "X-Amzn-RequestId": "the-id" }), json!("the-id")));
    drafts.push(of("another-header", json!({ "x-request-id": null, "x-correlation-id": "x" }), Value::Null));
    drafts.push(of(
        "with-everything-a-gateway-puts-in",
        json!({ "x-amz-apigw-id": "dHZ3cQ-=/+_.:" }),
        json!("dHZ3cQ-=/+_.:"),
    ));
    drafts.push(
        get_user("errors/request-id/of-the-last-attempt")
            .set("max_retries", 1)
            .fault(answer(503, &[("x-request-id", "first")], Value::Null))
            .fault(answer(503, &[("x-request-id", "second")], Value::Null))
            .sent(2)
            .fails(
                "server",
                2,
                &[("status", json!(503)), ("request_id", json!("second")), ("retryable", json!(true))],
            ),
    );
    drafts.push(
        get_user("errors/request-id/not-that-of-an-attempt-before")
            .set("max_retries", 1)
            .fault(answer(503, &[("x-request-id", "first")], Value::Null))
            .fault(json!({ "kind": "reset" }))
            .sent(2)
            .fails("connection", 2, &[("retryable", json!(true))]),
    );
    drafts
}

/// Once the head of an error has come, its status decides.
fn unreadable() -> Vec<Draft> {
    let mut drafts = Vec::new();
    let cut = |status: &str| {
        raw(&format!(
            "HTTP/1.1 {status}\r\nx-request-id: req-1\r\ncontent-length: 99\r\n\r\n{{\"_tag\":\"NotF"
        ))
    };
    for (status, line, kind) in [
        (400, "400 Bad Request", "bad_request"),
        (401, "401 Unauthorized", "unauthorized"),
        (404, "404 Not Found", "not_found"),
        (501, "501 Not Implemented", "server"),
    ] {
        drafts.push(get_user(format!("errors/unreadable/cut-off-{status}")).fault(cut(line)).sent(1).fails(
            kind,
            1,
            &failure(status, Value::Null, Value::Null),
        ));
    }
    drafts.push(
        get_user("errors/unreadable/cut-off-503-is-repeated")
            .fault(cut("503 Service Unavailable"))
            .answer_user()
            .sent(2)
            .gives_user(&[]),
    );
    drafts.push(
        get_user("errors/unreadable/too-large")
            .set("max_response_bytes", 100)
            .answer(403, json!({ "$concat": ["{\"_tag\":\"NotFound\"}", [" ", 100]] }))
            .sent(1)
            .fails("forbidden", 1, &failure(403, Value::Null, Value::Null)),
    );
    drafts.push(
        get_user("errors/unreadable/endless")
            .set("max_response_bytes", 1000)
            .fault(json!({ "kind": "endless", "status": 401 }))
            .sent(1)
            .fails("unauthorized", 1, &[("status", json!(401)), ("request_id", json!("${any}"))]),
    );
    drafts.push(
        exchange("errors/unreadable/stalled")
            .why("the emulator's own 404 to an unknown token, whose body does not end")
            .set("attempt_timeout", 0.5)
            .fault(json!({ "kind": "stall", "afterBytes": 5 }))
            .sent(1)
            .fails("not_found", 1, &[("status", json!(404)), ("request_id", json!("${any}"))]),
    );
    drafts
}
