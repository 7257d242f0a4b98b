//! How large the head of a response may be. Each library has its own limits: these are narrower, so that all transports
//! accept the same.

use http::HeaderMap;
use passlock_core::{TransportError, TransportErrorKind};

/// The most bytes of header lines that are accepted.
pub const LARGEST_HEAD: usize = 64 * 1024;
/// The most header lines that are accepted.
const MOST_HEADERS: usize = 100;

/// Checks the size of a response's head.
///
/// # Errors
///
/// `Malformed` for a head that is too large.
pub fn check_head(headers: &HeaderMap) -> Result<(), TransportError> {
    // As on the wire: a colon, a space and the line's end.
    let size = |(name, value): (&http::HeaderName, &http::HeaderValue)| name.as_str().len() + value.len() + 4;
    if headers.len() > MOST_HEADERS || headers.iter().map(size).sum::<usize>() > LARGEST_HEAD {
        return Err(TransportError::new(
            TransportErrorKind::Malformed,
            "the head of the response is too large",
        ));
    }
    Ok(())
}
