//! How a call went, as JavaScript objects: for calls that request it, and for calls that are observed.

use std::borrow::Cow;
use std::time::Duration;

use napi_derive::napi;
pub(crate) use passlock_bindings_shared::CallReport;

/// How a call went. Durations are milliseconds.
#[napi(object, object_from_js = false)]
pub(crate) struct Report {
    /// How many requests were attempted.
    pub attempts: u32,
    /// The status of the last attempt's response.
    pub status: Option<u16>,
    /// The id that the service assigned to the last attempt.
    pub request_id: Option<String>,
    /// How long it took, retries and waits included.
    pub elapsed: f64,
    /// The host that it was sent to.
    pub server_address: String,
    /// The port that it was sent to.
    pub server_port: u16,
    /// Its requests, in order; empty unless the call is observed.
    pub requests: Vec<RequestReport>,
}

/// How one request of a call went. Times count from when the call began.
#[napi(object, object_from_js = false)]
pub(crate) struct RequestReport {
    /// The method of the request.
    pub method: String,
    /// The route, without its values.
    pub route: &'static str,
    /// When it was sent.
    pub begun: f64,
    /// When it was answered, or failed.
    pub ended: f64,
    /// The status of the response.
    pub status: Option<u16>,
    /// OpenTelemetry's `error.type`.
    pub error_type: Option<String>,
    /// How many times the same request had been sent before.
    pub resend_count: u32,
    /// How long the call waited before the next one.
    pub wait: Option<f64>,
    /// The id that the service assigned to it.
    pub request_id: Option<String>,
}

impl From<CallReport> for Report {
    fn from(report: CallReport) -> Self {
        let requests = report.attempts.into_iter().map(|attempt| RequestReport {
            method: attempt.method,
            route: attempt.route,
            begun: milliseconds(attempt.begun),
            ended: milliseconds(attempt.ended),
            status: attempt.status,
            error_type: attempt.error_type.map(Cow::into_owned),
            resend_count: attempt.resends,
            wait: attempt.wait.map(milliseconds),
            request_id: attempt.request_id,
        });
        Self {
            attempts: report.info.attempts,
            status: report.info.status,
            request_id: report.info.request_id().map(str::to_owned),
            elapsed: milliseconds(report.info.elapsed),
            server_address: report.server_address,
            server_port: report.server_port,
            requests: requests.collect(),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
