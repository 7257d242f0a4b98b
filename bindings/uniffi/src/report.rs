//! How a call went, as it crosses with its outcome. Durations are in nanoseconds.

use std::collections::HashMap;
use std::time::Duration;

use passlock_bindings_shared::{AttemptReport, CallReport, NamingStyle, Request};
use passlock_hyper::CoreClient as Client;

use crate::failure::fields;
use crate::records::NativeValue;

/// How much is asked of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NativeDetail {
    /// The call as a whole.
    Call,
    /// And each of its requests: for spans.
    Attempts,
}

/// A call that has ended: `value` or `failure`, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeObserved {
    /// What it gave.
    pub value: Option<NativeValue>,
    /// How it failed: the fields of `NativeError::Failed`.
    pub failure: Option<HashMap<String, String>>,
    /// How it went.
    pub report: NativeReport,
}

/// How a call went.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeReport {
    /// How many requests were attempted.
    pub attempts: u32,
    /// The status of the last response.
    pub status: Option<u16>,
    /// The id that the service gave the last request, if it is printable.
    pub request_id: Option<String>,
    /// How long the call took, retries and waits included.
    pub elapsed: i64,
    /// The host of the endpoint.
    pub server_address: String,
    /// The port of the endpoint.
    pub server_port: u16,
    /// Its requests, in order, if they were asked for.
    pub requests: Vec<NativeAttempt>,
}

/// How one request of a call went. Times count from when the call began.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeAttempt {
    /// The method of the request.
    pub method: String,
    /// The route, without its values.
    pub route: String,
    /// When it was sent.
    pub begun: i64,
    /// When it was answered, or failed.
    pub ended: i64,
    /// The status of the response, where there was one.
    pub status: Option<u16>,
    /// The code of the error that it failed with.
    pub error: Option<String>,
    /// How long the call waited before the next attempt, if there was one.
    pub wait: Option<i64>,
    /// The id that the service gave the request, if it is printable.
    pub request_id: Option<String>,
}

impl NativeObserved {
    /// Makes the call.
    pub(crate) async fn of(
        request: Request,
        client: Client,
        detail: NativeDetail,
        style: NamingStyle,
    ) -> Self {
        let endpoint = client.config().endpoint();
        let (server_address, server_port) = (endpoint.host().to_owned(), endpoint.port());
        let (result, CallReport { info, attempts }) = match detail {
            NativeDetail::Call => {
                let (result, info) = request.run(client).await;
                (result, CallReport { info, ..CallReport::default() })
            }
            NativeDetail::Attempts => request.observe(client).await,
        };
        let report = NativeReport {
            attempts: info.attempts,
            status: info.status,
            request_id: info.request_id().map(str::to_owned),
            elapsed: nanos(info.elapsed),
            server_address,
            server_port,
            requests: attempts.into_iter().map(NativeAttempt::from).collect(),
        };
        let (value, failure) = match result {
            Ok(value) => (Some(value.into()), None),
            Err(error) => (None, Some(fields(&error, style))),
        };
        Self { value, failure, report }
    }
}

impl From<AttemptReport> for NativeAttempt {
    fn from(attempt: AttemptReport) -> Self {
        Self {
            method: attempt.method,
            route: attempt.route.to_owned(),
            begun: nanos(attempt.begun),
            ended: nanos(attempt.ended),
            status: attempt.status,
            error: attempt.error.map(str::to_owned),
            wait: attempt.wait.map(nanos),
            request_id: attempt.request_id,
        }
    }
}

/// No call takes the 292 years that fit.
fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
