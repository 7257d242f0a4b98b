//! What can go wrong on purpose, and for which request. Pure: `play.rs` does it to a connection.

use std::collections::VecDeque;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::operation::Operation;
use crate::wire::Refusal;

/// One way to answer badly. As JSON an object with the `kind` and the fields of the variant in camelCase.
///
/// "The answer" below is the one that the request would have had without the fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields,
    remote = "Self"
)]
#[non_exhaustive]
pub enum Fault {
    /// `{"kind": "status", "status": 503, "headers": {"retry-after": "1"}, "body": "{}"}`: exactly this status, these
    /// headers and this body. See [`Headers`] for what is added. A status below 200 ends the connection after its head.
    Status {
        /// The status, 100 to 999.
        status: u16,
        /// The headers, in this order.
        #[serde(default)]
        headers: Headers,
        /// The body as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// The body as Base64, instead of `body`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<String>,
    },
    /// `{"kind": "delay", "millis": 500}`: the answer, this much later.
    Delay {
        /// In milliseconds.
        millis: u64,
    },
    /// `{"kind": "hang"}`: nothing, until the client goes away.
    Hang,
    /// `{"kind": "stall", "afterBytes": 10}`: the answer's head and this much of its body, then nothing until the
    /// client goes away. Content-Length always promises more than what is sent.
    Stall {
        /// How many bytes of the body are sent.
        #[serde(default)]
        after_bytes: usize,
    },
    /// `{"kind": "stallHead", "afterBytes": 16}`: this much of the answer's head, then nothing until the client goes
    /// away.
    StallHead {
        /// How many bytes of the head are sent. 16 by default: the status line and nearly nothing else.
        #[serde(default = "default_stall_head")]
        after_bytes: usize,
    },
    /// `{"kind": "drip", "millisPerByte": 20}`: the answer, head and body, byte by byte.
    Drip {
        /// The pause before each byte, in milliseconds.
        millis_per_byte: u64,
    },
    /// `{"kind": "reset"}`: the connection is reset before any byte.
    Reset,
    /// `{"kind": "resetAfterHead"}`: the answer's head, then the connection is reset.
    ResetAfterHead,
    /// `{"kind": "truncate"}`: the answer, but the connection closes before the body is complete.
    Truncate {
        /// How many bytes of the body are sent. Half of them by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<usize>,
    },
    /// `{"kind": "garbage"}`: bytes that are no HTTP, then the connection closes.
    Garbage {
        /// Exactly these bytes, as Base64, instead of the emulator's own. They may well be HTTP: this is the way to
        /// send what no other kind sends, down to the last byte.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes_base64: Option<String>,
    },
    /// `{"kind": "endless"}`: a head, and a chunked body that does not end.
    Endless {
        /// The status, 200 by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// `{"kind": "endlessHead"}`: a status line, and header lines that do not end.
    EndlessHead,
    /// `{"kind": "closeIdle"}`: the answer, which promises a connection that is kept alive, and then it closes.
    CloseIdle {
        /// How long the connection stays open after the answer, in milliseconds. Not at all by default.
        #[serde(default)]
        after_millis: u64,
    },
    /// `{"kind": "redirect", "location": "http://elsewhere.test/"}`: a redirect.
    Redirect {
        /// The value of `Location`.
        location: String,
        /// The status, 300 to 399. 302 by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
}

impl Fault {
    /// A [`Fault::Status`] without headers and body.
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Headers::default(), body: None, body_base64: None }
    }

    /// A [`Fault::Status`] with headers and a text as body.
    pub fn answer(status: u16, headers: impl Into<Headers>, body: impl Into<String>) -> Self {
        Self::Status { status, headers: headers.into(), body: Some(body.into()), body_base64: None }
    }

    /// The `kind` of its JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Delay { .. } => "delay",
            Self::Hang => "hang",
            Self::Stall { .. } => "stall",
            Self::StallHead { .. } => "stallHead",
            Self::Drip { .. } => "drip",
            Self::Reset => "reset",
            Self::ResetAfterHead => "resetAfterHead",
            Self::Truncate { .. } => "truncate",
            Self::Garbage { .. } => "garbage",
            Self::Endless { .. } => "endless",
            Self::EndlessHead => "endlessHead",
            Self::CloseIdle { .. } => "closeIdle",
            Self::Redirect { .. } => "redirect",
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::Status { status, headers, body, body_base64 } => {
                check_status(*status)?;
                headers.check()?;
                if body.is_some() && body_base64.is_some() {
                    return Err("body and bodyBase64 exclude each other".to_owned());
                }
                if !has_body(*status) && (body.is_some() || body_base64.is_some()) {
                    return Err(format!("an answer of status {status} has no body (`garbage` can send one)"));
                }
                check_base64("bodyBase64", body_base64.as_deref())
            }
            Self::Garbage { bytes_base64 } => check_base64("bytesBase64", bytes_base64.as_deref()),
            Self::Endless { status: Some(status) } => match status {
                100..=999 if has_body(*status) => Ok(()),
                _ => Err(format!("status {status} has no body that could be endless")),
            },
            Self::Redirect { location, status } => {
                if HeaderValue::from_str(location).is_err() {
                    return Err("location can't be the value of a header".to_owned());
                }
                match status {
                    Some(status) if !(300..=399).contains(status) => {
                        Err(format!("status {status} is no redirect: 300 to 399 are"))
                    }
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

impl Serialize for Fault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The name of the derived function, which `remote = "Self"` makes an inherent one.
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = serde_json::Map::deserialize(deserializer)?;
        let names: Vec<String> = fields.keys().filter(|name| *name != "kind").cloned().collect();
        let fault = Self::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom)?;
        // serde's `deny_unknown_fields` does not look into the unit variants of a tagged enum.
        let has_no_fields =
            matches!(fault, Self::Hang | Self::Reset | Self::ResetAfterHead | Self::EndlessHead);
        match names.first() {
            Some(name) if has_no_fields => {
                Err(D::Error::custom(format!("unknown field `{name}`: `{}` takes none", fault.kind())))
            }
            _ => Ok(fault),
        }
    }
}

