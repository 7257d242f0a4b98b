//! Collecting settings, from the caller and from an environment.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::settings::{Environment, Settings};
use super::{Config, ProxyEnvironment};
use crate::error::Error;
use crate::model::AuthType;
use crate::observe::{MaybeObserver, Observer};
use crate::secret::Secret;

/// Collects settings for a [`Config`].
pub type ConfigBuilder = Builder<Config>;

/// What a [`Builder`] builds out of checked settings: a [`Config`], or a client.
pub trait Build: Sized {
    /// The application's own HTTP client that it can run on: [`Infallible`] if it can't.
    type HttpClient: Clone;

    /// Builds it.
    ///
    /// # Errors
    ///
    /// `config` for settings that can't be used here.
    fn build(config: Config, http_client: Option<Self::HttpClient>) -> Result<Self, Error>;
}

/// What can run on the application's own HTTP client: the client of the crate `passlock`, on a `reqwest::Client`.
pub trait AcceptHttpClient: Build {}

impl Build for Config {
    type HttpClient = Infallible;

    fn build(config: Config, _: Option<Infallible>) -> Result<Self, Error> {
        Ok(config)
    }
}

/// Collects settings. Explicit settings override environment variables, which override defaults.
pub struct Builder<C: Build> {
    settings: Settings,
    http_client: Option<C::HttpClient>,
}

impl<C: Build> Clone for Builder<C> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone(), http_client: self.http_client.clone() }
    }
}

impl<C: Build> Default for Builder<C> {
    fn default() -> Self {
        Self { settings: Settings::default(), http_client: None }
    }
}

impl<C: Build> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// Every setting that a language passes by name, with the kind of its value. The bindings and the vector runner generate
/// what they need from the list, each with its own macro.
#[doc(hidden)]
#[macro_export]
macro_rules! settings {
    ($call:ident) => {
        $call! {
            tenancy_id: text,
            api_key: text,
            endpoint: text,
            allow_http: flag,
            timeout: seconds,
            attempt_timeout: seconds,
            connect_timeout: seconds,
            idle_timeout: seconds,
            max_retries: number,
            max_response_bytes: number,
            proxy: text,
            ca_certificates: bytes,
            leeway: seconds,
            verify_claims: flag,
            issuer: text,
            require_user_verified: flag,
            auth_types: texts,
            app_info: text,
            headers: pairs,
        }
    };
}

impl<C: AcceptHttpClient> Builder<C> {
    /// The application's own HTTP client, to send requests with. The docs of the crate `passlock` list what that client is then
    /// responsible for, instead of this SDK. Default: the SDK's own client.
    ///
    /// Settings that belong to that client can't be combined with it: `proxy`, `ca_certificates`, `connect_timeout` and
    /// `idle_timeout`.
    #[must_use]
    pub fn http_client(mut self, client: C::HttpClient) -> Self {
        self.http_client = Some(client);
        self
    }
}

impl<C: Build> Builder<C> {
    /// The tenancy id. Default: the `PASSLOCK_TENANCY_ID` environment variable.
    #[must_use]
    pub fn tenancy_id(mut self, tenancy_id: impl Into<String>) -> Self {
        self.settings.tenancy_id = Some(tenancy_id.into());
        self
    }

