//! Arguments from Python. A value of the wrong type is refused like any other wrong value, and never shown.

use passlock_bindings_shared::{
    CallOptions, Options, Pairs, Request, Source, UPDATE_FIELDS, argument_name, read_update,
    reject_unknown_field,
};
use passlock_core::{Error, OperationName, UserUpdate};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyIterator, PyList, PyMapping, PySet, PyString, PyTuple};

use crate::error::raised;

type Given<'a, 'py> = &'a Bound<'py, PyAny>;

/// A string, or why it is not one.
fn text(value: Given<'_, '_>) -> Result<String, &'static str> {
    let value = value.cast::<PyString>().map_err(|_| "must be a string")?;
    // Python's own error would show the value.
    let value = value.to_str().map_err(|_| "is not valid Unicode: it contains a lone surrogate")?;
    Ok(value.to_owned())
}

/// An operation with its arguments. `fields` is what it changes, if it changes anything.
pub(crate) fn request(
    operation: &str,
    argument: Given<'_, '_>,
    fields: Option<&Bound<'_, PyDict>>,
) -> PyResult<Request> {
    let py = argument.py();
    let name = OperationName::ALL.iter().copied().find(|name| name.as_str() == operation);
    let refuse = |argument: &str, why: &str| {
        let error = Error::invalid_input(format!("{argument} {why}"));
        raised(py, &name.map_or_else(Error::internal, |name| error.with_operation(name)))
    };
    let argument = text(argument).map_err(|why| refuse(name.map_or("argument", argument_name), why))?;
    let mut update = UserUpdate::new();
    if let Some(fields) = fields {
        update = read_update(&mut DictSource { values: fields, refuse: &refuse })?;
        // Also one with a lone surrogate in it: an unknown field is named in the error.
        let mut names = fields.keys().into_iter().map(|name| name.to_string());
        let unknown = names.find(|name| !UPDATE_FIELDS.contains(&name.as_str()));
        reject_unknown_field(unknown.as_deref()).map_err(|error| raised(py, &error))?;
    }
    Request::new(operation, argument, update).map_err(|error| raised(py, &error))
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

/// Why a value can't be read.
enum Unreadable {
    /// What it must be, or what is wrong with it.
    Refused(&'static str),
    /// What the application's own code raised, such as `KeyboardInterrupt`.
    Raised(PyErr),
}

impl From<&'static str> for Unreadable {
    fn from(why: &'static str) -> Self {
        Self::Refused(why)
    }
}

impl From<PyErr> for Unreadable {
    fn from(raised: PyErr) -> Self {
        Self::Raised(raised)
    }
}

fn texts(value: Given<'_, '_>) -> Result<Vec<String>, Unreadable> {
    const WHY: &str = "must be strings in a list, a tuple or a set";
    const ITERATOR: &str =
        "must be strings in a list, a tuple or a set: an iterator is empty once it has been read";
    let usual = value.is_exact_instance_of::<PyList>()
        || value.is_exact_instance_of::<PyTuple>()
        || value.is_exact_instance_of::<PySet>();
    if !usual {
        // Empty would mean that any value is accepted.
        if value.cast::<PyIterator>().is_ok() {
            return Err(ITERATOR.into());
        }
        // These are collections too, letter by letter and key by key, which nobody means.
        let unmeant = value.is_instance_of::<PyString>() || value.cast::<PyMapping>().is_ok();
        if unmeant || !is_collection(value)? {
            return Err(WHY.into());
        }
    }
    value.try_iter()?.map(|value| text(&value?).map_err(|_| WHY.into())).collect()
}

fn is_collection(value: Given<'_, '_>) -> PyResult<bool> {
    static COLLECTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    value.is_instance(COLLECTION.import(value.py(), "collections.abc", "Collection")?)
}

/// A mapping of strings.
fn pairs(value: Given<'_, '_>) -> Result<Pairs, &'static str> {
    const WHY: &str = "must be a mapping of strings to strings";
    let items = value.cast::<PyMapping>().map_err(|_| WHY)?.items().map_err(|_| WHY)?;
    let read = |item: Bound<'_, PyAny>| {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract().ok()?;
        text(&name).ok().zip(text(&value).ok())
    };
    items.iter().map(|item| read(item).ok_or(WHY)).collect()
}

/// A client's settings.
pub(crate) fn options(settings: &Bound<'_, PyDict>) -> PyResult<Options> {
    Options::read(&mut DictSource {
        values: settings,
        refuse: &|name, why| refused_setting(settings.py(), name, why),
    })
}

/// The settings of one call that differ from its client's.
pub(crate) fn call_options(settings: &Bound<'_, PyDict>) -> PyResult<CallOptions> {
    CallOptions::read(&mut DictSource {
        values: settings,
        refuse: &|name, why| refused_setting(settings.py(), name, why),
    })
}

fn refused_setting(py: Python<'_>, name: &str, why: &str) -> PyErr {
    raised(py, &Error::config(format!("{name} {why}")))
}

/// A dictionary, where `None` means: not given. `refuse` says what a value of the wrong type comes to.
struct DictSource<'a, 'py> {
    values: &'a Bound<'py, PyDict>,
    refuse: &'a dyn Fn(&str, &str) -> PyErr,
}

impl DictSource<'_, '_> {
    fn read<T, E: Into<Unreadable>>(
        &self,
        name: &str,
        read: fn(Given<'_, '_>) -> Result<T, E>,
    ) -> PyResult<Option<T>> {
        let value = self.values.get_item(name)?.filter(|value| !value.is_none());
        value.map(|value| read(&value)).transpose().map_err(|error| match error.into() {
            Unreadable::Refused(why) => (self.refuse)(name, why),
            Unreadable::Raised(raised) => raised,
        })
    }
}

impl Source for DictSource<'_, '_> {
    type Error = PyErr;

    fn text(&mut self, name: &'static str) -> PyResult<Option<String>> {
        self.read(name, text)
    }

    fn flag(&mut self, name: &'static str) -> PyResult<Option<bool>> {
        self.read(name, flag)
    }

    fn number(&mut self, name: &'static str) -> PyResult<Option<f64>> {
        self.read(name, number)
    }

    fn seconds(&mut self, name: &'static str) -> PyResult<Option<f64>> {
        self.read(name, seconds)
    }

    fn texts(&mut self, name: &'static str) -> PyResult<Option<Vec<String>>> {
        self.read(name, texts)
    }

    fn bytes(&mut self, name: &'static str) -> PyResult<Option<Vec<u8>>> {
        self.read(name, pem)
    }

    fn pairs(&mut self, name: &'static str) -> PyResult<Option<Pairs>> {
        self.read(name, pairs)
    }
}

/// The part of the environment that settings come from.
pub(crate) fn environment(variables: &Bound<'_, PyDict>) -> Result<Vec<(String, String)>, Error> {
    let read = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let name = text(&name).unwrap_or_default();
        match text(&value) {
            Ok(value) => Ok((name, value)),
            Err(why) => Err(Error::config(format!("the environment variable {name} {why}"))),
        }
    };
    variables.iter().map(read).collect()
}
