//! The words in which tables are written.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::rules::{ERRORS, RETRIES};

/// The token of every exchange that is not about tokens.
pub(super) const TOKEN: &str = "token-canary-1";
/// The id of every user that is not about ids.
pub(super) const SUB: &str = "user-1";

/// A vector in the making.
pub(super) struct Draft(Map<String, Value>);

/// Exchanges [`TOKEN`].
pub(super) fn exchange(name: impl Into<String>) -> Draft {
    Draft::new(name, json!({ "operation": "exchange_token", "token": TOKEN }))
}

/// Reads the user [`SUB`].
pub(super) fn get_user(name: impl Into<String>) -> Draft {
    Draft::new(name, json!({ "operation": "get_user", "sub": SUB }))
}

/// Gives the user [`SUB`] the given name Ada.
pub(super) fn update_user(name: impl Into<String>) -> Draft {
    let update = json!({ "given_name": "Ada" });
    Draft::new(name, json!({ "operation": "update_user", "sub": SUB, "update": update }))
}

/// Only makes a client.
pub(super) fn construct(name: impl Into<String>) -> Draft {
    Draft::new(name, json!({ "operation": "construct" }))
}

/// Only opens a connection.
pub(super) fn warm_up(name: impl Into<String>) -> Draft {
    Draft::new(name, json!({ "operation": "warm_up" }))
}

/// The operations, for the tables that hold for each.
pub(super) const OPERATIONS: [&str; 3] = ["exchange_token", "get_user", "update_user"];

/// One of [`OPERATIONS`], by its name.
pub(super) fn call(operation: &str, name: impl Into<String>) -> Draft {
    match operation {
        "exchange_token" => exchange(name),
        "get_user" => get_user(name),
        "update_user" => update_user(name),
        _ => panic!("no table calls {operation}"),
    }
}

impl Draft {
    fn new(name: impl Into<String>, call: Value) -> Self {
        Self(Map::from_iter([
            ("name".to_owned(), name.into().into()),
            ("call".to_owned(), call),
            ("wire".to_owned(), json!([])),
        ]))
    }

    pub(super) fn done(mut self) -> Value {
        assert!(
            self.0.contains_key("result") ^ self.0.contains_key("error"),
            "{:?} has no end",
            self.0["name"]
        );
        if let Some(Value::Object(error)) = self.0.get_mut("error") {
            suggest(error);
        }
        Value::Object(self.0)
    }

    pub(super) fn why(self, why: &str) -> Self {
        self.with("why", why)
    }

    /// Only languages that can express the vector.
    pub(super) fn only(self, languages: &[&str], why: &str) -> Self {
        self.with("only", json!({ "languages": languages, "why": why }))
    }

    pub(super) fn set(mut self, setting: &str, value: impl Into<Value>) -> Self {
        self.entry("settings", json!({}))[setting] = value.into();
        self
    }

    pub(super) fn env(mut self, variable: &str, value: &str) -> Self {
        self.entry("environment", json!({}))[variable] = value.into();
        self
    }

    /// Null is the machine's own clock.
    pub(super) fn now(self, now: impl Into<Value>) -> Self {
        self.with("now", now)
    }

    /// The call's argument (`token`, `sub` or `update`) or its `options`.
    pub(super) fn given(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.entry("call", json!({}))[name] = value.into();
        self
    }

    /// One call of the emulator's control API.
    pub(super) fn server(mut self, route: &str, body: Value) -> Self {
        if let Value::Array(steps) = self.entry("server", json!([])) {
            steps.push(json!({ route: body }));
        }
        self
    }

    pub(super) fn fault(self, fault: Value) -> Self {
        self.server("faults", json!({ "fault": fault }))
    }

    pub(super) fn fault_times(self, times: u32, fault: Value) -> Self {
        self.server("faults", json!({ "times": times, "fault": fault }))
    }

