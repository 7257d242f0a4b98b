//! What an application can learn about each call while it is in progress: for metrics, and for its own spans.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::ErrorKind;

/// Receives the events of a client's calls, one after another.
///
/// It is called on the thread that makes the call, which waits for it: hand slow work to another thread. No event contains the
/// API key, a token or a user's data.
///
/// ```
/// use passlock_core::{CallEvent, CallStage, Config, Observer};
///
/// struct Failures;
///
/// impl Observer for Failures {
///     fn observe(&self, event: &CallEvent<'_>) {
///         if let (CallStage::CallEnded, Some(error)) = (event.stage, event.error) {
///             println!("{}: {error} after {:?}", event.operation, event.elapsed);
///         }
///     }
/// }
///
/// let config = Config::builder().tenancy_id("my-tenancy").api_key("my-api-key").observer(Failures).build()?;
/// # Ok::<(), passlock_core::Error>(())
/// ```
pub trait Observer: Send + Sync {
    /// Something has happened.
    fn observe(&self, event: &CallEvent<'_>);
}

/// Something that has happened in a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallEvent<'a> {
    /// What it is.
    pub stage: CallStage,
    /// The operation's [name](crate::OperationName), or `warm_up`.
    pub operation: &'static str,
    /// The method of the request.
    pub method: &'a str,
    /// The route, without its values.
    pub route: &'static str,
    /// How many requests have been attempted so far.
    pub attempt: u32,
    /// How many times this request had been sent before. Reading the user after an accepted update is another request.
    pub resends: u32,
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// How the attempt, or the call, failed.
    pub error: Option<ErrorKind>,
    /// How long the call waits before the next attempt.
    pub wait: Option<Duration>,
    /// The time since the call began.
    pub elapsed: Duration,
    /// The id that the service assigned to the request, if it is printable.
    pub request_id: Option<&'a str>,
}

impl CallEvent<'_> {
    /// OpenTelemetry's `error.type`: the status of an error response, or else the code of the error.
    #[must_use]
    pub fn error_type(&self) -> Option<Cow<'static, str>> {
        error_type(self.status, self.error)
    }
}

pub(crate) fn error_type(status: Option<u16>, error: Option<ErrorKind>) -> Option<Cow<'static, str>> {
    match status {
        Some(status) if status >= 400 => Some(status.to_string().into()),
        _ => error.map(|kind| kind.as_str().into()),
    }
}

/// The stage that a call has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallStage {
    /// The call's arguments were accepted, and its first request is about to be sent.
    CallBegun,
    /// A request is sent.
    AttemptSent,
    /// A request was answered, or failed.
    AttemptEnded,
    /// The request will be repeated after a wait.
    Retrying,
    /// The call has succeeded or failed. A call whose future is dropped ends without this event.
    CallEnded,
}

/// The observer of a client, if it has one.
#[derive(Clone, Default)]
pub(crate) struct MaybeObserver(pub(crate) Option<Arc<dyn Observer>>);

impl fmt::Debug for MaybeObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "set" } else { "none" })
    }
}
