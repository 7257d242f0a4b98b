//! How a call went, for calls that are asked it.

use jni::sys::jint;
use passlock_bindings_shared::{AttemptReport, CallReport, Request};
use passlock_hyper::CoreClient as Client;

use crate::outcome::Outcome;

/// How much is asked of a call, beside its outcome.
#[derive(Clone, Copy)]
pub(crate) enum Detail {
    None,
    /// The call as a whole.
    Call,
    /// And each of its requests.
    Attempts,
}

/// How a call went, and where its requests were sent.
pub(crate) struct Report {
    pub(crate) call: CallReport,
    pub(crate) server_address: String,
    pub(crate) server_port: u16,
}

impl Detail {
    /// Kotlin's `Detail`, by its place there.
    pub(crate) fn from_ordinal(ordinal: jint) -> Self {
        match ordinal {
            1 => Self::Call,
            2 => Self::Attempts,
            _ => Self::None,
        }
    }
}

/// Makes a call, and tells how it went.
pub(crate) async fn observed(request: Request, client: Client, detail: Detail) -> Outcome {
    let endpoint = client.config().endpoint();
    let (server_address, server_port) = (endpoint.host().to_owned(), endpoint.port());
    let (result, call) = match detail {
        Detail::Attempts => request.observe(client).await,
        Detail::Call | Detail::None => {
            let (result, info) = request.run(client).await;
            (result, CallReport { info, attempts: Vec::new() })
        }
    };
    Outcome::with_report(result, Report { call, server_address, server_port })
}

/// The texts of a request, as they cross.
pub(crate) fn texts(attempt: &AttemptReport) -> [Option<&str>; 4] {
    [Some(&attempt.method), Some(attempt.route), attempt.error, attempt.request_id.as_deref()]
}

/// The numbers of a request, as they cross.
pub(crate) fn numbers(attempt: &AttemptReport) -> [i64; 4] {
    [
        nanos(attempt.begun),
        nanos(attempt.ended),
        attempt.status.map_or(-1, i64::from),
        attempt.wait.map_or(-1, nanos),
    ]
}

/// No call takes the 292 years that fit.
pub(crate) fn nanos(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
