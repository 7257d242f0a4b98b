//! Settings as they were given, and the one check of them.

use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::{Config, Endpoint, Limits, ProxyEnvironment, ProxySettings, ProxyUrl, extra};
use crate::claims::ClaimChecks;
use crate::error::{Error, Name};
use crate::message;
use crate::observe::MaybeObserver;
use crate::path::Segment;
use crate::secret::{SHORTEST, Secret};
use crate::service::DEFAULT_ENDPOINT;

/// The most that `max_response_bytes` may be: 1 GiB. No answer of the API comes near it, and every machine can count to it.
const MOST_RESPONSE_BYTES: u64 = 1 << 30;

const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(300);
const LONGEST_IDLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// The settings as they were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) tenancy_id: Option<String>,
    pub(super) api_key: Option<Secret>,
    pub(super) endpoint: Option<String>,
    pub(super) environment: Environment,
    pub(super) allow_http: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) max_retries: Option<u32>,
    pub(super) max_response_bytes: Option<u64>,
    pub(super) proxy: Option<Secret>,
    pub(super) ca_certificates: Option<Vec<u8>>,
    pub(super) claims: ClaimChecks,
    pub(super) leeway: Option<Duration>,
    pub(super) user_agent: Option<String>,
    pub(super) app_info: Option<String>,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) observer: MaybeObserver,
    pub(super) fixed_now: Option<SystemTime>,
}

/// What the environment says.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    pub(super) tenancy_id: Option<String>,
    pub(super) api_key: Option<Secret>,
    pub(super) endpoint: Option<String>,
    pub(super) proxies: ProxyEnvironment,
}

impl Settings {
    /// Refuses what has no effect on an HTTP client of the application's own.
    pub(super) fn check_beside_http_client(&self) -> Result<(), Error> {
        let set = [
            (Name("proxy"), self.proxy.is_some()),
            (Name("ca_certificates"), self.ca_certificates.is_some()),
            (Name("connect_timeout"), self.connect_timeout.is_some()),
            (Name("idle_timeout"), self.idle_timeout.is_some()),
        ];
        match set.iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((name, _)) => {
                let message = message![
                    *name,
                    " has no effect together with ",
                    Name("http_client"),
                    ": set it on that client"
                ];
                Err(Error::config(message))
            }
        }
    }

    pub(super) fn check(self) -> Result<Config, Error> {
        let environment = self.environment;
        let tenancy_id = self.tenancy_id.or(environment.tenancy_id);
        let tenancy_id = tenancy_id.ok_or_else(|| missing(Name("tenancy_id"), "PASSLOCK_TENANCY_ID"))?;
        let tenancy_segment = Segment::new(&tenancy_id)
            .map_err(|why| Error::config(message![Name("tenancy_id"), " (PASSLOCK_TENANCY_ID) ", why]))?;

        let api_key = self.api_key.or(environment.api_key);
        let api_key = api_key.ok_or_else(|| missing(Name("api_key"), "PASSLOCK_API_KEY"))?;
        let api_key = Secret::new(api_key.expose().trim_end_matches(['\r', '\n']).to_owned());
        let authorization = authorization(&api_key)?;

        let endpoint = self.endpoint.or(environment.endpoint);
        let endpoint = Endpoint::parse(endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT), self.allow_http)
            .map_err(|why| Error::config(message![Name("endpoint"), " (PASSLOCK_ENDPOINT) ", why]))?;

        let limits = Limits {
            timeout: self.timeout.unwrap_or(Limits::DEFAULT.timeout),
            attempt: self.attempt_timeout.unwrap_or(Limits::DEFAULT.attempt),
            connect: self.connect_timeout.unwrap_or(Limits::DEFAULT.connect),
        }
        .checked()?;

        let idle_timeout = self.idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT);
        if idle_timeout > LONGEST_IDLE_TIMEOUT {
            return Err(Error::config(message![Name("idle_timeout"), " must be at most one hour"]));
        }
        let max_retries = check_retries(self.max_retries.unwrap_or(2))?;
        let max_response_bytes = self.max_response_bytes.unwrap_or(1 << 20);
        if !(1..=MOST_RESPONSE_BYTES).contains(&max_response_bytes) {
            let range = format!(" must be 1 to {MOST_RESPONSE_BYTES}");
            return Err(Error::config(message![Name("max_response_bytes"), range]));
        }

        let mut claims = self.claims;
        if let Some(leeway) = self.leeway {
            claims.leeway = leeway;
        }
        claims.validate()?;

        let proxy = match self.proxy {
            Some(proxy) => {
                let proxy = ProxyUrl::parse(Name("proxy"), proxy.expose())?;
                // Plain http to this machine stays on it; such a proxy would carry it away from here.
                if !endpoint.is_https() && !proxy.is_loopback() && !self.allow_http {
                    return Err(Error::config(message![
                        Name("proxy"),
                        " must be on this machine for an endpoint that begins with http:// (it would expose the API key to \
                         the network; ",
                        Name("allow_http"),
                        " allows it)",
                    ]));
                }
                ProxySettings::Explicit(proxy)
            }
            None => ProxySettings::Environment(environment.proxies),
        };
        let user_agent = self
            .user_agent
            .unwrap_or_else(|| concat!("passlock-rust/", env!("CARGO_PKG_VERSION")).to_owned());
        let user_agent = extra::user_agent(&user_agent, self.app_info.as_deref())?;
        let own_headers = extra::headers(&self.headers)?;

        Ok(Config {
            base_path: format!("{}/{}", endpoint.prefix(), tenancy_segment.as_str()),
            headers: headers(authorization, user_agent, own_headers),
            header_secrets: self.headers.iter().flat_map(|(_, value)| extra::secrets_of(value)).collect(),
            tenancy_id,
            api_key,
            endpoint,
            limits,
            idle_timeout,
            max_retries,
            max_response_bytes,
            proxy,
            ca_certificates: self.ca_certificates,
            claims,
            observer: self.observer,
            fixed_now: self.fixed_now,
        })
    }
}

