//! The settings: which are accepted, and their effect.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::endpoint::{self, Target};
use super::{Skip, extra, text};

/// What a client was made with.
pub(super) struct Settings {
    pub(super) tenancy_id: String,
    pub(super) api_key: String,
    pub(super) target: Target,
    /// What stands before the tenancy in the path.
    pub(super) prefix: String,
    pub(super) timeout: f64,
    /// As it was set.
    attempt_timeout: f64,
    pub(super) max_retries: u64,
    pub(super) max_response_bytes: u64,
    pub(super) claims: Claims,
    pub(super) app_info: Option<String>,
    /// The application's own.
    pub(super) headers: Map<String, Value>,
    /// In seconds since the epoch.
    pub(super) now: f64,
}

/// What is asked of a principal.
pub(super) struct Claims {
    pub(super) verify: bool,
    pub(super) leeway: f64,
    pub(super) issuer: Option<String>,
    pub(super) require_user_verified: bool,
    pub(super) auth_types: Vec<String>,
}

/// Why there are no settings.
pub(super) enum Refusal {
    /// Creating the client fails with `config`.
    Config,
    /// So does the call, before it is one: its error names no operation.
    Unnamed,
    Skip(Skip),
}

impl From<Skip> for Refusal {
    fn from(skip: Skip) -> Self {
        Self::Skip(skip)
    }
}

impl Settings {
    pub(super) fn of(vector: &Value, defaults: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut given = defaults.clone();
        given.extend(vector["settings"].as_object().cloned().unwrap_or_default());
        given.retain(|_, value| !value.is_null());
        let set = |name: &str| given.get(name);
        let worded = |name: &str| set(name).map(text).transpose();
        // Explicit settings override environment variables; an empty variable is none.
        let from_environment = |variable: &str| {
            vector["environment"][variable].as_str().filter(|value| !value.is_empty()).map(str::to_owned)
        };

        let tenancy_id = worded("tenancy_id")?.or_else(|| from_environment("PASSLOCK_TENANCY_ID"));
        let tenancy_id = tenancy_id.filter(|id| is_segment(id)).ok_or(Refusal::Config)?;
        let api_key = worded("api_key")?.or_else(|| from_environment("PASSLOCK_API_KEY"));
        let api_key = api_key.ok_or(Refusal::Config)?.trim_end_matches(['\r', '\n']).to_owned();
        if !(8..=4096).contains(&api_key.len()) || !api_key.bytes().all(|b| (b'!'..=b'~').contains(&b)) {
            return Err(Refusal::Config);
        }
        let flag = |name: &str| set(name).and_then(Value::as_bool);
        let url = worded("endpoint")?.or_else(|| from_environment("PASSLOCK_ENDPOINT"));
        let url = url.unwrap_or_else(|| "https://api.passlock.dev".to_owned());
        let (target, prefix) =
            endpoint::parse(&url, flag("allow_http").unwrap_or(false)).ok_or(Refusal::Config)?;

        let timeout = limit(set("timeout"), 30.0)?;
        let attempt_timeout = limit(set("attempt_timeout"), 10.0)?;
        limit(set("connect_timeout"), 5.0)?;
        let idle_timeout = set("idle_timeout").map_or(Some(300.0), Value::as_f64).ok_or(Refusal::Config)?;
        let max_retries = count(set("max_retries"), 2, 0, 10)?;
        let max_response_bytes = count(set("max_response_bytes"), 1 << 20, 1, 1 << 30)?;
        let leeway = set("leeway").map_or(Some(60.0), Value::as_f64).ok_or(Refusal::Config)?;
        let claims = Claims {
            verify: flag("verify_claims").unwrap_or(true),
            leeway,
            issuer: worded("issuer")?,
            require_user_verified: flag("require_user_verified").unwrap_or(false),
            auth_types: texts(set("auth_types")),
        };
        if ![leeway, idle_timeout].iter().all(|seconds| (0.0..=3600.0).contains(seconds))
            || claims.issuer.as_deref() == Some("")
        {
            return Err(Refusal::Config);
        }
        if set("proxy").is_some() || set("ca_certificates").is_some() {
            return Err(Skip("a proxy or certificates").into());
        }
        let app_info = extra::app_info(set("app_info"))?;
        let headers = extra::headers(set("headers"))?;
        let now = vector["now"].as_f64().ok_or(Skip("the machine's own clock"))?;
        Ok(Self {
            tenancy_id,
            api_key,
            target,
            prefix,
            timeout,
            attempt_timeout,
            max_retries,
            max_response_bytes,
            claims,
            app_info,
            headers,
            now,
        })
    }

    /// With the options of one call. Only the claims' ones may be wrong here.
    pub(super) fn with(mut self, options: &Value) -> Result<Self, Refusal> {
        if let Some(timeout) = options["timeout"].as_f64() {
            if !(timeout > 0.01 && timeout <= 3600.0) {
                return Err(Skip("which operation a bad time limit names is not stated").into());
            }
            self.timeout = timeout;
        }
        if options.get("max_retries").is_some() {
            let checked = count(options.get("max_retries"), 2, 0, 10);
            self.max_retries = checked.map_err(|_| Refusal::Unnamed)?;
        }
        if let Some(issuer) = options["issuer"].as_str() {
            self.claims.issuer = Some(issuer.to_owned());
            if issuer.is_empty() {
                return Err(Refusal::Config);
            }
        }
        if let Some(required) = options["require_user_verified"].as_bool() {
            self.claims.require_user_verified = required;
        }
        if options.get("auth_types").is_some() {
            self.claims.auth_types = texts(options.get("auth_types"));
        }
        Ok(self)
    }

    /// The limit on one attempt: clamped to that of this call.
    pub(super) fn attempt_timeout(&self) -> f64 {
        self.attempt_timeout.min(self.timeout)
    }

    /// The Authorization header as the journal has it.
    pub(super) fn authorization(&self) -> String {
        let digest = Sha256::digest(format!("Bearer {}", self.api_key));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A value that can be one segment of a path.
pub(super) fn is_segment(value: &str) -> bool {
    let is_control = |c: char| matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}');
    !matches!(value, "" | "." | "..") && value.len() <= 4096 && !value.contains(is_control)
}

/// More than zero, and at most one hour. Nanoseconds are what there is below it.
fn limit(value: Option<&Value>, default: f64) -> Result<f64, Refusal> {
    match value {
        None => Ok(default),
        Some(Value::String(_)) => Err(Refusal::Config),
        Some(value) => match value.as_f64() {
            Some(seconds) if (1e-9..=3600.0).contains(&seconds) => Ok(seconds),
            _ => Err(Refusal::Config),
        },
    }
}

fn count(value: Option<&Value>, default: u64, least: u64, most: u64) -> Result<u64, Refusal> {
    match value {
        None => Ok(default),
        Some(value) => value.as_u64().filter(|n| (least..=most).contains(n)).ok_or(Refusal::Config),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
