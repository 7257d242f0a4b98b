//! Settings: checked once, in [`ConfigBuilder::build`], and never again.

mod endpoint;
mod limits;
mod proxy;

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap, HeaderValue};

pub use endpoint::Endpoint;
pub use limits::{Limits, limit_from_seconds};
pub use proxy::{ProxyEnvironment, ProxySettings, ProxyUrl};

use crate::claims::ClaimChecks;
use crate::error::Error;
use crate::model::AuthType;
use crate::path::Segment;
use crate::secret::Secret;

/// The API's documented endpoint.
pub const DEFAULT_ENDPOINT: &str = "https://api.passlock.dev";

/// Where tenancies of Passlock's version 1 are served since November 2025.
pub const V1_ENDPOINT: &str = "https://api.v1.passlock.dev";

/// All settings of a client, checked.
///
/// ```
/// use std::time::Duration;
/// use passlock_core::Config;
///
/// let config = Config::builder()
///     .tenancy_id("my-tenancy")
///     .api_key("my-api-key")
///     .timeout(Duration::from_secs(15))
///     .build()?;
/// assert_eq!(config.endpoint().as_str(), "https://api.passlock.dev");
/// assert!(!format!("{config:?}").contains("my-api-key"));
/// # Ok::<(), passlock_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    tenancy_id: String,
    api_key: Secret,
    endpoint: Endpoint,
    /// `{prefix}/{tenancyId}`: what every route begins with.
    base_path: String,
    headers: HeaderMap,
    limits: Limits,
    max_retries: u32,
    max_response_bytes: u64,
    proxy: ProxySettings,
    ca_certificates: Option<Vec<u8>>,
    claims: ClaimChecks,
    fixed_now: Option<SystemTime>,
}

impl Config {
    /// Starts with every setting at its default.
    #[must_use]
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// The tenancy whose users log in.
    #[must_use]
    pub fn tenancy_id(&self) -> &str {
        &self.tenancy_id
    }

    /// Where the API is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The time limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The proxy settings.
    #[must_use]
    pub fn proxy(&self) -> &ProxySettings {
        &self.proxy
    }

    /// Certificate authorities to trust besides the platform's, as PEM. Whoever speaks TLS reads it.
    #[must_use]
    pub fn ca_certificates(&self) -> Option<&[u8]> {
        self.ca_certificates.as_deref()
    }

    pub(crate) fn api_key(&self) -> &str {
        self.api_key.expose()
    }

    pub(crate) fn base_path(&self) -> &str {
        &self.base_path
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn max_retries(&self) -> u32 {
        self.max_retries
    }

    pub(crate) fn max_response_bytes(&self) -> u64 {
        self.max_response_bytes
    }

    pub(crate) fn claims(&self) -> &ClaimChecks {
        &self.claims
    }

    pub(crate) fn fixed_now(&self) -> Option<SystemTime> {
        self.fixed_now
    }
}

/// Collects settings for a [`Config`].
pub type ConfigBuilder = Builder<Config>;

/// What a [`Builder`] builds out of checked settings: a [`Config`], or a client.
pub trait Build: Sized {
    /// Builds it.
    ///
    /// # Errors
    ///
    /// `config` for settings that can't be used here.
    fn build(config: Config) -> Result<Self, Error>;
}

impl Build for Config {
    fn build(config: Config) -> Result<Self, Error> {
        Ok(config)
    }
}

/// Collects settings. Explicit beats environment beats default.
pub struct Builder<C> {
    settings: Settings,
    built: PhantomData<fn() -> C>,
}

impl<C> Clone for Builder<C> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone(), built: PhantomData }
    }
}

impl<C> Default for Builder<C> {
    fn default() -> Self {
        Self { settings: Settings::default(), built: PhantomData }
    }
}

impl<C> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// The settings as they were given.
#[derive(Clone, Debug, Default)]
struct Settings {
    tenancy_id: Option<String>,
    api_key: Option<Secret>,
    endpoint: Option<String>,
    environment: Environment,
    allow_http: bool,
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_retries: Option<u32>,
    max_response_bytes: Option<u64>,
    proxy: Option<Secret>,
    ca_certificates: Option<Vec<u8>>,
    claims: ClaimChecks,
    leeway: Option<Duration>,
    user_agent: Option<String>,
    fixed_now: Option<SystemTime>,
}

/// What the environment says.
#[derive(Clone, Debug, Default)]
struct Environment {
    tenancy_id: Option<String>,
    api_key: Option<Secret>,
    endpoint: Option<String>,
    proxies: ProxyEnvironment,
}

impl<C: Build> Builder<C> {
    /// The tenancy id. Default: the environment's `PASSLOCK_TENANCY_ID`.
    #[must_use]
    pub fn tenancy_id(mut self, tenancy_id: impl Into<String>) -> Self {
        self.settings.tenancy_id = Some(tenancy_id.into());
        self
    }

