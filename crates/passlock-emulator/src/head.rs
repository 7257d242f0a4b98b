//! Reads requests off the wire. Pure: bytes in, a head or a piece of a body out.

use bytes::{Buf, BytesMut};
use http::{Method, StatusCode, Uri};

/// How many bytes a head may have: a token of 4 KiB, percent-encoded, takes 12.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;
/// How many bytes a body may have.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

const HEADER_LIMIT: usize = 128;
/// How many bytes a line of a chunked body may have, be it a chunk's size or a trailer.
const CHUNK_LINE_LIMIT: usize = 8 * 1024;

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The request target, exactly as on the wire.
    pub target: String,
    /// The request target, understood.
    pub uri: Uri,
    /// The headers in their order, with lower-case names.
    pub headers: Vec<(String, Vec<u8>)>,
    /// How the length of the body is given.
    pub framing: Framing,
    /// Whether the client wants the connection to stay open.
    pub keep_alive: bool,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
    /// How many bytes the head took.
    pub length: usize,
}

/// How the length of a request's body is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// By `Content-Length`, or by its absence, which is 0.
    Length(u64),
    /// By chunks.
    Chunked,
}

/// Why a request can't be read. The connection can't be used any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The status to respond with.
    pub status: StatusCode,
    /// Why.
    pub message: &'static str,
}

/// Reads the head of a request from the start of `input`. `Ok(None)` asks for more bytes.
///
/// # Errors
/// If no more bytes could make this a request.
pub fn parse_head(input: &[u8]) -> Result<Option<Head>, Malformed> {
    let mut headers = [httparse::EMPTY_HEADER; HEADER_LIMIT];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(input) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_LIMIT => length,
        Ok(httparse::Status::Partial) if input.len() < HEAD_LIMIT => return Ok(None),
        Ok(_) => return Err(too_large("the head is too large")),
        Err(httparse::Error::TooManyHeaders) => return Err(too_large("there are too many headers")),
        Err(_) => return Err(bad("this is not a valid HTTP/1.1 request")),
    };
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(bad("this is not a valid HTTP/1.1 request"));
    };
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad("the method is malformed"))?;
    let uri = Uri::try_from(target).map_err(|_| bad("the request target is malformed"))?;
    // What a client asks of a proxy names a host and no path. It is no route, but it is to be seen in the journal.
    let asks_for_tunnel = method == Method::CONNECT && uri.authority().is_some() && uri.path().is_empty();
    if !uri.path().starts_with('/') && !asks_for_tunnel {
        return Err(bad("the request target has no path"));
    }
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
        .collect();
    Ok(Some(Head {
        method,
        target: target.to_owned(),
        uri,
        framing: framing(&headers)?,
        keep_alive: version == 1 && !tokens(&headers, "connection").any(|token| token == "close"),
        expects_continue: version == 1 && tokens(&headers, "expect").any(|token| token == "100-continue"),
        headers,
        length,
    }))
}

/// Takes a chunked body out of the bytes that come in, however they are cut.
#[derive(Debug, Default)]
pub(crate) struct ChunkedDecoder {
    body: Vec<u8>,
    state: ChunkState,
}

#[derive(Debug, Default)]
enum ChunkState {
    #[default]
    Size,
    Data(usize),
    DataEnd,
    Trailers,
}

impl ChunkedDecoder {
    /// Takes what it can from `input`. `Ok(Some(body))` is the end; `Ok(None)` asks for more bytes.
    pub(crate) fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Vec<u8>>, Malformed> {
        loop {
            match self.state {
                ChunkState::Size => match httparse::parse_chunk_size(input) {
                    Ok(httparse::Status::Complete((length, size))) => {
                        let size = usize::try_from(size).unwrap_or(usize::MAX);
                        if size > BODY_LIMIT - self.body.len() {
                            return Err(body_too_large());
                        }
                        input.advance(length);
                        self.state = if size == 0 { ChunkState::Trailers } else { ChunkState::Data(size) };
                    }
                    Ok(httparse::Status::Partial) if input.len() < CHUNK_LINE_LIMIT => return Ok(None),
                    _ => return Err(bad("the size of a chunk is malformed")),
                },
                ChunkState::Data(left) => {
                    let taken = left.min(input.len());
                    self.body.extend_from_slice(&input[..taken]);
                    input.advance(taken);
                    if taken < left {
                        self.state = ChunkState::Data(left - taken);
                        return Ok(None);
                    }
                    self.state = ChunkState::DataEnd;
                }
                ChunkState::DataEnd => match &input[..input.len().min(2)] {
                    b"\r\n" => {
                        input.advance(2);
                        self.state = ChunkState::Size;
                    }
                    b"" | b"\r" => return Ok(None),
                    _ => return Err(bad("a chunk is longer than its size")),
                },
                ChunkState::Trailers => match input.iter().position(|byte| *byte == b'\n') {
                    Some(end) => {
                        let is_last = matches!(&input[..end], b"" | b"\r");
                        input.advance(end + 1);
                        if is_last {
                            return Ok(Some(std::mem::take(&mut self.body)));
                        }
                    }
                    None if input.len() < CHUNK_LINE_LIMIT => return Ok(None),
                    None => return Err(bad("a trailer is too large")),
                },
            }
        }
    }
}

