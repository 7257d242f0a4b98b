//! What the clients of one environment, the main thread's or a worker's, share.

use std::sync::{Arc, OnceLock, Weak};

use napi::Env;
use napi_derive::napi;
use passlock_bindings_shared::{LocalTasks, catch_unwind_future, silence_panic_hook};
use passlock_hyper::Error;

use crate::notifier::Notifier;
use crate::outcome::{Finished, Outcome};
use crate::runtime::Runtime;
use crate::settle::Settle;

/// The way to the calls and back, for one environment.
#[napi]
pub struct Bridge {
    pub(crate) shared: Arc<Shared>,
}

/// What clients hold of their bridge. The environment's own thread uses it; the runtime's sends its wake-ups.
pub(crate) struct Shared {
    tasks: LocalTasks<Outcome>,
    pub(crate) notifier: Arc<Notifier>,
    /// Started by the first client.
    runtime: OnceLock<Arc<Runtime>>,
}

#[napi]
impl Bridge {
    /// `settle` is called for each finished call, with what `Finished` says as its arguments. It must not throw: the outcomes
    /// after it would be lost. It is held only while calls are in flight: whoever has the bridge must hold it too.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: &Env, settle: Settle<'_>) -> napi::Result<Self> {
        silence_panic_hook();
        let this = Arc::new(OnceLock::<Weak<Shared>>::new());
        let notifier = Notifier::new(env, &settle, {
            let this = Arc::clone(&this);
            move |env| {
                this.get().and_then(Weak::upgrade).map_or_else(Vec::new, |shared| shared.poll_ready(env))
            }
        })?;
        let notifier = Arc::new(notifier);
        let tasks = LocalTasks::new({
            let notifier = Arc::clone(&notifier);
            move || notifier.notify()
        });
        let shared = Arc::new(Shared { tasks, notifier, runtime: OnceLock::new() });
        // Just made, so nobody else has set it.
        let _ = this.set(Arc::downgrade(&shared));
        Ok(Self { shared })
    }

    /// Ends a call: its connection closes, and it has no outcome. A call that has ended is left alone.
    #[napi(catch_unwind)]
    pub fn cancel(&self, env: &Env, id: u32) {
        self.shared.tasks.cancel(id.into());
        self.shared.hold(env);
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
    pub(crate) fn spawn(
        &self,
        env: &Env,
        id: u32,
        call: impl Future<Output = Outcome> + Send + 'static,
    ) -> Result<Option<Finished>, Error> {
        let _entered = self.runtime()?.handle().enter();
        let outcome = self.tasks.spawn(id.into(), catch_unwind_future(call));
        self.hold(env);
        Ok(outcome.map(|outcome| Finished { id, outcome }))
    }

    /// Lets the calls continue that can.
    fn poll_ready(&self, env: &Env) -> Vec<Finished> {
        let mut finished = Vec::new();
        // Without a runtime no call was begun.
        if let Ok(runtime) = self.runtime() {
            let _entered = runtime.handle().enter();
            self.tasks.poll_ready(|id, outcome| {
                // It was a u32 when the call was begun.
                finished.push(Finished { id: id as u32, outcome });
            });
        }
        self.hold(env);
        finished
    }

    /// Keeps the process and what settles its calls alive for as long as calls are in flight, and no longer.
    fn hold(&self, env: &Env) {
        self.notifier.hold(env, self.tasks.in_flight() > 0);
    }
}
