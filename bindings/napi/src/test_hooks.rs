//! What provokes a panic, for the test that a panic ends no process. Not in a released package.

use napi::Env;
use napi_derive::napi;
use passlock_hyper::{Error, User};

use crate::client::Client;
use crate::outcome::Finished;

#[napi]
impl Client {
    /// A call that panics while it is polled, with a text that nobody is to see.
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

#[expect(clippy::panic, reason = "that is what it is for")]
fn panics() -> Result<User, Error> {
    panic!("passlock test hook: panic-canary")
}
