//! The client: settings, connections, and the three operations, blocking or on an event loop.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passlock_bindings_shared::{CallOptions, CloseableClient, catch_unwind, catch_unwind_future};
use passlock_core::{Build as _, CallInfo, ExchangeToken, GetUser, UpdateUser};
use passlock_hyper::{Config, Error, OperationName};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::{Ended, Queue, Value, report};
use crate::convert::{self, CallSettings, Given};
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
        let options = convert::options(settings)?.and_then(|mut options| {
            options.environment = convert::environment(environment)?;
            Ok(options)
        });
        let made = py.detach(|| {
            catch_unwind(|| {
                let config: Arc<Config> = Arc::new(options?.build(USER_AGENT)?);
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

    /// Exchanges a token, blocking. `report` is called with what is to be logged.
    fn exchange_token<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
        options: CallSettings<'py>,
        report: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        blocking(py, self.exchange(token, options), report)
    }

    /// Reads a user, blocking.
    fn get_user<'py>(
        &self,
        py: Python<'py>,
        sub: &Bound<'py, PyAny>,
        timeout: &Bound<'py, PyAny>,
        report: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        blocking(py, self.read(sub, timeout), report)
    }

    /// Updates a user, blocking.
    fn update_user<'py>(
        &self,
        py: Python<'py>,
        sub: &Bound<'py, PyAny>,
        fields: &Bound<'py, PyDict>,
        timeout: &Bound<'py, PyAny>,
        report: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        blocking(py, self.update(sub, fields, timeout), report)
    }

    /// Exchanges a token: the result is given at once, or will be in `queue` under `key`.
    fn start_exchange_token<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        token: &Bound<'py, PyAny>,
        options: CallSettings<'py>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        spawn(py, queue, key, log, self.exchange(token, options))
    }

    /// Reads a user: the result is given at once, or will be in `queue` under `key`.
    fn start_get_user<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        sub: &Bound<'py, PyAny>,
        timeout: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        spawn(py, queue, key, log, self.read(sub, timeout))
    }

    /// Updates a user: the result is given at once, or will be in `queue` under `key`.
    #[expect(clippy::too_many_arguments, reason = "as many as a call on a loop needs")]
    fn start_update_user<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        sub: &Bound<'py, PyAny>,
        fields: &Bound<'py, PyDict>,
        timeout: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        spawn(py, queue, key, log, self.update(sub, fields, timeout))
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

    fn exchange(&self, token: Given<'_, '_>, options: CallSettings<'_>) -> Result<impl Call, Error> {
        let client = self.with(options.read()?)?;
        let token = convert::argument(OperationName::ExchangeToken, "token", token)?;
        Ok(async move {
            #[cfg(feature = "test-hooks")]
            let _hook = crate::test_hooks::maybe_panic(&token);
            let (result, info) = client.run(ExchangeToken::new(token)).await;
            (result.map(|principal| Value::Principal(principal.into())), info)
        })
    }

    fn read(&self, sub: Given<'_, '_>, timeout: Given<'_, '_>) -> Result<impl Call, Error> {
        let client = self.with(convert::only_timeout(timeout)?)?;
        let sub = convert::argument(OperationName::GetUser, "sub", sub)?;
        Ok(async move {
            let (result, info) = client.run(GetUser::new(sub)).await;
            (result.map(|user| Value::User(user.into())), info)
        })
    }

    fn update(
        &self,
        sub: Given<'_, '_>,
        fields: &Bound<'_, PyDict>,
        timeout: Given<'_, '_>,
    ) -> Result<impl Call, Error> {
        let client = self.with(convert::only_timeout(timeout)?)?;
        let sub = convert::argument(OperationName::UpdateUser, "sub", sub)?;
        let update = UpdateUser::new(sub, convert::update(fields)?);
        Ok(async move {
            let (result, info) = client.run(update).await;
            (result.map(|user| Value::User(user.into())), info)
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
    call: Result<impl Call, Error>,
    log: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let begun = call.and_then(|call| Ok((call, runtime::blocking()?)));
    let (call, runtime) = begun.map_err(|error| raised(py, &error))?;
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
    result.map_err(|error| raised(py, &error))?.into_python(py)
}

/// Begins a call on this thread, which is the loop's. It goes on when the loop takes what is in the queue.
fn spawn<'py>(
    py: Python<'py>,
    queue: &Queue,
    key: u64,
    log: bool,
    call: Result<impl Call, Error>,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let spawned = call.and_then(|call| {
        let call = caught(call);
        queue.spawn(key, async move {
            let (result, info) = call.await.unwrap_or_else(failed);
            Ended { result, info: log.then_some(info) }
        })
    });
    let ended = spawned.map_err(|error| raised(py, &error))?;
    ended.map(|ended| ended.into_python(py, key)).transpose()
}

/// A call whose panic is an error.
fn caught(call: impl Call) -> impl Future<Output = Result<Outcome, Error>> + Send + Unpin + 'static {
    catch_unwind_future(async move { Ok(call.await) })
}

/// What a call comes to that can't go on.
fn failed(error: Error) -> Outcome {
    (Err(error), CallInfo::default())
}