pub(crate) fn body_too_large() -> Malformed {
    Malformed { status: StatusCode::PAYLOAD_TOO_LARGE, message: "the body is too large" }
}

/// Anything that two readers could understand in two ways is refused.
fn framing(headers: &[(String, Vec<u8>)]) -> Result<Framing, Malformed> {
    let lengths: Vec<_> = values(headers, "content-length").collect();
    let mut codings = values(headers, "transfer-encoding");
    match (codings.next(), codings.next()) {
        (None, _) => match lengths.as_slice() {
            [] => Ok(Framing::Length(0)),
            [length] => std::str::from_utf8(length)
                .ok()
                .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok())
                .map(Framing::Length)
                .ok_or_else(|| bad("Content-Length is malformed")),
            _ => Err(bad("there is more than one Content-Length")),
        },
        (Some(_), _) if !lengths.is_empty() => {
            Err(bad("Content-Length and Transfer-Encoding are mutually exclusive"))
        }
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        _ => Err(Malformed {
            status: StatusCode::NOT_IMPLEMENTED,
            message: "the only Transfer-Encoding that is understood is chunked",
        }),
    }
}

fn values<'a>(headers: &'a [(String, Vec<u8>)], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_slice())
}

/// The comma-separated, lower-case tokens of a header.
fn tokens<'a>(headers: &'a [(String, Vec<u8>)], name: &'a str) -> impl Iterator<Item = String> {
    values(headers, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .map(|token| String::from_utf8_lossy(token.trim_ascii()).to_ascii_lowercase())
}

fn bad(message: &'static str) -> Malformed {
    Malformed { status: StatusCode::BAD_REQUEST, message }
}

fn too_large(message: &'static str) -> Malformed {
    Malformed { status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_from_its_last_byte_on_and_not_before() {
        let text =
            b"PATCH /t/user/u%2F1?q HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
        for cut in 0..text.len() {
            assert_eq!(parse_head(&text[..cut]), Ok(None), "{cut}");
        }
        let head = parse_head(&[text.as_slice(), b"{}GET /"].concat()).unwrap().unwrap();
        assert_eq!(head.method, Method::PATCH);
        assert_eq!(head.target, "/t/user/u%2F1?q");
        assert_eq!(head.uri.path(), "/t/user/u%2F1");
        assert_eq!(head.headers[0], ("host".to_owned(), b"h".to_vec()));
        assert_eq!(head.framing, Framing::Length(2));
        assert!(head.keep_alive && head.expects_continue);
        assert_eq!(head.length, text.len());
    }

    #[test]
    fn keep_alive() {
        let keeps = |text: &str| parse_head(text.as_bytes()).unwrap().unwrap().keep_alive;
        assert!(keeps("GET / HTTP/1.1\r\n\r\n"));
        assert!(!keeps("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n"));
        assert!(!keeps("GET / HTTP/1.0\r\n\r\n"));
    }

    #[test]
    fn what_is_asked_of_a_proxy_is_read() {
        let head = parse_head(b"CONNECT a.test:443 HTTP/1.1\r\n\r\n").unwrap().unwrap();
        assert_eq!((head.method, head.target.as_str()), (Method::CONNECT, "a.test:443"));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let status = |text: &str| parse_head(text.as_bytes()).map_err(|malformed| malformed.status.as_u16());
        for (text, expected) in [
            ("nonsense\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\n\r\n", 400),
            ("GET a.test:443 HTTP/1.1\r\n\r\n", 400),
            ("CONNECT * HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        ] {
            assert_eq!(status(text), Err(expected), "{text}");
        }
        assert_eq!(status(&format!("GET /{}", "a".repeat(HEAD_LIMIT))), Err(431));
        assert_eq!(
            status(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(HEADER_LIMIT + 1))),
            Err(431)
        );
    }

    #[test]
    fn a_chunked_body_is_read_however_it_is_cut() {
        let text = b"3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /";
        for cut in 0..text.len() {
            let mut decoder = ChunkedDecoder::default();
            let mut input = BytesMut::from(&text[..cut]);
            let mut body = decoder.decode(&mut input).unwrap();
            if body.is_none() {
                input.extend_from_slice(&text[cut..]);
                body = decoder.decode(&mut input).unwrap();
                assert_eq!(&input[..], b"GET /", "{cut}");
            }
            assert_eq!(body.as_deref(), Some(&b"abc0123456789"[..]), "{cut}");
        }
    }

    #[test]
    fn a_malformed_chunked_body_is_refused() {
        let status = |text: &str| {
            ChunkedDecoder::default().decode(&mut BytesMut::from(text)).map_err(|bad| bad.status.as_u16())
        };
        assert_eq!(status("x\r\n"), Err(400));
        assert_eq!(status("1\r\nab\r\n"), Err(400));
        assert_eq!(status("FFFFFFFFFFFFFFFF\r\n"), Err(413));
        assert_eq!(status("FFFFFFFFFFFFFFFFF\r\n"), Err(400));
        assert_eq!(status(&format!("1;{}", "a".repeat(CHUNK_LINE_LIMIT))), Err(400));
        assert_eq!(status(&format!("0\r\n{}", "a".repeat(CHUNK_LINE_LIMIT))), Err(400));
    }
}
