//! Reports on calls, which cross with the outcome. Durations are in nanoseconds.

use std::borrow::Cow;
use std::collections::HashMap;

use passlock_bindings_shared::{AttemptReport, Detail, NamingStyle, Request, nanos};
use passlock_hyper::CoreClient as Client;

use crate::failure::fields;
use crate::records::NativeValue;

/// How detailed a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NativeDetail {
    /// The call as a whole.
    Call,
    /// The call and each of its requests: for spans.
    Attempts,
}

/// A call that has ended: its `value` or `failure`, and the report.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeObserved {
    /// Its value, if it succeeded.
    pub value: Option<NativeValue>,
    /// The fields of `NativeError::Failed`, if it failed.
    pub failure: Option<HashMap<String, String>>,
    /// The report.
    pub report: NativeReport,
}

/// A report on a call.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeReport {
    /// How many requests were attempted.
    pub attempts: u32,
    /// The status of the last attempt's response.
    pub status: Option<u16>,
    /// The id that the service assigned to the last attempt, if it responded and the id is printable.
    pub request_id: Option<String>,
    /// How long the call took, retries and waits included.
    pub elapsed: i64,
    /// The host of the endpoint.
    pub server_address: String,
    /// The port of the endpoint.
    pub server_port: u16,
    /// Its requests, in order, for `NativeDetail::Attempts`.
    pub requests: Vec<NativeAttempt>,
}

/// One request of a call. Times are relative to the start of the call.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeAttempt {
    /// The method of the request.
    pub method: String,
    /// The route, without its values.
    pub route: String,
    /// When it was sent.
    pub begun: i64,
    /// When it was answered or failed.
    pub ended: i64,
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// OpenTelemetry's `error.type`: the status of an error response, or else the code of the error.
    pub error_type: Option<String>,
    /// How many times the same request had been sent before.
    pub resends: u32,
    /// How long the call waited before the next attempt, if there was one.
    pub wait: Option<i64>,
    /// The id that the service gave the request, if it is printable.
    pub request_id: Option<String>,
}

impl From<NativeDetail> for Detail {
    fn from(detail: NativeDetail) -> Self {
        match detail {
            NativeDetail::Call => Self::Call,
            NativeDetail::Attempts => Self::Attempts,
        }
    }
}

impl NativeObserved {
    /// Makes the call.
    pub(crate) async fn of(
        request: Request,
        client: Client,
        detail: NativeDetail,
        style: NamingStyle,
    ) -> Self {
        let (result, report) = request.report(client, detail.into()).await;
        let info = report.info;
        let report = NativeReport {
            attempts: info.attempts,
            status: info.status,
            request_id: info.request_id().map(str::to_owned),
            elapsed: nanos(info.elapsed),
            server_address: report.server_address,
            server_port: report.server_port,
            requests: report.attempts.into_iter().map(NativeAttempt::from).collect(),
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
            error_type: attempt.error_type.map(Cow::into_owned),
            resends: attempt.resends,
            wait: attempt.wait.map(nanos),
            request_id: attempt.request_id,
        }
    }
}