    /// An answer with the request id `req-1`.
    pub(super) fn answer(self, status: u16, body: impl Into<Value>) -> Self {
        self.fault(answer(status, &[("x-request-id", "req-1")], body))
    }

    /// 200 and [`principal`]: what an exchange is content with.
    pub(super) fn answer_principal(self) -> Self {
        self.answer(200, json!({ "$json": principal(&[]) }))
    }

    /// 200 and [`user`], wrapped.
    pub(super) fn answer_user(self) -> Self {
        self.answer(200, json!({ "$json": { "user": user(&[]) } }))
    }

    /// What the call needs to succeed, by its operation.
    pub(super) fn answer_well(self) -> Self {
        if self.operation() == "exchange_token" { self.answer_principal() } else { self.answer_user() }
    }

    /// So many of the operation's own requests are seen.
    pub(super) fn sent(mut self, times: usize) -> Self {
        let request = match self.operation().as_str() {
            "exchange_token" => json!({ "method": "GET", "path": format!("/tenancy-1/token/{TOKEN}") }),
            "get_user" => get_request(),
            "update_user" => json!({
                "method": "PATCH",
                "path": format!("/tenancy-1/user/{SUB}"),
                "headers": { "content-type": "application/json" },
                "body": { "givenName": "Ada" },
            }),
            other => panic!("no table says what {other} sends"),
        };
        for _ in 0..times {
            self = self.saw(request.clone());
        }
        self
    }

    /// So many requests that read the user are seen after that.
    pub(super) fn then_read(mut self, times: usize) -> Self {
        for _ in 0..times {
            self = self.saw(get_request());
        }
        self
    }

    pub(super) fn saw(mut self, request: Value) -> Self {
        if let Value::Array(wire) = self.entry("wire", json!([])) {
            wire.push(request);
        }
        self
    }

    pub(super) fn gives(self, result: Value) -> Self {
        self.with("result", result)
    }

    /// [`principal`] as the client returns it, with these fields.
    pub(super) fn gives_principal(self, fields: &[(&str, Value)]) -> Self {
        let mut principal = json!({
            "iss": "https://idp.passlock.dev", "aud": "tenancy-1", "sub": SUB, "iat": 1_725_882_236,
            "nbf": 1_725_882_236, "exp": 1_725_882_604, "jti": "jti-canary-1", "token": TOKEN,
            "user_verified": true, "auth_type": "passkey", "auth_id": "auth-1", "given_name": null,
            "family_name": null, "email": null, "email_verified": null,
        });
        change(&mut principal, fields);
        self.gives(principal)
    }

    /// [`user`] as the client returns it, with these fields.
    pub(super) fn gives_user(self, fields: &[(&str, Value)]) -> Self {
        let mut user = json!({
            "sub": SUB, "email": "ada@example.com", "given_name": "Ada", "family_name": "Lovelace",
            "email_verified": true,
        });
        change(&mut user, fields);
        self.gives(user)
    }

    /// What follows [`answer_well`](Self::answer_well).
    pub(super) fn gives_well(self) -> Self {
        if self.operation() == "exchange_token" { self.gives_principal(&[]) } else { self.gives_user(&[]) }
    }

    /// The error of a call that made `attempts` attempts.
    pub(super) fn fails(self, kind: &str, attempts: u32, fields: &[(&str, Value)]) -> Self {
        let mut error = json!({ "kind": kind, "attempts": attempts });
        // The error of a connection that was opened ahead names no operation.
        if self.operation() != "warm_up" {
            error["operation"] = self.operation().into();
        }
        change(&mut error, fields);
        self.with("error", error)
    }

