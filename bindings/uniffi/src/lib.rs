//! The async client as uniffi carries it into Swift, and into Kotlin on Android.
//!
//! Nothing is decided here. A hand-written API over the generated code (`swift/`, `kotlin/`) gives these types the form that its users
//! expect; no name of this crate is seen by them. All names begin with `Native`.
//!
//! - The caller's threads poll their calls; the one thread of our runtime watches sockets and clocks. A call ends when its
//!   [`NativeCancel`] is cancelled.
//! - No code of the application runs during a call: a report on the call crosses with its outcome, for callers that ask for one.
//! - A panic is caught on every path and becomes an ordinary failure; it never ends the host's process.

mod call;
mod client;
mod codes;
mod failure;
mod options;
mod records;
mod report;
mod test_hooks;

pub use call::NativeCancel;
pub use client::{NativeClient, NativePackage};
pub use codes::{NativeCodes, codes, environment_variables, version};
pub use failure::{NativeError, failure};
pub use options::{NativeOptions, NativeRequest};
pub use records::{NativePrincipal, NativeUser, NativeValue};
pub use report::{NativeAttempt, NativeDetail, NativeObserved, NativeReport};

uniffi::setup_scaffolding!("passlock_native");
