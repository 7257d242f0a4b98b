//! The async client as uniffi carries it into Swift and Kotlin.
//!
//! Nothing is decided here. Each language has a hand-written face over the generated code (`swift/`, `kotlin/`), which gives
//! these types the shapes that its users expect; no name of this crate is seen by them. All names begin with `Native`.
//!
//! - Calls run as tasks on a runtime of our own, so that the caller's threads never do our I/O, and the connections'
//!   background tasks have a home that lasts. A call ends when the foreign future is dropped (Kotlin's coroutines do that)
//!   or when its [`NativeCancel`] is told to (which Swift needs).
//! - A panic is caught on every path and becomes an ordinary failure; it never ends the host's process.

mod call;
mod client;
mod codes;
mod failure;
mod hooks;
mod options;
mod records;

pub use call::NativeCancel;
pub use client::NativeClient;
pub use codes::{NativeCodes, codes, environment_variables, not_unicode, version};
pub use failure::{NativeError, NativeFailure};
pub use options::{NativeCallOptions, NativeOptions};
pub use records::{NativePrincipal, NativeUser, NativeUserUpdate};

uniffi::setup_scaffolding!("passlock_native");
