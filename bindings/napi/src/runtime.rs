//! The thread that watches the sockets and clocks of calls.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use passlock_bindings_shared::{batch_wakeups, flush_wakeups};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Said here, since `RUST_MIN_STACK` would else have a say: what is in the host's environment is not for this thread.
const STACK: usize = 1024 * 1024;

/// One thread with a tokio runtime, shared by all environments of the process. It ends with the last of them.
///
/// It runs no call: those are polled by the environments' own threads. It tells them when there is something to do.
pub(crate) struct Runtime {
    handle: Handle,
    /// Dropping it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    /// The runtime, started if necessary.
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
        let runtime = Builder::new_current_thread().enable_all().on_thread_park(flush_wakeups).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread =
            std::thread::Builder::new().name("passlock".to_owned()).stack_size(STACK).spawn(move || {
                batch_wakeups();
                // An error is the sender's end, which is what is waited for.
                let _ = runtime.block_on(stopped);
                runtime.shutdown_background();
            })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Waited for, so that it does not run on in an environment that is gone. A panic of the thread is of no concern
            // here.
            let _ = thread.join();
        }
    }
}
