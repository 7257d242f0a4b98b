//! The endpoint: where the API is, checked so strictly that every URL parser reads it as we do.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use url::{Host, Url};

use crate::error::{Message, Name};
use crate::message;

/// The longest endpoint that is taken, in bytes.
const LONGEST: usize = 1024;

/// Scheme, host, port and path prefix of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    text: String,
    scheme: Scheme,
    authority: Authority,
    /// Empty, or a slash and segments; never a trailing slash.
    prefix: String,
    loopback: bool,
}

impl Endpoint {
    /// Parses `text`, or says what is wrong with it. The complaint does not repeat the text: it may hold credentials.
    pub(crate) fn parse(text: &str, allow_http: bool) -> Result<Self, Message> {
        if text.len() > LONGEST {
            return Err("is longer than 1024 bytes".into());
        }
        let url =
            Url::parse(text).map_err(|_| "is not a valid absolute URL, such as https://api.passlock.dev")?;
        let scheme = match url.scheme() {
            "https" => Scheme::HTTPS,
            "http" => Scheme::HTTP,
            _ => return Err("must begin with https://".into()),
        };
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err("must not contain a user name or password".into());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not contain a query or a fragment".into());
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => is_local_name(check_name(name)?),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => is_loopback_v6(address)?,
            None => return Err("has no host".into()),
        };
        // A parser that has to rewrite a URL reads it in its own way, and the next parser may read it in another.
        let rewritten = url.as_str() != text && url.as_str().strip_suffix('/') != Some(text);
        if rewritten {
            return Err("is not in canonical form: lower-case scheme and host, a canonical IP address, \
                        no default port, no dot segments, nothing that needs escaping"
                .into());
        }
        let prefix = url.path().strip_suffix('/').unwrap_or(url.path());
        check_prefix(prefix)?;
        if scheme == Scheme::HTTP && !loopback && !allow_http {
            return Err(message![
                "must begin with https:// (plain http would expose the API key to the network; ",
                Name("allow_http"),
                " allows it)",
            ]);
        }
        let authority = url.authority().parse().map_err(|_| "has a host that can't be used")?;
        Ok(Self { text: text.to_owned(), scheme, authority, prefix: prefix.to_owned(), loopback })
    }

    /// The endpoint as it was given. It contains no secret.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port, even if it is the scheme's default.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Whether connections are made with TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Whether the host is this machine: `localhost`, a name below it, or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The endpoint's root, without the path prefix.
    #[must_use]
    pub fn origin(&self) -> Uri {
        self.uri(PathAndQuery::from_static("/"))
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn uri(&self, path: PathAndQuery) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        // Scheme, authority and path are all there, which is the only rule that from_parts checks.
        Uri::from_parts(parts).unwrap_or_default()
    }
}

fn check_name(name: &str) -> Result<&str, &'static str> {
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    if name.len() <= 253 && name.split('.').all(label_is_fine) {
        Ok(name)
    } else {
        Err("has a host that is not an ASCII DNS name")
    }
}

/// Whether a name is this machine's own (RFC 6761, 6.3).
///
/// For transports: a host that is allowed without TLS because of its name must not be looked up with a resolver.
#[doc(hidden)]
#[must_use]
pub fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn is_loopback_v6(address: Ipv6Addr) -> Result<bool, &'static str> {
    match address.to_ipv4_mapped() {
        Some(Ipv4Addr { .. }) => Err("has an IPv4-mapped IPv6 address: write it as IPv4"),
        None => Ok(address.is_loopback()),
    }
}

fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:".contains(&b);
    match prefix.strip_prefix('/') {
        None => Ok(()),
        Some(segments) if segments.split('/').all(|s| !s.is_empty() && s.bytes().all(fine)) => Ok(()),
        Some(_) => Err("has a path prefix with an empty segment or a character that needs escaping"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_endpoints_are_taken() {
        for (text, prefix, loopback) in [
            ("https://api.passlock.dev", "", false),
            ("https://api.passlock.dev/", "", false),
            ("https://gw.example.com:8443/passlock", "/passlock", false),
            ("https://gw.example.com/a/b%20c/", "/a/b%20c", false),
            ("https://192.0.2.1", "", false),
            ("https://[2001:db8::1]:444", "", false),
            ("http://localhost:8080", "", true),
            ("http://api.localhost", "", true),
            ("http://127.1.2.3:8080", "", true),
            ("http://[::1]:9", "", true),
        ] {
            let endpoint = Endpoint::parse(text, false).unwrap_or_else(|e| panic!("{text} {e:?}"));
            assert_eq!((endpoint.prefix(), endpoint.is_loopback()), (prefix, loopback), "{text}");
            assert_eq!(endpoint.as_str(), text);
        }
    }

    #[test]
    fn everything_that_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "api.passlock.dev",
            "//api.passlock.dev",
            "ftp://api.passlock.dev",
            "HTTPS://api.passlock.dev",
            "https://API.passlock.dev",
            "https:api.passlock.dev",
            "https:/api.passlock.dev",
            "https:\\\\api.passlock.dev",
            "https://api.passlock.dev\\x",
            " https://api.passlock.dev",
            "https://api.passlock.dev\n",
            "https://api.pass\tlock.dev",
            "https://user@api.passlock.dev",
            "https://user:pw@api.passlock.dev",
            "https://@api.passlock.dev",
            "https://:@api.passlock.dev",
            "https://api.passlock.dev?",
            "https://api.passlock.dev/?a=b",
            "https://api.passlock.dev#",
            "https://api.passlock.dev/#f",
            "https://api.passlock.dev/a/../b",
            "https://api.passlock.dev/.",
            "https://api.passlock.dev/%2e%2E/b",
            "https://api.passlock.dev//",
            "https://api.passlock.dev/a//b",
            "https://api.passlock.dev/a b",
            "https://api.passlock.dev/é",
            "https://api.passlock.dev/a|b",
            "https://api.passlock.dev/a@b",
            "https://api.passlock.dev:443",
            "https://api.passlock.dev:",
            "https://api.passlock.dev:0443/",
            "https://api.passlock.dev:99999",
            "https://api.passlock.dev.",
            "https://api..dev",
            "https://bücher.example",
            "https://xn--.example",
            "https://a_b!.example",
            "https://%61pi.passlock.dev",
            "https://1.2.3",
            "https://0x7f.1",
            "https://127.0.0.01",
            "https://[::0001]",
            "https://[::ffff:127.0.0.1]",
            "https://[::ffff:7f00:1]",
            "https://[fe80::1%25eth0]",
            "https://",
            "https:///x",
            "http://api.passlock.dev",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://0.0.0.0",
        ] {
            assert!(Endpoint::parse(text, false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn plain_http_to_another_host_needs_its_switch() {
        assert!(Endpoint::parse("http://api.passlock.dev", true).is_ok());
    }

    #[test]
    fn a_complaint_does_not_repeat_the_endpoint() {
        let complaint = Endpoint::parse("https://user:pw-canary@host", false).unwrap_err();
        assert!(!complaint.as_str().contains("canary"));
    }
}
