//! The thread that watches the sockets and clocks of calls which other threads run.

use std::thread::{self, JoinHandle};
use std::{fmt, io};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::wakeups::{batch_wakeups, flush_wakeups};

/// Said here, since `RUST_MIN_STACK` would else have a say: what is in the host's environment is not for this thread.
const STACK: usize = 1024 * 1024;

/// One thread with a tokio runtime. It runs no call: it tells those who do when there is something to do.
///
/// Dropping it ends the thread without waiting for that.
pub struct RuntimeThread {
    handle: Handle,
    /// Nothing is ever sent: the thread ends when this is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RuntimeThread {
    /// Starts one. A host that watches its threads finds it by this name.
    ///
    /// # Errors
    ///
    /// The system has no thread, no descriptor or no memory left. It may have one for the next call.
    pub fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().on_thread_park(flush_wakeups).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        // tokio's own thread would panic where the system has none left.
        let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(move || {
            batch_wakeups();
            // An error is the sender's end, which is what is waited for.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// The runtime, to enter while a call is polled.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread, and waits for that: for a host that may unload this library afterwards.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is of no concern here.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for RuntimeThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeThread").field("thread", &self.thread).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_thread_of_its_own_runs_until_it_is_stopped() {
        let mut runtime = RuntimeThread::start("passlock-test").unwrap();
        let (began, has_begun) = mpsc::channel();
        let (ended, has_ended) = mpsc::channel();
        runtime.handle().spawn(async move {
            began.send(thread::current().name().map(str::to_owned)).unwrap();
            // What is under way is waited for.
            thread::sleep(Duration::from_millis(100));
            ended.send(()).unwrap();
            // What never ends is not.
            pending::<()>().await;
        });
        assert_eq!(has_begun.recv().unwrap().as_deref(), Some("passlock-test"));
        runtime.stop();
        has_ended.try_recv().unwrap();
    }
}
