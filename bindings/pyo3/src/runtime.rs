//! Who drives the calls. Both runtimes of a process are made at its first call, and end with it.
//!
//! Blocking calls drive their runtime themselves: no other thread has to wake up for a call to proceed. Between calls a
//! caretaker has a look now and then. Calls from event loops are driven by one thread of ours, which never touches Python.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use passlock_core::Error;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::process::PerProcess;

static DRIVEN: PerProcess<Driven> = PerProcess::new();
static BACKGROUND: PerProcess<Background> = PerProcess::new();

/// How often the caretaker has a look.
const ROUND: Duration = Duration::from_secs(1);

/// After how many rounds without a call nothing is left to take care of: an idle connection is closed after 30 seconds, and
/// the pool looks for such ones every 30 seconds.
const ROUNDS: u32 = 65;

/// The runtime that blocking callers drive.
pub(crate) struct Driven {
    shared: Arc<Shared>,
    caretaker: Thread,
}

struct Shared {
    runtime: Runtime,
    /// How many rounds are left to be made.
    rounds: AtomicU32,
    over: AtomicBool,
}

/// This process's.
pub(crate) fn driven() -> Result<&'static Driven, Error> {
    DRIVEN.get_or_make(Driven::start)
}

/// This process's, if it has been made.
pub(crate) fn driven_if_any() -> Option<&'static Driven> {
    DRIVEN.get()
}

impl Driven {
    fn start() -> Result<Self, Error> {
        let runtime = build()?;
        let shared = Arc::new(Shared { runtime, rounds: AtomicU32::new(0), over: AtomicBool::new(false) });
        let caretaker = thread::Builder::new()
            .name("passlock-idle".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.take_care()
            })
            .map_err(|error| no_runtime(&error))?;
        Ok(Self { shared, caretaker: caretaker.thread().clone() })
    }

    /// Waits for `future` on this thread.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        // Only the first call after a long rest has to wake the caretaker.
        if self.shared.rounds.swap(ROUNDS, Ordering::Relaxed) == 0 {
            self.caretaker.unpark();
        }
        self.shared.runtime.block_on(future)
    }

    /// Lets what is due on the runtime happen, without waiting for anything: connections that the server has closed are
    /// noticed, and those that nobody owns any more are closed.
    pub(crate) fn settle(&self) {
        self.block_on(settle());
    }
}

/// Lets all that is due happen first. The first turn asks the operating system what is new, in the second one it is acted on.
pub(crate) async fn settle() {
    yield_now().await;
    yield_now().await;
}

impl Shared {
    fn take_care(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let left = self.rounds.load(Ordering::Relaxed);
            if left == 0 {
                thread::park();
                continue;
            }
            thread::park_timeout(ROUND);
            // A call that came in between has set it anew, and then there is one round more: that does no harm.
            let _ = self.rounds.compare_exchange(left, left - 1, Ordering::Relaxed, Ordering::Relaxed);
            self.runtime.block_on(settle());
        }
    }
}

/// Only the second of two that were made at the same time ends like this.
impl Drop for Driven {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.caretaker.unpark();
    }
}

/// The runtime of calls from event loops.
struct Background {
    handle: Handle,
    /// Dropped when the thread is to end.
    _alive: oneshot::Sender<()>,
}

/// A handle to this process's.
pub(crate) fn background() -> Result<&'static Handle, Error> {
    BACKGROUND.get_or_make(Background::start).map(|background| &background.handle)
}

impl Background {
    fn start() -> Result<Self, Error> {
        let runtime = build()?;
        let handle = runtime.handle().clone();
        let (alive, over) = oneshot::channel();
        thread::Builder::new()
            .name("passlock-async".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    // Nothing is ever sent: it ends when the sender is dropped.
                    let _: Result<(), _> = over.await;
                });
            })
            .map_err(|error| no_runtime(&error))?;
        Ok(Self { handle, _alive: alive })
    }
}

fn build() -> Result<Runtime, Error> {
    Builder::new_current_thread().enable_all().build().map_err(|error| no_runtime(&error))
}

fn no_runtime(error: &std::io::Error) -> Error {
    Error::config("the client's runtime can't be started").with_cause(error.to_string())
}
