//! The thread that calls run on.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::queue;

/// One thread with a tokio runtime, shared by all environments of the process. It ends with the last of them.
///
/// One thread is enough: a call keeps it busy for some microseconds. And since whatever a call touches stays on it, nothing
/// hops between threads but the call and its outcome.
pub(crate) struct Runtime {
    handle: Handle,
    /// Dropping it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    /// The runtime, started if there is none.
    pub(crate) fn shared() -> io::Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Runtime>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = shared.upgrade() {
            return Ok(runtime);
        }
        let runtime = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&runtime);
        Ok(runtime)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().on_thread_park(queue::wake_all).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("passlock".to_owned()).spawn(move || {
            // An error is the sender's end, which is what is waited for.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }
}

thread_local! {
    /// Whether the runtime's thread has a tick ahead.
    static TICKS: Cell<bool> = const { Cell::new(false) };
}

/// Makes sure that a timer shorter than the limits of a call is ahead. Called on the runtime's thread when a call begins.
///
/// A timer that ends before all others makes tokio wake itself, by a write to and an event from the kernel, although it is
/// awake. Every call would do so, since its limits end sooner than the idle connections that are waited for; this way it is
/// one call a second. Without calls there is no tick.
pub(crate) fn tick() {
    if !TICKS.replace(true) {
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            TICKS.set(false);
        });
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its tasks are dropped when it has ended, so none runs on in an environment that is gone. A panic of the
            // thread is of no concern here.
            let _ = thread.join();
        }
    }
}
