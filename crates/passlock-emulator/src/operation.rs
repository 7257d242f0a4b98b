//! Which operation a request is.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The operations of Passlock's REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// `GET /{tenancyId}/token/{token}`: 200 and a principal.
    ExchangeToken,
    /// `GET /{tenancyId}/user/{sub}`: 200 and `{"user": {...}}`.
    GetUser,
    /// `PATCH /{tenancyId}/user/{sub}`: 200 and, by default, the user as it now is.
    UpdateUser,
}

impl Operation {
    /// The route, with names in place of its segments.
    #[must_use]
    pub fn route(self) -> &'static str {
        match self {
            Self::ExchangeToken => "/{tenancyId}/token/{token}",
            Self::GetUser | Self::UpdateUser => "/{tenancyId}/user/{sub}",
        }
    }

    /// The name, as in `exchange_token`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ExchangeToken => "exchange_token",
            Self::GetUser => "get_user",
            Self::UpdateUser => "update_user",
        }
    }
}

/// A request that matches one of the routes; its segments are as they were on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    pub(crate) operation: Operation,
    pub(crate) tenancy_id: &'a str,
    /// The token or the sub.
    pub(crate) subject: &'a str,
}

impl<'a> Route<'a> {
    /// The path is split before it is decoded, so that an encoded slash stays inside its segment.
    pub(crate) fn of(method: &Method, raw_path: &'a str) -> Option<Self> {
        let mut segments = raw_path.strip_prefix('/')?.split('/');
        let (tenancy_id, collection, subject) = (segments.next()?, segments.next()?, segments.next()?);
        if segments.next().is_some() || tenancy_id.is_empty() || subject.is_empty() {
            return None;
        }
        let operation = match (method, collection) {
            (&Method::GET, "token") => Operation::ExchangeToken,
            (&Method::GET, "user") => Operation::GetUser,
            (&Method::PATCH, "user") => Operation::UpdateUser,
            _ => return None,
        };
        Some(Self { operation, tenancy_id, subject })
    }
}

/// One path segment, decoded. `None` when it is not UTF-8.
pub(crate) fn decode(segment: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(segment).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let of =
            |method: Method, path| Route::of(&method, path).map(|r| (r.operation, r.tenancy_id, r.subject));
        assert_eq!(of(Method::GET, "/t/token/x"), Some((Operation::ExchangeToken, "t", "x")));
        assert_eq!(of(Method::GET, "/t/user/x"), Some((Operation::GetUser, "t", "x")));
        assert_eq!(of(Method::PATCH, "/t/user/x"), Some((Operation::UpdateUser, "t", "x")));
        assert_eq!(
            of(Method::GET, "/t/token/..%2Fuser%2Fx"),
            Some((Operation::ExchangeToken, "t", "..%2Fuser%2Fx"))
        );
        for path in [
            "",
            "/",
            "*",
            "/t",
            "/t/token",
            "/t/token/",
            "//token/x",
            "/t/token/x/",
            "/t/token/x/y",
            "/a/t/token/x",
        ] {
            assert_eq!(of(Method::GET, path), None, "{path}");
        }
        assert_eq!(of(Method::POST, "/t/user/x"), None);
        assert_eq!(of(Method::PATCH, "/t/token/x"), None);
    }

    #[test]
    fn segments_are_decoded_once() {
        assert_eq!(decode("..%2Fuser%252F%C3%A9+").unwrap(), "../user%2Fé+");
        assert_eq!(decode("%ff"), None);
    }
}
