//! Settings: checked once, in [`ConfigBuilder::build`], and never again.

mod builder;
mod endpoint;
mod extra;
mod limits;
mod proxy;
mod settings;

use std::time::{Duration, SystemTime};

use http::HeaderMap;

pub use builder::{AcceptHttpClient, Build, Builder, ConfigBuilder};
pub use endpoint::{Endpoint, is_local_name};
pub use limits::{Limits, duration_from_seconds};
pub use proxy::{ProxyEnvironment, ProxySettings, ProxyUrl};
pub(crate) use settings::check_retries;

use crate::claims::ClaimChecks;
use crate::observe::{MaybeObserver, Observer};
use crate::secret::Secret;

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
    /// The values of the application's own headers.
    header_secrets: Vec<Secret>,
    limits: Limits,
    idle_timeout: Duration,
    max_retries: u32,
    max_response_bytes: u64,
    proxy: ProxySettings,
    ca_certificates: Option<Vec<u8>>,
    claims: ClaimChecks,
    observer: MaybeObserver,
    fixed_now: Option<SystemTime>,
}

impl Config {
    /// Starts with every setting at its default, and without an environment: [`environment`](Builder::environment) passes one.
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

    /// How long an idle connection is kept; zero disables this.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// The proxy settings.
    #[must_use]
    pub fn proxy(&self) -> &ProxySettings {
        &self.proxy
    }

    /// Certificate authorities to trust in addition to the platform's, as PEM. The TLS code parses it.
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

    /// The values of the application's own headers, which may be secrets.
    pub(crate) fn header_secrets(&self) -> impl Iterator<Item = &str> {
        self.header_secrets.iter().map(Secret::expose)
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

    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.observer.0.as_deref()
    }

    pub(crate) fn fixed_now(&self) -> Option<SystemTime> {
        self.fixed_now
    }
}
