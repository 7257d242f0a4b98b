//! Calls in flight: begun by the threads that make them, carried on by the one thread that is in `drive`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jni::Env;
use jni::objects::JClass;
use passlock_bindings_shared::{CallOptions, catch_unwind_future};
use passlock_core::Error;
use passlock_hyper::CoreClient as Client;
use passlock_net::Resolver;

use crate::clients;
use crate::outcome::{Outcome, Refusal, give_up};
use crate::runtime::{self, Runtime};

/// How long the thread stays in `drive` at most. Kotlin looks after clients that were forgotten in between; and what was ready
/// without anybody saying so is found then.
const TURN: Duration = Duration::from_secs(1);

/// How many threads are between looking a client up and having its call in flight.
static SPAWNING: AtomicUsize = AtomicUsize::new(0);

/// Begins a call of a client's under a number that no call in flight has. Its outcome is given to Kotlin under this number,
/// before this returns if it is there by then.
pub(crate) fn spawn<F>(
    env: &mut Env<'_>,
    native: &JClass<'_>,
    number: i64,
    client: i64,
    options: CallOptions,
    operation: impl FnOnce(Client) -> F,
) -> Result<(), Refusal>
where
    F: Future<Output = Result<Outcome, Error>> + Send + 'static,
{
    let outcome = {
        let _spawning = Spawning::new();
        let (client, runtime) = clients::get(client)?;
        let call = catch_unwind_future(operation(options.apply(client)?));
        let call = async move { call.await.unwrap_or_else(|error| Outcome::from(Err(error))) };
        let _entered = runtime.tokio.enter();
        runtime.tasks.spawn(number.cast_unsigned(), call)
    };
    outcome.map_or(Ok(()), |outcome| outcome.give(env, native, number))
}

/// Ends a call: its connection closes, and nothing more is heard of it. One that has ended is left alone.
pub(crate) fn cancel(number: i64) {
    if let Some(runtime) = runtime::running() {
        runtime.tasks.cancel(number.cast_unsigned());
        runtime.wakeup.notify_one();
    }
}

/// Carries all calls on for a while, or until there is nothing left to do.
pub(crate) fn drive(env: &mut Env<'_>, native: &JClass<'_>) {
    let Some(runtime) = runtime::running() else { return };
    // A panic would be tokio's, or ours outside of any call. The other calls are waiting: the thread comes again.
    let _ = catch_unwind(AssertUnwindSafe(|| poll_loop(&runtime, env, native)));
}

fn poll_loop(runtime: &Runtime, env: &mut Env<'_>, native: &JClass<'_>) {
    let work = async {
        while !is_idle(runtime) {
            runtime.tasks.poll_ready(|number, outcome| {
                let number = number.cast_signed();
                let given = catch_unwind(AssertUnwindSafe(|| outcome.give(env, native, number)));
                if !matches!(given, Ok(Ok(()))) {
                    give_up(env, native, number);
                }
            });
            runtime.wakeup.notified().await;
        }
    };
    // Not bound to a task's share of turns: this is all that the thread has to do.
    let turn = tokio::task::unconstrained(async { tokio::time::timeout(TURN, work).await });
    // It may end at the next turn.
    let _ = runtime.tokio.block_on(turn);
}

/// Ends the runtime if nothing is left to do; whether it did.
pub(crate) fn stop() -> bool {
    runtime::stop_if(is_idle)
}

/// Whether no client is open, no call in flight and no name being looked up, looked at in the order in which the one becomes the
/// other. After that the library may be unloaded, by Windows under a thread that is still in it.
fn is_idle(runtime: &Runtime) -> bool {
    clients::none()
        && SPAWNING.load(Ordering::SeqCst) == 0
        && runtime.tasks.in_flight() == 0
        && !Resolver::is_any_at_work()
}

/// Counts as long as it lives.
struct Spawning;

impl Spawning {
    fn new() -> Self {
        SPAWNING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Spawning {
    fn drop(&mut self) {
        SPAWNING.fetch_sub(1, Ordering::SeqCst);
    }
}