    /// The API key, for your server only: 8 to 4096 bytes. Default: the `PASSLOCK_API_KEY` environment variable. Trailing
    /// newlines are removed.
    #[must_use]
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.settings.api_key = Some(Secret::new(api_key.into()));
        self
    }

    /// Where the API is: https, or http to this machine. Default: the `PASSLOCK_ENDPOINT` environment variable, or else
    /// [`DEFAULT_ENDPOINT`](crate::DEFAULT_ENDPOINT).
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.settings.endpoint = Some(endpoint.into());
        self
    }

    /// Allows plain http to hosts other than this machine, which exposes the API key to the network. Default: off.
    #[must_use]
    pub fn allow_http(mut self, allow_http: bool) -> Self {
        self.settings.allow_http = allow_http;
        self
    }

    /// The limit on the whole call, retries and waits included. Default: 30 seconds.
    ///
    /// This and the other two limits must be more than zero and at most one hour. One that is longer than the enclosing one is
    /// clamped to it.
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

    /// How long a connection is kept open for the next call, at most one hour; zero disables this. Default: 5 minutes.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = Some(timeout);
        self
    }

    /// The maximum number of retries, 0 to 10. Default: 2.
    #[must_use]
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.settings.max_retries = Some(max_retries);
        self
    }

    /// The maximum size of a response body, in bytes, at most 1 GiB. Default: 1 MiB.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_response_bytes = Some(bytes);
        self
    }

    /// An http proxy, `http://[user:password@]host[:port]`. Default: the `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
    /// environment variables, which never apply to an endpoint on this machine.
    #[must_use]
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.settings.proxy = Some(Secret::new(proxy.into()));
        self
    }

    /// Certificate authorities to trust in addition to the platform's, as PEM. Default: none.
    #[must_use]
    pub fn ca_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.ca_certificates = Some(pem.into());
        self
    }

    /// The allowed clock difference when claims are checked, at most one hour. Default: 60 seconds.
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

    /// The only accepted issuer (`iss`). Default: any.
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

    /// The accepted authentication methods. Default, and when empty: any.
    #[must_use]
    pub fn auth_types(mut self, auth_types: impl IntoIterator<Item = impl Into<AuthType>>) -> Self {
        self.settings.claims.auth_types = auth_types.into_iter().map(Into::into).collect();
        self
    }

    /// The application's name, appended to this package's in `User-Agent`: `my-app/1.2`, printable ASCII. Default: none.
    #[must_use]
    pub fn app_info(mut self, app_info: impl Into<String>) -> Self {
        self.settings.app_info = Some(app_info.into());
        self
    }

    /// Up to 32 additional headers for every request, such as a gateway's. Their values are treated as secrets: values of 8
    /// bytes or more, and parts of that length, are removed from what servers say. Headers that the SDK sets itself are
    /// refused. Default: none.
    #[must_use]
    pub fn headers(mut self, all: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let headers = all.into_iter().map(|(name, value)| (name.into(), Secret::new(value.into())));
        self.settings.headers = headers.collect();
        self
    }

    /// Receives the events of each call, for metrics. Default: none. Spans and log lines go through `tracing` regardless.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observer = MaybeObserver(Some(Arc::new(observer)));
        self
    }

    /// Takes defaults from an environment: `lookup` returns a variable's value. Empty counts as unset.
    ///
    /// The core itself reads no environment: each language passes in its own.
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
                // In a CGI process HTTP_PROXY is a request header that the caller of the web page chose. Where names have no
                // case, as on Windows, http_proxy is the same variable.
                http: match get("REQUEST_METHOD") {
                    Some(_) if get("request_method").is_some() => None,
                    Some(_) => get("http_proxy"),
                    None => either("http_proxy", "HTTP_PROXY"),
                },
                all: either("all_proxy", "ALL_PROXY"),
                no: either("no_proxy", "NO_PROXY"),
            },
        };
        self
    }

    /// The User-Agent of the client, as in `passlock-python/1.2.3`.
    #[doc(hidden)]
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.settings.user_agent = Some(user_agent.into());
        self
    }

    /// Freezes the wall clock, for tests of claims and `Retry-After` dates.
    #[doc(hidden)]
    #[must_use]
    pub fn fixed_now(mut self, now: SystemTime) -> Self {
        self.settings.fixed_now = Some(now);
        self
    }

    /// Checks every setting, and builds the configuration or the client.
    ///
    /// # Errors
    ///
    /// `config` for the first setting that is missing or wrong, naming it. No bad setting is replaced by a default.
    pub fn build(self) -> Result<C, Error> {
        if self.http_client.is_some() {
            self.settings.check_beside_http_client()?;
        }
        C::build(self.settings.check()?, self.http_client)
    }
}
