//! The way back: outcomes of finished calls, on their way to JavaScript.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};

use crate::outcome::Finished;

/// More calls than this do not wait for the runtime to pause: it may be busy for long.
const MANY: usize = 64;

type Settle = ThreadsafeFunction<(), UnknownReturnValue, Vec<Finished>, Status, false, true>;

thread_local! {
    /// The queues that hold outcomes and were not woken for them yet. Only the runtime's thread has any.
    static WAITING: RefCell<Vec<Arc<Queue>>> = const { RefCell::new(Vec::new()) };
}

/// The outcomes for one environment.
pub(crate) struct Queue {
    finished: Arc<Mutex<Vec<Finished>>>,
    /// Calls `settle` in JavaScript with all that has finished. It is weak: it keeps no process alive by itself.
    settle: Settle,
}

impl Queue {
    /// A queue whose outcomes `settle` is called with, as one array of many.
    pub(crate) fn new(settle: &Function<'_, Vec<Finished>, UnknownReturnValue>) -> napi::Result<Self> {
        let finished = Arc::<Mutex<Vec<Finished>>>::default();
        let taken = Arc::clone(&finished);
        let settle = settle
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(move |_| {
                Ok(std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner)))
            })?;
        Ok(Self { finished, settle })
    }

    /// Adds an outcome. Called on the runtime's thread, which wakes JavaScript when it next pauses.
    pub(crate) fn push(self: &Arc<Self>, finished: Finished) {
        let waiting = {
            let mut queue = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
            queue.push(finished);
            queue.len()
        };
        if waiting == 1 {
            WAITING.with_borrow_mut(|queues| queues.push(Arc::clone(self)));
        } else if waiting == MANY {
            self.wake();
        }
    }

    fn wake(&self) {
        // It fails when the environment is ending: then there is nobody left to tell.
        let _ = self.settle.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// For the bridge, which keeps the process alive while calls are in flight.
    pub(crate) fn raw(&self) -> napi::sys::napi_threadsafe_function {
        self.settle.raw()
    }
}

/// Wakes every environment that has outcomes waiting. Called by the runtime whenever it has nothing to do.
pub(crate) fn wake_all() {
    for queue in WAITING.take() {
        queue.wake();
    }
}
