//! The outcome of a call, as Python values.

use passlock_bindings_shared::{AttemptReport, CallReport, Value};
use passlock_core::Error;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::error::{exception, raised};
use crate::model::{CallInfo, Principal, User};

/// The outcome of a call.
pub(crate) struct Outcome {
    pub(crate) result: Result<Value, Error>,
    /// How the call went, if anybody asked.
    pub(crate) report: Option<CallReport>,
}

impl Outcome {
    /// The outcome of a call that can't continue.
    pub(crate) fn failed(error: Error) -> Self {
        Self { result: Err(error), report: Some(CallReport::default()) }
    }

    /// Whether the call succeeded, its value or exception, and its report.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        let report = self.report.map(|report| into_report(py, report)).transpose()?;
        let (succeeded, value) = match self.result {
            Ok(value) => (true, into_value(py, value)?),
            Err(error) => (false, exception(py, &error)?),
        };
        (succeeded, value, report).into_pyobject(py)
    }

    /// The value of the call; an error is raised.
    pub(crate) fn into_value(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        into_value(py, self.result.map_err(|error| raised(py, &error))?)
    }
}

fn into_value(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyAny>> {
    Ok(match value {
        Value::Principal(principal) => Bound::new(py, Principal::from(principal))?.into_any(),
        Value::User(user) => Bound::new(py, User::from(user))?.into_any(),
        Value::Done => py.None().into_bound(py),
    })
}

/// The call, each of its attempts, and the server's host and port.
fn into_report(py: Python<'_>, report: CallReport) -> PyResult<Bound<'_, PyTuple>> {
    let attempts = PyList::empty(py);
    for AttemptReport { method, route, resends, begun, ended, status, error_type, .. } in report.attempts {
        // No call takes longer than an hour.
        let (begun, ended) = (begun.as_nanos() as u64, ended.as_nanos() as u64);
        attempts.append((method, route, resends, begun, ended, status, error_type))?;
    }
    let server = (report.server_address, report.server_port);
    (CallInfo::from(report.info), attempts, server).into_pyobject(py)
}
