//! Outcomes as JavaScript values, without names: several times cheaper to make and to read than objects.

use napi::bindgen_prelude::{FnArgs, JsValuesTupleIntoVec, ToNapiValue};
use napi_derive::napi;
use passlock_bindings_shared::millis;
use passlock_hyper::{Principal, User};

/// A finished call. In JavaScript a record without names, told apart by its length: `[id, failure]`, a user's
/// `[id, ...5 fields]`, or a principal's `[id, ...15 fields]`, in the order of the structs' fields. What is absent is null,
/// times are milliseconds.
pub struct Finished {
    pub(crate) id: u32,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    Principal(Box<Principal>),
    User(Box<User>),
    Failure(Box<Failure>),
}

impl From<Principal> for Outcome {
    fn from(principal: Principal) -> Self {
        Self::Principal(Box::new(principal))
    }
}

impl From<User> for Outcome {
    fn from(user: User) -> Self {
        Self::User(Box::new(user))
    }
}

impl From<passlock_hyper::Error> for Outcome {
    fn from(error: passlock_hyper::Error) -> Self {
        Self::Failure(Box::new(error.into()))
    }
}

impl Finished {
    fn into_values(self, env: napi::sys::napi_env) -> napi::Result<Vec<napi::sys::napi_value>> {
        let id = self.id;
        match self.outcome {
            Outcome::Failure(failure) => FnArgs::from((id, *failure)).into_vec(env),
            Outcome::User(user) => FnArgs::from((
                id,
                user.sub,
                user.email,
                user.given_name,
                user.family_name,
                user.email_verified,
            ))
            .into_vec(env),
            Outcome::Principal(p) => FnArgs::from((
                id,
                p.iss,
                p.aud,
                p.sub,
                millis(p.iat),
                millis(p.nbf),
                millis(p.exp),
                p.jti,
                p.token,
                p.user_verified,
                p.auth_type.as_str().to_owned(),
                p.auth_id,
                p.given_name,
                p.family_name,
                p.email,
                p.email_verified,
            ))
            .into_vec(env),
        }
    }
}

/// As an array.
impl ToNapiValue for Finished {
    unsafe fn to_napi_value(env: napi::sys::napi_env, finished: Self) -> napi::Result<napi::sys::napi_value> {
        let values = finished.into_values(env)?;
        // SAFETY: the caller's promise, that `env` is the current environment, is passed on.
        unsafe { ToNapiValue::to_napi_value(env, values) }
    }
}

/// A finished call as arguments, one for each element: several times cheaper than an array that is made from here. No
/// arguments where there is none.
pub struct Arguments(pub(crate) Option<Finished>);

impl JsValuesTupleIntoVec for Arguments {
    fn into_vec(self, env: napi::sys::napi_env) -> napi::Result<Vec<napi::sys::napi_value>> {
        self.0.map_or_else(|| Ok(Vec::new()), |finished| finished.into_values(env))
    }
}

/// Why a call failed: `passlock_bindings_shared::Failure` as an object.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// One of the thirteen kinds.
    pub kind: &'static str,
    /// One line for humans.
    pub message: String,
    /// The operation that failed.
    pub operation: Option<&'static str>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The API's own name for the error.
    pub tag: Option<String>,
    /// What the API says about it.
    pub detail: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// How long the service asks to wait, in seconds.
    pub retry_after: Option<f64>,
    /// How many requests were made.
    pub attempts: u32,
    /// Whether trying again later is safe and may help.
    pub retryable: bool,
    /// The time limit that passed.
    pub limit: Option<&'static str>,
    /// The claim that did not hold.
    pub claim: Option<&'static str>,
    /// What the signs point to.
    pub hint: Option<&'static str>,
    /// Whether an update was accepted although the call failed.
    pub applied: bool,
    /// The cause, as text.
    pub cause: Option<String>,
}

impl From<passlock_hyper::Error> for Failure {
    fn from(error: passlock_hyper::Error) -> Self {
        let passlock_bindings_shared::Failure {
            kind,
            message,
            operation,
            status,
            tag,
            detail,
            request_id,
            retry_after,
            attempts,
            retryable,
            limit,
            claim,
            hint,
            applied,
            cause,
        } = passlock_bindings_shared::Failure::from(error).in_camel_case();
        Self {
            kind,
            message,
            operation,
            status,
            tag,
            detail,
            request_id,
            retry_after,
            attempts,
            retryable,
            limit,
            claim,
            hint,
            applied,
            cause,
        }
    }
}
