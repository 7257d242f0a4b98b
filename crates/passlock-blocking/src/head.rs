//! Keeps from ureq what it would act on by itself, or log.
//!
//! Cargo builds a library once, with every feature that any crate of a program asks for. With `gzip`, `brotli` or `charset` on,
//! ureq decodes bodies; with `cookies` on, it sends one call's cookies with the next. None of its settings switches that off, so
//! it does not get to see the headers that it would do so for: they have other names on their way through it. So have those whose
//! values it logs at DEBUG, in which a server may echo a secret. It keeps the three that frame a response.

use http::{HeaderMap, HeaderName};

/// As many header lines as ureq reads.
const MAX_HEADERS: usize = 128;

/// The headers that have another name on their way through ureq: theirs with [`MARK`] in place of the first letter.
const RENAMED: [&str; 10] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "content-encoding",
    "content-type",
    "date",
    "host",
    "server",
    "set-cookie",
    "user-agent",
];

const MARK: &str = "!";

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
///
/// What an interim answer says does not count, so none of its headers keeps its name: ureq would look for a length among them.
/// And a 100 becomes a 102, since any interim answer may have headers, and ureq refuses them in that one alone.
pub(crate) fn rename_headers(input: &mut [u8]) -> Head {
    let mut rest = input;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = response.parse(rest) else { return Head::Partial };
        let begin = rest.as_ptr() as usize;
        let is_interim = matches!(response.code, Some(100 | 102..=199));
        let is_continue = response.code == Some(100);
        let is_transfer_coding =
            |header: &httparse::Header<'_>| header.name.eq_ignore_ascii_case("transfer-encoding");
        let is_coded = response.headers.iter().any(is_transfer_coding);
        let mut is_chunked = false;
        let mut places = Vec::new();
        for header in response.headers.iter() {
            // Where it stands in what was parsed.
            let place = header.name.as_ptr() as usize - begin;
            // A transfer coding overrides a length (RFC 9112, 6.3).
            if is_interim || (is_coded && header.name.eq_ignore_ascii_case("content-length")) {
                places.push((place, "x".repeat(header.name.len())));
                continue;
            }
            // Without that coding, the body ends where the connection does.
            is_chunked |=
                is_transfer_coding(header) && header.value.to_ascii_lowercase().ends_with(b"chunked");
            if RENAMED.iter().any(|name| header.name.eq_ignore_ascii_case(name)) {
                places.push((place, MARK.to_owned()));
            }
        }
        for (place, other) in places {
            rest[place..place + other.len()].copy_from_slice(other.as_bytes());
        }
        if let Some(space) = rest.iter().position(|byte| *byte == b' ').filter(|_| is_continue) {
            rest[space + 1..space + 4].copy_from_slice(b"102");
        }
        if !is_interim {
            return Head::Complete { is_chunked };
        }
        rest = &mut rest[length..];
    }
}

/// Gives the headers of an answer their own names again.
pub(crate) fn restore_headers(headers: &mut HeaderMap) {
    let marked: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with(MARK)).cloned().collect();
    for other in marked {
        let Some(name) = RENAMED.into_iter().find(|name| name[1..] == other.as_str()[1..]) else { continue };
        let values: Vec<_> = headers.get_all(&other).iter().cloned().collect();
        headers.remove(&other);
        for value in values {
            headers.append(HeaderName::from_static(name), value);
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
        let [coding, kind, cookie, other] = ["Content-Encoding", "Content-Type", "SET-COOKIE", "set-cookie"]
            .map(|name| format!("{MARK}{}", &name[1..]));
        assert_eq!(
            head,
            format!(
                "HTTP/1.1 200 OK\r\n{coding}: gzip\r\nA: Set-Cookie\r\n{cookie}: a=b\r\n\
                 {kind}: text/plain\r\n{other}: c=d\r\n\r\nContent-Type: body\r\n",
            ),
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
            assert_eq!(renamed.matches("\r\nxxxxxxxxxx: a=b\r\n").count(), 2, "{renamed}");
        }
    }

    #[test]
    fn continue_with_headers_becomes_another_interim_answer() {
        let (head, found) =
            renamed("HTTP/1.1 100 Continue\r\ncontent-length:\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(found, Head::Complete { is_chunked: false });
        assert_eq!(head, "HTTP/1.1 102 Continue\r\nxxxxxxxxxxxxxx:\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    }

    #[test]
    fn another_transfer_coding_is_not_chunked() {
        for (coding, is_chunked) in [("Chunked", true), ("gzip, chunked", true), ("", false), ("gzip", false)]
        {
            let (_, found) = renamed(&format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\n"));
            assert_eq!(found, Head::Complete { is_chunked }, "{coding}");
        }
    }

    #[test]
    fn names_come_back_with_all_values() {
        let head: String = RENAMED.iter().map(|name| format!("{name}: 1\r\n{name}: 2\r\n")).collect();
        let (renamed, _) = renamed(&format!("HTTP/1.1 200 OK\r\n{head}!other: 1\r\n\r\n"));
        let mut headers = HeaderMap::new();
        for line in renamed.lines().skip(1).take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        assert!(RENAMED.iter().all(|name| !headers.contains_key(*name)));
        restore_headers(&mut headers);
        assert_eq!(headers.len(), 2 * RENAMED.len() + 1);
        for name in RENAMED {
            assert_eq!(headers.get_all(name).iter().collect::<Vec<_>>(), ["1", "2"]);
        }
        assert_eq!(headers["!other"], "1");
    }
}
