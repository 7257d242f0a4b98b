//! The client: settings, connections, and the operations, blocking or on an event loop.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passlock_bindings_shared::{CallOptions, CloseableClient, Value, catch_unwind, catch_unwind_future};
use passlock_core::{Build as _, CallInfo};
use passlock_hyper::{Config, Error};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::{Ended, Queue, into_python, report};
use crate::convert;
use crate::error::raised;
use crate::model::prepare;
use crate::process::{ForkLocal, Process};
use crate::runtime;

/// Names this package to the service.
const USER_AGENT: &str = concat!("passlock-python/", env!("CARGO_PKG_VERSION"));

/// What a call came to, and what is known of its last response.
type Outcome = (Result<Value, Error>, CallInfo);

/// What one process has of a client.
type Open = CloseableClient<passlock_hyper::CoreClient>;

/// A client of either class.
#[pyclass(frozen, module = "passlock._passlock")]
pub(crate) struct Client {
    config: Arc<Config>,
    open: ForkLocal<Open>,
    /// Also for the processes that will be forked.
    closed: AtomicBool,
}

#[pymethods]
impl Client {
    /// Checks every setting. `None` in `settings` means: not given.
    #[new]
    fn new(py: Python<'_>, settings: &Bound<'_, PyDict>, environment: &Bound<'_, PyDict>) -> PyResult<Self> {
        prepare(py).map_err(|error| raised(py, &runtime::no_runtime(&error)))?;
        let mut options = convert::options(settings)?;
        options.environment = convert::environment(environment).map_err(|error| raised(py, &error))?;
        let made = py.detach(|| {
            catch_unwind(|| {
                let config: Arc<Config> = Arc::new(options.build(USER_AGENT)?);
                runtime::reap_after(config.idle_timeout());
                let client = Self { config, open: ForkLocal::new(), closed: AtomicBool::new(false) };
                // What can't be used is said now, not at the first call.
                client.open()?;
                Ok(client)
            })
        });
        made.map_err(|error| raised(py, &error))
    }

    /// The endpoint's URL.
    #[getter]
    fn endpoint(&self) -> &str {
        self.config.endpoint().as_str()
    }

    /// The tenancy id.
    #[getter]
    fn tenancy_id(&self) -> &str {
        self.config.tenancy_id()
    }

    /// Makes a call, blocking. `fields` is what it changes; `report` is called with what to log.
    #[pyo3(signature = (report, operation, argument, options, fields=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        report: Option<&Bound<'py, PyAny>>,
        operation: &str,
        argument: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        blocking(py, self.request(operation, argument, options, fields)?, report)
    }

    /// Begins a call: the result is given at once, or will be in `queue` under `key`.
    #[pyo3(signature = (queue, key, log, operation, argument, options, fields=None))]
    #[expect(clippy::too_many_arguments, reason = "as many as a call on a loop needs")]
    fn begin<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        operation: &str,
        argument: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        spawn(py, queue, key, log, self.request(operation, argument, options, fields)?)
    }

    /// Closes the client: calls in flight finish, later ones are refused.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.closed.store(true, Ordering::SeqCst);
        let closed = py.detach(|| catch_unwind(|| Ok(self.open.get().map(Open::close))));
        closed.map(drop).map_err(|error| raised(py, &error))
    }
}

impl Client {
    fn open(&self) -> Result<&Open, Error> {
        let open = self.open.get_or_make(|| {
            passlock_hyper::CoreClient::build(Config::clone(&self.config), None)
                .map(|client| CloseableClient::new(client, |client| client.transport().close()))
        })?;
        // Closed by a parent, before this process was forked.
        if self.closed.load(Ordering::SeqCst) {
            open.close();
        }
        Ok(open)
    }

    /// The client to make one call with.
    fn with(&self, options: CallOptions) -> Result<passlock_hyper::CoreClient, Error> {
        options.apply(catch_unwind(|| self.open()?.get())?)
    }

    fn request(
        &self,
        operation: &str,
        argument: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<impl Call + use<>> {
        let options = convert::call_options(options)?;
        let client = self.with(options).map_err(|error| raised(argument.py(), &error))?;
        let request = convert::request(operation, argument, fields)?;
        Ok(async move {
            #[cfg(feature = "test-hooks")]
            let _hook = crate::test_hooks::maybe_panic(request.argument());
            request.run(client).await
        })
    }
}

/// The connections of a client that is gone are closed at once, not when the next call comes by.
impl Drop for Client {
    fn drop(&mut self) {
        // Nobody is there to be told of a panic.
        let _ = catch_unwind(|| Ok(self.open.get().map(Open::close)));
    }
}

/// A call under way.
trait Call: Future<Output = Outcome> + Send + 'static {}

impl<F: Future<Output = Outcome> + Send + 'static> Call for F {}

/// Makes a call on this thread, with the GIL released, and looks for signals now and then.
fn blocking<'py>(
    py: Python<'py>,
    call: impl Call,
    log: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let runtime = runtime::blocking().map_err(|error| raised(py, &error))?;
    let process = Process::current();
    let mut call = caught(call);
    let outcome = loop {
        // The signals are looked for outside: a thread that waits for the GIL must not hold up what it drives for others.
        let ended = py.detach(|| runtime.block_on_until_tick(&mut call));
        if let Some(outcome) = ended {
            break outcome;
        }
        let signals = py.check_signals();
        if Process::current() != process {
            // The handler of a signal has forked, and this is the child.
            std::mem::forget(call);
            signals?;
            break Err(runtime::forked());
        }
        if let Err(raised) = signals {
            // A panic on the way out is nothing beside what was raised.
            let _ = py.detach(|| {
                catch_unwind(|| {
                    drop(call);
                    Ok(())
                })
            });
            return Err(raised);
        }
    };
    let (result, info) = outcome.unwrap_or_else(failed);
    if let Some(log) = log {
        log.call1(report(&info, result.as_ref().err().map(|error| error.kind().as_str())))?;
    }
    into_python(py, result.map_err(|error| raised(py, &error))?)
}

/// Begins a call on this thread, which is the loop's. It continues when the loop takes what is in the queue.
fn spawn<'py>(
    py: Python<'py>,
    queue: &Queue,
    key: u64,
    log: bool,
    call: impl Call,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let call = caught(call);
    let spawned = queue.spawn(key, async move {
        let (result, info) = call.await.unwrap_or_else(failed);
        Ended { result, info: log.then_some(info) }
    });
    let ended = spawned.map_err(|error| raised(py, &error))?;
    ended.map(|ended| ended.into_python(py, key)).transpose()
}

/// A call whose panic is an error.
fn caught(call: impl Call) -> impl Future<Output = Result<Outcome, Error>> + Send + Unpin + 'static {
    catch_unwind_future(async move { Ok(call.await) })
}

/// The outcome of a call that can't continue.
fn failed(error: Error) -> Outcome {
    (Err(error), CallInfo::default())
}
