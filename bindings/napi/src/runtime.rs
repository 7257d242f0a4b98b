//! The thread that watches the sockets and clocks of calls.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use passlock_bindings_shared::RuntimeThread;
use tokio::runtime::Handle;

/// One for all environments of the process, whose own threads run the calls. It ends with the last of them.
pub(crate) struct Runtime(RuntimeThread);

impl Runtime {
    /// The runtime, started if necessary.
    pub(crate) fn shared() -> io::Result<Arc<Self>> {
        static SHARED: Mutex<Weak<Runtime>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = shared.upgrade() {
            return Ok(runtime);
        }
        let runtime = Arc::new(Self(RuntimeThread::start("passlock")?));
        *shared = Arc::downgrade(&runtime);
        Ok(runtime)
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.0.handle()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // Waited for, so that it does not run on in an environment that is gone.
        self.0.stop();
    }
}
