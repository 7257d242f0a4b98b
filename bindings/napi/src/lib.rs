//! The native half of the npm package `passlock`: the async client, carried across to JavaScript.
//!
//! Only the package's TypeScript half (`node/src`) calls what is exported here, and it checks types before it does. Nothing
//! is decided on this side: settings, errors and closing are those of `passlock-bindings-shared`.
//!
//! How a call goes: a `Client`'s method takes a number that the TypeScript half chose and begins the call on JavaScript's own thread,
//! which sends the request before the method returns. The one `Runtime` thread of the process watches the socket. When there
//! is something to read it sends a wake-up to the environment (main thread or worker) that asked, one for all calls that
//! can continue, and that environment's thread reads, decodes and settles. A hop from thread to thread costs more than all else
//! in this crate: this way there is one for a call, shared by as many as there are at once.

mod bridge;
mod client;
mod notifier;
mod outcome;
mod outside;
mod report;
mod runtime;
mod settings;
mod settle;
#[cfg(feature = "test-hooks")]
mod test_hooks;

use napi_derive::napi;

/// What a caller gets instead of a panic on JavaScript's own thread, which reaches TypeScript as an exception.
#[napi]
pub fn internal_error() -> outcome::Failure {
    passlock_bindings_shared::internal_error().into()
}

/// An error that the TypeScript half creates itself, with what the core derives from its kind, operation, tag and hint.
#[napi(catch_unwind)]
pub fn failure(
    kind: String,
    operation: Option<String>,
    tag: Option<String>,
    hint: Option<String>,
) -> outcome::Failure {
    outcome::Failure::from_codes(&kind, operation.as_deref(), tag.as_deref(), hint.as_deref())
}

/// The version of this library, which must be that of the TypeScript half.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The names of the values that a call returns, in their order.
#[napi]
pub fn fields() -> outcome::Fields {
    outcome::Fields::all()
}

/// The environment variables that settings may come from.
#[napi]
pub fn variables() -> Vec<&'static str> {
    passlock_bindings_shared::Options::VARIABLES.to_vec()
}

/// Every kind of error there is, for the package's tests.
#[napi]
pub fn error_kinds() -> Vec<&'static str> {
    passlock_hyper::ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect()
}
