//! Calls in flight: begun by the threads that make them, carried on by the thread that drives them.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use jni::Env;
use passlock_bindings_shared::{CallOptions, LocalTasks, catch_unwind_future};
use passlock_core::Error;
use passlock_hyper::CoreClient as Client;
use tokio::runtime::{self, Builder};
use tokio::sync::Notify;

use crate::clients;
use crate::outcome::{Outcome, Refusal, give_up};

struct Runtime {
    tasks: LocalTasks<Outcome>,
    /// Notified when a call can go on.
    wakeup: Arc<Notify>,
    /// It watches the calls' sockets and clocks, and runs no call.
    tokio: runtime::Runtime,
}

static RUNTIME: LazyLock<Result<Runtime, String>> = LazyLock::new(|| {
    let tokio = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let wakeup = Arc::new(Notify::new());
    let tasks = LocalTasks::new({
        let wakeup = Arc::clone(&wakeup);
        move || wakeup.notify_one()
    });
    Ok(Runtime { tasks, wakeup, tokio })
});

fn runtime() -> Result<&'static Runtime, Error> {
    RUNTIME.as_ref().map_err(|cause| Error::config("the SDK can't watch its connections").with_cause(cause))
}

/// Begins a call of a client's under a number that no call in flight has. Its outcome is given to Kotlin under this number,
/// before this returns if it is there by then.
pub(crate) fn spawn<T: Into<Outcome> + 'static, F>(
    env: &mut Env<'_>,
    number: i64,
    client: i64,
    options: CallOptions,
    operation: impl FnOnce(Client) -> F,
) -> Result<(), Refusal>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let runtime = runtime()?;
    let call = catch_unwind_future(operation(options.apply(clients::get(client)?)?));
    let call = async move { call.await.map_or_else(Outcome::from, T::into) };
    let outcome = {
        let _entered = runtime.tokio.enter();
        runtime.tasks.spawn(number.cast_unsigned(), call)
    };
    outcome.map_or(Ok(()), |outcome| outcome.give(env, number))
}

/// Ends a call: its connection closes, and nothing more is heard of it. One that has ended is left alone.
pub(crate) fn cancel(number: i64) {
    if let Ok(runtime) = runtime() {
        runtime.tasks.cancel(number.cast_unsigned());
    }
}

/// Carries on all calls, for as long as the process lives: whatever fails, the others are waiting.
pub(crate) fn drive(env: &mut Env<'_>) -> Result<Infallible, Refusal> {
    let runtime = runtime()?;
    loop {
        // A panic would be tokio's, or ours outside of any call.
        let _ = catch_unwind(AssertUnwindSafe(|| poll_loop(runtime, env)));
    }
}

fn poll_loop(runtime: &Runtime, env: &mut Env<'_>) {
    // Not bound to a task's share of turns: this is all that the thread has to do.
    runtime.tokio.block_on(tokio::task::unconstrained(async {
        loop {
            runtime.wakeup.notified().await;
            runtime.tasks.poll_ready(|number, outcome| {
                let number = number.cast_signed();
                let given = catch_unwind(AssertUnwindSafe(|| outcome.give(env, number)));
                if !matches!(given, Ok(Ok(()))) {
                    give_up(env, number);
                }
            });
        }
    }));
}
