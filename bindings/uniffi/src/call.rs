//! Running one call: on which runtime, how it is cancelled, and what becomes of a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use passlock_bindings_shared::panicked;
use passlock_core::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::failure::NativeError;

/// Ends calls. One that was told to cancel stays so: calls that are given it later end before they begin.
#[derive(Debug, uniffi::Object)]
pub struct NativeCancel(watch::Sender<bool>);

#[uniffi::export]
impl NativeCancel {
    /// One that has not been told anything yet.
    #[uniffi::constructor]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "foreign code has constructors, not defaults")]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends the calls that were given this: their requests are dropped at once, and they fail as cancelled.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl NativeCancel {
    /// Waits until told to cancel.
    async fn cancelled(&self) {
        // The sender lives as long as `self`, so this ends by being told only.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

/// Runs a call as a task of its own on our runtime, until it ends, is cancelled, or this future is dropped.
pub(crate) async fn run<T: Send + 'static>(
    cancel: Option<std::sync::Arc<NativeCancel>>,
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, NativeError> {
    let task = runtime()?.spawn(async move {
        match cancel {
            None => call.await.map_err(NativeError::from),
            Some(cancel) => tokio::select! {
                biased;
                () = cancel.cancelled() => Err(NativeError::Cancelled),
                result = call => result.map_err(NativeError::from),
            },
        }
    });
    let _guard = AbortOnDrop(task.abort_handle());
    match task.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(panicked().into()),
        // Nobody aborts the task but this future's end, so this is the runtime's.
        Err(_) => Err(NativeError::Cancelled),
    }
}

/// Does something short on the caller's thread, with a panic made a failure.
pub(crate) fn catching<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, NativeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked())).map_err(NativeError::from)
}

/// The one runtime of the process. It is never shut down: its threads end with the process.
fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let build = || {
        Builder::new_multi_thread()
            // A call is a few microseconds of work between waits.
            .worker_threads(2)
            .thread_name("passlock")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
    };
    RUNTIME
        .get_or_init(build)
        .as_ref()
        .map_err(|cause| Error::config("the SDK can't start its threads").with_cause(cause))
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
