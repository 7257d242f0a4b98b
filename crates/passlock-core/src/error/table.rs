//! The error table: the kind of each outcome, and the message that says what happened and what to do. It is the same for all
//! languages, and it changes only here.

use std::time::Duration;

use http::StatusCode;

use super::{Error, ErrorKind, Hint, Limit, Message, Name};
use crate::attempt::TransportErrorKind;
use crate::message;
use crate::service::V1_ENDPOINT;

/// The tags of version 2 of the API begin with this.
const V2_PREFIX: &str = "@error/";

impl ErrorKind {
    /// Whether the API itself responded with this error: the kinds from [`Unauthorized`](Self::Unauthorized) to
    /// [`Server`](Self::Server).
    #[must_use]
    pub const fn is_api(self) -> bool {
        match self {
            Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::RateLimited
            | Self::BadRequest
            | Self::Server => true,
            Self::Config
            | Self::InvalidInput
            | Self::Timeout
            | Self::Connection
            | Self::Protocol
            | Self::Claims
            | Self::Internal => false,
        }
    }
}

/// One row: the kind and the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) kind: ErrorKind,
    pub(crate) message: Message,
    pub(crate) limit: Option<Limit>,
}

impl Row {
    fn new(kind: ErrorKind, message: impl Into<Message>) -> Self {
        Self { kind, message: message.into(), limit: None }
    }

    /// The error for an outcome without an answer.
    pub(crate) fn into_error(self) -> Error {
        let error = Error::of(self.kind, self.message);
        match self.limit {
            Some(limit) => error.with_limit(limit),
            None => error,
        }
    }

    /// The error for an answer with this status. `detail` is what the service says of it, on one line.
    pub(crate) fn into_error_of(self, status: StatusCode, detail: Option<&str>) -> Error {
        let status_code = status.as_u16();
        let message = message![self.message, format!(" ({status_code})")];
        let message = match detail {
            Some(detail) => message![message, ": ", detail],
            None => message,
        };
        Error::of(self.kind, message).with_status(status)
    }
}

/// Any answer but a 2xx. `not_found` is what that means of the operation.
pub(crate) fn of_response(status: StatusCode, tag: Option<&str>, not_found: &'static str) -> Row {
    let kind = kind_of_response(status, tag);
    let message = match kind {
        ErrorKind::Unauthorized => {
            message!["the API rejected the key: check ", Name("api_key"), " and ", Name("tenancy_id")]
        }
        ErrorKind::Forbidden => {
            "the API does not allow this: the key lacks permission, or the key or the user is disabled".into()
        }
        ErrorKind::NotFound => not_found.into(),
        ErrorKind::RateLimited => "too many requests: slow down".into(),
        ErrorKind::BadRequest => "the API rejected the request".into(),
        ErrorKind::Server => "the API failed: try again later".into(),
        ErrorKind::Config
        | ErrorKind::InvalidInput
        | ErrorKind::Timeout
        | ErrorKind::Connection
        | ErrorKind::Protocol
        | ErrorKind::Claims
        | ErrorKind::Internal => {
            if status.is_redirection() {
                message!["redirects are not followed: check ", Name("endpoint")]
            } else {
                "unexpected status code".into()
            }
        }
    };
    Row::new(kind, message)
}

fn kind_of_response(status: StatusCode, tag: Option<&str>) -> ErrorKind {
    let by_status = match status.as_u16() {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited,
        400..=499 => ErrorKind::BadRequest,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Protocol,
    };
    match status.as_u16() {
        400 | 401 | 403 | 404 | 409 | 422 => tag.and_then(kind_of_tag).unwrap_or(by_status),
        _ => by_status,
    }
}

/// A tag as version 1 of the API writes it.
pub(super) fn bare(tag: &str) -> &str {
    tag.strip_prefix(V2_PREFIX).unwrap_or(tag)
}

fn kind_of_tag(tag: &str) -> Option<ErrorKind> {
    match bare(tag) {
        "Unauthorized" => Some(ErrorKind::Unauthorized),
        "Forbidden" | "Disabled" => Some(ErrorKind::Forbidden),
        "NotFound" => Some(ErrorKind::NotFound),
        "BadRequest" | "Duplicate" => Some(ErrorKind::BadRequest),
        _ => None,
    }
}

/// A bug in the SDK itself. What is known about it, such as a panic's text, stays out: nobody has checked it for secrets.
pub(crate) fn of_bug() -> Row {
    Row::new(ErrorKind::Internal, "internal error in the Passlock SDK; please report this bug")
}

/// A 2xx that is not what was asked for.
pub(crate) fn of_foreign_response() -> Row {
    let message =
        message!["the response can't be understood: check that ", Name("endpoint"), " is Passlock's API"];
    Row::new(ErrorKind::Protocol, message)
}

