//! What one environment, the main thread's or a worker's, shares among its clients.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use napi::Env;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use passlock::Error;
use tokio::task::AbortHandle;

use crate::outcome::{Finished, Outcome};
use crate::panics;
use crate::queue::Queue;
use crate::runtime::{Runtime, tick};

/// The way to the runtime and back, for one environment.
#[napi]
pub struct Bridge {
    pub(crate) shared: Arc<Shared>,
}

/// What clients hold of their bridge.
pub(crate) struct Shared {
    queue: Arc<Queue>,
    /// The calls in flight by the number that JavaScript gave them, each with what ends it.
    calls: Arc<Mutex<HashMap<u32, AbortHandle>>>,
    /// Started by the first client. Tasks hold none of it: a runtime can't wait for itself to end.
    runtime: OnceLock<Arc<Runtime>>,
}

#[napi]
impl Bridge {
    /// `settle` is called with an array of finished calls, each as `Finished` says. It must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(settle: Function<'_, Vec<Finished>, UnknownReturnValue>) -> napi::Result<Self> {
        panics::quieten();
        let shared =
            Shared { queue: Arc::new(Queue::new(&settle)?), calls: Arc::default(), runtime: OnceLock::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Ends a call: its connection closes or returns clean, and nothing more is heard of it. One that has ended is left
    /// alone.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        if let Some(call) = self.shared.calls().remove(&id) {
            call.abort();
        }
    }

    /// Keeps the process alive, or no longer: for as long as calls are in flight.
    #[napi(catch_unwind)]
    pub fn hold(&self, env: &Env, hold: bool) {
        let settle = self.shared.queue.raw();
        // SAFETY: both belong to this environment, whose thread this is, and the queue keeps the function alive. They fail
        // only where the environment is ending, and then there is nothing to keep alive.
        unsafe {
            if hold {
                napi::sys::napi_ref_threadsafe_function(env.raw(), settle);
            } else {
                napi::sys::napi_unref_threadsafe_function(env.raw(), settle);
            }
        }
    }
}

impl Shared {
    /// Makes sure that there is a runtime.
    pub(crate) fn start(&self) -> Result<(), Error> {
        if self.runtime.get().is_none() {
            let runtime = Runtime::shared().map_err(|error| {
                Error::config("the thread that calls run on can't be started").with_cause(error.to_string())
            })?;
            // There is but one JavaScript thread here, so nobody else has set it.
            let _ = self.runtime.set(runtime);
        }
        Ok(())
    }

    /// Runs a call, whose outcome goes to JavaScript under this number.
    pub(crate) fn run<T: Into<Outcome>>(
        &self,
        id: u32,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<(), Error> {
        self.start()?;
        let Some(runtime) = self.runtime.get() else { return Err(Error::closed()) };
        // Boxed here, since it is large: every layer that it is handed through would copy it.
        let call = Box::pin(call);
        let queue = Arc::clone(&self.queue);
        let calls = Arc::clone(&self.calls);
        // Locked until the call is entered, so that it can't have been removed before.
        let mut entered = self.calls();
        let task = runtime.handle().spawn(async move {
            tick();
            let outcome = panics::guard(call).await.map_or_else(Outcome::from, T::into);
            // One that is no longer entered was cancelled.
            if lock(&calls).remove(&id).is_some() {
                queue.push(Finished { id, outcome });
            }
        });
        entered.insert(id, task.abort_handle());
        Ok(())
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, HashMap<u32, AbortHandle>> {
        lock(&self.calls)
    }
}

impl Drop for Shared {
    /// The environment is ending: its calls have nobody left to tell.
    fn drop(&mut self) {
        for (_, call) in self.calls().drain() {
            call.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
