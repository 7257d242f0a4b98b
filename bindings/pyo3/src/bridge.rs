//! How calls run on an event loop: the loop's own thread begins them, and continues them when they are ready.
//!
//! The runtime's thread never touches Python. When calls can continue it writes one byte into a pipe, unless one is there
//! already. The loop watches the pipe, and takes all the calls that have ended at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passlock_bindings_shared::{LocalTasks, Value, catch_unwind};
use passlock_core::{CallInfo, Error};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::error::{exception, raised};
use crate::model::{Principal, User};
use crate::process::ForkGuarded;
use crate::runtime;
use crate::self_pipe::SelfPipe;

/// The calls of one event loop.
#[pyclass(frozen, module = "passlock._passlock")]
pub(crate) struct Queue {
    inner: ForkGuarded<Ends>,
}

struct Ends {
    tasks: LocalTasks<Ended>,
    self_pipe: Arc<SelfPipe>,
    /// Whether a thread waits at the pipe for the loop. Then that thread alone takes bytes out of it: the loop's own would
    /// otherwise see that one is there, find that it has just been taken, and block the loop, with the GIL held.
    watched: AtomicBool,
}

/// What a call came to.
pub(crate) struct Ended {
    pub(crate) result: Result<Value, Error>,
    /// What to log, if anything.
    pub(crate) info: Option<CallInfo>,
}

#[pymethods]
impl Queue {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        let self_pipe = SelfPipe::new().map_err(|error| raised(py, &runtime::no_runtime(&error)))?;
        let self_pipe = Arc::new(self_pipe);
        let tasks = LocalTasks::new({
            let self_pipe = Arc::clone(&self_pipe);
            move || self_pipe.notify()
        });
        Ok(Self { inner: ForkGuarded::new(Ends { tasks, self_pipe, watched: AtomicBool::new(false) }) })
    }

    /// Whether it is another process's, of which this one was forked.
    fn inherited(&self) -> bool {
        self.inner.get().is_none()
    }

    /// What the loop has to watch.
    #[cfg(unix)]
    fn fileno(&self) -> PyResult<i32> {
        self.inner.get().map(|ends| ends.self_pipe.fileno()).ok_or_else(of_another_process)
    }

    /// Lets calls continue, and returns those that have ended: key, whether it succeeded, value or exception, what to log.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let Some(ends) = self.inner.get() else { return Ok(list) };
        if !ends.watched.load(Ordering::Acquire) && ends.self_pipe.is_pending() {
            ends.self_pipe.drain();
        }
        let Ok(runtime) = runtime::background() else { return Ok(list) };
        let _entered = runtime.enter();
        let mut all = Vec::new();
        let polled = catch_unwind(|| {
            ends.tasks.poll_ready(|key, ended| all.push((key, ended)));
            Ok(())
        });
        polled.map_err(|error| raised(py, &error))?;
        for (key, ended) in all {
            list.append(ended.into_python(py, key)?)?;
        }
        Ok(list)
    }

    /// Ends a call at once.
    fn cancel(&self, key: u64) {
        if let Some(ends) = self.inner.get() {
            // Whoever cancels has nothing to do with a panic.
            let _ = catch_unwind(|| Ok(ends.tasks.cancel(key)));
        }
    }

    /// Blocks until a call can continue: for loops that can't watch a pipe.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        let ends = self.inner.get().ok_or_else(of_another_process)?;
        ends.watched.store(true, Ordering::Release);
        py.detach(|| ends.self_pipe.drain());
        Ok(())
    }

    /// Ends a `wait`.
    fn wake(&self) {
        if let Some(ends) = self.inner.get() {
            ends.self_pipe.notify();
        }
    }
}

impl Queue {
    /// Begins a call, and returns its outcome if there is nothing to wait for.
    pub(crate) fn spawn(
        &self,
        key: u64,
        call: impl Future<Output = Ended> + Send + 'static,
    ) -> Result<Option<Ended>, Error> {
        let ends = self.inner.get().ok_or_else(runtime::forked)?;
        let _entered = runtime::background()?.enter();
        Ok(ends.tasks.spawn(key, call))
    }
}

impl Ended {
    pub(crate) fn into_python(self, py: Python<'_>, key: u64) -> PyResult<Bound<'_, PyTuple>> {
        let log = self.info.map(|info| {
            let kind = self.result.as_ref().err().map(|error| error.kind().as_str());
            report(&info, kind)
        });
        let (succeeded, value) = match self.result {
            Ok(value) => (true, into_python(py, value)?),
            Err(error) => (false, exception(py, &error)?),
        };
        (key, succeeded, value, log).into_pyobject(py)
    }
}

/// What a call returns, as Python's value.
pub(crate) fn into_python(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyAny>> {
    Ok(match value {
        Value::Principal(principal) => Bound::new(py, Principal::from(principal))?.into_any(),
        Value::User(user) => Bound::new(py, User::from(user))?.into_any(),
    })
}

/// What the log says of a call: attempts, status, request id, and the kind of its error.
pub(crate) fn report(
    info: &CallInfo,
    kind: Option<&'static str>,
) -> (u32, Option<u16>, Option<String>, Option<&'static str>) {
    (info.attempts, info.status, info.request_id().map(str::to_owned), kind)
}

fn of_another_process() -> PyErr {
    PyOSError::new_err("this event loop belongs to the process that was forked")
}
