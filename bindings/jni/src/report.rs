//! How a call went, as it crosses, for calls that request it.

use jni::sys::jint;
use passlock_bindings_shared::{AttemptReport, Detail, nanos};

/// Kotlin's `Detail`, by its place there. None for a call that only has an outcome.
pub(crate) fn detail(ordinal: jint) -> Option<Detail> {
    match ordinal {
        1 => Some(Detail::Call),
        2 => Some(Detail::Attempts),
        _ => None,
    }
}

/// The strings of a request, as they cross.
pub(crate) fn texts(attempt: &AttemptReport) -> [Option<&str>; 4] {
    [Some(&attempt.method), Some(attempt.route), attempt.error_type.as_deref(), attempt.request_id.as_deref()]
}

/// The numbers of a request, as they cross.
pub(crate) fn numbers(attempt: &AttemptReport) -> [i64; 5] {
    [
        nanos(attempt.begun),
        nanos(attempt.ended),
        attempt.status.map_or(-1, i64::from),
        attempt.wait.map_or(-1, nanos),
        attempt.resends.into(),
    ]
}
