use serde_json::{Value, json};

use super::build::*;

/// A server may say what it was sent: no secret comes out of an error for that.
pub(super) fn all() -> Vec<Draft> {
    let invalid = |text: &str| json!({ "$json": { "_tag": "NotFound", "message": text } });
    let fields = |detail: &str| failure(404, json!("NotFound"), json!(detail));
    vec![
        exchange("errors/echo/the-token").answer(404, invalid("Invalid token token-canary-1")).sent(1).fails(
            "not_found",
            1,
            &fields("Invalid token [redacted]"),
        ),
        exchange("errors/echo/the-token-encoded")
            .given("token", "token/canary 1")
            .answer(404, invalid("No /token/token%2Fcanary%201, token/canary 1"))
            .saw(json!({ "method": "GET", "path": "/tenancy-1/token/token%2Fcanary%201" }))
            .fails("not_found", 1, &fields("No /token/[redacted], [redacted]")),
        exchange("errors/echo/the-token-in-other-letters")
            .answer(404, invalid("No TOKEN-CANARY-1, 746f6b656e2d63616e6172792d31"))
            .sent(1)
            .fails("not_found", 1, &fields("No [redacted], [redacted]")),
        exchange("errors/echo/the-token-escaped")
            .given("token", "token/canary <1>")
            .answer(
                404,
                invalid(r"token&#x2F;canary &lt;1&gt;, token\/canary \u003c1\u003E, token%2fcanary+%3C1%3e"),
            )
            .saw(json!({ "method": "GET", "path": "/tenancy-1/token/token%2Fcanary%20%3C1%3E" }))
            .fails("not_found", 1, &fields("[redacted], [redacted], [redacted]")),
        get_user("errors/echo/the-key").answer(404, invalid("No key key-canary-0123456789")).sent(1).fails(
            "not_found",
            1,
            &fields("No key [redacted]"),
        ),
        exchange("errors/echo/in-the-tag")
            .answer(404, json!({ "$json": { "_tag": "token-canary-1", "message": "It failed" } }))
            .sent(1)
            .fails("not_found", 1, &failure(404, json!("[redacted]"), json!("It failed"))),
        exchange("errors/echo/in-the-request-id")
            .fault(answer(401, &[("x-request-id", "id-token-canary-1")], Value::Null))
            .sent(1)
            .fails("unauthorized", 1, &[("status", json!(401)), ("request_id", json!("id-[redacted]"))]),
        get_user("errors/echo/a-sub-is-no-secret").answer(404, invalid("No user user-1")).sent(1).fails(
            "not_found",
            1,
            &fields("No user user-1"),
        ),
    ]
}
