//! Reads other libraries' errors: which transport error they stand for, and what they say about it.

use std::error::Error;
use std::io;

use passlock_core::{TransportError, TransportErrorKind};

/// The transport error behind a connection that could not be opened.
#[must_use]
pub fn connect_error(error: &(dyn Error + 'static)) -> TransportError {
    if any(error, |cause| cause.downcast_ref().is_some_and(is_timeout)) {
        return TransportError::new(TransportErrorKind::ConnectTimeout, "");
    }
    let kind =
        if any(error, |cause| matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))) {
            TransportErrorKind::CertificateRefused
        } else {
            TransportErrorKind::NotConnected
        };
    TransportError::new(kind, describe(error))
}

/// The transport error behind a connection that failed after it was opened: cut off, or no HTTP.
#[must_use]
pub fn interruption(error: &(dyn Error + 'static)) -> TransportError {
    let malformed = any(error, |cause| {
        cause.downcast_ref().is_some_and(|error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
        })
    });
    let kind = if malformed { TransportErrorKind::Malformed } else { TransportErrorKind::Interrupted };
    TransportError::new(kind, describe(error))
}

/// An error and its causes as one line, each said once.
#[must_use]
pub fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    any(error, |cause| {
        let next = cause.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        false
    });
    text
}

fn is_timeout(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

/// Whether any error in the chain of causes is such a one. `io::Error` hides the error that it wraps from the chain, so
/// it is unwrapped here.
fn any(error: &(dyn Error + 'static), mut is: impl FnMut(&(dyn Error + 'static)) -> bool) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if is(error) {
            return true;
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_certificate_is_found_at_any_depth() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, refused));
        assert_eq!(connect_error(&wrapped).kind(), TransportErrorKind::CertificateRefused);
        let other = io::Error::other(rustls::Error::DecryptError);
        assert_eq!(connect_error(&other).kind(), TransportErrorKind::NotConnected);
    }

    #[test]
    fn a_chain_is_described_without_repetition() {
        let inner = io::Error::new(io::ErrorKind::ConnectionReset, "reset by peer");
        assert_eq!(describe(&io::Error::other(inner)), "reset by peer");
    }
}
