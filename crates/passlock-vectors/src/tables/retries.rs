use serde_json::{Value, json};

use super::build::*;
use crate::rules::{ERRORS, RETRIES, Row};

/// How an attempt may end, as the emulator injects it.
struct Ending {
    name: String,
    fault: Value,
    row: &'static Row,
    /// What a call fails with that is not repeated.
    kind: &'static str,
    fields: Vec<(&'static str, Value)>,
}

/// All endings that the retry table says yes to for a GET.
fn endings() -> Vec<Ending> {
    let mut endings = Vec::new();
    for row in RETRIES.rows.iter().filter(|row| row.get) {
        for &status in &row.statuses {
            endings.push(answered(status, None));
            if row.update {
                endings.push(answered(status, Some("0")));
            }
            if RETRIES.of_status(status, true).update != row.update {
                endings.push(answered(status, Some("soon")));
            }
        }
        endings.extend(row.with_retry_after.iter().map(|status| answered(*status, Some("0"))));
        endings.extend(row.faults.iter().flat_map(|fault| faulty(fault)));
    }
    endings
}

fn answered(status: u16, retry_after: Option<&str>) -> Ending {
    let is_valid = retry_after == Some("0");
    let (suffix, told) = match retry_after {
        None => ("", None),
        Some(_) if is_valid => ("-retry-after", Some(("retry_after", json!(0)))),
        Some(_) => ("-garbage-retry-after", None),
    };
    let headers: Vec<_> = [("x-request-id", "req-1")]
        .into_iter()
        .chain(retry_after.map(|value| ("retry-after", value)))
        .collect();
    let known = [("status", json!(status)), ("request_id", json!("req-1"))];
    Ending {
        name: format!("{status}{suffix}"),
        fault: answer(status, &headers, Value::Null),
        row: RETRIES.of_status(status, is_valid),
        kind: ERRORS.of_response(status, ""),
        fields: known.into_iter().chain(told).collect(),
    }
}

/// The ways in which the emulator brings a transport's fault about. Those of a connection that is never made are among the
/// network's vectors.
fn faulty(fault: &str) -> Vec<Ending> {
    let ending = |name: &str, played, fields| Ending {
        name: name.to_owned(),
        fault: played,
        row: RETRIES.of_fault(fault),
        kind: &ERRORS.faults[fault].kind,
        fields,
    };
    match fault {
        "interrupted" => vec![
            ending("reset", json!({ "kind": "reset" }), vec![]),
            ending(
                "cut-off",
                raw("HTTP/1.1 200 OK\r\nx-request-id: req-1\r\ncontent-length: 99\r\n\r\n{"),
                vec![("status", json!(200)), ("request_id", json!("req-1"))],
            ),
            ending("closed-before-the-head", json!({ "kind": "garbage", "bytesBase64": "" }), vec![]),
        ],
        "attempt_timeout" => vec![ending(
            "attempt-limit",
            json!({ "kind": "hang" }),
            vec![("limit", json!(ERRORS.faults[fault].limit))],
        )],
        _ => vec![],
    }
}

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for operation in OPERATIONS {
        for ending in endings() {
            let hangs = ending.name == "attempt-limit";
            let mut draft =
                call(operation, format!("retries/{operation}/{}", ending.name)).set("max_retries", 1);
            if hangs {
                draft = draft.set("attempt_timeout", 1);
            }
            draft = draft.fault(ending.fault);
            drafts.push(if operation == "update_user" && ending.name == "cut-off" {
                draft
                    .why("its head said that the change was made: this reads the user, and repeats nothing")
                    .answer_well()
                    .sent(1)
                    .then_read(1)
                    .gives_well()
            } else if ending.row.is_repeated(operation) {
                draft.answer_well().sent(2).gives_well()
            } else {
                draft.sent(1).fails(ending.kind, 1, &ending.fields)
            });
        }
    }
    // Everything else ends the call at once, retries or not.
    let others = [400, 401, 403, 404, 409, 425, 501, 505, 599];
    for status in others.into_iter().filter(|status| !RETRIES.of_status(*status, false).get) {
        let tag = "InternalServerError";
        // The table of answers has the exchanges.
        for operation in OPERATIONS.into_iter().filter(|operation| *operation != "exchange_token") {
            drafts.push(
                call(operation, format!("retries/{operation}/never-{status}"))
                    .answer(status, json!({ "$json": { "_tag": tag } }))
                    .sent(1)
                    .fails(
                        ERRORS.of_response(status, tag),
                        1,
                        &[("status", json!(status)), ("tag", json!(tag)), ("request_id", json!("req-1"))],
                    ),
            );
        }
    }
    drafts.extend(counted());
    drafts.extend(used_token());
    drafts.extend(waits());
    drafts
}

