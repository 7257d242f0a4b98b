//! How a call went, attempt by attempt. A language learns of it when the call has ended: no code of the application runs on
//! one of our threads, or while a call is in progress.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use passlock_core::{CallEvent, CallInfo, CallStage, Observer};

/// How a call went.
#[derive(Clone, Debug, Default)]
pub struct CallReport {
    /// Attempts, status, request id and time of the whole call.
    pub info: CallInfo,
    /// Its requests, in order.
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
    /// The code of the error that it failed with.
    pub error: Option<&'static str>,
    /// How long the call waited before the next attempt, if there was one.
    pub wait: Option<Duration>,
    /// The id that the service assigned to the request, if it is printable.
    pub request_id: Option<String>,
}

/// Records the attempts of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<AttemptReport>>>);

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn into_attempts(self) -> Vec<AttemptReport> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &CallEvent<'_>) {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if event.stage == CallStage::AttemptSent {
            attempts.push(AttemptReport {
                method: event.method.to_owned(),
                route: event.route,
                begun: event.elapsed,
                ended: event.elapsed,
                ..AttemptReport::default()
            });
        }
        let Some(attempt) = attempts.last_mut() else { return };
        match event.stage {
            CallStage::AttemptEnded => {
                attempt.ended = event.elapsed;
                attempt.status = event.status;
                attempt.error = event.error.map(|kind| kind.as_str());
                attempt.request_id = event.request_id.map(str::to_owned);
            }
            CallStage::Retrying => attempt.wait = event.wait,
            _ => {}
        }
    }
}
