//! Exchanges a token.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use http::StatusCode;

use super::decode::{Decoded, decode_get};
use super::{Operation, Phase, Route, sealed};
use crate::claims::{ClaimChecks, ClaimMismatch};
use crate::config::Config;
use crate::error::OperationName;
use crate::model::Principal;
use crate::secret::Redacted;

/// Exchanges a token for its principal.
#[derive(Clone)]
pub struct ExchangeToken<'a>(Cow<'a, str>);

impl<'a> ExchangeToken<'a> {
    /// `token`: what the browser sent to your server. It is checked when the call begins.
    #[must_use]
    pub fn new(token: impl Into<Cow<'a, str>>) -> Self {
        Self(token.into())
    }
}

impl fmt::Debug for ExchangeToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExchangeToken").field(&Redacted).finish()
    }
}

impl Operation for ExchangeToken<'_> {}

impl sealed::Sealed for ExchangeToken<'_> {
    type Output = Principal;

    const NAME: Option<OperationName> = Some(OperationName::ExchangeToken);
    const ROUTE: Route = Route::TOKEN;
    const NOT_FOUND: &'static str = "the token is unknown or expired: log in again";
    const NOT_FOUND_IF_MAYBE_APPLIED: Option<&'static str> =
        Some("an earlier attempt may have used the token");

    fn argument(&self) -> &str {
        &self.0
    }

    fn decode(_: Phase, status: StatusCode, body: &[u8]) -> Decoded<Principal> {
        decode_get(status, body)
    }

    fn check(
        principal: &Principal,
        checks: &ClaimChecks,
        config: &Config,
        now: SystemTime,
    ) -> Result<(), ClaimMismatch> {
        checks.check(principal, config.tenancy_id(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_token() {
        assert_eq!(format!("{:?}", ExchangeToken::new("token-canary")), "ExchangeToken([redacted])");
    }
}
