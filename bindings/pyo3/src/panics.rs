//! A panic never reaches the host: it becomes an error of the call it happened in.

use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::task::Poll;

use passlock_bindings_shared::internal_error;
use passlock_core::{CallInfo, Error};

/// What a call came to, and what is known of its last answer.
pub(crate) type Outcome<T> = (Result<T, Error>, CallInfo);

/// A call, whose panic is an outcome too. It is boxed here, so that what is moved about from now on is small.
pub(crate) fn catch_unwind_future<T>(
    call: impl Future<Output = Outcome<T>> + Send,
) -> impl Future<Output = Outcome<T>> + Send + Unpin {
    let mut call = Box::pin(call);
    poll_fn(move |context| {
        // After a panic the call is not polled again, so no broken invariant of it is ever seen.
        let polled = panic::catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready((Err(internal_error()), CallInfo::default())))
    })
}

/// The same for what is done without a future.
pub(crate) fn catch_unwind<T>(action: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    panic::catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|_| Err(internal_error()))
}