/// A 2xx in a content coding.
pub(crate) fn of_coded_response() -> Row {
    Row::new(ErrorKind::Protocol, "the response has a Content-Encoding that was not requested")
}

/// No answer, or no whole body. `passed` says of a limit that the transport names which one really passed, and that one's
/// value.
pub(crate) fn of_transport_error(
    fault: TransportErrorKind,
    max_response_bytes: u64,
    passed: impl Fn(Limit) -> (Limit, Duration),
) -> Row {
    let timeout = |limit| {
        let (limit, value) = passed(limit);
        of_limit(limit, value)
    };
    match fault {
        TransportErrorKind::NotConnected => Row::new(
            ErrorKind::Connection,
            message![
                "could not connect to the API: check ",
                Name("endpoint"),
                ", ",
                Name("proxy"),
                " and the network"
            ],
        ),
        TransportErrorKind::CertificateRefused => Row::new(
            ErrorKind::Connection,
            message![
                "the server's certificate was refused: check ",
                Name("endpoint"),
                ", or add its authority with ",
                Name("ca_certificates"),
            ],
        ),
        TransportErrorKind::CertificateInvalid => {
            Row::new(ErrorKind::Connection, "the server's certificate was refused")
        }
        TransportErrorKind::ProxyRefused => Row::new(
            ErrorKind::Connection,
            message![
                "the proxy refused the connection: check ",
                Name("proxy"),
                ", its credentials and its rules"
            ],
        ),
        TransportErrorKind::Interrupted => {
            Row::new(ErrorKind::Connection, "the connection closed before the response was complete")
        }
        TransportErrorKind::ConnectTimeout => timeout(Limit::ConnectTimeout),
        TransportErrorKind::AttemptTimeout => timeout(Limit::AttemptTimeout),
        TransportErrorKind::Malformed => Row::new(
            ErrorKind::Protocol,
            message!["the response is not valid HTTP/1.1: check ", Name("endpoint")],
        ),
        TransportErrorKind::TooLarge => Row::new(
            ErrorKind::Protocol,
            message![
                "the response is larger than ",
                Name("max_response_bytes"),
                format!(" ({max_response_bytes})"),
            ],
        ),
        TransportErrorKind::Unusable => Row::new(ErrorKind::Config, "the transport can't be used here"),
    }
}

/// A time limit that was exceeded, and its value.
pub(crate) fn of_limit(limit: Limit, value: Duration) -> Row {
    let message = match limit {
        Limit::ConnectTimeout => "timed out while connecting",
        Limit::AttemptTimeout => "the API did not respond in time",
        Limit::Timeout => "the call did not finish in time",
    };
    let message = message![message, " (", limit, format!(" is {value:?})")];
    Row { limit: Some(limit), ..Row::new(ErrorKind::Timeout, message) }
}

/// A likely cause, if an error response shows signs of one. Its body was read whole.
pub(crate) fn hint(status: StatusCode, tag: Option<&str>, message: Option<&str>) -> Option<Hint> {
    let wrong_endpoint = match tag {
        Some(tag) => tag.starts_with(V2_PREFIX),
        None => match status {
            StatusCode::NOT_FOUND => true,
            StatusCode::FORBIDDEN => message == Some("Missing Authentication Token"),
            _ => false,
        },
    };
    wrong_endpoint.then_some(Hint::WrongEndpoint)
}

impl Hint {
    /// What to do about it.
    pub(crate) fn note(self) -> String {
        match self {
            Self::WrongEndpoint => format!(
                "this does not look like Passlock's version 1 API: a version 1 tenancy may need endpoint = {V1_ENDPOINT}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> StatusCode {
        StatusCode::from_u16(code).unwrap()
    }

    #[test]
    fn the_kinds_of_answers_are_those_of_the_api() {
        for code in 400..600 {
            assert!(kind_of_response(status(code), None).is_api(), "{code}");
        }
        for code in (100..200).chain(300..400).chain(600..1000) {
            assert!(!kind_of_response(status(code), None).is_api(), "{code}");
        }
    }

    #[test]
    fn signs_of_another_service_are_seen() {
        let wrong = Some(Hint::WrongEndpoint);
        assert_eq!(hint(status(404), None, Some("Not Found")), wrong);
        assert_eq!(hint(status(404), None, None), wrong);
        assert_eq!(hint(status(404), Some("NotFound"), Some("Invalid token")), None);
        assert_eq!(hint(status(403), None, Some("Missing Authentication Token")), wrong);
        assert_eq!(hint(status(403), None, Some("Forbidden")), None);
        assert_eq!(hint(status(401), Some("@error/Unauthorized"), None), wrong);
        assert_eq!(hint(status(500), None, None), None);
    }
}
