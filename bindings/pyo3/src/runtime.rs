//! Who drives the calls. Both runtimes of a process are made at its first call, and end with it.
//!
//! Blocking calls drive their runtime themselves: no other thread has to wake up for a call to proceed. Between calls an
//! idle reaper runs now and then. For calls from event loops one thread of ours watches the sockets and clocks, and never
//! touches Python.

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::Poll;
use std::thread::{self, Thread};
use std::time::Duration;

use passlock_bindings_shared::RuntimeThread;
use passlock_core::{Error, ErrorKind};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::process::ForkLocal;

static BLOCKING: ForkLocal<BlockingRuntime> = ForkLocal::new();
/// The runtime of calls from event loops.
static BACKGROUND: ForkLocal<RuntimeThread> = ForkLocal::new();

/// The longest time that a client of this process keeps an idle connection, in milliseconds.
static LONGEST_IDLE_TIMEOUT: AtomicU64 = AtomicU64::new(0);

/// How often idle connections are reaped while one can be left from the last call.
const REAPS: u32 = 32;

/// The least time between two reaps.
const SHORTEST_REAP_INTERVAL: Duration = Duration::from_secs(1);

/// How often a blocking call looks for signals, such as Ctrl-C's.
const TICK: Duration = Duration::from_millis(50);

/// Notes that idle connections are to be closed after this time.
pub(crate) fn reap_after(idle_timeout: Duration) {
    // No setting is longer than an hour.
    LONGEST_IDLE_TIMEOUT.fetch_max(idle_timeout.as_millis() as u64, Ordering::Relaxed);
}

/// So long that all reaps together take longer than any connection is kept.
fn reap_interval() -> Duration {
    let longest = Duration::from_millis(LONGEST_IDLE_TIMEOUT.load(Ordering::Relaxed));
    (longest / (REAPS - 2)).max(SHORTEST_REAP_INTERVAL)
}

/// The runtime that blocking callers drive.
pub(crate) struct BlockingRuntime {
    shared: Arc<Shared>,
    reaper: Thread,
}

struct Shared {
    runtime: Runtime,
    /// Comes as often as signals are to be looked for, as long as anybody drives the runtime. One clock for all calls: a timer
    /// of each call's own would have the runtime wake itself, by way of the kernel, for every one of them.
    tick: Arc<Notify>,
    /// How many reaps are left.
    reaps: AtomicU32,
    over: AtomicBool,
}

/// This process's.
pub(crate) fn blocking() -> Result<&'static BlockingRuntime, Error> {
    BLOCKING.get_or_make(BlockingRuntime::start)
}

impl BlockingRuntime {
    fn start() -> Result<Self, Error> {
        let built = Builder::new_current_thread().enable_all().build();
        let runtime = built.map_err(|error| no_runtime(&error))?;
        let tick = Arc::new(Notify::new());
        runtime.spawn({
            let tick = Arc::clone(&tick);
            async move {
                loop {
                    tokio::time::sleep(TICK).await;
                    tick.notify_waiters();
                }
            }
        });
        let shared =
            Arc::new(Shared { runtime, tick, reaps: AtomicU32::new(0), over: AtomicBool::new(false) });
        let reaper = thread::Builder::new()
            .name("passlock-idle".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.reap_idle()
            })
            .map_err(|error| no_runtime(&error))?;
        Ok(Self { shared, reaper: reaper.thread().clone() })
    }

    /// Waits for `call` on this thread, until the next tick at most.
    pub(crate) fn block_on_until_tick<F: Future + Unpin>(&self, call: &mut F) -> Option<F::Output> {
        // Only the first call after a long rest has to wake the reaper.
        if self.shared.reaps.swap(REAPS, Ordering::Relaxed) == 0 {
            self.reaper.unpark();
        }
        let mut tick = pin!(self.shared.tick.notified());
        self.shared.runtime.block_on(poll_fn(|cx| {
            if let Poll::Ready(ended) = Pin::new(&mut *call).poll(cx) {
                return Poll::Ready(Some(ended));
            }
            tick.as_mut().poll(cx).map(|()| None)
        }))
    }
}

impl Shared {
    fn reap_idle(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let left = self.reaps.load(Ordering::Relaxed);
            if left == 0 {
                thread::park();
                continue;
            }
            thread::park_timeout(reap_interval());
            // A call that came in between has set it anew, and then there is one reap more: that does no harm.
            let _ = self.reaps.compare_exchange(left, left - 1, Ordering::Relaxed, Ordering::Relaxed);
            // Lets all that is due happen: the first turn asks what is new, in the second one it is acted on.
            self.runtime.block_on(async {
                yield_now().await;
                yield_now().await;
            });
        }
    }
}

/// Only the second of two that were made at the same time ends like this.
impl Drop for BlockingRuntime {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.reaper.unpark();
    }
}

/// The error of a call that a fork has cut off.
pub(crate) fn forked() -> Error {
    Error::new(ErrorKind::Connection, "the process was forked while this call was in flight")
}

/// A handle to this process's runtime of calls from event loops.
pub(crate) fn background() -> Result<&'static Handle, Error> {
    let start = || RuntimeThread::start("passlock-async").map_err(|error| no_runtime(&error));
    BACKGROUND.get_or_make(start).map(RuntimeThread::handle)
}

/// The system has no thread, no descriptor or no memory left for us.
pub(crate) fn no_runtime(error: &impl Display) -> Error {
    Error::config("the client's runtime can't be started").with_cause(error.to_string())
}
