//! How the runtime has an environment's thread come and continue its calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "test-hooks")]
use std::sync::atomic::AtomicU32;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use napi::{Env, Status, sys};

use crate::outcome::{Arguments, Finished};
use crate::outside::outside_of_contexts;
use crate::settle::{self, Settle, SettleReference};

type Wake = ThreadsafeFunction<(), UnknownReturnValue, (), Status, false, true>;

/// Wakes one environment.
pub(crate) struct Notifier {
    /// Weak: it keeps no process alive until it is held.
    wake: Wake,
    /// Of the `SettleReference` that `wake` has, and exists as long.
    settle: SettleHandle,
    held: AtomicBool,
    /// How many wake-ups are still to be lost.
    #[cfg(feature = "test-hooks")]
    pub(crate) lost: AtomicU32,
}

struct SettleHandle(sys::napi_ref);

// SAFETY: `Notifier::hold` alone uses it, on the environment's own thread.
unsafe impl Send for SettleHandle {}
// SAFETY: likewise.
unsafe impl Sync for SettleHandle {}

impl Notifier {
    /// Each wake-up has the environment's thread call `poll_ready`, and then `settle` in JavaScript for each call that it gave.
    pub(crate) fn new(
        env: &Env,
        settle: &Settle<'_>,
        poll_ready: impl Fn(&Env) -> Vec<Finished> + 'static,
    ) -> napi::Result<Self> {
        let settle = SettleReference::new(env, settle)?;
        let handle = SettleHandle(settle.raw());
        let wake = outside_of_contexts(env, |env| wake(env, settle, poll_ready))?
            .ok_or_else(|| napi::Error::from_reason("the host calls no function"))??;
        Ok(Self {
            wake,
            settle: handle,
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
        let _ = self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// Keeps the process and what settles its calls alive, or no longer. Only the environment's own thread has its `env`.
    pub(crate) fn hold(&self, env: &Env, hold: bool) {
        if self.held.swap(hold, Ordering::Relaxed) == hold {
            return;
        }
        let wake = self.wake.raw();
        // SAFETY: all belong to this environment, whose thread this is. The functions end with the environment, and after
        // that neither JavaScript nor a wake-up runs here. Where that end has begun they fail, and there is nothing to keep
        // alive.
        unsafe {
            settle::hold(env, self.settle.0, hold);
            if hold {
                sys::napi_ref_threadsafe_function(env.raw(), wake);
            } else {
                sys::napi_unref_threadsafe_function(env.raw(), wake);
            }
        }
    }
}

/// A threadsafe function holds what it calls for good, and the context that it is created in. So it calls nothing itself,
/// and is created outside of any.
fn wake(
    env: &Env,
    settle: SettleReference,
    poll_ready: impl Fn(&Env) -> Vec<Finished> + 'static,
) -> napi::Result<Wake> {
    env.create_function::<(), UnknownReturnValue>("wake", nothing)?
        .build_threadsafe_function::<()>()
        .weak::<true>()
        .callee_handled::<false>()
        .build_callback(move |context| {
            let settled = AssertUnwindSafe(|| -> napi::Result<()> {
                // Before the calls are polled: once the last one has ended, it is no longer held.
                let settle = settle.get(&context.env)?;
                for finished in poll_ready(&context.env) {
                    // Without it, no calls were in flight.
                    if let Some(settle) = &settle {
                        settle.call(Arguments(finished))?;
                    }
                }
                Ok(())
            });
            // Node calls this: a panic that got there would end the process. An error is that the environment is ending.
            let _ = catch_unwind(settled);
            Ok(())
        })
}

unsafe extern "C" fn nothing(_: sys::napi_env, _: sys::napi_callback_info) -> sys::napi_value {
    // It is `undefined`.
    std::ptr::null_mut()
}
