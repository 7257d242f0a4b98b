//! How the runtime has an environment's thread come and continue its calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "test-hooks")]
use std::sync::atomic::AtomicU32;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::{Env, Status};

use crate::outcome::{Arguments, Finished};

type Settle = ThreadsafeFunction<(), UnknownReturnValue, Arguments, Status, false, true>;

/// Wakes one environment.
pub(crate) struct Notifier {
    /// Weak: it keeps no process alive until it is held.
    settle: Settle,
    held: AtomicBool,
    /// How many wake-ups are still to be lost.
    #[cfg(feature = "test-hooks")]
    pub(crate) lost: AtomicU32,
}

impl Notifier {
    /// Each wake-up has the environment's thread call `poll_ready`, and then `settle` in JavaScript for each call that it gave.
    pub(crate) fn new(
        settle: &Function<'_, Arguments, UnknownReturnValue>,
        poll_ready: impl Fn(&Env) -> Vec<Finished> + 'static,
    ) -> napi::Result<Self> {
        let function = settle.create_ref()?;
        let settle = settle
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(move |context| {
                let settled = AssertUnwindSafe(|| {
                    let mut finished = poll_ready(&context.env);
                    // The last one is left to the wake-up itself, which calls the function anyway.
                    let last = finished.pop();
                    if !finished.is_empty() {
                        let settle = function.borrow_back(&context.env)?;
                        for finished in finished {
                            settle.call(Arguments(Some(finished)))?;
                        }
                    }
                    Ok(Arguments(last))
                });
                // Node calls this: a panic that got there would end the process.
                catch_unwind(settled).unwrap_or(Ok(Arguments(None)))
            })?;
        Ok(Self {
            settle,
            held: AtomicBool::new(false),
            #[cfg(feature = "test-hooks")]
            lost: AtomicU32::new(0),
        })
    }

    /// Sends a wake-up, on any thread.
    pub(crate) fn notify(&self) {
        #[cfg(feature = "test-hooks")]
        if self.lost.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            return;
        }
        // It fails when the environment is ending: then there is nobody left to come.
        let _ = self.settle.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// Keeps the process alive, or no longer. Only the environment's own thread has its `env`.
    pub(crate) fn hold(&self, env: &Env, hold: bool) {
        if self.held.swap(hold, Ordering::Relaxed) == hold {
            return;
        }
        let settle = self.settle.raw();
        // SAFETY: both belong to this environment, whose thread this is. The function ends with the environment, and after
        // that neither JavaScript nor a wake-up runs here. Where that end has begun they fail, and there is nothing to keep
        // alive.
        unsafe {
            if hold {
                napi::sys::napi_ref_threadsafe_function(env.raw(), settle);
            } else {
                napi::sys::napi_unref_threadsafe_function(env.raw(), settle);
            }
        }
    }
}
