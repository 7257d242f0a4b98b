//! The runtime that carries calls on while a client is open or a call in flight.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use passlock_bindings_shared::LocalTasks;
use passlock_core::Error;
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::outcome::Outcome;

pub(crate) struct Runtime {
    pub(crate) tasks: LocalTasks<Outcome>,
    /// Notified when a call can continue, or when there may be nothing left to do.
    pub(crate) wakeup: Arc<Notify>,
    /// It watches the calls' sockets and clocks, and runs no call.
    pub(crate) tokio: tokio::runtime::Runtime,
}

impl Runtime {
    fn new() -> Result<Self, Error> {
        let tokio = Builder::new_current_thread().enable_all().build().map_err(|error| {
            Error::config("the SDK can't watch its connections").with_cause(error.to_string())
        })?;
        let wakeup = Arc::new(Notify::new());
        let tasks = LocalTasks::new({
            let wakeup = Arc::clone(&wakeup);
            move || wakeup.notify_one()
        });
        Ok(Self { tasks, wakeup, tokio })
    }
}

static RUNTIME: Mutex<Option<Arc<Runtime>>> = Mutex::new(None);

/// Takes the runtime, created if necessary, which does not stop before `user` has it.
pub(crate) fn used_by<T>(user: impl FnOnce(Arc<Runtime>) -> T) -> Result<T, Error> {
    let mut slot = lock();
    let runtime = match slot.take() {
        Some(runtime) => runtime,
        None => Arc::new(Runtime::new()?),
    };
    Ok(user(Arc::clone(slot.insert(runtime))))
}

/// The runtime, if there is one.
pub(crate) fn running() -> Option<Arc<Runtime>> {
    lock().clone()
}

/// Has the thread see whether there is anything left to do.
pub(crate) fn wake() {
    if let Some(runtime) = &*lock() {
        runtime.wakeup.notify_one();
    }
}

/// Ends the runtime if it is idle; whether there is none now.
pub(crate) fn stop_if(is_idle: impl FnOnce(&Runtime) -> bool) -> bool {
    let mut slot = lock();
    if slot.as_deref().is_some_and(|runtime| !is_idle(runtime)) {
        return false;
    }
    let runtime = slot.take();
    drop(slot);
    // Dropped here, where nothing is locked: it closes its files.
    drop(runtime);
    true
}

fn lock() -> MutexGuard<'static, Option<Arc<Runtime>>> {
    RUNTIME.lock().unwrap_or_else(PoisonError::into_inner)
}
