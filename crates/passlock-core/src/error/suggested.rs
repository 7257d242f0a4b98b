//! The HTTP status to return to your own caller when one of our calls has failed.

use super::{Error, ErrorKind, Hint, OperationName, table};

impl Error {
    /// The HTTP status to return to your own caller, such as the browser that sent the token.
    ///
    /// | what failed | status |
    /// |---|---|
    /// | the exchange of an invalid token: `not_found`, `claims`, `invalid_input` | 401 |
    /// | any call about a user who is disabled: `forbidden`, with the tag `Disabled` | 403 |
    /// | another operation: `not_found` | 404 |
    /// | another operation: `invalid_input` | 400 |
    /// | `rate_limited`, `timeout`, `connection`, `server`: try again later, after [`retry_after`](Self::retry_after) if it is known | 503 |
    /// | anything else: a wrong key, endpoint (see [`hint`](Self::hint)) or setting, a response that can't be understood, a bug | 500 |
    ///
    /// ```
    /// use passlock_core::{Error, ErrorKind};
    ///
    /// assert_eq!(Error::new(ErrorKind::Timeout, "too slow").suggested_status(), 503);
    /// ```
    #[must_use]
    pub fn suggested_status(&self) -> u16 {
        match self.kind() {
            // Nobody has looked for the token or the user there.
            ErrorKind::NotFound if self.hint() == Some(Hint::WrongEndpoint) => 500,
            ErrorKind::NotFound | ErrorKind::Claims | ErrorKind::InvalidInput if self.is_of_exchange() => 401,
            ErrorKind::Forbidden if self.is_user_disabled() => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::InvalidInput => 400,
            ErrorKind::RateLimited | ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::Server => 503,
            _ => 500,
        }
    }

    /// Whether the login itself was refused: the token is invalid, or its user is disabled. Logging in again may help. Any
    /// other failure says nothing about the user.
    #[must_use]
    pub fn is_login_refused(&self) -> bool {
        self.is_of_exchange() && matches!(self.suggested_status(), 401 | 403)
    }

    fn is_of_exchange(&self) -> bool {
        self.operation() == Some(OperationName::ExchangeToken)
    }

    fn is_user_disabled(&self) -> bool {
        self.tag().is_some_and(|tag| table::bare(tag) == "Disabled")
    }
}
