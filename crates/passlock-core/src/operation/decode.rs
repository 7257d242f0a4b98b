//! Reads successful responses.

use http::StatusCode;
use serde::Deserialize;

use crate::json::{FromJson, JsonObject, parse};
use crate::model::User;

/// What a success came to.
#[derive(Debug)]
pub enum Decoded<T> {
    Value(T),
    /// The change is made, but the answer does not say what the user is now: it must be read.
    Accepted,
    /// It can't be understood, and why.
    Malformed(String),
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

/// Reads the user that a GET returns.
pub(super) fn decode_user(status: StatusCode, body: &[u8]) -> Decoded<User> {
    match decode_get(status, body) {
        Decoded::Value(Wrapped { user: JsonObject(user) }) => Decoded::Value(user),
        Decoded::Accepted => Decoded::Accepted,
        Decoded::Malformed(why) => Decoded::Malformed(why),
    }
}

/// Reads what a GET returns.
pub(super) fn decode_get<T: FromJson>(status: StatusCode, body: &[u8]) -> Decoded<T> {
    if status != StatusCode::OK {
        return Decoded::Malformed("expected status 200".to_owned());
    }
    match parse(body) {
        Ok(value) => Decoded::Value(value),
        Err(why) => Decoded::Malformed(why),
    }
}

/// Reads a user in either form: in an object of its own, or bare.
pub(super) fn decode_any_user(body: &[u8]) -> Option<User> {
    let user = parse::<Wrapped>(body).map(|wrapped| wrapped.user.0);
    user.or_else(|_| parse::<User>(body)).ok()
}
