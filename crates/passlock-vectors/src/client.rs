//! One call through the public API of any Rust client, and its outcome as JSON.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use passlock::{Error, Principal, User, UserUpdate};
use passlock_core::{Build, Builder, Name, duration_from_seconds};
use serde_json::{Map, Value, json};

/// Which of the Rust clients runs the vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// The crate `passlock`.
    Reqwest,
    /// The crate `passlock-hyper`.
    Hyper,
    /// The crate `passlock-blocking`.
    Ureq,
}

impl Flavour {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Reqwest, Self::Hyper, Self::Ureq];

    /// Its name in the summary line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Hyper => "hyper",
            Self::Ureq => "ureq",
        }
    }
}

/// A vector's call, without placeholders.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Map<String, Value>,
    pub(crate) environment: Map<String, Value>,
    pub(crate) now: Value,
    pub(crate) call: Map<String, Value>,
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The client's own error, which is what vectors are about.
    Refused(Error),
    /// The vector can't be run.
    Broken(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What a call gave, as JSON, and as people are shown it.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) value: Value,
    pub(crate) shown: String,
}

impl Given {
    fn new(value: Value, shown: &impl Debug) -> Self {
        Self { value, shown: format!("{shown:?} {shown:#?}") }
    }
}

/// One call. The clients have the same methods, but no type in common: this is written once for all.
macro_rules! run {
    ($client:ty, $plan:expr $(, $await:tt)?) => {{
        let plan: &Plan = $plan;
        let mut client = settings(<$client>::builder(), plan)?.build()?;
        let options = plan.call.get("options").and_then(Value::as_object);
        for (name, value) in options.into_iter().flatten() {
            client = match name.as_str() {
                "timeout" => client.with_timeout(seconds(Name("timeout"), value)?)?,
                "max_retries" => client.with_max_retries(number(Name("max_retries"), value)?)?,
                "issuer" => client.with_issuer(text(Name("issuer"), value)?),
                "require_user_verified" => {
                    client.with_require_user_verified(flag(Name("require_user_verified"), value)?)
                }
                "auth_types" => client.with_auth_types(texts(Name("auth_types"), value)?),
                _ => return Err(Stop::Broken(format!("there is no option `{name}`"))),
            };
        }
        let argument = |name| text(Name(name), plan.call.get(name).unwrap_or(&Value::Null));
        match plan.call.get("operation").and_then(Value::as_str) {
            Some("construct") => Ok(Given::new(json!({}), &client)),
            Some("exchange_token") => {
                let principal = client.exchange_token(&argument("token")?)$(.$await)??;
                Ok(Given::new(from_principal(&principal), &principal))
            }
            Some("get_user") => {
                let user = client.get_user(&argument("sub")?)$(.$await)??;
                Ok(Given::new(from_user(&user), &user))
            }
            Some("update_user") => {
                let user = client.update_user(&argument("sub")?, update(&plan.call)?)$(.$await)??;
                Ok(Given::new(from_user(&user), &user))
            }
            Some("warm_up") => {
                client.warm_up()$(.$await)??;
                Ok(Given::new(json!({}), &client))
            }
            other => Err(Stop::Broken(format!("there is no operation {other:?}"))),
        }
    }};
}

pub(crate) async fn run_reqwest(plan: &Plan) -> Result<Given, Stop> {
    run!(passlock::Client, plan, await)
}

pub(crate) async fn run_hyper(plan: &Plan) -> Result<Given, Stop> {
    run!(passlock_hyper::Client, plan, await)
}

pub(crate) fn run_ureq(plan: &Plan) -> Result<Given, Stop> {
    run!(passlock_blocking::Client, plan)
}

macro_rules! by_name {
    ($($setting:ident: $kind:ident,)+) => {
        /// Every setting. A vector that sets any other is refused, and each of these must occur in some vector.
        pub const SETTINGS: &[&str] = &[$(stringify!($setting),)+];

        /// The builder with a setting by its name.
        fn set<C: Build>(builder: Builder<C>, name: &str, value: &Value) -> Result<Builder<C>, Stop> {
            match name {
                $(stringify!($setting) => Ok(builder.$setting($kind(Name(stringify!($setting)), value)?)),)+
                _ => Err(Stop::Broken(format!("unknown setting `{name}`"))),
            }
        }
    };
}

passlock_core::settings!(by_name);

