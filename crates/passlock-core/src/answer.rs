//! What can be read off an answer besides its value: the error body, the request id, `Retry-After`.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::error::{ErrorKind, Hint};
use crate::object::Object;

/// Headers that may hold the id of a request; the first one present is it.
static REQUEST_ID_HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("apigw-requestid"),
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("x-amz-apigw-id"),
];

/// The tags of version 2 of the API begin with this.
const V2_PREFIX: &str = "@error/";

/// The body of an error, as far as it can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) tag: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) detail: Option<String>,
}

impl ErrorBody {
    /// Reads what there is; anything that can't be understood counts as absent.
    pub(crate) fn parse(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default, rename = "_tag")]
            tag: serde_json::Value,
            #[serde(default)]
            message: serde_json::Value,
            #[serde(default)]
            detail: serde_json::Value,
        }
        let text = |value| match value {
            serde_json::Value::String(text) => Some(text),
            _ => None,
        };
        match serde_json::from_slice::<Object<Wire>>(body) {
            Ok(Object(wire)) => {
                Self { tag: text(wire.tag), message: text(wire.message), detail: text(wire.detail) }
            }
            Err(_) => Self::default(),
        }
    }

    /// The kind of error that a status and this body stand for; `None` for a status that is no error of the API.
    pub(crate) fn kind(&self, status: StatusCode) -> Option<ErrorKind> {
        let by_status = match status.as_u16() {
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            429 => ErrorKind::RateLimited,
            400..=499 => ErrorKind::BadRequest,
            500..=599 => ErrorKind::Server,
            _ => return None,
        };
        Some(match status.as_u16() {
            400 | 401 | 403 | 404 | 409 | 422 => self.kind_by_tag().unwrap_or(by_status),
            _ => by_status,
        })
    }

    fn kind_by_tag(&self) -> Option<ErrorKind> {
        let tag = self.tag.as_deref()?;
        match tag.strip_prefix(V2_PREFIX).unwrap_or(tag) {
            "Unauthorized" => Some(ErrorKind::Unauthorized),
            "Forbidden" | "Disabled" => Some(ErrorKind::Forbidden),
            "NotFound" => Some(ErrorKind::NotFound),
            "BadRequest" | "Duplicate" => Some(ErrorKind::BadRequest),
            _ => None,
        }
    }

    /// Whether this answer looks as if the service behind the endpoint had no such route.
    pub(crate) fn hint(&self, status: StatusCode) -> Option<Hint> {
        let wrong = match &self.tag {
            Some(tag) => tag.starts_with(V2_PREFIX),
            None => match status {
                StatusCode::NOT_FOUND => true,
                StatusCode::FORBIDDEN => self.message.as_deref() == Some("Missing Authentication Token"),
                _ => false,
            },
        };
        wrong.then_some(Hint::WrongEndpoint)
    }
}

/// The request's id, where the service gave one.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(name))
}

/// How long the service asks to wait: seconds, or an HTTP date. The past and negative numbers are zero; anything else is
/// ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    parse_retry_after(headers.get(header::RETRY_AFTER)?.to_str().ok()?, now)
}

#[doc(hidden)]
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are still a number of seconds, only a very large one.
        let seconds = if negative { 0 } else { digits.parse().unwrap_or(u64::MAX) };
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Whether the body is as it was written: we ask for no other coding.
pub(crate) fn is_identity_coded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().all(|coding| {
        coding.to_str().is_ok_and(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> StatusCode {
        StatusCode::from_u16(code).unwrap()
    }

    #[test]
    fn the_status_decides_unless_a_known_tag_does() {
        use ErrorKind::*;
        let tagged = |tag: &str| ErrorBody { tag: Some(tag.into()), ..ErrorBody::default() };
        for (code, tag, kind) in [
            (400, "", BadRequest),
            (401, "", Unauthorized),
            (402, "", BadRequest),
            (403, "", Forbidden),
            (404, "", NotFound),
            (408, "", BadRequest),
            (429, "", RateLimited),
            (499, "", BadRequest),
            (500, "", Server),
            (599, "", Server),
            (403, "Disabled", Forbidden),
            (400, "Disabled", Forbidden),
            (409, "Duplicate", BadRequest),
            (422, "NotFound", NotFound),
            (400, "@error/Unauthorized", Unauthorized),
            (404, "Forbidden", Forbidden),
            (404, "InternalServerError", NotFound),
            (401, "Whatever", Unauthorized),
            (429, "Unauthorized", RateLimited),
            (500, "NotFound", Server),
            (402, "NotFound", BadRequest),
        ] {
            assert_eq!(tagged(tag).kind(status(code)), Some(kind), "{code} {tag}");
        }
        assert_eq!(ErrorBody::default().kind(status(302)), None);
    }

    #[test]
    fn a_body_costs_only_what_can_not_be_read_of_it() {
        let parse = |body: &str| ErrorBody::parse(body.as_bytes());
        let tag = |tag: &str| ErrorBody { tag: Some(tag.into()), ..ErrorBody::default() };
        assert_eq!(parse(r#"{"_tag":"NotFound","message":7,"detail":null}"#), tag("NotFound"));
        for body in
            ["", "<html>", "[]", r#"["NotFound","m","d"]"#, "7", "null", r#"{"_tag":"NotFo"#, r#"{"_tag":7}"#]
        {
            assert_eq!(parse(body), ErrorBody::default(), "{body}");
        }
    }

    #[test]
    fn signs_of_another_service_are_seen() {
        let hint = |code, body: &str| ErrorBody::parse(body.as_bytes()).hint(status(code));
        let wrong = Some(Hint::WrongEndpoint);
        assert_eq!(hint(404, r#"{"message":"Not Found"}"#), wrong);
        assert_eq!(hint(404, ""), wrong);
        assert_eq!(hint(404, r#"{"_tag":"NotFound","message":"Invalid token"}"#), None);
        assert_eq!(hint(403, r#"{"message":"Missing Authentication Token"}"#), wrong);
        assert_eq!(hint(403, r#"{"message":"Forbidden"}"#), None);
        assert_eq!(hint(401, r#"{"_tag":"@error/Unauthorized"}"#), wrong);
        assert_eq!(hint(500, ""), None);
    }

    #[test]
    fn the_first_request_id_present_is_it() {
        let mut headers = HeaderMap::new();
        for name in REQUEST_ID_HEADERS.iter().rev() {
            headers.insert(name, name.as_str().parse().unwrap());
            assert_eq!(request_id(&headers).unwrap(), name.as_str());
        }
        assert_eq!(request_id(&HeaderMap::new()), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("0", Some(0)),
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("-7", Some(0)),
            ("86400", Some(86400)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:40 GMT", Some(3)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:40 GMT", Some(3)),
            ("", None),
            ("-", None),
            ("7.5", None),
            ("+7", None),
            ("7s", None),
            ("soon", None),
            ("٧", None),
        ] {
            assert_eq!(parse_retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn no_content_coding_but_identity_is_taken() {
        let coded =
            |value: &'static str| HeaderMap::from_iter([(header::CONTENT_ENCODING, value.parse().unwrap())]);
        assert!(is_identity_coded(&HeaderMap::new()));
        assert!(is_identity_coded(&coded("Identity")));
        assert!(!is_identity_coded(&coded("gzip")));
    }
}