fn unavailable() -> Value {
    answer(503, &[("x-request-id", "req-1")], Value::Null)
}

/// What every error of [`unavailable`] says.
fn failure() -> Vec<(&'static str, Value)> {
    vec![("status", json!(503)), ("request_id", json!("req-1")), ("retryable", json!(true))]
}

fn counted() -> Vec<Draft> {
    vec![
        get_user("retries/two-by-default").fault_times(3, unavailable()).sent(3).fails(
            "server",
            3,
            &failure(),
        ),
        get_user("retries/the-third-time-succeeds")
            .fault_times(2, unavailable())
            .answer_user()
            .sent(3)
            .gives_user(&[]),
        get_user("retries/none").set("max_retries", 0).fault(unavailable()).sent(1).fails(
            "server",
            1,
            &failure(),
        ),
        get_user("retries/different-endings-share-the-count")
            .fault(json!({ "kind": "reset" }))
            .fault(answer(429, &[], Value::Null))
            .fault(unavailable())
            .sent(3)
            .fails("server", 3, &failure()),
        get_user("retries/the-last-ending-is-the-error")
            .set("max_retries", 1)
            .fault(unavailable())
            .fault(json!({ "kind": "reset" }))
            .sent(2)
            .fails("connection", 2, &[("retryable", json!(true))]),
        get_user("retries/an-end-that-is-none-to-repeat-after-one-that-is")
            .fault(unavailable())
            .answer(403, json!({ "$json": { "_tag": "Disabled", "message": "The user is disabled" } }))
            .sent(2)
            .fails(
                "forbidden",
                2,
                &[
                    ("status", json!(403)),
                    ("tag", json!("Disabled")),
                    ("detail", json!("The user is disabled")),
                    ("request_id", json!("req-1")),
                ],
            ),
        update_user("retries/update-used-up")
            .set("max_retries", 1)
            .fault_times(2, answer(429, &[("x-request-id", "req-1")], Value::Null))
            .sent(2)
            .fails(
                "rate_limited",
                2,
                &[("status", json!(429)), ("request_id", json!("req-1")), ("retryable", json!(true))],
            ),
        update_user("retries/a-request-that-was-not-sent-is-sent-again")
            .why("the first 429 says that nothing was applied, the 500 after it may have been")
            .fault(answer(429, &[], Value::Null))
            .fault(answer(500, &[("x-request-id", "req-1")], Value::Null))
            .sent(2)
            .fails("server", 2, &[("status", json!(500)), ("request_id", json!("req-1"))]),
    ]
}

/// An exchange that ends in 404 after an attempt that may have been applied says so.
fn used_token() -> Vec<Draft> {
    let unknown = || json!({ "$json": { "_tag": "NotFound", "message": "Invalid token" } });
    let fields = |says: &[&str]| {
        let mut fields = vec![
            ("status", json!(404)),
            ("tag", json!("NotFound")),
            ("detail", json!("Invalid token")),
            ("request_id", json!("req-1")),
        ];
        if !says.is_empty() {
            fields.push(("says", json!(says)));
        }
        fields
    };
    vec![
        exchange("retries/an-earlier-attempt-may-have-used-the-token")
            .fault(json!({ "kind": "reset" }))
            .answer(404, unknown())
            .sent(2)
            .fails("not_found", 2, &fields(&["an earlier attempt may have used the token"])),
        exchange("retries/an-unknown-token").answer(404, unknown()).sent(1).fails(
            "not_found",
            1,
            &fields(&[]),
        ),
        exchange("retries/a-token-used-up-by-the-first-attempt")
            .why("the emulator's own single-use token, exchanged, and its answer lost")
            .now(Value::Null)
            .server("users", json!({ "email": "ada@example.com", "sub": SUB }))
            .server("tokens", json!({ "sub": SUB, "singleUse": true }))
            .server("faults", json!({ "apply": true, "fault": { "kind": "reset" } }))
            .given("token", "${token}")
            .saw(json!({ "method": "GET", "path": "/tenancy-1/token/${token}" }))
            .saw(json!({ "method": "GET", "path": "/tenancy-1/token/${token}" }))
            .fails(
                "not_found",
                2,
                &[
                    ("status", json!(404)),
                    ("tag", json!("NotFound")),
                    ("detail", json!("Invalid token")),
                    ("request_id", json!("${any}")),
                    ("says", json!(["an earlier attempt may have used the token"])),
                ],
            ),
    ]
}

