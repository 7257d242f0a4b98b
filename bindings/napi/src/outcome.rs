//! Outcomes as JavaScript values. Records cross as their values only, several times cheaper to make than objects: JavaScript
//! adds the names, which it gets from here.

use napi::bindgen_prelude::{FnArgs, JsValuesTupleIntoVec, Object, ToNapiValue};
use napi::{Env, sys};
use napi_derive::napi;
use passlock_bindings_shared::{Cross, Field, NamingStyle, Value, camel_case, models};
use passlock_hyper::{Error, Principal, User};

use crate::report::{CallReport, Report};

/// A model whose fields' values cross in the order of the list in `passlock-bindings-shared`.
trait Record: Sized {
    const FIELDS: &'static [&'static str];

    fn into_values(self, id: u32, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>>;
}

macro_rules! record {
    ($model:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ }) => {
        impl Record for $model {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn into_values(self, id: u32, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
                let no_failure: Option<Failure> = None;
                FnArgs::from((id, no_failure, $(self.$field.cross()),+)).into_vec(env)
            }
        }
    };
}

models!(record);

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
        let named =
            |fields: &[&'static str]| fields.iter().map(|field| camel_case(field).into_owned()).collect();
        Self { principal: named(Principal::FIELDS), user: named(User::FIELDS) }
    }
}

/// A finished call: its number, its failure or null, and without a failure the values of its record, of which `Fields` has
/// the names. What is absent is null, times are milliseconds. If a report was requested, it comes last.
pub struct Finished {
    pub(crate) id: u32,
    pub(crate) outcome: Outcome,
}

pub(crate) type Outcome = Result<Ended, Error>;

/// How a call ended. The failure of a call without a report is only an error.
pub(crate) struct Ended {
    result: Result<Value, Error>,
    /// Boxed, since few calls have one.
    report: Option<Box<CallReport>>,
}

impl Ended {
    pub(crate) fn with_report(result: Result<Value, Error>, report: CallReport) -> Self {
        Self { result, report: Some(Box::new(report)) }
    }
}

impl From<Value> for Ended {
    fn from(value: Value) -> Self {
        Self { result: Ok(value), report: None }
    }
}

impl Finished {
    fn into_values(self, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
        let (result, report) = match self.outcome {
            Err(error) => (Err(error), None),
            Ok(Ended { result, report }) => (result, report),
        };
        let mut values = values(self.id, result, env)?;
        if let Some(report) = report {
            // SAFETY: the caller's promise, that `env` is the current environment, is passed on.
            values.push(unsafe { ToNapiValue::to_napi_value(env, Report::from(*report)) }?);
        }
        Ok(values)
    }
}

fn values(id: u32, result: Result<Value, Error>, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
    match result {
        Err(error) => FnArgs::from((id, Failure::from(error))).into_vec(env),
        Ok(Value::User(user)) => user.into_values(id, env),
        Ok(Value::Principal(principal)) => principal.into_values(id, env),
        Ok(Value::Done) => {
            let no_failure: Option<Failure> = None;
            FnArgs::from((id, no_failure)).into_vec(env)
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

/// A finished call as arguments, one for each element: several times cheaper than an array that is made from here.
pub struct Arguments(pub(crate) Finished);

impl JsValuesTupleIntoVec for Arguments {
    fn into_vec(self, env: sys::napi_env) -> napi::Result<Vec<sys::napi_value>> {
        self.0.into_values(env)
    }
}

/// Why a call failed: `passlock_bindings_shared::Failure` as an object, without what is not known.
pub struct Failure(passlock_bindings_shared::Failure);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(passlock_bindings_shared::Failure::new(&error, NamingStyle::Camel))
    }
}

impl Failure {
    pub(crate) fn from_codes(
        kind: &str,
        operation: Option<&str>,
        tag: Option<&str>,
        hint: Option<&str>,
    ) -> Self {
        Self(passlock_bindings_shared::Failure::from_codes(kind, operation, tag, hint, String::new()))
    }
}

impl ToNapiValue for Failure {
    unsafe fn to_napi_value(env: sys::napi_env, failure: Self) -> napi::Result<sys::napi_value> {
        let mut object = Object::new(&Env::from_raw(env))?;
        for (name, field) in failure.0.fields() {
            let name = camel_case(name);
            match field {
                Field::Text(text) => object.set(name, &*text),
                Field::Integer(number) => object.set(name, number),
                Field::Number(number) => object.set(name, number),
                Field::Flag(flag) => object.set(name, flag),
            }?;
        }
        // SAFETY: the caller's promise, that `env` is the current environment, is passed on.
        unsafe { ToNapiValue::to_napi_value(env, object) }
    }
}
