//! Keeps from ureq what it would act on by itself.
//!
//! Cargo builds a library once, with every feature that any crate of a program asks for. With `gzip`, `brotli` or `charset` on,
//! ureq decodes bodies; with `cookies` on, it sends one call's cookies with the next. None of its settings switches that off, so
//! it does not get to see the headers that it would do so for: they have other names on their way through it.

use http::{HeaderMap, HeaderName};

/// As many header lines as ureq reads.
const MAX_HEADERS: usize = 128;

/// A header's name, and the name of the same length that it has on its way through ureq.
const RENAMED: [(&str, &str); 3] = [
    ("content-encoding", "x-passlock-coded"),
    ("content-type", "x-passlock-t"),
    ("set-cookie", "x-passlock"),
];

/// What the head of an answer says of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// There is more to come.
    Partial,
    Complete {
        is_chunked: bool,
    },
}

/// Renames those headers in what was read of an answer's head, interim answers before it included. What is not HTTP stays as it
/// is: ureq says what is wrong with it.
pub(crate) fn rename_headers(input: &mut [u8]) -> Head {
    let mut rest = input;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = response.parse(rest) else { return Head::Partial };
        let begin = rest.as_ptr() as usize;
        let is_interim = matches!(response.code, Some(100 | 102..=199));
        let mut is_chunked = false;
        let mut places = Vec::new();
        for header in response.headers.iter() {
            is_chunked |= header.name.eq_ignore_ascii_case("transfer-encoding");
            let is_it = |(name, _): &&(&str, &str)| header.name.eq_ignore_ascii_case(name);
            if let Some((_, other)) = RENAMED.iter().find(is_it) {
                // Where it stands in what was parsed.
                places.push((header.name.as_ptr() as usize - begin, *other));
            }
        }
        for (place, other) in places {
            rest[place..place + other.len()].copy_from_slice(other.as_bytes());
        }
        if !is_interim {
            return Head::Complete { is_chunked };
        }
        rest = &mut rest[length..];
    }
}

/// Gives the headers of an answer their own names again.
pub(crate) fn restore_headers(headers: &mut HeaderMap) {
    for (name, other) in RENAMED {
        if headers.contains_key(other) {
            let values: Vec<_> = headers.get_all(other).iter().cloned().collect();
            headers.remove(other);
            for value in values {
                headers.append(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(head: &str) -> (String, Head) {
        let mut bytes = head.as_bytes().to_vec();
        let head = rename_headers(&mut bytes);
        (String::from_utf8(bytes).unwrap(), head)
    }

    #[test]
    fn headers_that_ureq_would_act_on_are_renamed_whatever_their_case() {
        let (head, found) = renamed(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nA: Set-Cookie\r\nSET-COOKIE: a=b\r\n\
             Content-Type: text/plain\r\nset-cookie: c=d\r\n\r\nContent-Type: body\r\n",
        );
        assert_eq!(found, Head::Complete { is_chunked: false });
        assert_eq!(
            head,
            "HTTP/1.1 200 OK\r\nx-passlock-coded: gzip\r\nA: Set-Cookie\r\nx-passlock: a=b\r\n\
             x-passlock-t: text/plain\r\nx-passlock: c=d\r\n\r\nContent-Type: body\r\n",
        );
    }

    #[test]
    fn interim_answers_are_passed_over_and_what_is_incomplete_stays() {
        let interim = "HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=b\r\n\r\n";
        for (head, found) in [
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Head::Complete { is_chunked: true }),
            ("HTTP/1.1 101 Switching\r\n\r\n", Head::Complete { is_chunked: false }),
            ("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n", Head::Partial),
            ("SSH-2.0", Head::Partial),
            ("", Head::Partial),
        ] {
            assert_eq!(renamed(head), (head.to_owned(), found));
            let (renamed, after) = renamed(&format!("{interim}{interim}{head}"));
            assert_eq!(after, found, "{head}");
            assert_eq!(renamed.matches("x-passlock: a=b").count(), 2, "{renamed}");
        }
    }

    #[test]
    fn names_keep_their_length_and_come_back_with_all_values() {
        let mut headers = HeaderMap::new();
        for (name, other) in RENAMED {
            assert_eq!(name.len(), other.len());
            headers.append(HeaderName::from_static(other), "1".parse().unwrap());
            headers.append(HeaderName::from_static(other), "2".parse().unwrap());
        }
        restore_headers(&mut headers);
        assert_eq!(headers.len(), 2 * RENAMED.len());
        for (name, _) in RENAMED {
            assert_eq!(headers.get_all(name).iter().collect::<Vec<_>>(), ["1", "2"]);
        }
    }
}