fn missing(setting: Name, variable: &str) -> Error {
    Error::config(message![setting, " is missing: pass it, or set ", variable, " in the environment"])
}

/// The same number of retries, if it may be one.
pub(crate) fn check_retries(max_retries: u32) -> Result<u32, Error> {
    match max_retries {
        0..=10 => Ok(max_retries),
        _ => Err(Error::config(message![Name("max_retries"), " must be 0 to 10"])),
    }
}

/// What every request carries.
fn headers(
    authorization: HeaderValue,
    user_agent: HeaderValue,
    own: Vec<(HeaderName, HeaderValue)>,
) -> HeaderMap {
    let always = [
        (header::AUTHORIZATION, authorization),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        (header::USER_AGENT, user_agent),
    ];
    always.into_iter().chain(own).collect()
}

fn authorization(api_key: &Secret) -> Result<HeaderValue, Error> {
    let complaint = match api_key.expose() {
        "" => "is empty",
        // Before its length: a variable that is not Unicode comes as one character.
        key if !key.bytes().all(|b| b.is_ascii_graphic()) => {
            "contains a space, a control character or a non-ASCII character"
        }
        // It would not be taken out of what others say. No key of the service is that short.
        key if key.len() < SHORTEST => "is shorter than 8 bytes",
        key if key.len() > 4096 => "is longer than 4096 bytes",
        key => {
            // A failure is ruled out by the arm above; were it not, the complaint below is right.
            if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}")) {
                value.set_sensitive(true);
                return Ok(value);
            }
            "is not a valid header value"
        }
    };
    Err(Error::config(message![Name("api_key"), " (PASSLOCK_API_KEY) ", complaint]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigBuilder;
    use crate::error::ErrorKind;

    fn valid() -> ConfigBuilder {
        Config::builder().tenancy_id("t").api_key("key-canary")
    }

    fn refused(builder: ConfigBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        error.message().to_owned()
    }

    #[test]
    fn what_is_missing_is_named_with_its_variable() {
        assert!(refused(Config::builder().api_key("any-api-key")).contains("PASSLOCK_TENANCY_ID"));
        assert!(refused(Config::builder().tenancy_id("t")).contains("PASSLOCK_API_KEY"));
    }

    #[test]
    fn explicit_overrides_environment_overrides_default() {
        let environment = |name: &str| match name {
            "PASSLOCK_TENANCY_ID" => Some("from-env".to_owned()),
            "PASSLOCK_API_KEY" => Some("key-from-env\r\n".to_owned()),
            "PASSLOCK_ENDPOINT" => Some("http://localhost:1".to_owned()),
            _ => None,
        };
        let config = Config::builder().environment(environment).build().unwrap();
        assert_eq!(config.tenancy_id(), "from-env");
        assert_eq!(config.api_key(), "key-from-env");
        assert_eq!(config.endpoint().as_str(), "http://localhost:1");
        let config = valid().endpoint("https://e.example").environment(environment).build().unwrap();
        assert_eq!((config.tenancy_id(), config.endpoint().as_str()), ("t", "https://e.example"));
        assert_eq!(config.api_key(), "key-canary");
        let config = valid().environment(|_| Some(" ".to_owned())).build().unwrap();
        assert_eq!(config.endpoint().as_str(), DEFAULT_ENDPOINT);
    }

    #[test]
    fn a_cgi_request_chooses_no_proxy() {
        let proxies = |cgi: bool| {
            let config = valid().environment(move |name| match name {
                "HTTP_PROXY" => Some("http://attacker".to_owned()),
                "REQUEST_METHOD" if cgi => Some("GET".to_owned()),
                _ => None,
            });
            match config.build().unwrap().proxy {
                ProxySettings::Environment(environment) => environment.http,
                ProxySettings::Explicit(_) => None,
            }
        };
        assert_eq!(proxies(true), None);
        assert_eq!(proxies(false).as_deref(), Some("http://attacker"));
    }

    /// As on Windows, where no name has a case of its own.
    #[test]
    fn a_cgi_request_chooses_no_proxy_where_both_names_are_one_variable() {
        let config = valid().environment(|name| match name.to_ascii_uppercase().as_str() {
            "HTTP_PROXY" => Some("http://attacker".to_owned()),
            "REQUEST_METHOD" => Some("GET".to_owned()),
            _ => None,
        });
        let ProxySettings::Environment(environment) = config.build().unwrap().proxy else { unreachable!() };
        assert_eq!(environment.http, None);
    }

    /// A variable that is not Unicode comes as a control character, however long it is.
    #[test]
    fn a_key_that_is_not_ascii_is_not_called_short() {
        for key in ["\0", "é"] {
            assert!(
                refused(valid().api_key(key)).contains("a control character or a non-ASCII character"),
                "{key:?}"
            );
        }
    }

    #[test]
    fn bad_settings_are_refused_and_named() {
        for (builder, name) in [
            (valid().tenancy_id(""), "tenancy_id"),
            (valid().tenancy_id(".."), "tenancy_id"),
            (valid().api_key(""), "api_key"),
            (valid().api_key("\n"), "api_key"),
            (valid().api_key("canary7\n"), "api_key"),
            (valid().api_key("key canary"), "api_key"),
            (valid().api_key("key-canary\nX-Injected: 1"), "api_key"),
            (valid().api_key("key-cänary"), "api_key"),
            (valid().endpoint("http://example.com"), "endpoint"),
            (valid().timeout(Duration::ZERO), "timeout"),
            (valid().attempt_timeout(Duration::from_secs(3601)), "attempt_timeout"),
            (valid().connect_timeout(Duration::MAX), "connect_timeout"),
            (valid().idle_timeout(Duration::from_millis(3_600_001)), "idle_timeout"),
            (valid().max_retries(11), "max_retries"),
            (valid().max_response_bytes(0), "max_response_bytes"),
            (valid().max_response_bytes((1 << 30) + 1), "max_response_bytes"),
            (valid().max_response_bytes(u64::MAX), "max_response_bytes"),
            (valid().proxy("socks5://u:canary@h:1"), "proxy"),
            (valid().endpoint("http://localhost:1").proxy("http://u:canary@h:1"), "proxy"),
            (valid().leeway(Duration::from_secs(3601)), "leeway"),
            (valid().issuer(""), "issuer"),
        ] {
            let message = refused(builder);
            assert!(message.starts_with(name), "{message}");
        }
    }

    #[test]
    fn no_debug_shows_the_key() {
        let builder = valid().proxy("http://user:pw-canary@proxy:1");
        assert!(!format!("{builder:?}").contains("canary"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("canary"));
    }
}
