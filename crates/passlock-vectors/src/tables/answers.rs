use serde_json::{Value, json};

use super::build::*;
use crate::rules::{ERRORS, RETRIES};

/// A status, and the tag of a Passlock error with it.
const TAGGED: &[(u16, &str)] = &[
    (400, "BadRequest"),
    (401, "Unauthorized"),
    (402, "BadRequest"),
    (403, "Forbidden"),
    (403, "Disabled"),
    (404, "NotFound"),
    (405, "BadRequest"),
    (406, "BadRequest"),
    (409, "Duplicate"),
    (410, "NotFound"),
    (411, "BadRequest"),
    (413, "BadRequest"),
    (414, "BadRequest"),
    (415, "BadRequest"),
    (418, "BadRequest"),
    (421, "BadRequest"),
    (422, "BadRequest"),
    (425, "BadRequest"),
    (426, "BadRequest"),
    (428, "BadRequest"),
    (431, "BadRequest"),
    (451, "Forbidden"),
    (499, "BadRequest"),
    (501, "InternalServerError"),
    (505, "InternalServerError"),
    (507, "InternalServerError"),
    (511, "InternalServerError"),
    (520, "InternalServerError"),
    (599, "InternalServerError"),
];

/// What else may answer in place of the API.
const BODIES: &[(&str, &str, Option<&str>)] = &[
    ("gateway", r#"{"message":"From a gateway"}"#, Some("From a gateway")),
    ("html", "<html><body>Bad Gateway</body></html>", None),
    ("empty", "", None),
];

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (status, tag) in TAGGED {
        let body = json!({ "$json": { "_tag": tag, "message": "It failed" } });
        drafts.push(
            get_user(format!("answers/{status}-{tag}")).answer(*status, body).sent(1).fails_by_answer(
                *status,
                tag,
                &failure(*status, json!(tag), json!("It failed")),
            ),
        );
    }
    for status in [400, 401, 403, 404, 501] {
        for (name, body, detail) in BODIES {
            let mut fields = failure(status, json!(null), json!(detail));
            if status == 404 {
                fields.push(("hint", json!("wrong_endpoint")));
                fields.push(("says", json!(["https://api.v1.passlock.dev"])));
            }
            drafts.push(
                exchange(format!("answers/{status}-{name}"))
                    .answer(status, *body)
                    .sent(1)
                    .fails_by_answer(status, "", &fields),
            );
        }
    }
    for operation in OPERATIONS.into_iter().filter(|operation| *operation != "get_user") {
        for (status, tag) in [
            (400, "BadRequest"),
            (401, "Unauthorized"),
            (403, "Disabled"),
            (404, "NotFound"),
            (409, "Duplicate"),
            (429, "TooManyRequests"),
            (500, "InternalServerError"),
        ] {
            let mut fields = failure(status, json!(tag), json!("It failed"));
            fields.push(("retryable", json!(RETRIES.of_status(status, false).is_repeated(operation))));
            drafts.push(
                call(operation, format!("answers/{status}-to-{operation}"))
                    .set("max_retries", 0)
                    .answer(status, json!({ "$json": { "_tag": tag, "message": "It failed" } }))
                    .sent(1)
                    .fails(ERRORS.of_response(status, tag), 1, &fields),
            );
        }
    }
    // The 2xx that are no answer to a GET, whatever they hold.
    for status in [201, 202, 203, 206, 226, 299] {
        for draft in [
            exchange(format!("answers/{status}-to-an-exchange")),
            get_user(format!("answers/{status}-to-a-get")),
        ] {
            drafts.push(draft.ok_but(status));
        }
    }
    for status in [204, 205] {
        drafts.push(get_user(format!("answers/{status}")).answer(status, Value::Null).sent(1).fails(
            "protocol",
            1,
            &[("status", json!(status)), ("request_id", json!("req-1"))],
        ));
    }
    // Redirects are not followed: the emulator would see a second request.
    for status in [300, 301, 302, 303, 305, 307, 308, 399] {
        let location = "${endpoint}/tenancy-1/user/user-2";
        drafts.push(
            get_user(format!("answers/{status}-elsewhere"))
                .fault(json!({ "kind": "redirect", "status": status, "location": location }))
                .sent(1)
                .fails("protocol", 1, &[("status", json!(status)), ("request_id", json!("${any}"))]),
        );
    }
    for operation in OPERATIONS.into_iter().filter(|operation| *operation != "get_user") {
        drafts.push(
            call(operation, format!("answers/302-to-{operation}"))
                .fault(json!({ "kind": "redirect", "location": "https://elsewhere.invalid/" }))
                .sent(1)
                .fails("protocol", 1, &[("status", json!(302)), ("request_id", json!("${any}"))]),
        );
    }
    drafts.push(get_user("answers/304").answer(304, Value::Null).sent(1).fails(
        "protocol",
        1,
        &[("status", json!(304)), ("request_id", json!("req-1"))],
    ));
    drafts.extend(codings());
    drafts
}

/// `Accept-Encoding: identity` is sent, so nothing else is taken.
fn codings() -> Vec<Draft> {
    let coded = |coding, status, body: Value| {
        answer(status, &[("x-request-id", "req-1"), ("content-encoding", coding)], body)
    };
    let user = json!({ "$json": { "user": user(&[]) } });
    let mut drafts = Vec::new();
    for coding in ["gzip", "br", "x-unknown"] {
        drafts.push(
            get_user(format!("answers/content-encoding-{coding}"))
                .fault(coded(coding, 200, user.clone()))
                .sent(1)
                .fails("protocol", 1, &[("status", json!(200)), ("request_id", json!("req-1"))]),
        );
    }
    drafts.push(
        get_user("answers/content-encoding-identity")
            .fault(coded("identity", 200, user))
            .sent(1)
            .gives_user(&[]),
    );
    drafts.push(
        get_user("answers/content-encoding-of-an-error")
            .why("the status decides: a body that can't be read only costs tag and detail")
            .fault(coded("gzip", 403, json!({ "$json": { "_tag": "Forbidden" } })))
            .sent(1)
            .fails("forbidden", 1, &[("status", json!(403)), ("request_id", json!("req-1"))]),
    );
    drafts
}

impl Draft {
    /// A good body with a status that is not 200.
    fn ok_but(self, status: u16) -> Self {
        let mut body = principal(&[]);
        body["user"] = user(&[]);
        self.answer(status, json!({ "$json": body })).sent(1).fails(
            "protocol",
            1,
            &[("status", json!(status)), ("request_id", json!("req-1"))],
        )
    }
}
