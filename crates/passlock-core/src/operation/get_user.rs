//! Reads a user.

use std::borrow::Cow;

use http::StatusCode;

use super::decode::{Decoded, decode_user};
use super::{NO_SUCH_USER, Operation, Phase, Route, sealed};
use crate::error::OperationName;
use crate::model::User;

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

    const NAME: Option<OperationName> = Some(OperationName::GetUser);
    const ROUTE: Route = Route::USER;
    const NOT_FOUND: &'static str = NO_SUCH_USER;

    fn argument(&self) -> &str {
        &self.sub
    }

    fn decode(_: Phase, status: StatusCode, body: &[u8]) -> Decoded<User> {
        decode_user(status, body)
    }
}
