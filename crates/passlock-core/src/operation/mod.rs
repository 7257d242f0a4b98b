//! The operations: their routes, their requests, and the meaning of their responses. A file for each, and one for reading
//! responses.

mod decode;
mod exchange_token;
mod get_user;
mod update_user;
mod warm_up;

use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, StatusCode};

pub use exchange_token::ExchangeToken;
pub use get_user::GetUser;
pub use update_user::UpdateUser;
pub use warm_up::WarmUp;

pub(crate) use decode::Decoded;

use crate::claims::{ClaimChecks, ClaimMismatch};
use crate::config::Config;
use crate::error::{Error, OperationName};
use crate::path::Segment;
use crate::retry::Idempotency;

/// One operation of the API. Sealed: its implementors here are all there are.
pub trait Operation: sealed::Sealed {}

pub(crate) mod sealed {
    use super::*;

    /// What [`Call`](crate::Call) needs to know about an operation.
    pub trait Sealed {
        /// What a successful call returns.
        type Output;

        /// Its code in errors; none for anything that is not an operation of the API.
        const NAME: Option<OperationName>;
        const ROUTE: Route;
        /// What a `not_found` means, and what to do.
        const NOT_FOUND: &'static str;
        /// What is added to it when the service may have acted on an earlier attempt.
        const NOT_FOUND_IF_MAYBE_APPLIED: Option<&'static str> = None;
        /// Whether its request carries the API key.
        const IS_AUTHORIZED: bool = true;

        /// What logs call it. An operation without a code says it itself.
        fn label() -> &'static str {
            Self::NAME.map_or("", OperationName::as_str)
        }

        /// The value that becomes the last segment of the path.
        fn argument(&self) -> &str;

        /// What is sent first.
        fn request(&self) -> Result<RequestTemplate, Error> {
            Ok(RequestTemplate::GET)
        }

        /// The value that any response returns, if its status and body don't matter.
        fn accept_any(&self) -> Option<Self::Output> {
            None
        }

        /// Reads a success.
        fn decode(phase: Phase, status: StatusCode, body: &[u8]) -> Decoded<Self::Output>;

        /// Checks the value that was read.
        fn check(_: &Self::Output, _: &ClaimChecks, _: &Config, _: SystemTime) -> Result<(), ClaimMismatch> {
            Ok(())
        }
    }
}

/// Every operation: its type, and its arguments in order. The bindings and the fuzz target generate what they need from the
/// list, each with its own macro.
#[doc(hidden)]
#[macro_export]
macro_rules! operations {
    ($call:ident) => {
        $call! {
            ExchangeToken(token),
            GetUser(sub),
            UpdateUser(sub, update),
        }
    };
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
    const PRE_CONNECT: Self = Self {
        path: "/connection/",
        template: "/{tenancyId}/connection/pre-connect",
        argument: "pre-connect",
        is_secret: false,
    };
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

/// The stage that a call has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The operation's own request is what is sent.
    Requested,
    /// The requested change is made: the user remains to be read.
    Accepted,
}

const NO_SUCH_USER: &str = "there is no such user";

/// The last segment of an operation's path.
pub(crate) fn segment<O: Operation>(operation: &O) -> Result<Segment<'_>, Error> {
    Segment::new(operation.argument())
        .map_err(|why| Error::invalid_input(format!("{} {why}", O::ROUTE.argument)))
}