    /// The error of a call whose one attempt got this answer: its kind, and whether it is retryable, are the tables'.
    pub(super) fn fails_by_answer(self, status: u16, tag: &str, fields: &[(&'static str, Value)]) -> Self {
        let kind = ERRORS.of_response(status, tag);
        if RETRIES.of_status(status, false).is_repeated(&self.operation()) {
            let fields = [fields, &[("retryable", json!(true))]].concat();
            self.set("max_retries", 0).fails(kind, 1, &fields)
        } else {
            self.fails(kind, 1, fields)
        }
    }

    /// Words that the error's message must contain.
    pub(super) fn says(mut self, words: &[&str]) -> Self {
        self.entry("error", json!({}))["says"] = json!(words);
        self
    }

    /// Text from outside that the error's message must contain unchanged.
    pub(super) fn quotes(mut self, text: &str) -> Self {
        self.entry("error", json!({}))["quotes"] = json!(text);
        self
    }

    /// The error of a client that can't be made, whose message names something.
    pub(super) fn refused(self, says: &[&str]) -> Self {
        self.with("error", json!({ "kind": "config", "says": says }))
    }

    /// What its one string is called.
    pub(super) fn argument(&self) -> &'static str {
        if self.operation() == "exchange_token" { "token" } else { "sub" }
    }

    fn operation(&self) -> String {
        self.0["call"]["operation"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn entry(&mut self, name: &str, default: Value) -> &mut Value {
        self.0.entry(name).or_insert(default)
    }
}

/// What to answer after an error, as the errors table says, unless the defaults do.
fn suggest(error: &mut Map<String, Value>) {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let kind = text("kind").unwrap_or_default();
    let (status, is_login_refused) =
        ERRORS.suggested(kind, text("operation"), text("tag"), text("hint").is_some());
    if status != 500 {
        error.insert("suggested_status".to_owned(), status.into());
    }
    if is_login_refused {
        error.insert("is_login_refused".to_owned(), true.into());
    }
}

/// What an error says of an answer with the request id `req-1`.
pub(super) fn failure(status: u16, tag: Value, detail: Value) -> Vec<(&'static str, Value)> {
    vec![("status", json!(status)), ("tag", tag), ("detail", detail), ("request_id", json!("req-1"))]
}

fn get_request() -> Value {
    json!({ "method": "GET", "path": format!("/tenancy-1/user/{SUB}") })
}

/// A `status` fault.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Value>) -> Value {
    let headers: Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let mut fault = json!({ "kind": "status", "status": status, "headers": headers });
    match body.into() {
        Value::Null => {}
        body => fault["body"] = body,
    }
    fault
}

/// A principal without optional fields, as the API writes it; a null takes a field away.
pub(super) fn principal(fields: &[(&str, Value)]) -> Value {
    let mut principal = json!({
        "iss": "https://idp.passlock.dev", "aud": "tenancy-1", "sub": SUB, "iat": 1_725_882_236,
        "nbf": 1_725_882_236, "exp": 1_725_882_604, "jti": "jti-canary-1", "token": TOKEN,
        "userVerified": true, "authType": "passkey", "authId": "auth-1",
    });
    change(&mut principal, fields);
    principal
}

/// A user as the API writes it.
pub(super) fn user(fields: &[(&str, Value)]) -> Value {
    let mut user = json!({
        "sub": SUB, "email": "ada@example.com", "givenName": "Ada", "familyName": "Lovelace",
        "emailVerified": true,
    });
    change(&mut user, fields);
    user
}

/// The same without a field.
pub(super) fn without(mut value: Value, field: &str) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.remove(field);
    }
    value
}

/// The same as text, with one field's value written just so: for what JSON libraries would write in their own way.
pub(super) fn verbatim(value: &Value, field: &str, raw: &str) -> String {
    let mut value = value.clone();
    value[field] = "@".into();
    value.to_string().replace("\"@\"", raw)
}

fn change(value: &mut Value, fields: &[(&str, Value)]) {
    for (name, field) in fields {
        value[*name] = field.clone();
    }
}

/// A fault that sends exactly these bytes, and closes.
pub(super) fn raw(bytes: &str) -> Value {
    json!({ "kind": "garbage", "bytesBase64": BASE64_STANDARD.encode(bytes) })
}
