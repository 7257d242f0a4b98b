//! Errors as the package's own exceptions, which are written in Python.

use passlock_bindings_shared::{Failure, NamingStyle};
use passlock_core::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// An instance of the exception class of its kind.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = MAKE.import(py, "passlock._errors", "from_failure")?;
    let Failure {
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
    } = Failure::new(error, NamingStyle::Snake);
    // In two parts, since tuples of more than twelve don't convert.
    let answer = (status, tag, detail, request_id, retry_after, attempts);
    let signs = (retryable, limit, claim, hint, applied, cause);
    make.call1((kind, message, operation, answer, signs))
}

/// The same, to be raised.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|error| error, PyErr::from_value)
}