    /// The API key: a secret of your server. Default: the environment's `PASSLOCK_API_KEY`. Trailing newlines are cut.
    #[must_use]
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.settings.api_key = Some(Secret::new(api_key.into()));
        self
    }

    /// Where the API is: https, or http to this machine. Default: the environment's `PASSLOCK_ENDPOINT`, or else
    /// [`DEFAULT_ENDPOINT`].
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.settings.endpoint = Some(endpoint.into());
        self
    }

    /// Admits plain http to other hosts, which shows the API key to the network. Default: off.
    #[must_use]
    pub fn allow_http(mut self, allow_http: bool) -> Self {
        self.settings.allow_http = allow_http;
        self
    }

    /// The limit on the whole call, retries and waits included. Default: 30 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// The limit on one attempt. Default: 10 seconds.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = Some(timeout);
        self
    }

    /// The limit on opening a connection: DNS, TCP, proxy and TLS. Default: 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = Some(timeout);
        self
    }

    /// How often an attempt is repeated at most, 0 to 10. Default: 2.
    #[must_use]
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.settings.max_retries = Some(max_retries);
        self
    }

    /// The largest answer that is read, in bytes. Default: 1 MiB.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_response_bytes = Some(bytes);
        self
    }

    /// An http proxy, `http://[user:password@]host[:port]`. Default: the environment's `HTTPS_PROXY`, `HTTP_PROXY` and
    /// `NO_PROXY`, which never apply to an endpoint on this machine.
    #[must_use]
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.settings.proxy = Some(Secret::new(proxy.into()));
        self
    }

    /// Certificate authorities to trust besides the platform's, as PEM.
    #[must_use]
    pub fn ca_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.ca_certificates = Some(pem.into());
        self
    }

    /// How far clocks may differ when claims are checked. Default: 60 seconds.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = Some(leeway);
        self
    }

    /// Whether a principal's claims are checked at all. Default: on.
    #[must_use]
    pub fn verify_claims(mut self, verify_claims: bool) -> Self {
        self.settings.claims.enabled = verify_claims;
        self
    }

    /// The only issuer (`iss`) that is admitted. Default: any.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.settings.claims.issuer = Some(issuer.into());
        self
    }

    /// Whether the authenticator must have verified the user. Default: off.
    #[must_use]
    pub fn require_user_verified(mut self, require: bool) -> Self {
        self.settings.claims.require_user_verified = require;
        self
    }

    /// The ways to log in that are admitted. Default, and when empty: any.
    #[must_use]
    pub fn auth_types(mut self, auth_types: impl IntoIterator<Item = impl Into<AuthType>>) -> Self {
        self.settings.claims.auth_types = auth_types.into_iter().map(Into::into).collect();
        self
    }

    /// Takes defaults from an environment: `lookup` gives a variable's value. Empty counts as unset.
    ///
    /// Core reads no environment of its own, so that each language hands down what it sees as its own.
    ///
    /// ```
    /// use passlock_core::Config;
    ///
    /// let config = Config::builder()
    ///     .environment(|name| match name {
    ///         "PASSLOCK_TENANCY_ID" => Some("my-tenancy".to_owned()),
    ///         "PASSLOCK_API_KEY" => Some("my-api-key\n".to_owned()),
    ///         _ => None,
    ///     })
    ///     .build()?;
    /// assert_eq!(config.tenancy_id(), "my-tenancy");
    /// # Ok::<(), passlock_core::Error>(())
    /// ```
    #[must_use]
    pub fn environment(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let either = |lower: &str, upper: &str| get(lower).or_else(|| get(upper));
        self.settings.environment = Environment {
            tenancy_id: get("PASSLOCK_TENANCY_ID"),
            api_key: get("PASSLOCK_API_KEY").map(Secret::new),
            endpoint: get("PASSLOCK_ENDPOINT"),
            proxies: ProxyEnvironment {
                https: either("https_proxy", "HTTPS_PROXY"),
                // In a CGI process HTTP_PROXY is a request header that the caller of the web page chose.
                http: match get("REQUEST_METHOD") {
                    Some(_) => get("http_proxy"),
                    None => either("http_proxy", "HTTP_PROXY"),
                },
                all: either("all_proxy", "ALL_PROXY"),
                no: either("no_proxy", "NO_PROXY"),
            },
        };
        self
    }

    /// What the client calls itself, as in `passlock-python/1.2.3`.
    #[doc(hidden)]
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.settings.user_agent = Some(user_agent.into());
        self
    }

    /// Stops the wall clock, for tests of claims and of `Retry-After` dates.
    #[doc(hidden)]
    #[must_use]
    pub fn fixed_now(mut self, now: SystemTime) -> Self {
        self.settings.fixed_now = Some(now);
        self
    }

    /// Checks every setting, and builds what this is the builder of.
    ///
    /// # Errors
    ///
    /// `config` for the first setting that is missing or wrong, naming it. No bad setting is replaced by a default.
    pub fn build(self) -> Result<C, Error> {
        C::build(self.settings.check()?)
    }
}

