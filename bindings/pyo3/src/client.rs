//! The client: settings, connections, and the three operations, blocking or on an event loop.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use passlock_bindings_shared::{CloseableClient, update};
use passlock_core::{Build as _, CallInfo, ExchangeToken, GetUser, UpdateUser};
use passlock_hyper::{Config, Error, OperationName};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::{Ended, Queue, Value, report};
use crate::convert::{self, CallSettings};
use crate::error::raised;
use crate::panics::{Outcome, catch_unwind, catch_unwind_future};
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
        let options = convert::options(settings)?.and_then(|mut options| {
            options.environment = convert::environment(environment)?;
            Ok(options)
        });
        let made = py.detach(|| {
            catch_unwind(|| {
                let config: Arc<Config> = Arc::new(options?.build(USER_AGENT)?);
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
        settings: Option<CallSettings<'py>>,
        report: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, crate::model::Principal>> {
        let call = self.begin(settings).and_then(|client| Ok((client, token_of(token)?)));
        let (client, token) = call.map_err(|error| raised(py, &error))?;
        let call = async move { client.run(exchange(token)).await };
        Bound::new(py, crate::model::Principal::from(blocking(py, call, report)?))
    }

    /// Reads a user, blocking.
    fn get_user<'py>(
        &self,
        py: Python<'py>,
        sub: &Bound<'py, PyAny>,
        settings: Option<CallSettings<'py>>,
        report: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, crate::model::User>> {
        let call = self.begin(settings).and_then(|client| Ok((client, sub_of(OperationName::GetUser, sub)?)));
        let (client, sub) = call.map_err(|error| raised(py, &error))?;
        let call = async move { client.run(GetUser::new(sub)).await };
        Bound::new(py, crate::model::User::from(blocking(py, call, report)?))
    }

    /// Changes a user, blocking. `unknown` is the name of a field that there is not.
    #[expect(clippy::too_many_arguments, reason = "as many as the operation has")]
    fn update_user<'py>(
        &self,
        py: Python<'py>,
        sub: &Bound<'py, PyAny>,
        given_name: &Bound<'py, PyAny>,
        family_name: &Bound<'py, PyAny>,
        email_verified: &Bound<'py, PyAny>,
        unknown: Option<&str>,
        settings: Option<CallSettings<'py>>,
        report: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, crate::model::User>> {
        let call = self.begin(settings).and_then(|client| {
            Ok((client, update_of(sub, given_name, family_name, email_verified, unknown)?))
        });
        let (client, update) = call.map_err(|error| raised(py, &error))?;
        let call = async move { client.run(update).await };
        Bound::new(py, crate::model::User::from(blocking(py, call, report)?))
    }

    /// Exchanges a token: the result is given at once, or will be in `queue` under `key`.
    fn start_exchange_token<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        token: &Bound<'py, PyAny>,
        settings: Option<CallSettings<'py>>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let call = self.begin(settings).and_then(|client| Ok((client, token_of(token)?)));
        let (client, token) = call.map_err(|error| raised(py, &error))?;
        let call = async move { client.run(exchange(token)).await };
        begin(py, queue, key, log, call, |principal| Value::Principal(principal.into()))
    }

    /// Reads a user: the result is given at once, or will be in `queue` under `key`.
    fn start_get_user<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        sub: &Bound<'py, PyAny>,
        settings: Option<CallSettings<'py>>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let call = self.begin(settings).and_then(|client| Ok((client, sub_of(OperationName::GetUser, sub)?)));
        let (client, sub) = call.map_err(|error| raised(py, &error))?;
        let call = async move { client.run(GetUser::new(sub)).await };
        begin(py, queue, key, log, call, |user| Value::User(user.into()))
    }

    /// Changes a user: the result is given at once, or will be in `queue` under `key`.
    #[expect(clippy::too_many_arguments, reason = "as many as the operation has")]
    fn start_update_user<'py>(
        &self,
        py: Python<'py>,
        queue: &Queue,
        key: u64,
        log: bool,
        sub: &Bound<'py, PyAny>,
        given_name: &Bound<'py, PyAny>,
        family_name: &Bound<'py, PyAny>,
        email_verified: &Bound<'py, PyAny>,
        unknown: Option<&str>,
        settings: Option<CallSettings<'py>>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let call = self.begin(settings).and_then(|client| {
            Ok((client, update_of(sub, given_name, family_name, email_verified, unknown)?))
        });
        let (client, update) = call.map_err(|error| raised(py, &error))?;
        let call = async move { client.run(update).await };
        begin(py, queue, key, log, call, |user| Value::User(user.into()))
    }

    /// Closes the client: calls in flight finish, later ones are refused.
    fn close(&self, py: Python<'_>) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(open) = self.open.get() {
            py.detach(|| open.close());
        }
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
    fn begin(&self, settings: Option<CallSettings<'_>>) -> Result<passlock_hyper::CoreClient, Error> {
        let client = catch_unwind(|| self.open()?.get())?;
        match settings {
            Some(settings) => settings.read()?.apply(client),
            None => Ok(client),
        }
    }
}