/// The headers of a [`Fault::Status`]: each name with its value, in order, repeated ones too.
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

    fn check(&self) -> Result<(), String> {
        for (name, value) in &self.0 {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(format!("{name:?} can't be the name of a header"));
            }
            if value.as_ref().is_some_and(|value| HeaderValue::from_bytes(value.as_bytes()).is_err()) {
                return Err(format!("the value of {name:?} can't be the value of a header"));
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
#[serde(untagged, expecting = "the value of a header must be a text, an array of texts, or null")]
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

/// A fault and the requests that it is for. `POST /_emulator/faults` takes the same as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// How many requests it is for: 1 by default.
    #[serde(default = "default_times")]
    pub times: u32,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests that are this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Whether the operation is carried out before the fault. Not by default, but for what `delay`, `drip` and
    /// `closeIdle` deliver in the end: with those, it says that a `delay` carries out first and waits then.
    #[serde(default)]
    pub apply: bool,
    /// What goes wrong.
    pub fault: Fault,
}

impl FaultRule {
    /// This fault for the next request, whatever it is.
    pub fn new(fault: Fault) -> Self {
        Self { times: default_times(), method: None, operation: None, apply: false, fault }
    }

    /// For so many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Only for requests with this method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only for requests that are this operation.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Whether the operation is carried out before the fault.
    pub fn apply(mut self, apply: bool) -> Self {
        self.apply = apply;
        self
    }

    fn check(&self) -> Result<(), String> {
        if self.times == 0 {
            return Err("times must be at least 1".to_owned());
        }
        if self.method.as_ref().is_some_and(|method| Method::from_bytes(method.as_bytes()).is_err()) {
            return Err("method is no HTTP method".to_owned());
        }
        self.fault.check()
    }

    fn matches(&self, method: &Method, operation: Option<Operation>) -> bool {
        self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method.as_str()))
            && self.operation.is_none_or(|own| operation == Some(own))
    }
}

/// The rules that are still to be met, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Rules(VecDeque<FaultRule>);

/// What a request has met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) fault: Fault,
    pub(crate) apply: bool,
}

impl Rules {
    pub(crate) fn add(&mut self, rule: FaultRule) -> Result<(), Refusal> {
        rule.check().map_err(Refusal::bad_request)?;
        self.0.push_back(rule);
        Ok(())
    }

    /// The first rule that matches, which counts the request as one of its own.
    pub(crate) fn take(&mut self, method: &Method, operation: Option<Operation>) -> Option<Hit> {
        let index = self.0.iter().position(|rule| rule.matches(method, operation))?;
        let rule = self.0.get_mut(index)?;
        rule.times -= 1;
        let hit = Hit { fault: rule.fault.clone(), apply: rule.apply };
        if rule.times == 0 {
            self.0.remove(index);
        }
        Some(hit)
    }
}

/// Whether HTTP lets an answer of this status have a body.
pub(crate) fn has_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

/// Decodes what `check_base64` has let pass.
pub(crate) fn decode_base64(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap_or_default()
}

fn check_base64(name: &str, text: Option<&str>) -> Result<(), String> {
    match text.map(|text| BASE64.decode(text)) {
        Some(Err(error)) => Err(format!("{name} is no Base64: {error}")),
        _ => Ok(()),
    }
}

fn check_status(status: u16) -> Result<(), String> {
    match StatusCode::from_u16(status) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("status must be 100 to 999, not {status}")),
    }
}

fn default_times() -> u32 {
    1
}

