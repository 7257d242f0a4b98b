//! Reads other libraries' errors: which transport error they stand for, and what they say about it.

use std::error::Error;
use std::io;

use passlock_core::{TransportError, TransportErrorKind};

use crate::certificate;
use crate::tunnel::ProxyRefusal;

/// The transport error behind a connection that could not be opened.
#[must_use]
pub fn connect_error(error: &(dyn Error + 'static)) -> TransportError {
    let known = find(error, |cause| {
        if let Some(refusal) = cause.downcast_ref::<ProxyRefusal>() {
            return Some(refusal.transport_error());
        }
        if let Some(rustls::Error::InvalidCertificate(refused)) = cause.downcast_ref() {
            return Some(certificate::refused(refused, &describe(error)));
        }
        let timed_out = cause.downcast_ref().is_some_and(is_timeout);
        timed_out.then(|| TransportError::new(TransportErrorKind::ConnectTimeout, ""))
    });
    known.unwrap_or_else(|| TransportError::new(TransportErrorKind::NotConnected, describe(error)))
}

/// Of two failures to connect to addresses of one host, the one to report: the later one, unless it only says that this
/// machine has no way to that address, as to IPv6 on a machine without.
#[must_use]
pub fn failure_to_report(earlier: Option<io::Error>, later: io::Error) -> io::Error {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable};
    #[cfg(unix)]
    const NO_SUCH_FAMILY: i32 = libc::EAFNOSUPPORT;
    // WSAEAFNOSUPPORT
    #[cfg(not(unix))]
    const NO_SUCH_FAMILY: i32 = 10047;
    let has_no_way = matches!(later.kind(), AddrNotAvailable | HostUnreachable | NetworkUnreachable)
        || later.raw_os_error() == Some(NO_SUCH_FAMILY);
    match earlier {
        Some(earlier) if has_no_way => earlier,
        _ => later,
    }
}

/// The transport error behind a connection that failed after it was opened: cut off, or not valid HTTP.
#[must_use]
pub fn interruption(error: &(dyn Error + 'static)) -> TransportError {
    let malformed = find(error, |cause| {
        let kind = cause.downcast_ref::<io::Error>()?.kind();
        matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput).then_some(())
    });
    let kind =
        if malformed.is_some() { TransportErrorKind::Malformed } else { TransportErrorKind::Interrupted };
    TransportError::new(kind, describe(error))
}

/// Whether the operating system's own error is behind this one: a connection that it gave up on, say, and not one of our limits.
#[must_use]
pub fn is_of_the_system(error: &(dyn Error + 'static)) -> bool {
    find(error, |cause| cause.downcast_ref::<io::Error>()?.raw_os_error()).is_some()
}

/// An error and its causes as one line, each said once.
#[must_use]
pub fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    find::<()>(error, |cause| {
        let next = cause.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        None
    });
    text
}

fn is_timeout(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

/// The first result that an error in the chain of causes gives. `io::Error` hides the error that it wraps from the
/// chain, so it is unwrapped here.
fn find<T>(
    error: &(dyn Error + 'static),
    mut look: impl FnMut(&(dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    let mut next = Some(error);
    while let Some(error) = next {
        let found = look(error);
        if found.is_some() {
            return found;
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_certificate_is_found_at_any_depth() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, refused));
        assert_eq!(connect_error(&wrapped).kind(), TransportErrorKind::CertificateRefused);
        let other = io::Error::other(rustls::Error::DecryptError);
        assert_eq!(connect_error(&other).kind(), TransportErrorKind::NotConnected);
    }

    #[cfg(unix)]
    #[test]
    fn having_no_way_to_one_address_hides_nothing_about_another() {
        let reported = |earlier: Option<i32>, later| {
            let error = io::Error::from_raw_os_error;
            failure_to_report(earlier.map(error), error(later)).raw_os_error()
        };
        let refused = libc::ECONNREFUSED;
        for no_way in [libc::EADDRNOTAVAIL, libc::ENETUNREACH, libc::EHOSTUNREACH, libc::EAFNOSUPPORT] {
            assert_eq!(reported(Some(refused), no_way), Some(refused));
            assert_eq!(reported(Some(no_way), refused), Some(refused));
            assert_eq!(reported(None, no_way), Some(no_way));
        }
        assert_eq!(reported(Some(refused), libc::ECONNRESET), Some(libc::ECONNRESET));
    }

    #[test]
    fn a_chain_is_described_without_repetition() {
        let inner = io::Error::new(io::ErrorKind::ConnectionReset, "reset by peer");
        assert_eq!(describe(&io::Error::other(inner)), "reset by peer");
    }
}
