//! The client: settings, connections, and the operations, blocking or on an event loop.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passlock_bindings_shared::{CallOptions, CloseableClient, Detail, catch_unwind, catch_unwind_future};
use passlock_core::Build as _;
use passlock_hyper::{Config, Error};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::Queue;
use crate::convert;
use crate::error::raised;
use crate::model::prepare;
use crate::outcome::Outcome;
use crate::process::{ForkLocal, Process};
use crate::runtime;

/// Names this package to the service.
const USER_AGENT: &str = concat!("passlock-python/", env!("CARGO_PKG_VERSION"));

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

    /// Makes a call, blocking. `fields` is what it changes.
    #[pyo3(signature = (operation, argument, options, fields=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        argument: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        blocking(py, self.request(None, operation, argument, options, fields)?)?.into_value(py)
    }

    /// Makes a call that is observed, with or without its attempts. Returns its outcome and its report.
    #[pyo3(signature = (attempts, operation, argument, options, fields=None))]
    fn observe<'py>(
        &self,
        py: Python<'py>,
        attempts: bool,
        operation: &str,
        argument: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let detail = Some(detail(attempts));
        blocking(py, self.request(detail, operation, argument, options, fields)?)?.into_python(py)
    }

    /// Begins a call: the outcome is returned at once, or will be in `queue` under `key`. `attempts` is `None` for a call that
    /// nobody observes.
    #[pyo3(signature = (queue, key, attempts, operation, argument, options, fields=None))]
    #[expect(clippy::too_many_arguments, reason = "as many as a call on a loop needs")]
    fn begin<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        attempts: Option<bool>,
        operation: &str,
        argument: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let call = self.request(attempts.map(detail), operation, argument, options, fields)?;
        let ended = queue.spawn(key, async move { call.await.unwrap_or_else(Outcome::failed) });
        let ended = ended.map_err(|error| raised(py, &error))?;
        ended.map(|outcome| outcome.into_python(py)).transpose()
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

    /// A call whose panic is an error.
    fn request(
        &self,
        detail: Option<Detail>,
        operation: &str,
        argument: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<impl Call + use<>> {
        let options = convert::call_options(options)?;
        let client = self.with(options).map_err(|error| raised(argument.py(), &error))?;
        let request = convert::request(operation, argument, fields)?;
        Ok(catch_unwind_future(async move {
            #[cfg(feature = "test-hooks")]
            let _hook = crate::test_hooks::maybe_panic(request.argument());
            Ok(match detail {
                None => Outcome { result: request.call(client).await, report: None },
                Some(detail) => {
                    let (result, report) = request.report(client, detail).await;
                    Outcome { result, report: Some(report) }
                }
            })
        }))
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
trait Call: Future<Output = Result<Outcome, Error>> + Send + Unpin + 'static {}

impl<F: Future<Output = Result<Outcome, Error>> + Send + Unpin + 'static> Call for F {}

fn detail(attempts: bool) -> Detail {
    if attempts { Detail::Attempts } else { Detail::Call }
}

/// Makes a call on this thread, with the GIL released, and looks for signals now and then.
fn blocking(py: Python<'_>, mut call: impl Call) -> PyResult<Outcome> {
    let runtime = runtime::blocking().map_err(|error| raised(py, &error))?;
    let process = Process::current();
    loop {
        // The signals are looked for outside: a thread that waits for the GIL must not hold up what it drives for others.
        let ended = py.detach(|| runtime.block_on_until_tick(&mut call));
        if let Some(outcome) = ended {
            return Ok(outcome.unwrap_or_else(Outcome::failed));
        }
        let signals = py.check_signals();
        if Process::current() != process {
            // The handler of a signal has forked, and this is the child.
            std::mem::forget(call);
            signals?;
            return Err(raised(py, &runtime::forked()));
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
    }
}