fn default_stall_head() -> usize {
    16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<FaultRule, String> {
        let rule: FaultRule = serde_json::from_str(json).map_err(|error| error.to_string())?;
        rule.check().map(|()| rule)
    }

    #[test]
    fn rules_are_taken_in_order_and_used_up() {
        let mut rules = Rules::default();
        rules.add(FaultRule::new(Fault::Hang).operation(Operation::UpdateUser)).unwrap();
        rules.add(FaultRule::new(Fault::Reset).method("get").times(2)).unwrap();
        rules.add(FaultRule::new(Fault::status(500)).apply(true)).unwrap();
        let mut take =
            |method, operation| rules.take(&method, operation).map(|hit| (hit.fault.kind(), hit.apply));
        assert_eq!(take(Method::GET, Some(Operation::GetUser)), Some(("reset", false)));
        assert_eq!(take(Method::PATCH, Some(Operation::UpdateUser)), Some(("hang", false)));
        assert_eq!(take(Method::GET, None), Some(("reset", false)));
        assert_eq!(take(Method::GET, None), Some(("status", true)));
        assert_eq!(take(Method::GET, None), None);
    }

    #[test]
    fn every_kind_reads_back_what_it_writes() {
        for fault in [
            Fault::answer(502, [("content-type", "text/html")], "<html>"),
            Fault::Status {
                status: 200,
                headers: Headers::new().without("x-request-id"),
                body: None,
                body_base64: Some("AAE=".into()),
            },
            Fault::Delay { millis: 5 },
            Fault::Hang,
            Fault::Stall { after_bytes: 3 },
            Fault::StallHead { after_bytes: 3 },
            Fault::Drip { millis_per_byte: 1 },
            Fault::Reset,
            Fault::ResetAfterHead,
            Fault::Truncate { after_bytes: Some(3) },
            Fault::Garbage { bytes_base64: Some("AAE=".into()) },
            Fault::Endless { status: Some(500) },
            Fault::EndlessHead,
            Fault::CloseIdle { after_millis: 3 },
            Fault::Redirect { location: "/x".into(), status: Some(308) },
        ] {
            let rule = FaultRule::new(fault.clone())
                .method("GET")
                .operation(Operation::GetUser)
                .times(3)
                .apply(true);
            let json = serde_json::to_string(&rule).unwrap();
            assert!(json.contains(&format!("\"kind\":\"{}\"", fault.kind())), "{json}");
            assert_eq!(parse(&json).unwrap(), rule, "{json}");
        }
    }

    #[test]
    fn defaults() {
        let rule = parse(r#"{"fault":{"kind":"closeIdle"}}"#).unwrap();
        assert_eq!(rule, FaultRule::new(Fault::CloseIdle { after_millis: 0 }));
        let rule = parse(r#"{"fault":{"kind":"truncate"},"operation":"exchange_token"}"#).unwrap();
        assert_eq!(rule.operation, Some(Operation::ExchangeToken));
        assert_eq!(rule.fault, Fault::Truncate { after_bytes: None });
    }

    #[test]
    fn headers_come_as_an_object_or_as_pairs() {
        let headers = |json: &str| serde_json::from_str::<Headers>(json).unwrap();
        let expected = Headers::new().with("b", "1").with("a", "2").with("a", "3").without("c");
        assert_eq!(headers(r#"{"b":"1","a":["2","3"],"c":null}"#), expected);
        assert_eq!(headers(r#"[["b","1"],["a","2"],["a","3"],["c",null]]"#), expected);
        assert!(expected.names("C") && !expected.names("d"));
    }

    #[test]
    fn what_a_test_gets_wrong_is_said() {
        for (json, says) in [
            (r#"{}"#, "missing field `fault`"),
            (r#"{"fault":{}}"#, "missing field `kind`"),
            (r#"{"fault":{"kind":"explode"}}"#, "unknown variant `explode`"),
            (r#"{"fault":{"kind":"hang","millis":1}}"#, "unknown field `millis`"),
            (r#"{"fault":{"kind":"delay","milis":1}}"#, "unknown field `milis`"),
            (r#"{"fault":{"kind":"status","status":99}}"#, "100 to 999"),
            (r#"{"fault":{"kind":"status","status":200,"body":"","bodyBase64":""}}"#, "exclude each other"),
            (r#"{"fault":{"kind":"status","status":204,"body":"x"}}"#, "has no body"),
            (r#"{"fault":{"kind":"status","status":200,"bodyBase64":"?"}}"#, "no Base64"),
            (r#"{"fault":{"kind":"status","status":200,"headers":{"a b":"c"}}}"#, "name of a header"),
            (r#"{"fault":{"kind":"status","status":200,"headers":{"a":"b\n"}}}"#, "value of a header"),
            (r#"{"fault":{"kind":"status","status":200,"headers":{"a":1}}}"#, "must be a text"),
            (r#"{"fault":{"kind":"redirect","location":"/","status":200}}"#, "no redirect"),
            (r#"{"fault":{"kind":"redirect","location":"\n"}}"#, "location"),
            (r#"{"fault":{"kind":"endless","status":204}}"#, "no body"),
            (r#"{"fault":{"kind":"hang"},"times":0}"#, "at least 1"),
            (r#"{"fault":{"kind":"hang"},"method":"G T"}"#, "no HTTP method"),
            (r#"{"fault":{"kind":"hang"},"operation":"getUser"}"#, "unknown variant `getUser`"),
            (r#"{"fault":{"kind":"hang"},"time":2}"#, "unknown field `time`"),
        ] {
            let error = parse(json).unwrap_err();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
