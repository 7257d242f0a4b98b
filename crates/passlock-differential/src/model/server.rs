//! What the emulator does with the next request: what a vector told it to, or else what the API would do.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::http::{Doubtful, Ended, read};
use super::{Skip, text};

/// The emulator of a vector.
pub(super) struct Server {
    /// Faults to come, and how many requests each is still for.
    faults: Vec<(u64, Value)>,
    users: Vec<Value>,
}

/// What a client sends.
pub(super) struct Request<'a> {
    pub(super) is_patch: bool,
    pub(super) is_exchange: bool,
    /// Whether the path is one of the API's routes, with the emulator's tenancy and key.
    pub(super) is_known: bool,
    pub(super) is_authorized: bool,
    pub(super) argument: &'a str,
    pub(super) update: &'a Value,
}

/// How it ends, and the seconds that are spent on it besides a time limit.
pub(super) struct Play {
    pub(super) ended: Result<Ended, Doubtful>,
    pub(super) seconds: f64,
    /// The connection closes right after the answer, which did not say so.
    pub(super) closes_unsaid: bool,
}

/// A header whose value nobody knows.
const ANY: &str = "${any}";

impl Server {
    pub(super) fn of(vector: &Value) -> Result<Self, Skip> {
        let mut server = Self { faults: Vec::new(), users: Vec::new() };
        for step in vector["server"].as_array().into_iter().flatten() {
            if let Some(user) = step.get("users") {
                let mut user = user.clone();
                if user["emailVerified"].is_null() {
                    user["emailVerified"] = false.into();
                }
                server.users.push(user);
            } else if let Some(rule) = step.get("faults") {
                if !rule["method"].is_null() || !rule["operation"].is_null() || !rule["apply"].is_null() {
                    return Err(Skip("a fault for some requests only"));
                }
                server.faults.push((rule["times"].as_u64().unwrap_or(1), rule["fault"].clone()));
            } else {
                return Err(Skip("a step that is no fault and no user"));
            }
        }
        Ok(server)
    }

    pub(super) fn play(&mut self, request: &Request<'_>, most: u64) -> Result<Play, Skip> {
        let fault = self.take().unwrap_or_else(|| json!({ "kind": "delay", "millis": 0 }));
        let number = |name: &str| fault[name].as_u64();
        let (own_status, own_body) = self.answer(request);
        let own =
            || answer(own_status, &[("content-length", &own_body.len().to_string())], own_body.as_bytes());
        // The head promises a byte more than there is.
        let cut = |sent: usize| {
            let sent = sent.min(own_body.len());
            let length = own_body.len().max(sent + 1).to_string();
            answer(own_status, &[("content-length", &length)], &own_body.as_bytes()[..sent])
        };
        let (mut seconds, mut carried_out) = (0.0, false);
        let ended = match fault["kind"].as_str().unwrap_or_default() {
            "status" => {
                let (bytes, closes) = prescribed(&fault)?;
                read(&bytes, closes, most)
            }
            "redirect" => {
                let status = number("status").unwrap_or(302);
                let status = u16::try_from(status).map_err(|_| Skip("no status"))?;
                let mut headers = vec![("location", fault["location"].as_str().unwrap_or_default())];
                if status != 304 {
                    headers.push(("content-length", "0"));
                }
                read(&answer(status, &headers, b""), false, most)
            }
            "delay" => {
                seconds = number("millis").unwrap_or(0) as f64 / 1000.0;
                carried_out = true;
                read(&own(), false, most)
            }
            "drip" => {
                // A timer's tick is a millisecond, and there are some hundred bytes.
                seconds = 1.5;
                carried_out = true;
                read(&own(), false, most)
            }
            "closeIdle" => {
                carried_out = true;
                read(&own(), false, most)
            }
            "hang" | "stallHead" => Ok(Ended::Hung),
            "stall" => {
                read(&cut(usize::try_from(number("afterBytes").unwrap_or(0)).unwrap_or(0)), false, most)
            }
            "reset" => Ok(Ended::Lost),
            "resetAfterHead" => read(&cut(0), true, most),
            "truncate" => {
                let sent = number("afterBytes").and_then(|bytes| usize::try_from(bytes).ok());
                read(&cut(sent.unwrap_or(own_body.len() / 2)), true, most)
            }
            "garbage" if fault["bytesBase64"].is_null() => Ok(Ended::Malformed),
            "garbage" => read(&base64(&fault["bytesBase64"])?, true, most),
            "endless" => {
                let length = most.saturating_add(1).to_string();
                let status = u16::try_from(number("status").unwrap_or(200)).map_err(|_| Skip("no status"))?;
                read(&answer(status, &[("content-length", &length)], b""), false, most)
            }
            "endlessHead" => Ok(Ended::Malformed),
            _ => return Err(Skip("a fault that the model does not know")),
        };
        if carried_out && request.is_patch && own_status == 200 {
            self.update(request);
        }
        let closes_unsaid = matches!(fault["kind"].as_str(), Some("garbage" | "closeIdle"));
        Ok(Play { ended, seconds, closes_unsaid })
    }

