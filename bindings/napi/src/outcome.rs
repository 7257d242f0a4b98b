//! Outcomes as JavaScript values. Hot ones are arrays: they are several times cheaper to make and to read than objects.

use napi::bindgen_prelude::{Either3, ToNapiValue};
use napi_derive::napi;
use passlock::{Principal, User};
use passlock_bindings_shared::millis;

/// A finished call. In JavaScript an array, told apart by its length: `[id, failure]`, a user's `[id, ...5 fields]`, or a
/// principal's `[id, ...15 fields]`, in the order of the structs' fields. What is absent is null, times are milliseconds.
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

impl From<passlock::Error> for Outcome {
    fn from(error: passlock::Error) -> Self {
        Self::Failure(Box::new(error.into()))
    }
}

impl ToNapiValue for Finished {
    unsafe fn to_napi_value(
        env: napi::sys::napi_env,
        Self { id, outcome }: Self,
    ) -> napi::Result<napi::sys::napi_value> {
        let value = match outcome {
            Outcome::Failure(failure) => Either3::A((id, *failure)),
            Outcome::User(user) => {
                Either3::B((id, user.sub, user.email, user.given_name, user.family_name, user.email_verified))
            }
            Outcome::Principal(p) => Either3::C((
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
            )),
        };
        // SAFETY: the caller's promise, that `env` is the current environment, is passed on.
        unsafe { ToNapiValue::to_napi_value(env, value) }
    }
}

/// Why a call failed: `passlock_bindings_shared::Failure` as an object.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// One of the twelve kinds.
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

impl From<passlock::Error> for Failure {
    fn from(error: passlock::Error) -> Self {
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
