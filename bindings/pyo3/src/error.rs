//! Errors as the package's own exceptions, which are written in Python.

use passlock_bindings_shared::{Failure, Field, NamingStyle};
use passlock_core::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// An instance of the exception class of its kind.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let make = from_failure(py)?;
    let fields = PyDict::new(py);
    for (name, field) in Failure::new(error, NamingStyle::Snake).fields() {
        match field {
            Field::Text(text) => fields.set_item(name, &*text),
            Field::Integer(number) => fields.set_item(name, number),
            Field::Number(number) => fields.set_item(name, number),
            Field::Flag(flag) => fields.set_item(name, flag),
        }?;
    }
    make.call1((fields,))
}

/// What makes the exceptions, in the package as it is imported now: those who import it again, as tests and reloaders do, have
/// classes of their own to catch.
fn from_failure(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    const MODULE: &str = "passlock._errors";
    const NAME: &str = "from_failure";
    static MODULES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static FIRST: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let first = FIRST.import(py, MODULE, NAME)?;
    let imported =
        MODULES.import(py, "sys", "modules")?.get_item(MODULE).and_then(|module| module.getattr(NAME));
    // Removed, and not imported again: clients may still be in use.
    Ok(imported.unwrap_or_else(|_| first.clone()))
}

/// The same, to be raised.
///
/// It is raised by its class, like one that is yet to be made: Python then gives it the exception that the caller is handling
/// as its context, as it does for its own `raise`.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, |made| PyErr::from_type(made.get_type(), made.unbind()))
}

/// What to answer after an error that Python code raises, and whether it refuses a login.
#[pyfunction]
#[pyo3(signature = (kind, operation, tag, hint))]
pub(crate) fn suggested(
    kind: &str,
    operation: Option<&str>,
    tag: Option<&str>,
    hint: Option<&str>,
) -> (u16, bool) {
    let failure = Failure::from_codes(kind, operation, tag, hint, String::new());
    (failure.suggested_status, failure.is_login_refused)
}

/// Reports an exception that must not fail a call, through `sys.unraisablehook`, as Python does for exceptions in finalizers.
#[pyfunction]
pub(crate) fn ignore(error: &Bound<'_, PyAny>, origin: &Bound<'_, PyAny>) {
    PyErr::from_value(error.clone()).write_unraisable(error.py(), Some(origin));
}
