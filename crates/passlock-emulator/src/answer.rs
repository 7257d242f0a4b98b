//! Answers as bytes.

use std::time::SystemTime;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};

use crate::fault::has_body;
use crate::headers::Headers;
use crate::wire::ApiError;

const REQUEST_ID: &str = "x-request-id";
/// The headers that Passlock and its gateways use for it.
const REQUEST_IDS: [&str; 4] = [REQUEST_ID, "apigw-requestid", "x-amzn-requestid", "x-amz-apigw-id"];
/// No answer of the emulator is near this size, apart from the journal.
const RESPONSE_LIMIT: usize = 2 * 1024 * 1024 * 1024 - 1;

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    adds_length: bool,
    pub(crate) body: Bytes,
    /// Whether the connection closes after it, and its head says so.
    pub(crate) closes: bool,
    is_to_head: bool,
}

impl Answer {
    /// What a handler has answered.
    pub(crate) async fn from_response(response: Response, request_id: String) -> Self {
        let (parts, body) = response.into_parts();
        let mut headers: Vec<_> = parts
            .headers
            .iter()
            .filter(|(name, _)| **name != CONTENT_LENGTH)
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        headers.push((REQUEST_ID.to_owned(), request_id.into_bytes()));
        // As every server with a clock does (RFC 9110, 6.6.1).
        headers.push(("date".to_owned(), httpdate::fmt_http_date(SystemTime::now()).into_bytes()));
        // Handlers answer with bytes that are there already: reading them can't fail.
        let body = axum::body::to_bytes(body, RESPONSE_LIMIT).await.unwrap_or_default();
        let status = parts.status.as_u16();
        Self { status, headers, adds_length: has_body(status), body, closes: false, is_to_head: false }
    }

    /// The answer to what could not be read. The connection is of no use any more.
    pub(crate) fn from_malformed(status: StatusCode, message: &str, request_id: String) -> Self {
        let body = ApiError::bad_request(message).body().to_string();
        Self {
            status: status.as_u16(),
            headers: vec![
                ("content-type".to_owned(), b"application/json".to_vec()),
                (REQUEST_ID.to_owned(), request_id.into_bytes()),
            ],
            adds_length: true,
            body: body.into(),
            closes: true,
            is_to_head: false,
        }
    }

    /// What a fault prescribes.
    pub(crate) fn from_fault(status: u16, prescribed: &Headers, body: Vec<u8>, request_id: String) -> Self {
        let mut headers: Vec<_> =
            prescribed.iter().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
        if !REQUEST_IDS.iter().any(|name| prescribed.names(name)) {
            headers.push((REQUEST_ID.to_owned(), request_id.into_bytes()));
        }
        Self {
            status,
            adds_length: has_body(status)
                && !prescribed.names(CONTENT_LENGTH.as_str())
                && !prescribed.names(TRANSFER_ENCODING.as_str()),
            headers,
            body: body.into(),
            closes: false,
            is_to_head: false,
        }
    }

    /// The answer to HEAD has no body, and may be silent about the length that it would have.
    pub(crate) fn without_body(&mut self) {
        self.is_to_head = true;
        self.adds_length = false;
    }

    /// Whether the connection is of no use after this answer, be it because its head says so, or because it was no
    /// final one.
    pub(crate) fn ends_connection(&self) -> bool {
        self.closes
            || self.status < 200
            || self.headers.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case(CONNECTION.as_str()) && value.eq_ignore_ascii_case(b"close")
            })
    }

    /// Head and body.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len());
        if !self.is_to_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    /// The head, which promises a body of `length` bytes.
    pub(crate) fn head(&self, length: usize) -> Vec<u8> {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason.unwrap_or_default()).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        };
        for (name, value) in &self.headers {
            line(name, value);
        }
        if self.adds_length {
            line(CONTENT_LENGTH.as_str(), length.to_string().as_bytes());
        }
        if self.closes {
            line(CONNECTION.as_str(), b"close");
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}
