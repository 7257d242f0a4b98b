//! The headers that a fault prescribes.

use std::fmt;

use http::header::{HeaderName, HeaderValue};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The headers of a [`Fault::Status`](crate::Fault::Status): each name with its value, in order, including repeated ones.
///
/// As JSON an object (`{"retry-after": "1", "set-cookie": ["a=1", "b=2"]}`) or an array of pairs
/// (`[["set-cookie", "a=1"], ["set-cookie", "b=2"]]`).
///
/// The emulator adds `content-length` (unless there is a `transfer-encoding`, or the status has no body) and
/// `x-request-id` (unless one of `x-request-id`, `apigw-requestid`, `x-amzn-requestid`, `x-amz-apigw-id` is there).
/// A value of null leaves out what would have been added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Option<String>)>);

impl Headers {
    /// No header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), Some(value.into())));
        self
    }

    /// Leaves out a header that the emulator would add.
    pub fn without(mut self, name: impl Into<String>) -> Self {
        self.0.push((name.into(), None));
        self
    }

    /// The headers to send.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }

    /// Whether the header is named, be it to send it or to leave it out.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, value) in &self.0 {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(format!("{name:?} is not a valid header name"));
            }
            if value.as_ref().is_some_and(|value| HeaderValue::from_bytes(value.as_bytes()).is_err()) {
                return Err(format!("the value of {name:?} is not a valid header value"));
            }
        }
        Ok(())
    }
}

impl<N: Into<String>, V: Into<String>, const LEN: usize> From<[(N, V); LEN]> for Headers {
    fn from(pairs: [(N, V); LEN]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), Some(value.into()))).collect())
    }
}

impl Serialize for Headers {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

#[derive(Deserialize)]
#[serde(untagged, expecting = "the value of a header must be a string, an array of strings, or null")]
enum OneOrMany {
    None(()),
    One(String),
    Many(Vec<String>),
}

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers, or an array of [name, value]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some((name, value)) = map.next_entry::<String, OneOrMany>()? {
            headers = match value {
                OneOrMany::None(()) => headers.without(name),
                OneOrMany::One(value) => headers.with(name, value),
                OneOrMany::Many(values) => {
                    values.into_iter().fold(headers, |headers, value| headers.with(name.clone(), value))
                }
            };
        }
        Ok(headers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some((name, value)) = seq.next_element::<(String, Option<String>)>()? {
            headers.0.push((name, value));
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_as_an_object_or_as_pairs() {
        let headers = |json: &str| serde_json::from_str::<Headers>(json).unwrap();
        let expected = Headers::new().with("b", "1").with("a", "2").with("a", "3").without("c");
        assert_eq!(headers(r#"{"b":"1","a":["2","3"],"c":null}"#), expected);
        assert_eq!(headers(r#"[["b","1"],["a","2"],["a","3"],["c",null]]"#), expected);
        assert!(expected.names("C") && !expected.names("d"));
    }
}
