//! What can go wrong on purpose. Pure: `inject.rs` does it to a connection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::StatusCode;
use http::header::HeaderValue;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::headers::Headers;

/// A fault to inject. As JSON, an object with the `kind` and the fields of the variant in camelCase.
///
/// "The response" below is the one that the request would have had without the fault.
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
    /// headers and this body. See [`Headers`] for what is added. With a status below 200, the connection closes after the head.
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
    /// `{"kind": "delay", "millis": 500}`: the response, this much later.
    Delay {
        /// In milliseconds.
        millis: u64,
    },
    /// `{"kind": "hang"}`: nothing, until the client disconnects.
    Hang,
    /// `{"kind": "stall", "afterBytes": 10}`: the response's head and this much of its body, then nothing until the
    /// client goes away. Content-Length always promises more than what is sent.
    Stall {
        /// How many bytes of the body are sent.
        #[serde(default)]
        after_bytes: usize,
    },
    /// `{"kind": "stallHead", "afterBytes": 16}`: this much of the response's head, then nothing until the client goes
    /// away.
    StallHead {
        /// How many bytes of the head are sent. 16 by default: the status line and almost nothing else.
        #[serde(default = "default_stall_head")]
        after_bytes: usize,
    },
    /// `{"kind": "drip", "millisPerByte": 20}`: the response, head and body, byte by byte.
    Drip {
        /// The pause before each byte, in milliseconds.
        millis_per_byte: u64,
    },
    /// `{"kind": "reset"}`: the connection is reset before any byte.
    Reset,
    /// `{"kind": "resetAfterHead"}`: the response's head, then the connection is reset.
    ResetAfterHead,
    /// `{"kind": "truncate"}`: the response, but the connection closes before the body is complete.
    Truncate {
        /// How many bytes of the body are sent. Half of them by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_bytes: Option<usize>,
    },
    /// `{"kind": "garbage"}`: bytes that are not HTTP, then the connection closes.
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
    /// `{"kind": "closeIdle"}`: the response, which promises keep-alive, after which the connection closes.
    CloseIdle {
        /// How long the connection stays open after the response, in milliseconds. 0 by default.
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
    /// A [`Fault::Status`] without headers or body.
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Headers::default(), body: None, body_base64: None }
    }

    /// A [`Fault::Status`] with headers and a text body.
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

    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Status { status, headers, body, body_base64 } => {
                check_status(*status)?;
                headers.check()?;
                if body.is_some() && body_base64.is_some() {
                    return Err("body and bodyBase64 are mutually exclusive".to_owned());
                }
                if !has_body(*status) && (body.is_some() || body_base64.is_some()) {
                    return Err(format!(
                        "a response with status {status} has no body (`garbage` can send one)"
                    ));
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
                    return Err("location is not a valid header value".to_owned());
                }
                match status {
                    Some(status) if !(300..=399).contains(status) => {
                        Err(format!("status {status} is not a redirect: use 300 to 399"))
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

/// Whether HTTP lets a response of this status have a body.
pub(crate) fn has_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

/// Decodes what `check_base64` has let pass.
pub(crate) fn decode_base64(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap_or_default()
}

fn check_base64(name: &str, text: Option<&str>) -> Result<(), String> {
    match text.map(|text| BASE64.decode(text)) {
        Some(Err(error)) => Err(format!("{name} is not valid Base64: {error}")),
        _ => Ok(()),
    }
}

fn check_status(status: u16) -> Result<(), String> {
    match StatusCode::from_u16(status) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("status must be 100 to 999, not {status}")),
    }
}

fn default_stall_head() -> usize {
    16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;
    use crate::rule::FaultRule;

    fn parse(json: &str) -> Result<FaultRule, String> {
        let rule: FaultRule = serde_json::from_str(json).map_err(|error| error.to_string())?;
        rule.check().map(|()| rule)
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
    fn what_a_test_gets_wrong_is_said() {
        for (json, says) in [
            (r#"{}"#, "missing field `fault`"),
            (r#"{"fault":{}}"#, "missing field `kind`"),
            (r#"{"fault":{"kind":"explode"}}"#, "unknown variant `explode`"),
            (r#"{"fault":{"kind":"hang","millis":1}}"#, "unknown field `millis`"),
            (r#"{"fault":{"kind":"delay","milis":1}}"#, "unknown field `milis`"),
            (r#"{"fault":{"kind":"status","status":99}}"#, "100 to 999"),
            (r#"{"fault":{"kind":"status","status":200,"body":"","bodyBase64":""}}"#, "mutually exclusive"),
            (r#"{"fault":{"kind":"status","status":204,"body":"x"}}"#, "has no body"),
            (r#"{"fault":{"kind":"status","status":200,"bodyBase64":"?"}}"#, "not valid Base64"),
            (r#"{"fault":{"kind":"status","status":200,"headers":{"a b":"c"}}}"#, "valid header name"),
            (r#"{"fault":{"kind":"status","status":200,"headers":{"a":"b\n"}}}"#, "valid header value"),
            (r#"{"fault":{"kind":"status","status":200,"headers":{"a":1}}}"#, "must be a string"),
            (r#"{"fault":{"kind":"redirect","location":"/","status":200}}"#, "not a redirect"),
            (r#"{"fault":{"kind":"redirect","location":"\n"}}"#, "location"),
            (r#"{"fault":{"kind":"endless","status":204}}"#, "no body"),
            (r#"{"fault":{"kind":"hang"},"times":0}"#, "at least 1"),
            (r#"{"fault":{"kind":"hang"},"method":"G T"}"#, "not a valid HTTP method"),
            (r#"{"fault":{"kind":"hang"},"operation":"getUser"}"#, "unknown variant `getUser`"),
            (r#"{"fault":{"kind":"hang"},"time":2}"#, "unknown field `time`"),
        ] {
            let error = parse(json).unwrap_err();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}
