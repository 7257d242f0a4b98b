//! What can be read off an answer besides its value: the error body, the request id, `Retry-After`.

use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::json::{FromJson, JsonObject, parse, replace_in};

/// Headers that may hold the id of a request; the first one present is it.
static REQUEST_ID_HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("apigw-requestid"),
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("x-amz-apigw-id"),
];

/// The body of an error, as far as it can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) tag: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) detail: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default, rename = "_tag")]
    tag: serde_json::Value,
    #[serde(default)]
    message: serde_json::Value,
    #[serde(default)]
    detail: serde_json::Value,
}

impl FromJson for Wire {
    /// All of it is only shown: a tag with one character too many is not a known one.
    fn replace(&mut self, stand_in: char) -> Result<(), &'static str> {
        let texts = [&mut self.tag, &mut self.message, &mut self.detail].into_iter();
        let texts = texts.filter_map(|value| match value {
            serde_json::Value::String(text) => Some(text),
            _ => None,
        });
        replace_in(stand_in, texts, [])
    }

    /// From bytes: a type more for the parser of texts is inlined into it less, and costs every successful answer 5% more
    /// instructions (`benchmarks/check-core`).
    fn from_text(text: &str) -> serde_json::Result<JsonObject<Self>> {
        serde_json::from_slice(text.as_bytes())
    }
}

impl ErrorBody {
    /// Reads what there is; anything that can't be understood counts as absent.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let text = |value| match value {
            serde_json::Value::String(text) => Some(text),
            _ => None,
        };
        parse::<Wire>(body).map_or_else(
            |_| Self::default(),
            |wire| Self { tag: text(wire.tag), message: text(wire.message), detail: text(wire.detail) },
        )
    }
}

/// The request's id, where the service gave one.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(name))
}

/// How long the service asks the client to wait: seconds, or an HTTP date. The past and negative numbers are zero; anything
/// else is ignored.
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
