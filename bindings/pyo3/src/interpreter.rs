//! One interpreter per process: a sub-interpreter has its own objects, and this library keeps some.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::ffi::{PyInterpreterState_Get, PyInterpreterState_GetID};
use pyo3::prelude::*;

/// The interpreter that has loaded this library. Ids are not used again in a process.
static OWNER: AtomicI64 = AtomicI64::new(NONE);
const NONE: i64 = -1;

/// Fails in every interpreter but the first that comes.
///
/// CPython itself refuses those with a GIL of their own. In the others, mod_wsgi's for one, all would seem to work, with the
/// classes of the first: what is raised would be no `passlock.PasslockError` of the second's.
pub(crate) fn refuse_a_second_one(py: Python<'_>) -> PyResult<()> {
    // SAFETY: the thread is attached, as `py` proves, so there is a current interpreter.
    let current = unsafe { PyInterpreterState_GetID(PyInterpreterState_Get()) };
    if current == NONE {
        return Err(PyErr::fetch(py));
    }
    match OWNER.compare_exchange(NONE, current, Ordering::AcqRel, Ordering::Acquire) {
        Err(owner) if owner != current => Err(PyImportError::new_err(
            "passlock has been imported by another interpreter of this process, and does not support sub-interpreters: \
             with mod_wsgi, set `WSGIApplicationGroup %{GLOBAL}`; with uWSGI, set `single-interpreter`; or give each \
             application a process of its own",
        )),
        _ => Ok(()),
    }
}
