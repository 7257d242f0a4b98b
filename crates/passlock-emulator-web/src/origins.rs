//! Which pages may use the browser API.

use std::fmt;

use url::{Host, Url};

/// An origin, or `http://localhost:*`.
#[derive(Clone, Debug)]
pub(crate) struct OriginPattern {
    url: Url,
    host: String,
    any_port: bool,
}

impl OriginPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (plain, any_port) = match text.strip_suffix(":*") {
            Some(plain) => (plain, true),
            None => (text, false),
        };
        let url = Url::parse(plain).map_err(|_| "is not a valid URL")?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err("has no host name: browsers do not support passkeys for IP addresses");
        };
        let host = host.to_owned();
        let is_local = host == "localhost" || host.ends_with(".localhost");
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            _ => return Err("must begin with https://, or with http://localhost"),
        }
        // What is written must be an origin and nothing else, as a browser writes it.
        if url.origin().ascii_serialization() != plain {
            return Err("is not an origin: scheme, host and port, without a path");
        }
        if any_port && url.port().is_some() {
            return Err("has two ports");
        }
        Ok(Self { url, host, any_port })
    }

    /// Whether the value of an `Origin` header is this one.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        let own = self.url.origin().ascii_serialization();
        if origin == own {
            return true;
        }
        self.any_port
            && origin
                .strip_prefix(&own)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port))
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn any_port(&self) -> bool {
        self.any_port
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Whether a page of this origin may use passkeys of the relying party. A domain of one label that is not the host
    /// itself belongs to nobody.
    pub(crate) fn is_below(&self, rp_id: &str) -> bool {
        let above = self.host.strip_suffix(rp_id).is_some_and(|prefix| prefix.ends_with('.'));
        self.host == rp_id || (above && rp_id.contains('.'))
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = if self.any_port { ":*" } else { "" };
        write!(f, "{}{port}", self.url.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_allowed_exactly() {
        let any = OriginPattern::parse("http://localhost:*").unwrap();
        for origin in ["http://localhost", "http://localhost:3000", "http://localhost:65535"] {
            assert!(any.allows(origin), "{origin}");
        }
        for origin in [
            "null",
            "https://localhost:3000",
            "http://localhost:",
            "http://localhost:x",
            "http://localhost:80.evil.test",
            "http://localhost.evil.test",
            "http://localhost:99999",
            "http://localhost:007",
            "http://127.0.0.1:3000",
            "http://a.localhost:3000",
        ] {
            assert!(!any.allows(origin), "{origin}");
        }
        let one = OriginPattern::parse("https://app.example.test").unwrap();
        assert!(one.allows("https://app.example.test"));
        assert!(!one.allows("https://app.example.test:444") && !one.allows("http://app.example.test"));
    }

    #[test]
    fn what_no_browser_would_use_is_refused() {
        for text in [
            "",
            "*",
            "localhost",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "http://example.test",
            "ftp://localhost",
            "http://localhost/",
            "http://localhost:3000/path",
            "http://localhost:80",
            "http://LOCALHOST",
            "http://localhost:1:*",
            "http://a@localhost",
        ] {
            assert!(OriginPattern::parse(text).is_err(), "{text}");
        }
    }
}
