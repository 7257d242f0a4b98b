//! The native part of the Python package `passlock`: converts types, and decides nothing.
//!
//! `client` makes the calls, `runtime` says who drives them, `bridge` brings their results to an event loop, which
//! `self_pipe` wakes; `process` keeps a forked child away from what is its parent's, `interpreter` a second interpreter away
//! from the first one's objects; `convert`, `model` and `error` carry values across.

mod bridge;
mod client;
mod convert;
mod error;
mod interpreter;
mod model;
mod process;
mod runtime;
mod self_pipe;
#[cfg(feature = "test-hooks")]
mod test_hooks;

use passlock_bindings_shared::silence_panic_hook;
use passlock_core::{Claim, ErrorKind, Hint, Limit, OperationName};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The native part of the package `passlock`. Not for direct use.
#[pymodule(gil_used = false)]
mod _passlock {
    use super::*;

    #[pymodule_export]
    use super::bridge::Queue;
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::error::suggested;
    #[pymodule_export]
    use super::model::{Principal, User};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        // Before any object is made that would be the wrong interpreter's.
        interpreter::refuse_a_second_one(py)?;
        silence_panic_hook();
        process::Process::count_forks().map_err(PyOSError::new_err)?;
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        // The closed lists of the core, which the package's tests walk.
        module.add("ERROR_KINDS", codes(py, ErrorKind::ALL, ErrorKind::as_str)?)?;
        module.add("OPERATIONS", codes(py, OperationName::ALL, OperationName::as_str)?)?;
        module.add("LIMITS", codes(py, Limit::ALL, Limit::as_str)?)?;
        module.add("CLAIMS", codes(py, Claim::ALL, Claim::as_str)?)?;
        module.add("HINTS", codes(py, Hint::ALL, Hint::as_str)?)?;
        module.add("VARIABLES", PyTuple::new(py, passlock_bindings_shared::Options::VARIABLES)?)
    }
}

fn codes<'py, T: Copy>(
    py: Python<'py>,
    all: &[T],
    code: fn(T) -> &'static str,
) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, all.iter().map(|one| code(*one)))
}
