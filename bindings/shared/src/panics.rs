//! A panic is our bug, and an error for the caller: never the end of the process, and never text on stderr that
//! nobody has checked for secrets.

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::task::Poll;

use passlock_core::Error;

use crate::failure::internal_error;

thread_local! {
    /// Where this thread's last panic was: a place in our source, or a library's, which contains no secret.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics from writing to stderr. It is for libraries that have a standard library of their own, as a binding's has: no
/// other one's panics are touched.
pub fn silence_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string);
            // A thread that is ending has no place any more.
            let _ = PLACE.try_with(|last| last.replace(place));
        }));
    });
}

/// Runs `future`, whose panic becomes an error. It is boxed here, so that what is moved about from now on is small.
pub fn catch_unwind_future<T>(
    future: impl Future<Output = Result<T, Error>> + Send,
) -> impl Future<Output = Result<T, Error>> + Send + Unpin {
    let mut future = Box::pin(future);
    // A future that has panicked is not polled again, so nobody sees in what state it is.
    poll_fn(move |context| {
        panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)))
            .unwrap_or_else(|_| Poll::Ready(Err(panic_error())))
    })
}

/// Does something short, whose panic becomes an error.
///
/// # Errors
///
/// That of `work`, or `internal` for a panic.
pub fn catch_unwind<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panic_error()))
}

/// The error for the panic that this thread has just caught.
fn panic_error() -> Error {
    let error = internal_error();
    match PLACE.take() {
        Some(place) => error.with_cause(format!("a panic at {place}")),
        None => error,
    }
}
