//! What one environment, the main thread's or a worker's, shares among its clients.

use std::sync::{Arc, OnceLock, Weak};

use napi::Env;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use passlock::Error;
use passlock_bindings_shared::Calls;

use crate::outcome::{Finished, Outcome};
use crate::panics;
use crate::runtime::Runtime;
use crate::summons::Summons;

/// The way to the calls and back, for one environment.
#[napi]
pub struct Bridge {
    pub(crate) shared: Arc<Shared>,
}

/// What clients hold of their bridge. All of it is used by the environment's own thread.
pub(crate) struct Shared {
    calls: Calls<Outcome>,
    summons: Arc<Summons>,
    /// Started by the first client.
    runtime: OnceLock<Arc<Runtime>>,
}

#[napi]
impl Bridge {
    /// `settle` is called with an array of finished calls, each as `Finished` says. It must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(settle: Function<'_, Vec<Finished>, UnknownReturnValue>) -> napi::Result<Self> {
        panics::quieten();
        let this = Arc::new(OnceLock::<Weak<Shared>>::new());
        let summons = Summons::new(&settle, {
            let this = Arc::clone(&this);
            move || this.get().and_then(Weak::upgrade).map_or_else(Vec::new, |shared| shared.proceed())
        })?;
        let summons = Arc::new(summons);
        let calls = Calls::new({
            let summons = Arc::clone(&summons);
            move || summons.send()
        });
        let shared = Arc::new(Shared { calls, summons, runtime: OnceLock::new() });
        // Just made, so nobody else has set it.
        let _ = this.set(Arc::downgrade(&shared));
        Ok(Self { shared })
    }

    /// Ends a call: its connection closes, and nothing more is heard of it. One that has ended is left alone.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        self.shared.calls.cancel(id.into());
    }

    /// Keeps the process alive, or no longer: for as long as calls are in flight.
    #[napi(catch_unwind)]
    pub fn hold(&self, env: &Env, hold: bool) {
        let settle = self.shared.summons.raw();
        // SAFETY: both belong to this environment, whose thread this is, and the summons keeps the function alive. They
        // fail only where the environment is ending, and then there is nothing to keep alive.
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
    /// The runtime that watches the calls' sockets and clocks.
    pub(crate) fn runtime(&self) -> Result<&Runtime, Error> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = Runtime::shared().map_err(|error| {
            Error::config("the thread that calls rely on can't be started").with_cause(error.to_string())
        })?;
        Ok(self.runtime.get_or_init(|| runtime))
    }

    /// Begins a call. Its outcome is given at once if it has one, and goes to JavaScript under this number otherwise.
    pub(crate) fn begin<T: Into<Outcome>>(
        &self,
        id: u32,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<Option<Finished>, Error> {
        let _entered = self.runtime()?.handle().enter();
        let call = async move { panics::guard(call).await.map_or_else(Outcome::from, T::into) };
        Ok(self.calls.begin(id.into(), call).map(|outcome| Finished { id, outcome }))
    }

    /// Lets the calls go on that can.
    fn proceed(&self) -> Vec<Finished> {
        let mut finished = Vec::new();
        // Without a runtime no call was begun.
        if let Ok(runtime) = self.runtime() {
            let _entered = runtime.handle().enter();
            self.calls.proceed(|id, outcome| {
                // It was a u32 when the call was begun.
                finished.push(Finished { id: id as u32, outcome });
            });
        }
        finished
    }
}
