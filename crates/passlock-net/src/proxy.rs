//! Which proxy is used for the endpoint: decided once, when a client is created.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use passlock_core::{Config, Error, Name, ProxyEnvironment, ProxySettings, ProxyUrl, message};

use crate::no_proxy::excepts;

/// A proxy to use, and the header that it needs.
#[derive(Clone)]
pub struct Proxy {
    authority: String,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Host and port.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The value of `Proxy-Authorization`: a secret.
    #[must_use]
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// Which proxy is used for the endpoint, and the rule that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyRule {
    /// The `proxy` setting names it.
    Setting,
    /// This environment variable names it.
    Variable(&'static str),
    /// None: the endpoint is on this machine, and the proxy variables are meant for the network.
    Loopback,
    /// None: `NO_PROXY` exempts the endpoint from this variable.
    Excepted(&'static str),
    /// None is named.
    Unset,
}

impl ProxyRule {
    /// The rule for these settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let environment = match config.proxy() {
            ProxySettings::Explicit(_) => return Self::Setting,
            ProxySettings::Environment(environment) => environment,
        };
        let Some((variable, _)) = named(config, environment) else { return Self::Unset };
        if config.endpoint().is_loopback() {
            return Self::Loopback;
        }
        let exceptions = environment.no.as_deref().unwrap_or_default();
        match excepts(exceptions, &config.endpoint().origin()) {
            true => Self::Excepted(variable),
            false => Self::Variable(variable),
        }
    }
}

/// The proxy for the endpoint, or none.
///
/// What the transports ask of it: for an https endpoint a tunnel (`CONNECT`), through which nobody but the endpoint sees a
/// request; for an http endpoint to pass on each request, which has its target in absolute form.
///
/// # Errors
///
/// `config` for a proxy variable that can't be used.
pub fn proxy_for(config: &Config) -> Result<Option<Proxy>, Error> {
    match (config.proxy(), ProxyRule::of(config)) {
        (ProxySettings::Explicit(url), _) => prepare(url).map(Some),
        (ProxySettings::Environment(environment), ProxyRule::Variable(_)) => {
            let Some((variable, text)) = named(config, environment) else { return Ok(None) };
            prepare(&ProxyUrl::parse(variable, text)?).map(Some)
        }
        (ProxySettings::Environment(_), _) => Ok(None),
    }
}

/// The variable for the endpoint's scheme, and what it says.
fn named<'a>(config: &Config, environment: &'a ProxyEnvironment) -> Option<(&'static str, &'a str)> {
    let (variable, for_scheme) = if config.endpoint().is_https() {
        ("HTTPS_PROXY", &environment.https)
    } else {
        ("HTTP_PROXY", &environment.http)
    };
    match (for_scheme, &environment.all) {
        (Some(text), _) => Some((variable, text)),
        (None, Some(text)) => Some(("ALL_PROXY", text)),
        (None, None) => None,
    }
}