/// `Retry-After`, at the time 1725882300: Mon, 09 Sep 2024 11:45:00 GMT.
fn waits() -> Vec<Draft> {
    let asks = |value: &str| answer(429, &[("x-request-id", "req-1"), ("retry-after", value)], Value::Null);
    let mut drafts = Vec::new();
    for (name, value, seconds) in [
        ("seconds", "7", json!(7)),
        ("zero", "0", json!(0)),
        ("negative", "-7", json!(0)),
        ("a-day", "86400", json!(86_400)),
        ("absurd", "1000000000", json!(1_000_000_000)),
        ("more-than-any-number", "99999999999999999999999999", json!({ "$at_least": 1_000_000_000 })),
        ("spaces-around", " 7 ", json!(7)),
        ("a-date", "Mon, 09 Sep 2024 11:45:30 GMT", json!(30)),
        ("a-date-now", "Mon, 09 Sep 2024 11:45:00 GMT", json!(0)),
        ("a-date-in-the-past", "Sun, 06 Nov 1994 08:49:37 GMT", json!(0)),
        ("a-date-in-the-old-form", "Monday, 09-Sep-24 11:45:30 GMT", json!(30)),
        ("a-date-by-asctime", "Mon Sep  9 11:45:30 2024", json!(30)),
        ("a-word", "soon", json!(null)),
        ("a-fraction", "7.5", json!(null)),
        ("a-plus-sign", "+7", json!(null)),
        ("a-unit", "7s", json!(null)),
        ("nothing", "", json!(null)),
        ("a-date-without-a-time", "Mon, 09 Sep 2024", json!(null)),
        ("an-iso-date", "2024-09-09T11:45:30Z", json!(null)),
        ("other-digits", "٧", json!(null)),
    ] {
        drafts.push(
            get_user(format!("retries/retry-after/{name}"))
                .set("max_retries", 0)
                .fault(asks(value))
                .sent(1)
                .fails(
                    "rate_limited",
                    1,
                    &[
                        ("status", json!(429)),
                        ("request_id", json!("req-1")),
                        ("retry_after", seconds),
                        ("retryable", json!(true)),
                    ],
                ),
        );
    }
    drafts.push(
        get_user("retries/retry-after/of-a-403")
            .why("every error carries it, even if the call is not repeated")
            .fault(answer(
                403,
                &[("x-request-id", "req-1"), ("retry-after", "5")],
                json!({ "$json": { "_tag": "Forbidden" } }),
            ))
            .sent(1)
            .fails(
                "forbidden",
                1,
                &[
                    ("status", json!(403)),
                    ("tag", json!("Forbidden")),
                    ("request_id", json!("req-1")),
                    ("retry_after", json!(5)),
                ],
            ),
    );
    drafts.push(
        get_user("retries/retry-after/is-waited")
            .fault(asks("1"))
            .answer_user()
            .sent(1)
            .saw(json!({ "method": "GET", "path": "/tenancy-1/user/user-1", "gap": 1 }))
            .gives_user(&[]),
    );
    drafts.push(
        get_user("retries/retry-after/a-date-is-waited")
            .fault(asks("Mon, 09 Sep 2024 11:45:01 GMT"))
            .answer_user()
            .sent(1)
            .saw(json!({ "method": "GET", "path": "/tenancy-1/user/user-1", "gap": 1 }))
            .gives_user(&[]),
    );
    for (name, timeout, value, seconds) in
        [("does-not-fit", 2, "5", 5), ("does-not-fit-by-default", 30, "30", 30)]
    {
        drafts.push(
            get_user(format!("retries/retry-after/{name}"))
                .why("the wait is longer than the remaining time, so the error comes at once")
                .set("timeout", timeout)
                .fault(asks(value))
                .sent(1)
                .fails(
                    "rate_limited",
                    1,
                    &[
                        ("status", json!(429)),
                        ("request_id", json!("req-1")),
                        ("retry_after", json!(seconds)),
                        ("retryable", json!(true)),
                    ],
                ),
        );
    }
    drafts
}
