//! Outcomes as JavaScript values. Records cross as their values alone, several times cheaper to make than objects: JavaScript
//! puts the names to them, and gets these from here.

use napi::bindgen_prelude::{FnArgs, JsValuesTupleIntoVec, ToNapiValue};
use napi::sys;
use napi_derive::napi;
use passlock_bindings_shared::{NamingStyle, millis};
use passlock_hyper::{AuthType, Principal, User};

/// A record's fields in the order in which their values cross: the only list there is of it. `=>` says what converts a value.
macro_rules! record {
    ($record:ident, $fields:ident, $into_values:ident { $($field:ident $(=> $convert:path)?),+ $(,)? }) => {
        const $fields: &[&str] = &[$(stringify!($field)),+];

        fn $into_values(id: u32, record: $record, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
            let no_failure: Option<Failure> = None;
            FnArgs::from((id, no_failure, $($($convert)?(record.$field)),+)).into_vec(env)
        }
    };
}

record!(Principal, PRINCIPAL, principal_into_values {
    iss,
    aud,
    sub,
    iat => millis,
    nbf => millis,
    exp => millis,
    jti,
    token,
    user_verified,
    auth_type => name_of,
    auth_id,
    given_name,
    family_name,
    email,
    email_verified,
});

record!(User, USER, user_into_values { sub, email, given_name, family_name, email_verified });

fn name_of(auth_type: AuthType) -> String {
    auth_type.as_str().to_owned()
}

/// The names of the records' values.
#[napi(object, object_from_js = false)]
pub struct Fields {
    /// Of a principal.
    pub principal: Vec<String>,
    /// Of a user.
    pub user: Vec<String>,
}

impl Fields {
    pub(crate) fn all() -> Self {
        let named = |fields: &[&str]| fields.iter().map(|field| camel_case(field)).collect();
        Self { principal: named(PRINCIPAL), user: named(USER) }
    }
}

fn camel_case(name: &str) -> String {
    let mut camel = String::new();
    for (index, part) in name.split('_').enumerate() {
        let (first, rest) = part.split_at(part.len().min(1));
        camel += &if index == 0 { first.to_owned() } else { first.to_ascii_uppercase() };
        camel += rest;
    }
    camel
}

/// A finished call: its number, its failure or null, and without a failure the values of its record, of which `Fields` has
/// the names. What is absent is null, times are milliseconds.
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
    fn into_values(self, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
        match self.outcome {
            Outcome::Failure(failure) => FnArgs::from((self.id, *failure)).into_vec(env),
            Outcome::User(user) => user_into_values(self.id, *user, env),
            Outcome::Principal(principal) => principal_into_values(self.id, *principal, env),
        }
    }
}

/// As an array.
impl ToNapiValue for Finished {
    unsafe fn to_napi_value(env: sys::napi_env, finished: Self) -> napi::Result<sys::napi_value> {
        let values = finished.into_values(env)?;
        // SAFETY: the caller's promise, that `env` is the current environment, is passed on.
        unsafe { ToNapiValue::to_napi_value(env, values) }
    }
}

/// A finished call as arguments, one for each element: several times cheaper than an array that is made from here. No
/// arguments where there is none.
pub struct Arguments(pub(crate) Option<Finished>);

impl JsValuesTupleIntoVec for Arguments {
    fn into_vec(self, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
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
    /// A likely cause, if recognised.
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
        } = passlock_bindings_shared::Failure::new(&error, NamingStyle::Camel);
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
