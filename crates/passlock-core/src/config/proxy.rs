//! The proxy settings as they were given. The transports' shared crate chooses the proxy for the endpoint.

use std::fmt;

use url::{Host, Url};

use super::is_local_name;
use crate::error::{Error, Message};
use crate::message;
use crate::secret::Secret;

/// Which proxy to use: the one that is set, or what the environment says.
// Exhaustive: who chooses a proxy must not pass over a kind of setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySettings {
    /// The `proxy` setting, which applies to every endpoint.
    Explicit(ProxyUrl),
    /// The environment variables, read by the usual rules.
    Environment(ProxyEnvironment),
}

/// The values of the proxy variables. They may contain credentials: `Debug` shows none of them.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyEnvironment {
    /// `HTTPS_PROXY`: for https endpoints.
    pub https: Option<String>,
    /// `HTTP_PROXY`: for http endpoints.
    pub http: Option<String>,
    /// `ALL_PROXY`: used if the one for the endpoint's scheme is not set.
    pub all: Option<String>,
    /// `NO_PROXY`: hosts to reach without a proxy.
    pub no: Option<String>,
}

impl fmt::Debug for ProxyEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyEnvironment")
            .field("https", &self.https.is_some())
            .field("http", &self.http.is_some())
            .field("all", &self.all.is_some())
            .field("no", &self.no)
            .finish()
    }
}

/// An http proxy, and the credentials for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    /// Host and port.
    authority: String,
    loopback: bool,
    credentials: Option<(Secret, Secret)>,
}

impl ProxyUrl {
    /// Parses `http://[user:password@]host[:port]`; the scheme may be left out.
    ///
    /// # Errors
    ///
    /// `config` for anything else. The value is not repeated: it may contain credentials.
    pub fn parse(source: impl Into<Message> + Copy, text: &str) -> Result<Self, Error> {
        let refusal = |why: &str| Error::config(message![source, " ", why]);
        let with_scheme;
        let text = if text.contains("://") {
            text
        } else {
            with_scheme = format!("http://{text}");
            &with_scheme
        };
        let url = Url::parse(text)
            .map_err(|_| refusal("is not a valid URL, such as http://proxy.example.com:3128"))?;
        if url.scheme() != "http" {
            return Err(refusal("must be an http:// URL: SOCKS and https proxies are not supported"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(refusal("must be a host and a port, without a path"));
        }
        let host = url.host().ok_or_else(|| refusal("has no host"))?;
        let loopback = match &host {
            Host::Domain(name) => is_local_name(name),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .map(|text| Secret::new(text.into_owned()))
                .map_err(|_| refusal("has credentials that are not UTF-8"))
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decode(user)?, decode(password.unwrap_or_default())?)),
        };
        Ok(Self { authority: format!("{host}:{port}"), loopback, credentials })
    }

    /// Host and port, as in `proxy.example.com:3128`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// User name and password: secrets.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|(user, password)| (user.expose(), password.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_proxy_is_taken_with_and_without_credentials() {
        let proxy = ProxyUrl::parse("proxy", "http://us%40er:p%3Aw@proxy.example.com:3128/").unwrap();
        assert_eq!(proxy.authority(), "proxy.example.com:3128");
        assert_eq!(proxy.credentials(), Some(("us@er", "p:w")));
        assert_eq!(
            ProxyUrl::parse("proxy", "proxy.example.com").unwrap().authority(),
            "proxy.example.com:80"
        );
    }

    #[test]
    fn other_proxies_are_refused_without_repeating_them() {
        for text in
            ["socks5://u:canary@h:1", "https://u:canary@h", "http://u:canary@", "http://u:canary@h/x", "::"]
        {
            let error = ProxyUrl::parse("proxy", text).unwrap_err();
            assert!(
                error.message().starts_with("proxy ") && !format!("{error:?}").contains("canary"),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_shows_no_credentials() {
        let url = "http://user-canary:pw-canary@proxy:1";
        let environment = ProxyEnvironment { https: Some(url.into()), ..ProxyEnvironment::default() };
        for text in [format!("{:?}", ProxyUrl::parse("proxy", url)), format!("{environment:?}")] {
            assert!(!text.contains("canary"), "{text}");
        }
    }
}