fn settings<C: Build>(builder: Builder<C>, plan: &Plan) -> Result<Builder<C>, Stop> {
    let mut builder =
        builder.environment(|name| plan.environment.get(name).and_then(Value::as_str).map(str::to_owned));
    if !plan.now.is_null() {
        builder = builder.fixed_now(SystemTime::UNIX_EPOCH + seconds(Name("fixed_now"), &plan.now)?);
    }
    for (name, value) in plan.settings.iter().filter(|(_, value)| !value.is_null()) {
        builder = set(builder, name, value)?;
    }
    Ok(builder)
}

fn update(call: &Map<String, Value>) -> Result<UserUpdate, Stop> {
    let mut update = UserUpdate::new();
    let fields = call.get("update").and_then(Value::as_object);
    for (name, value) in fields.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        update = match name.as_str() {
            "given_name" => update.given_name(text(Name("given_name"), value)?),
            "family_name" => update.family_name(text(Name("family_name"), value)?),
            "email_verified" => update.email_verified(flag(Name("email_verified"), value)?),
            _ => return Err(Stop::Broken(format!("an update has no `{name}`"))),
        };
    }
    Ok(update)
}

fn broken(value: &Value, what: &str) -> Stop {
    Stop::Broken(format!("{value} is not {what}"))
}

fn text(_: Name, value: &Value) -> Result<String, Stop> {
    value.as_str().map(str::to_owned).ok_or_else(|| broken(value, "a string"))
}

fn bytes(name: Name, value: &Value) -> Result<Vec<u8>, Stop> {
    text(name, value).map(String::into_bytes)
}

fn texts(name: Name, value: &Value) -> Result<Vec<String>, Stop> {
    let values = value.as_array().ok_or_else(|| broken(value, "a list of strings"))?;
    values.iter().map(|value| text(name, value)).collect()
}

fn pairs(setting: Name, value: &Value) -> Result<Vec<(String, String)>, Stop> {
    let fields = value.as_object().ok_or_else(|| broken(value, "an object of strings"))?;
    fields.iter().map(|(name, value)| Ok((name.clone(), text(setting, value)?))).collect()
}

fn flag(_: Name, value: &Value) -> Result<bool, Stop> {
    value.as_bool().ok_or_else(|| broken(value, "true or false"))
}

fn number<T: TryFrom<u64>>(_: Name, value: &Value) -> Result<T, Stop> {
    let number = value.as_u64().and_then(|number| number.try_into().ok());
    number.ok_or_else(|| broken(value, "a whole number"))
}

/// Seconds: a number, or the name of one that JSON does not have. As the languages do whose durations are numbers.
fn seconds(name: Name, value: &Value) -> Result<Duration, Stop> {
    let seconds = match value.as_str() {
        Some(text @ ("NaN" | "Infinity" | "-Infinity")) => text.parse().ok(),
        _ => value.as_f64(),
    };
    Ok(duration_from_seconds(name, seconds.ok_or_else(|| broken(value, "a number"))?)?)
}

fn from_principal(principal: &Principal) -> Value {
    json!({
        "iss": principal.iss,
        "aud": principal.aud,
        "sub": principal.sub,
        "iat": from_time(principal.iat),
        "nbf": from_time(principal.nbf),
        "exp": from_time(principal.exp),
        "jti": principal.jti,
        "token": principal.token,
        "user_verified": principal.user_verified,
        "auth_type": principal.auth_type.as_str(),
        "auth_id": principal.auth_id,
        "given_name": principal.given_name,
        "family_name": principal.family_name,
        "email": principal.email,
        "email_verified": principal.email_verified,
    })
}

fn from_user(user: &User) -> Value {
    json!({
        "sub": user.sub,
        "email": user.email,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "email_verified": user.email_verified,
    })
}

pub(crate) fn from_error(error: &Error) -> Value {
    json!({
        "kind": error.kind().as_str(),
        "operation": error.operation().map(|operation| operation.as_str()),
        "status": error.status(),
        "tag": error.tag(),
        "detail": error.detail(),
        "request_id": error.request_id(),
        "retry_after": error.retry_after().map(|duration| duration.as_secs_f64()),
        "attempts": error.attempts(),
        "retryable": error.is_retryable(),
        "limit": error.limit().map(|limit| limit.as_str()),
        "claim": error.claim().map(|claim| claim.as_str()),
        "hint": error.hint().map(|hint| hint.as_str()),
        "applied": error.is_applied(),
        "suggested_status": error.suggested_status(),
        "is_login_refused": error.is_login_refused(),
    })
}

/// Seconds since the Unix epoch. Principals hold no time before it.
fn from_time(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
