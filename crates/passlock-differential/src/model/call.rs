//! One call, from its settings to its end.

use serde_json::{Map, Value, json};

use super::endpoint::Target;
use super::error::{Again, Failure, is_plain, of_status, suggested};
use super::http::{Body, Ended};
use super::server::{Request, Server};
use super::settings::{Claims, Refusal, Settings, is_segment};
use super::{LONGEST_WAIT, Prediction, Skip, Stated, body, extra, text};

/// The most that anything on this machine takes, in seconds, besides what waits on purpose.
const SLOWEST: f64 = 0.4;

/// A call under way.
struct Call<'a> {
    operation: &'a str,
    argument: String,
    /// The body of a PATCH.
    update: Value,
    settings: Settings,
    server: Server,
    attempts: u64,
    wire: Vec<Value>,
    gaps: Vec<(f64, f64)>,
    /// At least and at most how many seconds have passed.
    passed: (f64, f64),
    is_accepted: bool,
    /// The server has closed the connection without a word.
    is_closed: bool,
}

/// The outcome of an attempt.
enum Next {
    Result(Value),
    Failure(Failure),
    /// The change is made: the user is read.
    Read,
}

pub(super) fn predict(vector: &Value, defaults: &Map<String, Value>) -> Result<Prediction, Skip> {
    let operation = vector["call"]["operation"].as_str().unwrap_or_default();
    let settings = match Settings::of(vector, defaults) {
        Ok(settings) => settings,
        Err(Refusal::Config | Refusal::Unnamed) => return Ok(refused(json!({ "kind": "config" }))),
        Err(Refusal::Skip(skip)) => return Err(skip),
    };
    if operation == "construct" {
        return Ok(ended(Vec::new(), Vec::new(), "result", json!({})));
    }
    if settings.target == Target::Elsewhere {
        return Err(Skip("a call to another machine"));
    }
    let is_exchange = operation == "exchange_token";
    let is_warm_up = operation == "warm_up";
    let argument = text(&vector["call"][if is_exchange { "token" } else { "sub" }])?;
    let update = update(&vector["call"]["update"])?;
    let is_update = operation == "update_user";
    let is_input_bad = !(is_warm_up || is_segment(&argument)) || (is_update && update == json!({}));
    let settings = match settings.with(&vector["call"]["options"]) {
        Ok(_) if is_input_bad => {
            return Ok(refused(json!({ "kind": "invalid_input", "operation": operation })));
        }
        Ok(settings) => settings,
        Err(Refusal::Config | Refusal::Unnamed) if is_input_bad => {
            return Err(Skip("which of two mistakes is named is not stated"));
        }
        Err(Refusal::Unnamed) => return Ok(refused(json!({ "kind": "config" }))),
        Err(Refusal::Config) => return Ok(refused(json!({ "kind": "config", "operation": operation }))),
        Err(Refusal::Skip(skip)) => return Err(skip),
    };
    let server = Server::of(vector)?;
    let call = Call {
        operation,
        argument,
        update,
        settings,
        server,
        attempts: 0,
        wire: Vec::new(),
        gaps: Vec::new(),
        passed: (0.0, 0.0),
        is_accepted: false,
        is_closed: false,
    };
    call.run()
}

/// The fields that are to change, as they are sent.
fn update(update: &Value) -> Result<Value, Skip> {
    let mut sent = json!({});
    for (name, sent_name) in
        [("given_name", "givenName"), ("family_name", "familyName"), ("email_verified", "emailVerified")]
    {
        match &update[name] {
            Value::Null => {}
            flag @ Value::Bool(_) => sent[sent_name] = flag.clone(),
            value => sent[sent_name] = text(value)?.into(),
        }
    }
    Ok(sent)
}

fn refused(error: Value) -> Prediction {
    ended(Vec::new(), Vec::new(), "error", error)
}

fn ended(wire: Vec<Value>, gaps: Vec<(f64, f64)>, name: &str, mut value: Value) -> Prediction {
    if name == "error" {
        let (status, is_login_refused) = suggested(&value);
        value["suggested_status"] = status.into();
        value["is_login_refused"] = is_login_refused.into();
    }
    Prediction::Stated(Stated { wire, end: Map::from_iter([(name.to_owned(), value)]), gaps })
}