/// The connections of a client that is gone are closed at once, not when the next call comes by.
impl Drop for Client {
    fn drop(&mut self) {
        if let Some(open) = self.open.get() {
            open.close();
        }
    }
}

fn token_of(token: &Bound<'_, PyAny>) -> Result<String, Error> {
    convert::argument(OperationName::ExchangeToken, "token", token)
}

fn sub_of(operation: OperationName, sub: &Bound<'_, PyAny>) -> Result<String, Error> {
    convert::argument(operation, "sub", sub)
}

fn update_of(
    sub: &Bound<'_, PyAny>,
    given_name: &Bound<'_, PyAny>,
    family_name: &Bound<'_, PyAny>,
    email_verified: &Bound<'_, PyAny>,
    unknown: Option<&str>,
) -> Result<UpdateUser<'static>, Error> {
    let sub = sub_of(OperationName::UpdateUser, sub)?;
    let given_name = convert::text_field("given_name", given_name)?;
    let family_name = convert::text_field("family_name", family_name)?;
    let email_verified = convert::flag_field("email_verified", email_verified)?;
    Ok(UpdateUser::new(sub, update(given_name, family_name, email_verified, unknown)?))
}

fn exchange(token: String) -> ExchangeToken<'static> {
    #[cfg(feature = "test-hooks")]
    if token == "passlock-test-hook-panic" {
        panic!("passlock-test-hook-panic");
    }
    ExchangeToken::new(token)
}

/// Makes a call on this thread, with the GIL released, and looks for signals now and then.
fn blocking<T: Send>(
    py: Python<'_>,
    call: impl Future<Output = Outcome<T>> + Send,
    log: Option<&Bound<'_, PyAny>>,
) -> PyResult<T> {
    let runtime = runtime::blocking().map_err(|error| raised(py, &error))?;
    let process = Process::current();
    let mut call = catch_unwind_future(call);
    let (result, info) = loop {
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
            break (Err(runtime::forked()), CallInfo::default());
        }
        if let Err(raised) = signals {
            py.detach(|| drop(call));
            return Err(raised);
        }
    };
    if let Some(log) = log {
        log.call1(report(&info, result.as_ref().err().map(|error| error.kind().as_str())))?;
    }
    result.map_err(|error| raised(py, &error))
}

/// Begins a call on this thread, which is the loop's. It goes on when the loop takes what is in the queue.
fn begin<'py, T: Send + 'static>(
    py: Python<'py>,
    queue: &Queue,
    key: u64,
    log: bool,
    call: impl Future<Output = Outcome<T>> + Send + 'static,
    value: fn(T) -> Value,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let call = catch_unwind_future(call);
    let call = async move {
        let (result, info) = call.await;
        Ended { result: result.map(value), info: log.then_some(info) }
    };
    let ended = queue.spawn(key, call).map_err(|error| raised(py, &error))?;
    ended.map(|ended| ended.into_python(py, key)).transpose()
}
