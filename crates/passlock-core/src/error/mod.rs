//! The one error type of the SDK.

mod kind;
mod message;
mod suggested;
pub(crate) mod table;

use std::fmt;
use std::time::Duration;

pub use kind::{Claim, ErrorKind, Hint, Limit, OperationName};
pub use message::{Message, Name, NamingStyle};

/// Why a call failed, or why a client could not be created.
///
/// [`kind`](Self::kind) says what to do about it; the other fields say what is known. `Display` is one line for humans:
/// what happened, and what to do. No part of an error ever contains the API key or a token.
///
/// ```
/// use passlock_core::{Config, ErrorKind};
///
/// let error = Config::builder().api_key("my-api-key").build().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(error.to_string().contains("PASSLOCK_TENANCY_ID"));
/// ```
#[derive(Clone)]
pub struct Error(Box<Fields>);

/// All that is known of an error. The bindings carry these across as they are.
#[derive(Clone)]
struct Fields {
    kind: ErrorKind,
    message: Message,
    operation: Option<OperationName>,
    status: Option<u16>,
    tag: Option<String>,
    detail: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    retryable: bool,
    limit: Option<Limit>,
    claim: Option<Claim>,
    hint: Option<Hint>,
    applied: bool,
    cause: Option<Cause>,
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened and what to do, on one line. The same as `Display`.
    #[must_use]
    pub fn message(&self) -> &str {
        self.0.message.as_str()
    }

    /// The operation that failed; `None` for `warm_up`, and if no call was made.
    #[must_use]
    pub fn operation(&self) -> Option<OperationName> {
        self.0.operation
    }

    /// The HTTP status of the last attempt's response; `None` if it had none.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The API's own name for its error (`_tag`), verbatim.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.tag.as_deref()
    }

    /// What the API says about its error: its `detail`, or else its `message`. At most 1 KiB of it.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The id that the service assigned to the request: quote it to Passlock's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the service asks you to wait before another attempt, counted from its response.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were attempted; 0 if the call was refused before the first.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the same call may succeed later and is safe to repeat, even when the SDK's own retries are used up.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// The time limit that was exceeded, if the kind is [`ErrorKind::Timeout`].
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.0.limit
    }

    /// The claim that failed its check, if the kind is [`ErrorKind::Claims`].
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        self.0.claim
    }

    /// A likely cause, if recognized.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        self.0.hint
    }

    /// Whether an update was accepted even though the call failed: the user was changed, but could not be read back. If this is
    /// false, an update that ended in `timeout`, `connection` or `server` may have been made all the same.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        self.0.applied
    }

    /// The cause as text, if another library reported one. The same text as `source()` displays.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_ref().map(|cause| cause.0.as_str())
    }
}

impl Error {
    /// Creates an error for use in tests. [`suggested_status`](Self::suggested_status) and
    /// [`is_login_refused`](Self::is_login_refused) depend on the operation too: see [`with_operation`](Self::with_operation).
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of(kind, message.into())
    }

    /// Sets the operation that failed, for use in tests.
    #[must_use]
    pub fn with_operation(mut self, operation: OperationName) -> Self {
        self.0.operation = Some(operation);
        self
    }
}

/// How errors are made: by the core, and by the crates that build clients and bindings on it.
#[doc(hidden)]
impl Error {
    pub fn of(kind: ErrorKind, message: impl Into<Message>) -> Self {
        Self(Box::new(Fields {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            tag: None,
            detail: None,
            request_id: None,
            retry_after: None,
            attempts: 0,
            retryable: false,
            limit: None,
            claim: None,
            hint: None,
            applied: false,
            cause: None,
        }))
    }

    pub fn config(message: impl Into<Message>) -> Self {
        Self::of(ErrorKind::Config, message)
    }

    pub fn invalid_input(message: impl Into<Message>) -> Self {
        Self::of(ErrorKind::InvalidInput, message)
    }

    /// The message, with the names of settings and fields as a language of this style writes them.
    #[must_use]
    pub fn message_in(&self, style: NamingStyle) -> String {
        self.0.message.in_style(style)
    }

    /// What a caller gets if the SDK itself has failed: a panic that was caught, for example.
    pub fn internal() -> Self {
        table::of_bug().into_error()
    }

    /// The error of every call on a closed client.
    pub fn closed() -> Self {
        Self::config("client is closed")
    }

    #[must_use]
    pub fn with_body(mut self, tag: Option<String>, detail: Option<String>) -> Self {
        self.0.tag = tag;
        self.0.detail = detail;
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: Option<Hint>) -> Self {
        self.0.hint = hint;
        self
    }

    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(Cause(cause.into()));
        self
    }
}

impl Error {
    pub(crate) fn with_status(mut self, status: http::StatusCode) -> Self {
        self.0.status = Some(status.as_u16());
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_limit(mut self, limit: Limit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    pub(crate) fn with_claim(mut self, claim: Claim) -> Self {
        self.0.claim = Some(claim);
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Marks an update that was accepted even though the call failed, and says so.
    pub(crate) fn with_applied(mut self) -> Self {
        self.0.applied = true;
        self.append_note("the update was accepted, but the user could not be read back")
    }

    /// Adds a sentence for humans.
    pub(crate) fn append_note(mut self, note: &str) -> Self {
        self.0.message = self.0.message.with("; ").with(note);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// Only what is known is shown.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = &*self.0;
        let mut out = f.debug_struct("Error");
        out.field("kind", &fields.kind).field("message", &self.message());
        macro_rules! known {
            ($($name:ident),+) => {
                $(if let Some(value) = &fields.$name { out.field(stringify!($name), value); })+
            };
        }
        known!(operation, status, tag, detail, request_id, retry_after, limit, claim, hint);
        out.field("attempts", &fields.attempts).field("retryable", &fields.retryable);
        if fields.applied {
            out.field("applied", &true);
        }
        known!(cause);
        out.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause as _)
    }
}

/// A cause, kept as text: other libraries' error types are not part of our interface, and may hold URLs.
#[derive(Clone)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Cause {}
