//! What provokes a panic or a lost wake-up, for the tests that the process lives on and no call hangs. Not in a released
//! package.

use std::sync::atomic::Ordering;

use napi::Env;
use napi_derive::napi;

use crate::bridge::Bridge;
use crate::client::Client;
use crate::outcome::{Finished, Outcome};

#[napi]
impl Client {
    /// A call that panics while it is polled, with a message that nobody may see.
    #[napi(catch_unwind)]
    pub fn panic_in_call(&self, env: &Env, id: u32) -> Option<Finished> {
        self.run(env, id, None, |_| async { panics() })
    }

    /// A panic on JavaScript's own thread.
    #[napi(catch_unwind)]
    pub fn panic_at_once(&self) -> bool {
        panics().is_ok()
    }
}

#[napi]
impl Bridge {
    /// As a host may do: the next wake-ups of its loop are lost.
    #[napi(catch_unwind)]
    pub fn lose_wakeups(&self, wakeups: u32) {
        self.shared.notifier.lost.store(wakeups, Ordering::Relaxed);
    }

    /// How many of them are still to be lost.
    #[napi(catch_unwind)]
    pub fn wakeups_to_lose(&self) -> u32 {
        self.shared.notifier.lost.load(Ordering::Relaxed)
    }
}

#[expect(clippy::panic, reason = "that is what it is for")]
fn panics() -> Outcome {
    panic!("passlock test hook: panic-canary")
}
