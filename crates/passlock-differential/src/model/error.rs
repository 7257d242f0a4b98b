//! The error table, and which attempts are repeated.

use serde_json::{Map, Value, json};

use super::body::{Said, said};
use super::http::{Body, Head};
use super::settings::Settings;
use super::time;

/// Whether an attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    /// A GET is; a PATCH may have been applied.
    IfRead,
    No,
}

/// How an attempt fails.
pub(super) struct Failure {
    pub(super) fields: Map<String, Value>,
    pub(super) again: Again,
}

impl Failure {
    pub(super) fn new(kind: &str, again: Again) -> Self {
        Self { fields: Map::from_iter([("kind".to_owned(), json!(kind))]), again }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn retry_after(&self) -> Option<f64> {
        self.fields.get("retry_after").and_then(Value::as_f64)
    }

    /// What is known of the answer's head.
    pub(super) fn of_head(self, head: &Head, secrets: &[&str]) -> Self {
        let id = ["x-request-id", "apigw-requestid", "x-amzn-requestid", "x-amz-apigw-id"];
        let id = id.iter().find_map(|name| head.get(name));
        let id = id.filter(|id| id.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)));
        let id = id.map(|id| excerpt(&id.replace('\t', " "), secrets, 200));
        self.with("status", head.status).with("request_id", id)
    }
}

/// What a status other than 2xx comes to.
pub(super) fn of_status(head: &Head, body: &Body, settings: &Settings, secrets: &[&str]) -> Failure {
    let body = match body {
        Body::Whole(body) if is_plain(head) => Some(body.as_slice()),
        _ => None,
    };
    let said = body.map(said).unwrap_or_default();
    let kind = kind(head.status, said.tag.as_deref());
    let asked = head.get("retry-after").filter(|value| value.is_ascii());
    let asked = asked.and_then(|value| time::retry_after(value, settings.now));
    let again = match head.status {
        429 => Again::Yes,
        503 if asked.is_some() => Again::Yes,
        408 | 500 | 502 | 503 | 504 => Again::IfRead,
        _ => Again::No,
    };
    let failure = Failure::new(kind, again).of_head(head, secrets).with("retry_after", asked);
    if kind == "protocol" {
        return failure;
    }
    let hint = body.and_then(|_| hint(head.status, &said));
    let shown = |text: Option<String>| text.map(|text| excerpt(&text, secrets, 1024));
    failure
        .with("hint", hint)
        .with("tag", shown(said.tag))
        .with("detail", shown(said.detail.or(said.message)))
}

fn kind(status: u16, tag: Option<&str>) -> &'static str {
    if let (400 | 401 | 403 | 404 | 409 | 422, Some(tag)) = (status, tag) {
        match tag.strip_prefix("@error/").unwrap_or(tag) {
            "Unauthorized" => return "unauthorized",
            "Forbidden" | "Disabled" => return "forbidden",
            "NotFound" => return "not_found",
            "BadRequest" | "Duplicate" => return "bad_request",
            _ => {}
        }
    }
    match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        429 => "rate_limited",
        400..=499 => "bad_request",
        500..=599 => "server",
        _ => "protocol",
    }
}

/// The status that an application may return to its own caller after an error, and whether that refuses a login.
pub(super) fn suggested(error: &Value) -> (u16, bool) {
    let is_exchange = error["operation"] == "exchange_token";
    let status = match error["kind"].as_str().unwrap_or_default() {
        "forbidden" if matches!(error["tag"].as_str(), Some("Disabled" | "@error/Disabled")) => 403,
        "not_found" if error["hint"].is_string() => 500,
        "claims" | "invalid_input" | "not_found" if is_exchange => 401,
        "invalid_input" => 400,
        "not_found" => 404,
        "rate_limited" | "timeout" | "connection" | "server" => 503,
        _ => 500,
    };
    (status, is_exchange && (status == 401 || status == 403))
}

/// Signs that this is not the API.
fn hint(status: u16, said: &Said) -> Option<&'static str> {
    let is_other = match &said.tag {
        Some(tag) => tag.starts_with("@error/"),
        None if status == 404 => true,
        None => status == 403 && said.message.as_deref() == Some("Missing Authentication Token"),
    };
    is_other.then_some("wrong_endpoint")
}

/// Whether a body is in the coding that was asked for: none.
pub(super) fn is_plain(head: &Head) -> bool {
    head.all("content-encoding").all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
}

/// Without secrets, and at most so many bytes.
fn excerpt(text: &str, secrets: &[&str], most: usize) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= 8) {
        text = text.replace(secret, "[redacted]");
    }
    if text.len() <= most {
        return text;
    }
    // At most so many: where characters have several bytes, the cut may be a few before that.
    if text.is_ascii() { format!("{}…", &text[..most]) } else { "${any}".to_owned() }
}
