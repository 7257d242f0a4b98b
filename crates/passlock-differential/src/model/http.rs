//! What the bytes of a response mean, where HTTP/1.1 leaves no doubt. Where it does, clients only have to agree.

/// How an attempt ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ended {
    /// Nothing listens there.
    Refused,
    /// The connection ended before there was a head.
    Lost,
    /// Nothing that could be a head came in time.
    Hung,
    /// What came is not a head.
    Malformed,
    Answered(Head, Body),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Whole(Vec<u8>),
    CutOff,
    Stalled,
    TooLarge,
}

/// It depends on the reader.
#[derive(Debug, PartialEq)]
pub(super) struct Doubtful;

impl Head {
    /// The first value of a header.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let own = move |(own, _): &&(String, String)| own.eq_ignore_ascii_case(name);
        self.headers.iter().filter(own).map(|(_, value)| value.as_str())
    }
}

/// Reads what a server sent before it closed the connection, or went silent, of a body at most `most` bytes.
pub(super) fn read(sent: &[u8], closes: bool, most: u64) -> Result<Ended, Doubtful> {
    let mut rest = sent;
    loop {
        if rest.is_empty() {
            return Ok(if closes { Ended::Lost } else { Ended::Hung });
        }
        let end = find(rest, b"\r\n\r\n").ok_or(Doubtful)?;
        let head = head(&rest[..end])?;
        rest = &rest[end + 4..];
        match head.status {
            101 => return Ok(Ended::Answered(head, Body::Whole(Vec::new()))),
            // There is more to come.
            100..=199 => {}
            _ => {
                let body = body(&head, rest, closes, most)?;
                return Ok(Ended::Answered(head, body));
            }
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn head(bytes: &[u8]) -> Result<Head, Doubtful> {
    // Bytes beyond ASCII are somebody's letters: each stands for itself.
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let rest = line.strip_prefix("HTTP/1.1 ").ok_or(Doubtful)?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let plain = |text: &str| text.bytes().all(|b| matches!(b, b' '..=b'~'));
    if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) || status < "100" || !plain(reason) {
        return Err(Doubtful);
    }
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(Doubtful)?;
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let is_value = |c: char| c == '\t' || (c >= ' ' && c != '\u{7f}');
        if name.is_empty() || !name.bytes().all(is_token) || !value.chars().all(is_value) {
            return Err(Doubtful);
        }
        headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    // A head may be as large as this at least.
    if headers.len() > 90 || bytes.len() > 50_000 {
        return Err(Doubtful);
    }
    Ok(Head { status: status.parse().map_err(|_| Doubtful)?, headers })
}

fn body(head: &Head, rest: &[u8], closes: bool, most: u64) -> Result<Body, Doubtful> {
    let missing = if closes { Body::CutOff } else { Body::Stalled };
    let is_too_large = |bytes: usize| bytes as u64 > most;
    let codings: Vec<&str> = head.all("transfer-encoding").collect();
    let lengths: Vec<&str> = head.all("content-length").collect();
    if matches!(head.status, 204 | 304) {
        return if codings.is_empty() && lengths.is_empty() {
            Ok(Body::Whole(Vec::new()))
        } else {
            Err(Doubtful)
        };
    }
    match (&codings[..], &lengths[..]) {
        (["chunked"], []) => chunks(rest, missing, most),
        ([], [length]) => {
            if length.is_empty() || length.len() > 15 || !length.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Doubtful);
            }
            let length: usize = length.parse().map_err(|_| Doubtful)?;
            match rest.get(..length) {
                _ if is_too_large(length) => Ok(Body::TooLarge),
                Some(body) => Ok(Body::Whole(body.to_vec())),
                None => Ok(missing),
            }
        }
        ([], []) if is_too_large(rest.len()) => Ok(Body::TooLarge),
        ([], []) if closes => Ok(Body::Whole(rest.to_vec())),
        ([], []) => Ok(Body::Stalled),
        _ => Err(Doubtful),
    }
}

fn chunks(mut rest: &[u8], missing: Body, most: u64) -> Result<Body, Doubtful> {
    let mut body = Vec::new();
    loop {
        let Some(end) = find(rest, b"\r\n") else {
            return if rest.iter().all(u8::is_ascii_hexdigit) { Ok(missing) } else { Err(Doubtful) };
        };
        let size = std::str::from_utf8(&rest[..end]).map_err(|_| Doubtful)?;
        if size.is_empty() || size.len() > 8 || !size.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Doubtful);
        }
        let size = usize::from_str_radix(size, 16).map_err(|_| Doubtful)?;
        rest = &rest[end + 2..];
        if size == 0 {
            return match rest {
                [b'\r', b'\n', ..] => Ok(Body::Whole(body)),
                b"" | b"\r" => Ok(missing),
                // Trailers.
                _ => Err(Doubtful),
            };
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        if body.len() as u64 > most {
            return Ok(Body::TooLarge);
        }
        match rest.get(size..) {
            Some([b'\r', b'\n', more @ ..]) => rest = more,
            None | Some([] | [b'\r']) => return Ok(missing),
            Some(_) => return Err(Doubtful),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(sent: &str, closes: bool) -> Result<Ended, Doubtful> {
        read(sent.as_bytes(), closes, 10)
    }

    fn body_of(sent: &str, closes: bool) -> Body {
        match end(sent, closes) {
            Ok(Ended::Answered(_, body)) => body,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn bodies_end_as_their_heads_say() {
        for (sent, closes, body) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP", false, Body::Whole(b"{}".into())),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", true, Body::CutOff),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", false, Body::Stalled),
            ("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{}", true, Body::TooLarge),
            ("HTTP/1.1 200 OK\r\n\r\n{}", true, Body::Whole(b"{}".into())),
            ("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204\r\n\r\n", true, Body::Whole(Vec::new())),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
                false,
                Body::Whole(b"{}".into()),
            ),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n", true, Body::CutOff),
        ] {
            assert_eq!(body_of(sent, closes), body, "{sent}");
        }
        assert_eq!(end("", true), Ok(Ended::Lost));
        assert_eq!(end("HTTP/1.1 100 Continue\r\n\r\n", true), Ok(Ended::Lost));
    }

    #[test]
    fn what_readers_may_take_in_two_ways_is_doubtful() {
        for sent in [
            "HTTP/1.1 200 OK\nx: 1\n\n",
            "HTTP/1.1 200 OK\r\nx : 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
            "HTTP/1.1 2",
        ] {
            assert_eq!(end(sent, true), Err(Doubtful), "{sent}");
        }
    }
}
