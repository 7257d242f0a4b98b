//! What the bindings of the Passlock SDK share, so that no language decides anything on its own: how options become
//! settings, how an error crosses the boundary, how an event loop runs its calls and who watches their sockets, what closing a
//! client means, what happens to a panic.

mod closeable_client;
mod failure;
mod local_tasks;
mod models;
mod operation;
mod options;
mod panics;
mod report;
mod runtime_thread;
mod source;
mod time;
mod update;
mod wakeups;

pub use closeable_client::CloseableClient;
pub use failure::{Failure, Field, internal_error};
pub use local_tasks::LocalTasks;
pub use models::Cross;
pub use operation::{Request, Value, argument_name};
pub use options::{CallOptions, Options};
pub use panics::{catch_unwind, catch_unwind_future, silence_panic_hook};
#[doc(hidden)]
pub use passlock_core::AuthType;
/// How a language writes the names in an error's message.
pub use passlock_core::NamingStyle;
pub use report::{AttemptReport, CallReport, Detail};
pub use runtime_thread::RuntimeThread;
pub use source::{Pairs, Source, TextSource};
pub use time::{millis, nanos};
pub use update::{UPDATE_FIELDS, read_update, reject_unknown_field};

/// One of the core's names in camel case: `retry_after` is `retryAfter`.
#[must_use]
pub fn camel_case(name: &'static str) -> std::borrow::Cow<'static, str> {
    passlock_core::Name(name).in_style(NamingStyle::Camel)
}
