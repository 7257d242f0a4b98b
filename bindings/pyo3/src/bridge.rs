//! How results reach an event loop: a queue and one wake-up for all that is in it.
//!
//! The thread that finishes calls never touches Python. It puts the result into the loop's queue and writes one byte into
//! a pipe, unless one is there already. The loop watches the pipe, and takes all results at once.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use passlock_core::{Error, Summary};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use tokio::task::AbortHandle;

use crate::error::exception;
use crate::model::{Principal, User};
use crate::process::Kept;

/// The results for one event loop.
#[pyclass(frozen, module = "passlock._passlock")]
pub(crate) struct Queue {
    kept: Kept<Ends>,
}

struct Ends {
    results: Arc<Results>,
    reader: PipeReader,
}

/// The side of a queue that results are put into.
pub(crate) struct Results {
    finished: Mutex<Vec<Finished>>,
    /// Whether a byte is in the pipe, or about to be.
    woken: AtomicBool,
    writer: PipeWriter,
}

/// A call that came to its end.
pub(crate) struct Finished {
    /// Which call.
    pub(crate) key: u64,
    pub(crate) result: Result<Value, Error>,
    /// What is to be logged, if anything is.
    pub(crate) summary: Option<Summary>,
}

/// What a call gives.
pub(crate) enum Value {
    Principal(Principal),
    User(User),
}

#[pymethods]
impl Queue {
    #[new]
    fn new() -> PyResult<Self> {
        let (reader, writer) = pipe().map_err(PyOSError::new_err)?;
        let results = Results { finished: Mutex::default(), woken: AtomicBool::new(false), writer };
        Ok(Self { kept: Kept::new(Ends { results: Arc::new(results), reader }) })
    }

    /// What the loop has to watch.
    #[cfg(unix)]
    fn fileno(&self) -> PyResult<i32> {
        use std::os::fd::AsRawFd as _;
        self.kept.get().map(|ends| ends.reader.as_raw_fd()).ok_or_else(of_another_process)
    }

    /// All calls that have finished: key, whether it succeeded, value or exception, what to log.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let Some(ends) = self.kept.get() else { return Ok(PyList::empty(py)) };
        if ends.results.woken.load(Ordering::Acquire) {
            ends.rest();
        }
        let finished = std::mem::take(&mut *ends.results.lock());
        let list = PyList::empty(py);
        for one in finished {
            list.append(one.into_python(py)?)?;
        }
        Ok(list)
    }

    /// Blocks until a call has finished: for loops that can't watch a pipe.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        let ends = self.kept.get().ok_or_else(of_another_process)?;
        py.detach(|| ends.rest());
        Ok(())
    }

    /// Ends a `wait`.
    fn wake(&self) {
        if let Some(ends) = self.kept.get() {
            ends.results.wake();
        }
    }
}

impl Queue {
    pub(crate) fn results(&self) -> Option<&Arc<Results>> {
        self.kept.get().map(|ends| &ends.results)
    }
}

impl Ends {
    /// Takes the byte out of the pipe. What is put into the queue from here on writes one again.
    fn rest(&self) {
        let mut byte = [0];
        // It can't fail: both ends are open, and std repeats it after a signal.
        let _ = (&self.reader).read_exact(&mut byte);
        self.results.woken.store(false, Ordering::Release);
    }
}

impl Results {
    pub(crate) fn put(&self, finished: Finished) {
        self.lock().push(finished);
        self.wake();
    }

    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            // It fails when nobody reads any more.
            let _ = (&self.writer).write_all(&[1]);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Finished>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Finished {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        let log = self.summary.map(|summary| {
            let kind = self.result.as_ref().err().map(|error| error.kind().as_str());
            report(&summary, kind)
        });
        let (succeeded, value) = match self.result {
            Ok(Value::Principal(principal)) => (true, Bound::new(py, principal)?.into_any()),
            Ok(Value::User(user)) => (true, Bound::new(py, user)?.into_any()),
            Err(error) => (false, exception(py, &error)?),
        };
        (self.key, succeeded, value, log).into_pyobject(py)
    }
}

/// What the log says of a call: attempts, status, request id, and the kind of its error.
pub(crate) fn report(
    summary: &Summary,
    kind: Option<&'static str>,
) -> (u32, Option<u16>, Option<String>, Option<&'static str>) {
    (summary.attempts, summary.status, summary.request_id().map(str::to_owned), kind)
}

fn of_another_process() -> PyErr {
    PyOSError::new_err("this event loop belongs to the process that was forked")
}

/// A call in flight. Dropping it ends the call.
#[pyclass(frozen, module = "passlock._passlock")]
pub(crate) struct Call(Kept<Abort>);

struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Call {
    pub(crate) fn new(handle: AbortHandle) -> Self {
        Self(Kept::new(Abort(handle)))
    }
}

#[pymethods]
impl Call {
    /// Ends the call at once.
    fn cancel(&self) {
        if let Some(abort) = self.0.get() {
            abort.0.abort();
        }
    }
}
