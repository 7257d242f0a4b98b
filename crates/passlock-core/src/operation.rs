//! The three operations: their routes, their requests, and the meaning of their responses.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;

use crate::claims::{ClaimChecks, ClaimMismatch};
use crate::config::Config;
use crate::error::{Error, Name, OperationName};
use crate::json::{FromJson, JsonObject, parse};
use crate::message;
use crate::model::{Principal, User, UserUpdate};
use crate::path::Segment;
use crate::retry::Idempotency;
use crate::secret::Redacted;

/// One operation of the API. Sealed: [`ExchangeToken`], [`GetUser`] and [`UpdateUser`] are all there are.
pub trait Operation: sealed::Sealed {}

pub(crate) mod sealed {
    use super::*;

    /// What [`Call`](crate::Call) needs to know of an operation.
    pub trait Sealed {
        /// What a successful call gives.
        type Output;

        const NAME: OperationName;
        const ROUTE: Route;
        /// What a `not_found` means, and what to do.
        const NOT_FOUND: &'static str;
        /// What is added to it when the service may have acted on an earlier attempt.
        const NOT_FOUND_IF_MAYBE_APPLIED: Option<&'static str> = None;

        /// The value that becomes the last segment of the path.
        fn argument(&self) -> &str;

        /// What is sent first.
        fn request(&self) -> Result<RequestTemplate, Error> {
            Ok(RequestTemplate::GET)
        }

        /// Reads a success.
        fn decode(phase: Phase, status: StatusCode, body: &[u8]) -> Decoded<Self::Output>;

        /// Checks the value that was read.
        fn check(_: &Self::Output, _: &ClaimChecks, _: &Config, _: SystemTime) -> Result<(), ClaimMismatch> {
            Ok(())
        }
    }
}

/// A route of the API, below `/{tenancyId}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// What stands before the last segment.
    pub(crate) path: &'static str,
    /// The route as people may see it.
    pub(crate) template: &'static str,
    /// The name of the last segment's value.
    pub(crate) argument: &'static str,
    /// Whether the last segment's value is a credential.
    pub(crate) is_secret: bool,
}

impl Route {
    const TOKEN: Self =
        Self { path: "/token/", template: "/{tenancyId}/token/{token}", argument: "token", is_secret: true };
    const USER: Self =
        Self { path: "/user/", template: "/{tenancyId}/user/{sub}", argument: "sub", is_secret: false };
}

/// What to send.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    pub(crate) method: Method,
    pub(crate) idempotency: Idempotency,
    pub(crate) body: Option<Bytes>,
}

impl RequestTemplate {
    pub(crate) const GET: Self =
        Self { method: Method::GET, idempotency: Idempotency::Idempotent, body: None };
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The operation's own request is what is sent.
    Requested,
    /// The change that was asked for is made: what is left is to read the user.
    Accepted,
}

/// What a success came to.
#[derive(Debug)]
pub enum Decoded<T> {
    Value(T),
    /// The change is made, but the answer does not say what came of it: the user is to be read.
    Accepted,
    /// It can't be understood, and why.
    Malformed(String),
}

const NO_SUCH_USER: &str = "there is no such user";

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

    const NAME: OperationName = OperationName::ExchangeToken;
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

/// Reads a user.
#[derive(Clone, Debug)]
pub struct GetUser<'a> {
    sub: Cow<'a, str>,
}

impl<'a> GetUser<'a> {
    /// `sub`: the user's id. It is checked when the call begins.
    #[must_use]
    pub fn new(sub: impl Into<Cow<'a, str>>) -> Self {
        Self { sub: sub.into() }
    }
}

impl Operation for GetUser<'_> {}

impl sealed::Sealed for GetUser<'_> {
    type Output = User;

    const NAME: OperationName = OperationName::GetUser;
    const ROUTE: Route = Route::USER;
    const NOT_FOUND: &'static str = NO_SUCH_USER;

    fn argument(&self) -> &str {
        &self.sub
    }

    fn decode(_: Phase, status: StatusCode, body: &[u8]) -> Decoded<User> {
        decode_user(status, body)
    }
}

/// Updates a user and returns the updated record.
#[derive(Clone, Debug)]
pub struct UpdateUser<'a> {
    sub: Cow<'a, str>,
    update: UserUpdate,
}

impl<'a> UpdateUser<'a> {
    /// `sub`: the user's id. Both are checked when the call begins.
    #[must_use]
    pub fn new(sub: impl Into<Cow<'a, str>>, update: UserUpdate) -> Self {
        Self { sub: sub.into(), update }
    }
}

impl Operation for UpdateUser<'_> {}

impl sealed::Sealed for UpdateUser<'_> {
    type Output = User;

    const NAME: OperationName = OperationName::UpdateUser;
    const ROUTE: Route = Route::USER;
    const NOT_FOUND: &'static str = NO_SUCH_USER;

    fn argument(&self) -> &str {
        &self.sub
    }

    fn request(&self) -> Result<RequestTemplate, Error> {
        if self.update.is_empty() {
            return Err(Error::invalid_input(message![
                "the update is empty: set ",
                Name::GivenName,
                ", ",
                Name::FamilyName,
                " or ",
                Name::EmailVerified,
            ]));
        }
        let body = serde_json::to_vec(&self.update)
            .map_err(|_| Error::invalid_input("the update can't be serialized as JSON"))?;
        Ok(RequestTemplate {
            method: Method::PATCH,
            idempotency: Idempotency::NonIdempotent,
            body: Some(body.into()),
        })
    }

    /// Nothing says what the API answers to a change, so a whole user is taken in either form, and anything else in a 2xx
    /// means that the change was made.
    fn decode(phase: Phase, status: StatusCode, body: &[u8]) -> Decoded<User> {
        match phase {
            Phase::Requested => {
                let user = parse::<Wrapped>(body).map(|wrapped| wrapped.user.0);
                user.or_else(|_| parse::<User>(body)).map_or(Decoded::Accepted, Decoded::Value)
            }
            Phase::Accepted => decode_user(status, body),
        }
    }
}

#[derive(Deserialize)]
struct Wrapped {
    user: JsonObject<User>,
}

impl FromJson for Wrapped {
    fn replace(&mut self, stand_in: char) -> Result<(), &'static str> {
        self.user.0.replace(stand_in)
    }
}

fn decode_user(status: StatusCode, body: &[u8]) -> Decoded<User> {
    match decode_get(status, body) {
        Decoded::Value(Wrapped { user: JsonObject(user) }) => Decoded::Value(user),
        Decoded::Accepted => Decoded::Accepted,
        Decoded::Malformed(why) => Decoded::Malformed(why),
    }
}

fn decode_get<T: FromJson>(status: StatusCode, body: &[u8]) -> Decoded<T> {
    if status != StatusCode::OK {
        return Decoded::Malformed("only 200 is a success here".to_owned());
    }
    match parse(body) {
        Ok(value) => Decoded::Value(value),
        Err(why) => Decoded::Malformed(why),
    }
}

/// The last segment of an operation's path.
pub(crate) fn segment<O: Operation>(operation: &O) -> Result<Segment<'_>, Error> {
    Segment::new(operation.argument())
        .map_err(|why| Error::invalid_input(format!("{} {why}", O::ROUTE.argument)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_token() {
        assert_eq!(format!("{:?}", ExchangeToken::new("token-canary")), "ExchangeToken([redacted])");
    }
}
