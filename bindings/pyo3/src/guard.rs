//! A panic never reaches the host: it becomes an error of the call it happened in.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use passlock_bindings_shared::panicked;
use passlock_core::{CallInfo, Error};

/// What a call came to, and what is known of its last answer.
pub(crate) type Outcome<T> = (Result<T, Error>, CallInfo);

/// A call, whose panic is an outcome too. It is boxed here, so that what is moved about from now on is small.
pub(crate) fn guarded<T>(
    call: impl Future<Output = Outcome<T>> + Send,
) -> impl Future<Output = Outcome<T>> + Send + Unpin {
    let mut call = Box::pin(call);
    poll_fn(move |context| {
        // After a panic the call is not polled again, so no broken invariant of it is ever seen.
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready((Err(panicked()), CallInfo::default())))
    })
}

/// The same for what is done without a future.
pub(crate) fn guard<T>(action: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|_| Err(panicked()))
}
