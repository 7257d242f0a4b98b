//! The service behind the endpoint: which version it is, whether it takes the key, and what time it thinks it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use passlock_blocking::Http;
use passlock_core::blocking::{Client, Transport};
use passlock_core::{
    Attempt, ClockReading, Config, Error, ErrorKind, GetUser, Hint, Open, Response, TransportError,
    V1_ENDPOINT,
};
use serde_json::json;

use super::check::{Check, Report};

/// No user has this id.
const NO_SUCH_USER: &str = "passlock-cli-doctor-no-such-user";

/// How far clocks may differ before claims fail: the default of the `leeway` setting.
const LEEWAY: Duration = Duration::from_secs(60);
/// A difference that grows.
const NOTABLE: Duration = Duration::from_secs(10);

/// Reads a user that can't exist, by the client that programs use: the answer says all there is to know.
pub(crate) fn ask(config: &Config, report: &mut Report) {
    let transport = match Http::open(config, None) {
        Ok(http) => Dated { http, clock: Mutex::default() },
        Err(error) => return report.push(failed(&error)),
    };
    let client = Client::new(Arc::new(config.clone()), transport);
    let outcome = client.call(GetUser::new(NO_SUCH_USER)).map(drop);
    let seen = *client.transport().clock.lock().unwrap_or_else(PoisonError::into_inner);
    for check in judge(outcome) {
        report.push(check);
    }
    report.push(match seen {
        Some(clocks) => compare(clocks),
        None => Check::skipped("clock", "the server sent no Date header"),
    });
}

fn judge(outcome: Result<(), Error>) -> Vec<Check> {
    let v1 = || Check::ok("service", "Passlock's API, version 1");
    let error = match outcome {
        Ok(()) => return vec![v1(), Check::ok("key", "accepted")],
        Err(error) => error,
    };
    if error.hint() == Some(Hint::WrongEndpoint) {
        let what = match error.tag() {
            Some(tag) if tag.starts_with("@error/") => "Passlock's API, version 2: this SDK speaks version 1",
            _ => "not Passlock's API, version 1",
        };
        let advice = format!(
            "set PASSLOCK_ENDPOINT to {V1_ENDPOINT}, where version 1 is served, or to your own gateway"
        );
        return vec![Check::failed("service", format!("{what} ({})", error.message()), advice)];
    }
    let is_refused = matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden);
    // The API, and the gateway before it, say why in JSON.
    if is_refused && error.tag().is_none() && error.detail().is_none() {
        let advice = "something in front of the API has answered, such as a firewall, a proxy or a login page: find out what";
        return vec![Check::failed("service", error.message(), advice)];
    }
    match error.kind() {
        ErrorKind::NotFound => vec![v1(), Check::ok("key", "accepted")],
        ErrorKind::Unauthorized => vec![
            v1(),
            Check::failed(
                "key",
                error.message(),
                "check that PASSLOCK_API_KEY is a key of the tenancy in PASSLOCK_TENANCY_ID, and has not been revoked",
            ),
        ],
        ErrorKind::Forbidden => vec![
            v1(),
            Check::failed(
                "key",
                error.message(),
                "the key is not allowed to read users, or is disabled: check it in Passlock's console",
            ),
        ],
        _ => vec![failed(&error)],
    }
}

fn failed(error: &Error) -> Check {
    let detail = match error.cause() {
        Some(cause) => format!("{}: {cause}", error.message()),
        None => error.message().to_owned(),
    };
    let advice = match error.kind() {
        ErrorKind::RateLimited => "wait, and run the command again",
        ErrorKind::Server => {
            "the service failed: try again later, and quote the request id when you report it"
        }
        ErrorKind::Timeout => "the service did not respond in time: try again, or use a longer --timeout",
        _ => "check that nothing between this machine and the endpoint changes what is sent",
    };
    let check = Check::failed("service", detail, advice);
    match error.request_id() {
        Some(id) => check.fact("requestId", id),
        None => check,
    }
}

/// What two clocks showed at the same moment.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    here: SystemTime,
    there: SystemTime,
}

fn compare(Clocks { here, there }: Clocks) -> Check {
    let (skew, word) = match here.duration_since(there) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let detail = format!("this machine is {} s {word} the server", skew.as_secs());
    let advice = "set this machine's clock, for example with NTP";
    let check = match skew {
        skew if skew > LEEWAY => {
            Check::failed("clock", format!("{detail}: more than the allowed {} s", LEEWAY.as_secs()), advice)
        }
        skew if skew > NOTABLE => Check::warning("clock", detail, advice),
        // The server's clock is told in whole seconds, and the answer was on its way.
        _ => Check::ok("clock", "the same as the server's"),
    };
    check.fact("skewSeconds", json!(skew.as_secs()))
}

/// The client's own transport, which notes what time the server says it is.
struct Dated {
    http: Http,
    clock: Mutex<Option<Clocks>>,
}

impl Transport for Dated {
    fn send(&self, attempt: Attempt) -> Result<Response, TransportError> {
        let response = self.http.send(attempt)?;
        let date = response.headers().get("date").and_then(|date| date.to_str().ok());
        if let Some(there) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            let clocks = Clocks { here: SystemTime::now(), there };
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(clocks);
        }
        Ok(response)
    }

    fn wait(&self, duration: Duration) {
        self.http.wait(duration);
    }

    fn clock(&self) -> ClockReading {
        self.http.clock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Status;

    #[test]
    fn clocks_may_differ_by_the_leeway_and_a_growing_difference_is_told() {
        let here = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (seconds, status) in [
            (0, Status::Ok),
            (10, Status::Ok),
            (11, Status::Warning),
            (60, Status::Warning),
            (61, Status::Failed),
        ] {
            let by = Duration::from_secs(seconds);
            for there in [here - by, here + by] {
                assert_eq!(compare(Clocks { here, there }).status, status, "{seconds}");
            }
        }
    }
}
