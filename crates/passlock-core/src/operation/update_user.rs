//! Updates a user.

use std::borrow::Cow;

use http::{Method, StatusCode};

use super::decode::{Decoded, decode_any_user, decode_user};
use super::{NO_SUCH_USER, Operation, Phase, RequestTemplate, Route, sealed};
use crate::error::{Error, Name, OperationName};
use crate::message;
use crate::model::{User, UserUpdate};
use crate::retry::Idempotency;

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

    const NAME: Option<OperationName> = Some(OperationName::UpdateUser);
    const ROUTE: Route = Route::USER;
    const NOT_FOUND: &'static str = NO_SUCH_USER;

    fn argument(&self) -> &str {
        &self.sub
    }

    fn request(&self) -> Result<RequestTemplate, Error> {
        if self.update.is_empty() {
            return Err(Error::invalid_input(message![
                "the update is empty: set ",
                Name("given_name"),
                ", ",
                Name("family_name"),
                " or ",
                Name("email_verified"),
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
            Phase::Requested => decode_any_user(body).map_or(Decoded::Accepted, Decoded::Value),
            Phase::Accepted => decode_user(status, body),
        }
    }
}
