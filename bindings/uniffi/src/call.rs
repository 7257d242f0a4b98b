//! Running one call: on which runtime, how it is cancelled, and what happens to a panic.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use passlock_bindings_shared::{NamingStyle, RuntimeThread, catch_unwind_future};
use passlock_core::Error;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::failure::NativeError;

/// Ends calls. Once cancelled, it stays cancelled: calls that are given it later end before they begin.
#[derive(Debug, uniffi::Object)]
pub struct NativeCancel(watch::Sender<bool>);

#[uniffi::export]
impl NativeCancel {
    /// One that has not been cancelled.
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
    /// Waits until it is cancelled.
    async fn cancelled(&self) {
        // The sender lives as long as `self`, so this ends by being told only.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

/// Runs a call until it ends, is cancelled, or this future is dropped. Foreign threads poll it, so that nothing hops to
/// another thread: our runtime only watches sockets and clocks for it. A failure names settings in the style given.
pub(crate) fn run<T: Send + 'static>(
    style: NamingStyle,
    cancel: Arc<NativeCancel>,
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> impl Future<Output = Result<T, NativeError>> + Send {
    let call = catch_unwind_future(call);
    let failed = move |error| NativeError::failed(&error, style);
    async move {
        let runtime = runtime().map_err(failed)?;
        let mut call = pin!(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(NativeError::Cancelled),
                result = call => result.map_err(failed),
            }
        });
        poll_fn(|context| {
            let _entered = runtime.enter();
            call.as_mut().poll(context)
        })
        .await
    }
}

/// The one runtime of the process. It is never shut down: its thread ends with the process.
fn runtime() -> Result<&'static Handle, Error> {
    static RUNTIME: OnceLock<RuntimeThread> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    // Not `get_or_init` alone: what the system lacks now it may have for the next call.
    let runtime = RuntimeThread::start("passlock")
        .map_err(|error| Error::config("the SDK can't start its thread").with_cause(error.to_string()))?;
    Ok(RUNTIME.get_or_init(|| runtime).handle())
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::task::Poll;
    use std::thread;
    use std::time::Duration;

    use passlock_bindings_shared::internal_error;
    use tokio::sync::oneshot;

    use super::*;

    const STYLE: NamingStyle = NamingStyle::Swift;

    /// A token that is never cancelled.
    fn never() -> Arc<NativeCancel> {
        Arc::new(NativeCancel::new())
    }

    /// A call that never ends, and receivers that hear when it begins and when it is dropped.
    fn endless() -> (
        impl Future<Output = Result<(), Error>> + Send + 'static,
        oneshot::Receiver<()>,
        oneshot::Receiver<()>,
    ) {
        let ((begin, begun), (sender, dropped)) = (oneshot::channel(), oneshot::channel());
        let call = async move {
            let _sender = sender;
            // Nobody listens where only the drop counts.
            let _ = begin.send(());
            pending().await
        };
        (call, begun, dropped)
    }

    #[tokio::test]
    async fn telling_to_cancel_drops_the_call() {
        let (call, begun, dropped) = endless();
        let cancel = Arc::new(NativeCancel::new());
        let running = tokio::spawn(run(STYLE, Arc::clone(&cancel), call));
        begun.await.unwrap();
        cancel.cancel();
        cancel.cancel();
        assert_eq!(running.await.unwrap(), Err(NativeError::Cancelled));
        // Nothing is ever sent: what is heard is the drop.
        let heard = tokio::time::timeout(Duration::from_secs(10), dropped).await;
        heard.unwrap().unwrap_err();
    }

    #[tokio::test]
    async fn what_is_cancelled_already_does_not_begin() {
        let cancel = Arc::new(NativeCancel::new());
        cancel.cancel();
        let call = async { panic!("it has begun") };
        assert_eq!(run::<()>(STYLE, cancel, call).await, Err(NativeError::Cancelled));
    }

    #[tokio::test]
    async fn dropping_the_future_drops_the_call() {
        let (call, _begun, dropped) = endless();
        {
            let mut running = pin!(run(STYLE, never(), call));
            // Polled once, so that it has begun.
            let waits = poll_fn(|context| Poll::Ready(running.as_mut().poll(context).is_pending())).await;
            assert!(waits);
        }
        let heard = tokio::time::timeout(Duration::from_secs(10), dropped).await;
        heard.unwrap().unwrap_err();
    }

    #[tokio::test]
    async fn a_panic_is_a_failure() {
        let call = async { panic!("canary") };
        assert_eq!(run::<()>(STYLE, never(), call).await, Err(NativeError::failed(&internal_error(), STYLE)));
    }

    #[test]
    fn a_call_needs_no_runtime_of_its_callers() {
        // Foreign threads poll by hand, as this one does.
        struct Unpark(thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(thread::current())).into();
        let mut context = std::task::Context::from_waker(&waker);
        let mut running = pin!(run(STYLE, never(), async { Ok(Handle::try_current().is_ok()) }));
        let inside = loop {
            match running.as_mut().poll(&mut context) {
                Poll::Ready(result) => break result,
                Poll::Pending => thread::park(),
            }
        };
        assert_eq!(inside, Ok(true));
    }
}