impl Call<'_> {
    fn run(mut self) -> Result<Prediction, Skip> {
        let mut retries = 0;
        loop {
            match self.attempt()? {
                None => return Ok(Prediction::Unstated),
                Some(Next::Result(result)) => return Ok(ended(self.wire, self.gaps, "result", result)),
                Some(Next::Read) if self.is_closed => {
                    return Err(Skip("whether the next request meets a closed connection"));
                }
                Some(Next::Read) => {
                    self.is_accepted = true;
                    self.gaps.push((0.0, 0.0));
                    if self.passed.0 >= self.settings.timeout {
                        return Ok(self.failed(Failure::new("timeout", Again::Yes).with("limit", "timeout")));
                    }
                    if self.passed.1 >= self.settings.timeout {
                        return Err(Skip("whether time is left"));
                    }
                }
                Some(Next::Failure(failure)) => {
                    let may_repeat = self.is_retryable(&failure) && retries < self.settings.max_retries;
                    if !may_repeat || !self.waits(&failure, retries)? {
                        return Ok(self.failed(failure));
                    }
                    retries += 1;
                }
            }
        }
    }

    fn is_warm_up(&self) -> bool {
        self.operation == "warm_up"
    }

    fn is_patch(&self) -> bool {
        self.operation == "update_user" && !self.is_accepted
    }

    fn is_retryable(&self, failure: &Failure) -> bool {
        match failure.again {
            Again::Yes => true,
            Again::IfRead => !self.is_patch(),
            Again::No => false,
        }
    }

    fn failed(self, failure: Failure) -> Prediction {
        let retryable = self.is_retryable(&failure);
        let failure = if self.is_warm_up() { failure } else { failure.with("operation", self.operation) };
        let mut error = failure
            .with("attempts", self.attempts)
            .with("retryable", retryable)
            .with("applied", self.is_accepted)
            .fields;
        if error.get("retry_after").and_then(Value::as_f64).is_some_and(|seconds| seconds > LONGEST_WAIT) {
            error.insert("retry_after".to_owned(), json!({ "$at_least": LONGEST_WAIT }));
        }
        ended(self.wire, self.gaps, "error", Value::Object(error))
    }

    /// Waits before the next attempt, if the wait fits into the time that is left: what the server asks for, and anything
    /// up to a quarter of a second, which doubles each time up to four seconds.
    fn waits(&mut self, failure: &Failure, retries: u64) -> Result<bool, Skip> {
        let least = failure.retry_after().unwrap_or(0.0);
        let most = least + [0.25, 0.5, 1.0, 2.0].get(usize::try_from(retries).unwrap_or(9)).unwrap_or(&4.0);
        let timeout = self.settings.timeout;
        if least >= timeout - self.passed.0 {
            return Ok(false);
        }
        if most >= timeout - self.passed.1 - SLOWEST {
            return Err(Skip("whether the wait fits"));
        }
        if most > 5.0 {
            return Err(Skip("a wait that is too long for a test"));
        }
        self.spend(least, most);
        self.gaps.push((least, most));
        Ok(true)
    }

    fn spend(&mut self, least: f64, most: f64) {
        self.passed = (self.passed.0 + least, self.passed.1 + most);
    }

    /// Sends a request, and says the outcome; nothing where the contract leaves it open.
    fn attempt(&mut self) -> Result<Option<Next>, Skip> {
        self.attempts += 1;
        // A limit that is as good as none at all may pass before anything is sent.
        if self.settings.attempt_timeout() < SLOWEST / 2.0 {
            return Err(Skip("whether there is time to send anything"));
        }
        let ended = match self.settings.target {
            Target::Refused => Ended::Refused,
            Target::Silent => Ended::Hung,
            Target::Emulator | Target::Elsewhere => {
                self.wire.push(self.request());
                let key_is_right = self.settings.api_key == "key-canary-0123456789";
                let request = Request {
                    is_patch: self.is_patch(),
                    is_exchange: self.operation == "exchange_token",
                    is_known: self.settings.prefix.is_empty(),
                    is_authorized: key_is_right && self.settings.tenancy_id == "tenancy-1",
                    argument: &self.argument,
                    update: &self.update,
                };
                let play = self.server.play(&request, self.settings.max_response_bytes)?;
                if play.seconds + SLOWEST >= self.settings.attempt_timeout() {
                    return Err(Skip("whether the answer comes in time"));
                }
                self.spend(0.0, play.seconds);
                self.is_closed = play.closes_unsaid;
                match play.ended {
                    Ok(ended) => ended,
                    // It may be followed at once by another request.
                    Err(_) if self.is_closed && self.is_patch() => {
                        return Err(Skip("whether the next request meets a closed connection"));
                    }
                    Err(_) => return Ok(None),
                }
            }
        };
        self.outcome(ended).map(Some)
    }

    fn request(&self) -> Value {
        let (prefix, tenancy) = (&self.settings.prefix, encoded(&self.settings.tenancy_id));
        let path = if self.is_warm_up() {
            format!("{prefix}/{tenancy}/connection/pre-connect")
        } else {
            let route = if self.operation == "exchange_token" { "token" } else { "user" };
            format!("{prefix}/{tenancy}/{route}/{}", encoded(&self.argument))
        };
        let mut request = json!({
            "method": if self.is_patch() { "PATCH" } else { "GET" },
            "path": path,
            "headers": self.settings.headers.clone(),
        });
        // The one request without the key.
        request["headers"]["authorization"] =
            if self.is_warm_up() { Value::Null } else { self.settings.authorization().into() };
        if let Some(app_info) = &self.settings.app_info {
            request["headers"]["user-agent"] = format!("${{user_agent}} {app_info}").into();
        }
        if self.is_patch() {
            request["headers"]["content-type"] = "application/json".into();
            request["body"] = self.update.clone();
        }
        request
    }

    fn outcome(&mut self, ended: Ended) -> Result<Next, Skip> {
        let (head, body) = match ended {
            Ended::Refused => {
                self.spend(0.0, SLOWEST);
                return Ok(Next::Failure(Failure::new("connection", Again::Yes)));
            }
            Ended::Lost => {
                self.spend(0.0, SLOWEST);
                return Ok(Next::Failure(Failure::new("connection", Again::IfRead)));
            }
            Ended::Malformed => return Ok(Next::Failure(Failure::new("protocol", Again::No))),
            Ended::Hung => {
                let limit = self.limit()?;
                return Ok(Next::Failure(Failure::new("timeout", Again::IfRead).with("limit", limit)));
            }
            Ended::Answered(head, body) => (head, body),
        };
        let limit = if body == Body::Stalled { self.limit()? } else { "" };
        self.spend(0.0, SLOWEST);
        let api_key = self.settings.api_key.clone();
        let argument = self.argument.clone();
        let more = extra::secrets(&self.settings.headers);
        let mut secrets = vec![api_key.as_str()];
        secrets.extend(more.iter().map(String::as_str));
        if self.operation == "exchange_token" {
            secrets.push(&argument);
        }
        if self.is_warm_up() {
            return Ok(match body {
                // Whatever it says, the connection is open.
                Body::Whole(_) => Next::Result(json!({})),
                Body::TooLarge => Next::Failure(Failure::new("protocol", Again::No)),
                Body::CutOff => Next::Failure(Failure::new("connection", Again::IfRead)),
                Body::Stalled => Next::Failure(Failure::new("timeout", Again::IfRead).with("limit", limit)),
            });
        }
        if !(200..=299).contains(&head.status) {
            return Ok(Next::Failure(of_status(&head, &body, &self.settings, &secrets)));
        }
        let failed = |kind, again| Failure::new(kind, again).of_head(&head, &secrets);
        if self.is_patch() {
            return Ok(match body {
                Body::Whole(body) if is_plain(&head) => {
                    let user = body::wrapped_user(&body).or_else(|_| body::bare_user(&body));
                    user.map_or(Next::Read, Next::Result)
                }
                _ => Next::Read,
            });
        }
        let body = match body {
            Body::Whole(body) if is_plain(&head) && head.status == 200 => body,
            Body::Whole(_) | Body::TooLarge => return Ok(Next::Failure(failed("protocol", Again::No))),
            Body::CutOff => return Ok(Next::Failure(failed("connection", Again::IfRead))),
            Body::Stalled => {
                return Ok(Next::Failure(failed("timeout", Again::IfRead).with("limit", limit)));
            }
        };
        let value = match self.operation {
            "exchange_token" => body::principal(&body),
            _ => body::wrapped_user(&body),
        };
        let Ok(value) = value else { return Ok(Next::Failure(failed("protocol", Again::No))) };
        if self.operation == "exchange_token" {
            let Settings { claims, tenancy_id, now, .. } = &self.settings;
            if let Some(claim) = wrong_claim(&value, claims, tenancy_id, *now) {
                return Ok(Next::Failure(failed("claims", Again::No).with("claim", claim)));
            }
        }
        Ok(Next::Result(value))
    }

    /// Which limit passes when nothing comes, and the time until then.
    fn limit(&mut self) -> Result<&'static str, Skip> {
        let (attempt, timeout) = (self.settings.attempt_timeout(), self.settings.timeout);
        if attempt > 3.0 && timeout - self.passed.0 > 3.0 {
            return Err(Skip("a limit that is too long for a test"));
        }
        let (most_left, least_left) = (timeout - self.passed.0, timeout - self.passed.1);
        if attempt >= most_left {
            self.passed = (timeout, timeout + SLOWEST);
            Ok("timeout")
        } else if attempt + SLOWEST < least_left {
            self.spend(attempt, attempt + SLOWEST);
            Ok("attempt_timeout")
        } else {
            Err(Skip("which limit passes first"))
        }
    }
}

/// The first claim that fails its check.
fn wrong_claim(principal: &Value, claims: &Claims, tenancy_id: &str, now: f64) -> Option<&'static str> {
    // In milliseconds, since there is nothing below them.
    let millis = |seconds: f64| (seconds * 1000.0).round();
    let time = |name: &str| millis(principal[name].as_f64().unwrap_or(f64::NAN));
    let (now, leeway) = (millis(now), millis(claims.leeway));
    let is_listed = claims.auth_types.iter().any(|own| principal["auth_type"] == own.as_str());
    let checks = [
        ("aud", principal["aud"] == tenancy_id),
        ("nbf", time("nbf") - leeway <= now),
        ("exp", now < time("exp") + leeway),
        ("iss", claims.issuer.as_ref().is_none_or(|issuer| principal["iss"] == issuer.as_str())),
        ("user_verified", !claims.require_user_verified || principal["user_verified"] == true),
        ("auth_type", claims.auth_types.is_empty() || is_listed),
    ];
    let wrong = checks.into_iter().find(|(_, holds)| !holds);
    wrong.filter(|_| claims.verify).map(|(claim, _)| claim)
}

/// One segment of a path: everything but RFC 3986's unreserved characters is encoded.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
