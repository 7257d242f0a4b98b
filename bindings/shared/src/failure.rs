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
    use super::*;

    #[test]
    fn nothing_of_an_error_is_lost_on_the_way() {
        let error = Error::config("why").with_cause("because");
        let failure = Failure::from(error);
        assert_eq!(
            (failure.kind, &*failure.message, failure.cause.as_deref()),
            ("config", "why", Some("because"))
        );
        assert_eq!((failure.attempts, failure.retryable, failure.status), (0, false, None));
    }
}