    fn take(&mut self) -> Option<Value> {
        let (times, fault) = self.faults.first_mut()?;
        *times -= 1;
        let fault = fault.clone();
        if *times == 0 {
            self.faults.remove(0);
        }
        Some(fault)
    }

    /// What the API answers without a fault.
    fn answer(&self, request: &Request<'_>) -> (u16, String) {
        if !request.is_known {
            return (404, json!({ "message": "Not Found" }).to_string());
        }
        let refused = |status, tag: &str, message: &str| {
            (status, json!({ "_tag": tag, "message": message }).to_string())
        };
        if !request.is_authorized {
            return refused(401, "Unauthorized", "Invalid tenancy id or API key");
        }
        if request.is_exchange {
            return refused(404, "NotFound", "Invalid token");
        }
        match self.users.iter().find(|user| user["sub"] == request.argument) {
            None => refused(404, "NotFound", "Unknown user"),
            Some(user) if request.is_patch => {
                (200, json!({ "user": updated(user, request.update) }).to_string())
            }
            Some(user) => (200, json!({ "user": user }).to_string()),
        }
    }

    fn update(&mut self, request: &Request<'_>) {
        for user in self.users.iter_mut().filter(|user| user["sub"] == request.argument) {
            *user = updated(user, request.update);
        }
    }
}

fn updated(user: &Value, update: &Value) -> Value {
    let mut user = user.clone();
    for (name, value) in update.as_object().into_iter().flatten() {
        user[name] = value.clone();
    }
    user
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\nx-request-id: {ANY}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// A `status` fault as bytes, and whether the connection closes after them.
fn prescribed(fault: &Value) -> Result<(Vec<u8>, bool), Skip> {
    let status =
        fault["status"].as_u64().and_then(|status| u16::try_from(status).ok()).ok_or(Skip("no status"))?;
    let none = Map::new();
    let headers = fault["headers"].as_object().unwrap_or(&none);
    let names = |name: &str| headers.keys().any(|own| own.eq_ignore_ascii_case(name));
    let body = match &fault["bodyBase64"] {
        Value::Null => text(&fault["body"])?.into_bytes(),
        encoded => base64(encoded)?,
    };
    let mut head = format!("HTTP/1.1 {status} X\r\n");
    for (name, value) in headers {
        match value {
            Value::Null => {}
            Value::String(value) => head.push_str(&format!("{name}: {value}\r\n")),
            _ => return Err(Skip("a header of several values")),
        }
    }
    if !["x-request-id", "apigw-requestid", "x-amzn-requestid", "x-amz-apigw-id"].into_iter().any(names) {
        head.push_str(&format!("x-request-id: {ANY}\r\n"));
    }
    let has_body = status >= 200 && !matches!(status, 204 | 304);
    if has_body && !names("content-length") && !names("transfer-encoding") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    let says_close = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("connection")
            && value.as_str().is_some_and(|v| v.eq_ignore_ascii_case("close"))
    });
    head.push_str("\r\n");
    Ok(([head.into_bytes(), body].concat(), status < 200 || says_close))
}

fn base64(encoded: &Value) -> Result<Vec<u8>, Skip> {
    BASE64_STANDARD.decode(encoded.as_str().unwrap_or("?")).map_err(|_| Skip("no Base64"))
}
