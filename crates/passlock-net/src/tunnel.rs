//! The tunnel through a proxy (RFC 9110, 9.3.6), without I/O: what to send, and what the reply means.

use std::error::Error;
use std::fmt;

use http::StatusCode;
use passlock_core::{TransportError, TransportErrorKind};

use crate::proxy::Proxy;

/// The most of a proxy's reply that is read, in bytes.
const LARGEST_REPLY: usize = 32 * 1024;
/// The most header lines of a proxy's reply.
const MOST_HEADERS: usize = 256;

/// The request for a tunnel to `target`, a host and a port. It contains the proxy's credentials.
#[must_use]
pub fn tunnel_request(target: &str, proxy: &Proxy) -> Vec<u8> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// What a proxy has replied so far.
#[derive(Default)]
pub struct TunnelReply(Vec<u8>);

impl TunnelReply {
    /// Takes what was read, and says whether the tunnel is open; if not, read more. An empty read is the end of the connection.
    ///
    /// # Errors
    ///
    /// Why the tunnel was not opened.
    pub fn push(&mut self, read: &[u8]) -> Result<bool, ProxyRefusal> {
        if read.is_empty() {
            return Err(ProxyRefusal::Unintelligible("the proxy closed the connection"));
        }
        self.0.extend_from_slice(read);
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut reply = httparse::Response::new(&mut headers);
            let parsed = reply
                .parse(&self.0)
                .map_err(|_| ProxyRefusal::Unintelligible("the proxy's reply is not valid HTTP/1.1"))?;
            let httparse::Status::Complete(length) = parsed else {
                if self.0.len() > LARGEST_REPLY {
                    return Err(ProxyRefusal::Unintelligible("the proxy's reply is too large"));
                }
                return Ok(false);
            };
            match reply.code {
                // It says that another one comes.
                Some(100 | 102..=199) => drop(self.0.drain(..length)),
                // What comes through the tunnel answers what was sent through it.
                Some(200..=299) if self.0.len() > length => {
                    return Err(ProxyRefusal::Unintelligible("the proxy sent more than its reply"));
                }
                Some(200..=299) => return Ok(true),
                code => return Err(ProxyRefusal::Status(code.unwrap_or_default())),
            }
        }
    }
}

/// Hand-written: of what a proxy says nothing is shown.
impl fmt::Debug for TunnelReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TunnelReply").finish_non_exhaustive()
    }
}

/// Why a proxy opened no tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyRefusal {
    /// It replied with this status.
    Status(u16),
    /// It did not reply like a proxy; what it did instead.
    Unintelligible(&'static str),
}

impl ProxyRefusal {
    /// The transport error that it stands for. Asked again with the same password, a proxy may lock the account; and rules
    /// don't change between two attempts.
    #[must_use]
    pub fn transport_error(self) -> TransportError {
        let kind = match self {
            Self::Status(403 | 407) => TransportErrorKind::ProxyRefused,
            _ => TransportErrorKind::NotConnected,
        };
        TransportError::new(kind, self.to_string())
    }
}

impl fmt::Display for ProxyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(407) => f.write_str("the proxy asks for credentials (407)"),
            Self::Status(status) => write!(f, "the proxy refused the tunnel ({status})"),
            Self::Unintelligible(what) => f.write_str(what),
        }
    }
}

impl Error for ProxyRefusal {}

/// Checks a response from a proxy that forwards whole requests: only the proxy itself responds with 407.
///
/// # Errors
///
/// `ProxyRefused` if it did.
pub fn check_forwarded(status: StatusCode) -> Result<(), TransportError> {
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            Err(ProxyRefusal::Status(status.as_u16()).transport_error())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(bytes: &[u8]) -> Result<bool, ProxyRefusal> {
        TunnelReply::default().push(bytes)
    }

    #[test]
    fn any_2xx_opens_the_tunnel() {
        let many = "X-Header: value\r\n".repeat(200);
        for head in [
            "HTTP/1.1 200 Connection established\r\n\r\n".to_owned(),
            "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "HTTP/1.1 201 Created\r\n\r\n".to_owned(),
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            "HTTP/1.1 299\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\nVia: x\n\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".to_owned(),
        ] {
            assert_eq!(reply(head.as_bytes()), Ok(true), "{head}");
            // However it is cut.
            let mut slowly = TunnelReply::default();
            let (last, rest) = head.as_bytes().split_last().unwrap();
            assert!(rest.iter().all(|byte| slowly.push(&[*byte]) == Ok(false)), "{head}");
            assert_eq!(slowly.push(&[*last]), Ok(true), "{head}");
        }
    }

    #[test]
    fn everything_else_is_a_refusal_with_its_status() {
        for status in [101, 300, 302, 403, 404, 407, 500, 502, 999] {
            let refusal = reply(format!("HTTP/1.1 {status} Whatever\r\n\r\nbody").as_bytes()).unwrap_err();
            assert_eq!(refusal, ProxyRefusal::Status(status));
            let error = refusal.transport_error();
            assert!(error.cause().contains(&status.to_string()), "{error:?}");
            let is_final = error.kind() == TransportErrorKind::ProxyRefused;
            assert_eq!(is_final, matches!(status, 403 | 407), "{status}");
        }
    }

    #[test]
    fn what_is_no_reply_or_too_large_a_one_is_a_refusal() {
        let mut endless = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
        endless.resize(LARGEST_REPLY + 1, b'x');
        let headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(MOST_HEADERS + 1));
        for bytes in [
            &b"SSH-2.0-x\r\n"[..],
            b"HTTP/1.1 200 OK\r\n\r\nmore",
            b"HTTP/2 200 OK\r\n\r\n",
            b"",
            &endless,
            headers.as_bytes(),
        ] {
            let refusal = reply(bytes).unwrap_err();
            assert!(matches!(refusal, ProxyRefusal::Unintelligible(_)), "{refusal}");
            assert_eq!(refusal.transport_error().kind(), TransportErrorKind::NotConnected);
        }
    }
}