impl Settings {
    fn check(self) -> Result<Config, Error> {
        let environment = self.environment;
        let tenancy_id = self.tenancy_id.or(environment.tenancy_id);
        let tenancy_id = tenancy_id.ok_or_else(|| missing("tenancy_id", "PASSLOCK_TENANCY_ID"))?;
        let tenancy_segment = Segment::new(&tenancy_id)
            .map_err(|why| Error::config(format!("tenancy_id (PASSLOCK_TENANCY_ID) {why}")))?;

        let api_key = self.api_key.or(environment.api_key);
        let api_key = api_key.ok_or_else(|| missing("api_key", "PASSLOCK_API_KEY"))?;
        let api_key = Secret::new(api_key.expose().trim_end_matches(['\r', '\n']).to_owned());
        let authorization = authorization(&api_key)?;

        let endpoint = self.endpoint.or(environment.endpoint);
        let endpoint = Endpoint::parse(endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT), self.allow_http)
            .map_err(|why| Error::config(format!("endpoint (PASSLOCK_ENDPOINT) {why}")))?;

        let limits = Limits {
            timeout: self.timeout.unwrap_or(Limits::DEFAULT.timeout),
            attempt: self.attempt_timeout.unwrap_or(Limits::DEFAULT.attempt),
            connect: self.connect_timeout.unwrap_or(Limits::DEFAULT.connect),
        }
        .checked()?;

        let max_retries = self.max_retries.unwrap_or(2);
        if max_retries > 10 {
            return Err(Error::config("max_retries must be 0 to 10"));
        }
        let max_response_bytes = self.max_response_bytes.unwrap_or(1 << 20);
        if max_response_bytes == 0 {
            return Err(Error::config("max_response_bytes must be more than zero"));
        }

        let mut claims = self.claims;
        if let Some(leeway) = self.leeway {
            if leeway > Duration::from_secs(3600) {
                return Err(Error::config("leeway must be at most one hour"));
            }
            claims.leeway = leeway;
        }
        if claims.issuer.as_deref() == Some("") {
            return Err(Error::config("issuer is empty"));
        }

        let proxy = match self.proxy {
            Some(proxy) => ProxySettings::Explicit(ProxyUrl::parse("proxy", proxy.expose())?),
            None => ProxySettings::Environment(environment.proxies),
        };
        let user_agent = self
            .user_agent
            .unwrap_or_else(|| concat!("passlock-rust/", env!("CARGO_PKG_VERSION")).to_owned());

        Ok(Config {
            base_path: format!("{}/{}", endpoint.prefix(), tenancy_segment.as_str()),
            headers: headers(authorization, &user_agent)?,
            tenancy_id,
            api_key,
            endpoint,
            limits,
            max_retries,
            max_response_bytes,
            proxy,
            ca_certificates: self.ca_certificates,
            claims,
            fixed_now: self.fixed_now,
        })
    }
}

fn missing(setting: &str, variable: &str) -> Error {
    Error::config(format!("{setting} is missing: pass it, or set {variable} in the environment"))
}

/// What every request carries.
fn headers(authorization: HeaderValue, user_agent: &str) -> Result<HeaderMap, Error> {
    let user_agent =
        HeaderValue::from_str(user_agent).map_err(|_| Error::config("user_agent is no header value"))?;
    Ok(HeaderMap::from_iter([
        (header::AUTHORIZATION, authorization),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        (header::USER_AGENT, user_agent),
    ]))
}

fn authorization(api_key: &Secret) -> Result<HeaderValue, Error> {
    let complaint = match api_key.expose() {
        "" => "is empty",
        key if key.len() > 4096 => "is longer than 4096 bytes",
        key if !key.bytes().all(|b| b.is_ascii_graphic()) => {
            "holds a space, a control character or a character outside ASCII"
        }
        key => {
            // A failure is ruled out by the arm above; were it not, the complaint below is right.
            if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}")) {
                value.set_sensitive(true);
                return Ok(value);
            }
            "is no header value"
        }
    };
    Err(Error::config(format!("api_key (PASSLOCK_API_KEY) {complaint}")))
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert!(refused(Config::builder().api_key("k")).contains("PASSLOCK_TENANCY_ID"));
        assert!(refused(Config::builder().tenancy_id("t")).contains("PASSLOCK_API_KEY"));
    }

    #[test]
    fn explicit_beats_environment_beats_default() {
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

    #[test]
    fn bad_settings_are_refused_and_named() {
        for (builder, name) in [
            (valid().tenancy_id(""), "tenancy_id"),
            (valid().tenancy_id(".."), "tenancy_id"),
            (valid().api_key(""), "api_key"),
            (valid().api_key("\n"), "api_key"),
            (valid().api_key("key canary"), "api_key"),
            (valid().api_key("key-canary\nX-Injected: 1"), "api_key"),
            (valid().api_key("key-cänary"), "api_key"),
            (valid().endpoint("http://example.com"), "endpoint"),
            (valid().timeout(Duration::ZERO), "timeout"),
            (valid().attempt_timeout(Duration::from_secs(3601)), "attempt_timeout"),
            (valid().connect_timeout(Duration::MAX), "connect_timeout"),
            (valid().max_retries(11), "max_retries"),
            (valid().max_response_bytes(0), "max_response_bytes"),
            (valid().proxy("socks5://u:canary@h:1"), "proxy"),
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
