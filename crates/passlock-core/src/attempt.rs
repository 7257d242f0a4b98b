//! What a transport is asked to do, and what it may report.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// One request to send, and the limits on it: all that a transport knows about a call.
// Exhaustive: a transport takes it apart, and must heed a new limit.
pub struct Attempt {
    /// The request. Its URI may contain a token, and its headers contain the key: neither may be shown.
    pub request: http::Request<Bytes>,
    /// The time from now within which the whole response must have been read.
    pub timeout: Duration,
    /// The largest body to read, in bytes.
    pub max_response_bytes: u64,
}

/// Hand-written: the URI may contain a token.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("method", self.request.method())
            .field("timeout", &self.timeout)
            .field("max_response_bytes", &self.max_response_bytes)
            .finish_non_exhaustive()
    }
}

/// A response whose head has arrived. Reading its body may still have failed; that does not matter if the status alone decides.
pub type Response = http::Response<Result<Bytes, TransportError>>;

/// Why there is no response, or no complete body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    cause: String,
}

impl TransportError {
    /// An error and its cause for humans: a library's own words, without the request's URL.
    #[must_use]
    pub fn new(kind: TransportErrorKind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into() }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The cause.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

/// Every error that a transport may report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection, so nothing was sent: DNS, refused, unreachable, the proxy could not connect, the peer does not speak TLS.
    NotConnected,
    /// No connection: the server's certificate was not issued by a trusted authority.
    CertificateRefused,
    /// No connection: the server's certificate would be refused whoever had issued it. The cause says why, in words that follow
    /// "the server's certificate was refused:".
    CertificateInvalid,
    /// The proxy refused its credentials, or the endpoint: asking again could lock an account.
    ProxyRefused,
    /// No connection within the limit for opening one, so nothing was sent.
    ConnectTimeout,
    /// The attempt's time limit passed; the request may have been sent.
    AttemptTimeout,
    /// The connection closed before the response was complete; the request may have been sent.
    Interrupted,
    /// What came back is not valid HTTP/1.1, or its head is too large.
    Malformed,
    /// The body is larger than the attempt allows.
    TooLarge,
    /// The transport can't be used here: no runtime, for example. The cause says what to do.
    Unusable,
}
