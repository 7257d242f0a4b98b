use passlock_core::{Error, ErrorKind};

/// An error, flat: what every language's own error class is made of. Codes are the ones of the errors table.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// One of the twelve kinds.
    pub kind: &'static str,
    /// One line for humans.
    pub message: String,
    /// The operation that failed.
    pub operation: Option<&'static str>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The API's own name for the error.
    pub tag: Option<String>,
    /// What the API says about it.
    pub detail: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// How long the service asks to wait, in seconds.
    pub retry_after: Option<f64>,
    /// How many requests were made.
    pub attempts: u32,
    /// Whether trying again later is safe and may help.
    pub retryable: bool,
    /// The time limit that passed.
    pub limit: Option<&'static str>,
    /// The claim that did not hold.
    pub claim: Option<&'static str>,
    /// What the signs point to.
    pub hint: Option<&'static str>,
    /// Whether an update was accepted although the call failed.
    pub applied: bool,
    /// The cause, as text.
    pub cause: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind().as_str(),
            message: error.message().to_owned(),
            operation: error.operation().map(|name| name.as_str()),
            status: error.status(),
            tag: error.tag().map(str::to_owned),
            detail: error.detail().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
            attempts: error.attempts(),
            retryable: error.is_retryable(),
            limit: error.limit().map(|limit| limit.as_str()),
            claim: error.claim().map(|claim| claim.as_str()),
            hint: error.hint().map(|hint| hint.as_str()),
            applied: error.is_applied(),
            cause: error.cause().map(str::to_owned),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// What a caller meets instead of a panic. The panic's own text stays out: nobody has checked it for secrets.
#[must_use]
pub fn panicked() -> Error {
    Error::new(ErrorKind::Protocol, "the Passlock SDK failed inside: this is a bug, please report it")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant, SystemTime};

    use passlock_core::blocking::{Client, Transport};
    use passlock_core::{Answer, Attempt, Config, FaultKind, Moment, TransportFault, UserUpdate};

    use super::*;

    /// A transport that has one answer, and after it the same fault for ever.
    struct Script(std::sync::Mutex<Option<Answer>>, FaultKind);

    impl Transport for Script {
        fn send(&self, _: Attempt) -> Result<Answer, TransportFault> {
            let answer = self.0.lock().unwrap().take();
            answer.ok_or_else(|| TransportFault::new(self.1, "because"))
        }

        fn wait(&self, _: Duration) {}

        fn now(&self) -> Moment {
            Moment { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH, entropy: 0 }
        }
    }

    fn client(answer: Option<http::response::Builder>, body: &str, fault: FaultKind) -> Client<Script> {
        let config = Config::builder().tenancy_id("t").api_key("k").max_retries(0).build().unwrap();
        let answer = answer.map(|answer| answer.body(Ok(body.to_owned().into())).unwrap());
        Client::new(Arc::new(config), Script(std::sync::Mutex::new(answer), fault))
    }

    fn nothing_known(kind: &'static str, failure: &Failure) -> Failure {
        Failure {
            kind,
            message: failure.message.clone(),
            operation: None,
            status: None,
            tag: None,
            detail: None,
            request_id: None,
            retry_after: None,
            attempts: 1,
            retryable: false,
            limit: None,
            claim: None,
            hint: None,
            applied: false,
            cause: None,
        }
    }

    #[test]
    fn nothing_of_an_error_is_lost_on_the_way() {
        let error = Error::config("why").with_cause("because");
        let failure = Failure::from(error);
        assert_eq!(failure.message, "why");
        let expected =
            Failure { attempts: 0, cause: Some("because".into()), ..nothing_known("config", &failure) };
        assert_eq!(failure, expected);

        let refused =
            http::Response::builder().status(429).header("x-request-id", "id-1").header("retry-after", "2");
        let body = r#"{"_tag": "@error/Slow", "message": "m", "detail": "d"}"#;
        let failure =
            Failure::from(client(Some(refused), body, FaultKind::Interrupted).get_user("u").unwrap_err());
        let expected = Failure {
            operation: Some("get_user"),
            status: Some(429),
            tag: Some("@error/Slow".into()),
            detail: Some("d".into()),
            request_id: Some("id-1".into()),
            retry_after: Some(2.0),
            retryable: true,
            hint: Some("wrong_endpoint"),
            ..nothing_known("rate_limited", &failure)
        };
        assert_eq!(failure, expected);

        // Accepted, and then not read back.
        let accepted = http::Response::builder().status(204);
        let update = UserUpdate::new().given_name("Ada");
        let late =
            client(Some(accepted), "", FaultKind::ConnectTimeout).update_user("u", update).unwrap_err();
        let failure = Failure::from(late);
        let expected = Failure {
            operation: Some("update_user"),
            attempts: 2,
            retryable: true,
            limit: Some("connect_timeout"),
            applied: true,
            cause: Some("because".into()),
            ..nothing_known("timeout", &failure)
        };
        assert_eq!(failure, expected);

        let principal = r#"{"iss": "i", "aud": "other", "sub": "s", "iat": 0, "nbf": 0, "exp": 9, "jti": "j", "token": "t",
            "userVerified": true, "authType": "passkey", "authId": "a"}"#;
        let answer = http::Response::builder().status(200);
        let failure =
            client(Some(answer), principal, FaultKind::Interrupted).exchange_token("token").unwrap_err();
        let failure = Failure::from(failure);
        let expected = Failure {
            operation: Some("exchange_token"),
            status: Some(200),
            claim: Some("aud"),
            ..nothing_known("claims", &failure)
        };
        assert_eq!(failure, expected);
    }
}
