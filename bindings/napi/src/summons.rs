//! How the runtime has an environment's thread come and let its calls go on.

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};

use crate::outcome::Finished;

type Settle = ThreadsafeFunction<(), UnknownReturnValue, Vec<Finished>, Status, false, true>;

/// Wakes one environment.
pub(crate) struct Summons {
    /// Weak: it keeps no process alive by itself.
    settle: Settle,
}

impl Summons {
    /// Each summons has the environment's thread call `proceed`, and then `settle` in JavaScript with what it gave.
    pub(crate) fn new(
        settle: &Function<'_, Vec<Finished>, UnknownReturnValue>,
        proceed: impl Fn() -> Vec<Finished> + 'static,
    ) -> napi::Result<Self> {
        let settle = settle
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(move |_| Ok(proceed()))?;
        Ok(Self { settle })
    }

    /// Sends a summons, on any thread.
    pub(crate) fn send(&self) {
        // It fails when the environment is ending: then there is nobody left to come.
        let _ = self.settle.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// For the bridge, which keeps the process alive while calls are in flight.
    pub(crate) fn raw(&self) -> napi::sys::napi_threadsafe_function {
        self.settle.raw()
    }
}
