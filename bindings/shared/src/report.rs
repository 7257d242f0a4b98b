//! How a call went, attempt by attempt. A language learns of it when the call has ended: no code of the application runs on
//! one of our threads, or while a call is in progress.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use passlock_core::{CallEvent, CallInfo, CallStage, Endpoint, Observer};

/// How much of a call is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The call as a whole.
    Call,
    /// Each of its requests, too: for spans. Costs more.
    Attempts,
}

/// How a call went.
#[derive(Clone, Debug, Default)]
pub struct CallReport {
    /// Attempts, status, request id and time of the whole call.
    pub info: CallInfo,
    /// The host that it was sent to.
    pub server_address: String,
    /// The port that it was sent to.
    pub server_port: u16,
    /// Its requests, in order, if they are reported.
    pub attempts: Vec<AttemptReport>,
}

/// How one request of a call went. Times count from when the call began.
#[derive(Clone, Debug, Default)]
pub struct AttemptReport {
    /// The method of the request.
    pub method: String,
    /// The route, without its values.
    pub route: &'static str,
    /// When it was sent.
    pub begun: Duration,
    /// When it was answered, or failed.
    pub ended: Duration,
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// OpenTelemetry's `error.type`: the status of an error response, or else the code of the error.
    pub error_type: Option<Cow<'static, str>>,
    /// How many times the same request had been sent before.
    pub resends: u32,
    /// How long the call waited before the next attempt, if there was one.
    pub wait: Option<Duration>,
    /// The id that the service assigned to the request, if it is printable.
    pub request_id: Option<String>,
}

/// Records the attempts of one call, if they are reported.
#[derive(Debug)]
pub(crate) struct Recorder(Option<Arc<Attempts>>);

#[derive(Debug, Default)]
struct Attempts(Mutex<Vec<AttemptReport>>);

impl Recorder {
    pub(crate) fn of(detail: Detail) -> Self {
        Self((detail == Detail::Attempts).then(Arc::default))
    }

    pub(crate) fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.0.clone().map(|attempts| attempts as _)
    }

    pub(crate) fn into_report(self, info: CallInfo, endpoint: &Endpoint) -> CallReport {
        let take = |attempts: Arc<Attempts>| {
            std::mem::take(&mut *attempts.0.lock().unwrap_or_else(PoisonError::into_inner))
        };
        CallReport {
            info,
            server_address: endpoint.host().to_owned(),
            server_port: endpoint.port(),
            attempts: self.0.map(take).unwrap_or_default(),
        }
    }
}

impl Observer for Attempts {
    fn observe(&self, event: &CallEvent<'_>) {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if event.stage == CallStage::AttemptSent {
            attempts.push(AttemptReport {
                method: event.method.to_owned(),
                route: event.route,
                begun: event.elapsed,
                ended: event.elapsed,
                resends: event.resends,
                ..AttemptReport::default()
            });
        }
        let Some(attempt) = attempts.last_mut() else { return };
        match event.stage {
            CallStage::AttemptEnded => {
                attempt.ended = event.elapsed;
                attempt.status = event.status;
                attempt.error_type = event.error_type();
                attempt.request_id = event.request_id.map(str::to_owned);
            }
            CallStage::Retrying => attempt.wait = event.wait,
            _ => {}
        }
    }
}
