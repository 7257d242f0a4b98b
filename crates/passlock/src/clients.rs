//! Which `reqwest::Client` carries a call: one for each tokio runtime, or the application's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use passlock_core::{Config, Error, TransportError, TransportErrorKind};
use passlock_net::{IdleSince, Proxy, Resolver};
use reqwest::redirect;
use tokio::runtime;

/// How many idle connections are kept.
const MAX_IDLE: usize = 128;
/// For how long a client's connections are taken to be open without a look at them.
const FRESH: Duration = Duration::from_millis(1);
/// For how many runtimes connections are kept. Some frameworks have one for each core; test suites leave theirs behind.
const MAX_RUNTIMES: usize = 128;

pub(crate) enum Clients {
    Own(Box<OwnClients>),
    OfTheApplication(reqwest::Client, CheckedRuntime),
}

/// The runtime that was found to have what reqwest needs.
#[derive(Default)]
pub(crate) struct CheckedRuntime(Mutex<Option<runtime::Id>>);

impl CheckedRuntime {
    fn check(&self, runtime: runtime::Id) -> Result<(), TransportError> {
        let last = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *last() != Some(runtime) {
            // Not under the lock: it panics, and that runs the host's own hook.
            passlock_net::tokio::check_drivers()?;
            *last() = Some(runtime);
        }
        Ok(())
    }
}

/// reqwest's connections are tasks on the runtime that they were opened on, and stand still when it does. So each runtime
/// has a client, and with it connections, of its own.
pub(crate) struct OwnClients {
    settings: Settings,
    by_runtime: Mutex<Vec<RuntimeClient>>,
}

struct Settings {
    tls: Arc<rustls::ClientConfig>,
    proxy: Option<Proxy>,
    is_forwarded: bool,
    resolver: Resolver,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

struct RuntimeClient {
    runtime: runtime::Id,
    client: reqwest::Client,
    last_use: IdleSince,
}

impl Clients {
    pub(crate) fn new(config: &Config, resolver: Resolver) -> Result<Self, Error> {
        let proxy = passlock_net::proxy_for(config)?;
        let settings = Settings {
            // For an http endpoint it is never used. Without it reqwest would look for roots and a crypto provider of its own.
            tls: match passlock_net::client_config(config)? {
                Some(tls) => tls,
                None => Arc::new(passlock_net::client_config_without_roots()?),
            },
            is_forwarded: proxy.is_some() && !config.endpoint().is_https(),
            proxy,
            resolver,
            connect_timeout: config.limits().connect(),
            idle_timeout: config.idle_timeout(),
        };
        // Built once here, so that what can't be used is known when the client is made.
        settings.build().map_err(|error| {
            let cause = passlock_net::describe(&error.without_url());
            Error::config("the HTTP client can't be set up").with_cause(cause)
        })?;
        Ok(Self::Own(Box::new(OwnClients { settings, by_runtime: Mutex::default() })))
    }

    pub(crate) fn of_the_application(client: reqwest::Client) -> Self {
        Self::OfTheApplication(client, CheckedRuntime::default())
    }

    /// Whether an answer may come from another URL than was asked.
    pub(crate) fn may_redirect(&self) -> bool {
        matches!(self, Self::OfTheApplication(..))
    }

    /// Whether requests are handed to a proxy as they are.
    pub(crate) fn is_forwarded(&self) -> bool {
        matches!(self, Self::Own(own) if own.settings.is_forwarded)
    }