fn prepare(url: &ProxyUrl) -> Result<Proxy, Error> {
    let authorization = match url.credentials() {
        None => None,
        Some((user, password)) => {
            let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
            let mut value = HeaderValue::try_from(basic).map_err(|_| {
                Error::config(message![Name("proxy"), " has credentials that can't be sent in a header"])
            })?;
            value.set_sensitive(true);
            Some(value)
        }
    };
    Ok(Proxy { authority: url.authority().to_owned(), authorization })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(endpoint: &str, environment: &[(&str, &str)]) -> Result<Option<String>, Error> {
        let config = Config::builder()
            .tenancy_id("t")
            .api_key("any-api-key")
            .endpoint(endpoint)
            .allow_http(true)
            .environment(|name| {
                environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
            .build()?;
        Ok(proxy_for(&config)?.map(|proxy| proxy.authority))
    }

    #[test]
    fn the_environment_is_read_by_the_usual_rules() {
        let both = [("HTTPS_PROXY", "http://secure:1"), ("HTTP_PROXY", "http://plain:2")];
        let some = |proxy: &str| Ok::<_, ()>(Some(proxy.to_owned()));
        let of = |endpoint, environment: &[_]| proxy(endpoint, environment).map_err(drop);
        assert_eq!(of("https://api.example", &both), some("secure:1"));
        assert_eq!(of("http://api.example", &both), some("plain:2"));
        assert_eq!(of("https://api.example", &[("ALL_PROXY", "all:3")]), some("all:3"));
        assert_eq!(of("https://api.example", &[("https_proxy", "low:4"), both[0]]), some("low:4"));
        assert_eq!(of("https://api.example", &[("HTTPS_PROXY", "")]), Ok(None));
        for (exceptions, proxied) in [
            ("api.example", false),
            (".example", false),
            ("example", false),
            ("*", false),
            ("other.example, api.example", false),
            ("pi.example", true),
            ("10.0.0.0/8", true),
        ] {
            let environment = [both[0], ("NO_PROXY", exceptions)];
            assert_eq!(of("https://api.example", &environment).unwrap().is_some(), proxied, "{exceptions}");
        }
        assert_eq!(of("https://10.1.2.3", &[both[0], ("NO_PROXY", "10.0.0.0/8")]), Ok(None));
    }

    #[test]
    fn an_endpoint_on_this_machine_is_proxied_only_by_setting() {
        let environment = [("HTTP_PROXY", "http://proxy:1"), ("HTTPS_PROXY", "http://proxy:1")];
        for endpoint in ["http://localhost:9", "http://127.0.0.1:9", "https://[::1]:9"] {
            assert_eq!(proxy(endpoint, &environment).unwrap(), None, "{endpoint}");
        }
        let config = Config::builder().tenancy_id("t").api_key("any-api-key").endpoint("http://localhost:9");
        let config = config.allow_http(true).proxy("http://user:pw@proxy:1").build().unwrap();
        let proxy = proxy_for(&config).unwrap().unwrap();
        assert_eq!(proxy.authority(), "proxy:1");
        assert_eq!(proxy.authorization().unwrap(), "Basic dXNlcjpwdw==");
        assert!(proxy.authorization().unwrap().is_sensitive());
    }

    #[test]
    fn the_rule_says_why_there_is_a_proxy_or_none() {
        let rule = |endpoint: &str, environment: &[(&str, &str)]| {
            let config = Config::builder().tenancy_id("t").api_key("any-api-key").endpoint(endpoint);
            let config = config.environment(|name| {
                environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            });
            ProxyRule::of(&config.build().unwrap())
        };
        let (set, all) = (("HTTPS_PROXY", "http://proxy:1"), ("ALL_PROXY", "http://proxy:1"));
        assert_eq!(rule("https://api.example", &[]), ProxyRule::Unset);
        assert_eq!(rule("https://api.example", &[set, all]), ProxyRule::Variable("HTTPS_PROXY"));
        assert_eq!(rule("https://api.example", &[all]), ProxyRule::Variable("ALL_PROXY"));
        let excepted = [set, ("NO_PROXY", "api.example")];
        assert_eq!(rule("https://api.example", &excepted), ProxyRule::Excepted("HTTPS_PROXY"));
        assert_eq!(rule("https://localhost", &excepted), ProxyRule::Loopback);
        assert_eq!(rule("http://localhost", &[set]), ProxyRule::Unset);
        let config = Config::builder().tenancy_id("t").api_key("any-api-key").proxy("http://proxy:1");
        assert_eq!(ProxyRule::of(&config.build().unwrap()), ProxyRule::Setting);
    }

    #[test]
    fn a_proxy_that_can_not_be_used_is_an_error_and_not_passed_over() {
        let error = proxy("https://api.example", &[("HTTPS_PROXY", "socks5://canary@h:1")]).unwrap_err();
        assert!(error.message().starts_with("HTTPS_PROXY must be an http:// URL"), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
