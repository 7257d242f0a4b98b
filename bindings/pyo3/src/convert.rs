//! Arguments out of Python's hands. What is of the wrong type is refused like any other wrong value, and never shown.

use passlock_bindings_shared::{CallOptions, Options, update as user_update};
use passlock_core::{Error, OperationName, UserUpdate};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyString};

pub(crate) type Given<'a, 'py> = &'a Bound<'py, PyAny>;

/// A string, or why it is none.
fn text(value: Given<'_, '_>) -> Result<String, &'static str> {
    let value = value.cast::<PyString>().map_err(|_| "must be a string")?;
    // Python's own error would show the value.
    let value = value.to_str().map_err(|_| "is not valid Unicode: it contains a lone surrogate")?;
    Ok(value.to_owned())
}

/// An argument of an operation.
pub(crate) fn argument(operation: OperationName, name: &str, value: Given<'_, '_>) -> Result<String, Error> {
    text(value).map_err(|why| refused(operation, name, why))
}

/// The fields of an update; `None` leaves one unchanged.
pub(crate) fn update(fields: &Bound<'_, PyDict>) -> Result<UserUpdate, Error> {
    let (mut given_name, mut family_name, mut email_verified, mut unknown) = (None, None, None, None);
    for (name, value) in fields {
        // Also one with a lone surrogate in it: an unknown field is named in the error.
        let name = name.to_string();
        match name.as_str() {
            "given_name" => given_name = field(&name, &value, text)?,
            "family_name" => family_name = field(&name, &value, text)?,
            "email_verified" => email_verified = field(&name, &value, flag)?,
            _ => unknown = unknown.or(Some(name)),
        }
    }
    user_update(given_name, family_name, email_verified, unknown.as_deref())
}

fn field<T>(
    name: &str,
    value: Given<'_, '_>,
    read: fn(Given<'_, '_>) -> Result<T, &'static str>,
) -> Result<Option<T>, Error> {
    let value = given(value).map(read).transpose();
    value.map_err(|why| refused(OperationName::UpdateUser, name, why))
}

fn refused(operation: OperationName, name: &str, why: &str) -> Error {
    Error::invalid_input(format!("{name} {why}")).with_operation(operation)
}

fn given<'a, 'py>(value: Given<'a, 'py>) -> Option<Given<'a, 'py>> {
    (!value.is_none()).then_some(value)
}

fn flag(value: Given<'_, '_>) -> Result<bool, &'static str> {
    value.cast::<PyBool>().map(|flag| flag.is_true()).map_err(|_| "must be True or False")
}

fn number(value: Given<'_, '_>) -> Result<f64, &'static str> {
    real(value).ok_or("must be a number")
}

/// Seconds, or a timedelta.
fn seconds(value: Given<'_, '_>) -> Result<f64, &'static str> {
    let seconds = real(value).or_else(|| value.call_method0("total_seconds").ok()?.extract().ok());
    seconds.ok_or("must be a number of seconds or a timedelta")
}

/// A number. `True` is one too for Python, but nobody means it.
fn real(value: Given<'_, '_>) -> Option<f64> {
    if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() }
}

/// PEM, as text or as bytes.
fn pem(value: Given<'_, '_>) -> Result<Vec<u8>, &'static str> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => text(value).map(String::into_bytes).map_err(|_| "must be PEM, as a string or as bytes"),
    }
}

fn texts(value: Given<'_, '_>) -> Result<Vec<String>, &'static str> {
    const WHY: &str = "must be strings in a list, a tuple or a set";
    // These are iterable too, letter by letter and key by key, which nobody means.
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyDict>() {
        return Err(WHY);
    }
    let values = value.try_iter().map_err(|_| WHY)?;
    values.map(|value| value.map_err(|_| WHY).and_then(|value| text(&value).map_err(|_| WHY))).collect()
}

/// One setting, if it was given.
fn setting<T>(
    name: &str,
    value: Option<Bound<'_, PyAny>>,
    read: fn(Given<'_, '_>) -> Result<T, &'static str>,
) -> Result<Option<T>, Error> {
    let value = value.filter(|value| !value.is_none());
    value.map(|value| read(&value)).transpose().map_err(|why| Error::config(format!("{name} {why}")))
}

/// A client's settings out of a dictionary, where `None` means: not given.
pub(crate) fn options(settings: &Bound<'_, PyDict>) -> PyResult<Result<Options, Error>> {
    let mut options = Options::default();
    macro_rules! read {
        ($($name:ident: $read:ident),+ $(,)?) => {$(
            match setting(stringify!($name), settings.get_item(stringify!($name))?, $read) {
                Ok(value) => options.$name = value,
                Err(error) => return Ok(Err(error)),
            }
        )+};
    }
    read!(
        tenancy_id: text,
        api_key: text,
        endpoint: text,
        allow_http: flag,
        timeout: seconds,
        attempt_timeout: seconds,
        connect_timeout: seconds,
        max_retries: number,
        max_response_bytes: number,
        proxy: text,
        ca_certificates: pem,
        leeway: seconds,
        verify_claims: flag,
        issuer: text,
        require_user_verified: flag,
        auth_types: texts,
        fixed_now: number,
    );
    Ok(Ok(options))
}

/// The part of the environment that settings come from.
pub(crate) fn environment(variables: &Bound<'_, PyDict>) -> Result<Vec<(String, String)>, Error> {
    let read = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let name = text(&name).unwrap_or_default();
        match text(&value) {
            Ok(value) => Ok((name, value)),
            Err(why) => Err(Error::config(format!("the environment's {name} {why}"))),
        }
    };
    variables.iter().map(read).collect()
}

/// What one call wants different from its client, `None` where nothing is.
#[derive(FromPyObject)]
pub(crate) struct CallSettings<'py>(
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
);

impl CallSettings<'_> {
    pub(crate) fn read(self) -> Result<CallOptions, Error> {
        let Self(timeout, issuer, require_user_verified, auth_types) = self;
        Ok(CallOptions {
            timeout: setting("timeout", Some(timeout), seconds)?,
            issuer: setting("issuer", Some(issuer), text)?,
            require_user_verified: setting("require_user_verified", Some(require_user_verified), flag)?,
            auth_types: setting("auth_types", Some(auth_types), texts)?,
        })
    }
}

/// The options of a call that has but one.
pub(crate) fn only_timeout(timeout: Given<'_, '_>) -> Result<CallOptions, Error> {
    Ok(CallOptions { timeout: setting("timeout", Some(timeout.clone()), seconds)?, ..CallOptions::default() })
}