    /// The client for a call on the runtime that the caller is on.
    pub(crate) async fn get(&self) -> Result<reqwest::Client, TransportError> {
        let runtime = passlock_net::tokio::current_runtime()?.id();
        match self {
            Self::OfTheApplication(client, checked) => checked.check(runtime).map(|()| client.clone()),
            Self::Own(own) => {
                let (client, idle) = own.get(runtime)?;
                if idle >= FRESH {
                    notice_closed_connections().await;
                }
                Ok(client)
            }
        }
    }
}

impl OwnClients {
    /// The client of a runtime, and for how long it was not used.
    fn get(&self, runtime: runtime::Id) -> Result<(reqwest::Client, Duration), TransportError> {
        let (known, asleep) = used_now(&mut self.by_runtime(), runtime, self.settings.idle_timeout);
        drop(asleep);
        if let Some(known) = known {
            return Ok(known);
        }
        // Neither under the lock: a runtime without them panics, and a panic runs the host's own hook; and the other is slow.
        passlock_net::tokio::check_drivers()?;
        let client = self.settings.build().map_err(|error| {
            let cause = passlock_net::describe(&error.without_url());
            TransportError::new(TransportErrorKind::Unusable, cause)
        })?;
        let mut by_runtime = self.by_runtime();
        // Another thread of the same runtime may have been quicker.
        if let (Some(known), _) = used_now(&mut by_runtime, runtime, self.settings.idle_timeout) {
            return Ok(known);
        }
        let oldest = (by_runtime.len() >= MAX_RUNTIMES).then(|| by_runtime.remove(0));
        by_runtime.push(RuntimeClient { runtime, client: client.clone(), last_use: IdleSince::now() });
        drop(by_runtime);
        drop(oldest);
        Ok((client, Duration::ZERO))
    }

    /// Nothing is done under this lock that could panic and leave a half-made change.
    fn by_runtime(&self) -> MutexGuard<'_, Vec<RuntimeClient>> {
        self.by_runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds the client of a runtime, which is used from now on, and for how long it was not. One that a sleep of the machine has
/// made too old is given back apart, to be dropped: its connections have expired, and reqwest's clock has not seen it.
fn used_now(
    clients: &mut Vec<RuntimeClient>,
    runtime: runtime::Id,
    idle_timeout: Duration,
) -> (Option<(reqwest::Client, Duration)>, Option<RuntimeClient>) {
    let Some(place) = clients.iter().rposition(|known| known.runtime == runtime) else { return (None, None) };
    let last_use = std::mem::replace(&mut clients[place].last_use, IdleSince::now());
    let idle = last_use.elapsed();
    if idle >= idle_timeout && last_use.instant().elapsed() < idle_timeout {
        return (None, Some(clients.remove(place)));
    }
    (Some((clients[place].client.clone(), idle)), None)
}

impl Settings {
    fn build(&self) -> Result<reqwest::Client, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(if self.idle_timeout.is_zero() { 0 } else { MAX_IDLE })
            .tcp_keepalive(passlock_net::PROBE_INTERVAL)
            .tcp_keepalive_interval(passlock_net::PROBE_INTERVAL)
            .dns_resolver(DnsResolver(self.resolver.clone()))
            .no_proxy()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(&self.tls))
            // These are on by default as soon as another crate of the program enables reqwest's features for them.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        // As `passlock_net::keep_alive` has it.
        #[cfg(any(target_os = "android", target_os = "linux"))]
        {
            builder = builder.tcp_user_timeout(self.connect_timeout);
        }
        if let Some(proxy) = &self.proxy {
            let mut to = reqwest::Proxy::all(format!("http://{}", proxy.authority()))?;
            if let Some(authorization) = proxy.authorization() {
                to = to.custom_http_auth(authorization.clone());
            }
            builder = builder.proxy(to);
        }
        builder.build()
    }
}

/// Each connection is a task, which learns from the runtime that it was closed. A runtime that had other things to do may
/// have told none of them yet: it looks at its sockets once this task yields, and the tasks look at what it found when it
/// yields again.
async fn notice_closed_connections() {
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
}

/// Our resolver, as reqwest wants one.
struct DnsResolver(Resolver);

impl reqwest::dns::Resolve for DnsResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        // reqwest sets the port itself.
        let lookup = passlock_net::tokio::resolve(&self.0, name.as_str(), 0);
        Box::pin(async move {
            let addresses: reqwest::dns::Addrs = Box::new(lookup.await?.into_iter());
            Ok(addresses)
        })
    }
}
