//! The transport on reqwest.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use passlock_core::nonblocking::Transport;
use passlock_core::{Answer, Attempt, Config, Error, FaultKind, Moment, Open, TransportFault};
use passlock_net::{Proxy, Resolver, Waiter};
use reqwest::redirect;
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// How long a client must have been idle for its connections to be probed before they are used again.
const STALE: Duration = Duration::from_millis(1);
/// For how many runtimes connections are kept: more than one is a test suite or a program that restarts its runtime.
const MOST_RUNTIMES: usize = 8;

/// HTTP/1.1 over reqwest and tokio. Cheap to clone: clones share their connections.
///
/// Each tokio runtime that calls are made on has connections of its own: they live as tasks on their runtime, and stand
/// still when it does.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

struct Shared {
    tls: Arc<rustls::ClientConfig>,
    proxy: Option<Proxy>,
    resolver: Resolver,
    connect_limit: Duration,
    pools: Mutex<Pools>,
}

/// A client for each runtime, the one last made at the end.
struct Pools {
    /// Made when the settings were checked, for whichever runtime comes first.
    spare: Option<reqwest::Client>,
    of: Vec<Pool>,
}

struct Pool {
    runtime: runtime::Id,
    client: reqwest::Client,
    last_use: Instant,
}

impl Open for Http {
    fn open(config: &Config) -> Result<Self, Error> {
        Self::with_resolver(config, Resolver::system())
    }

    fn environment(name: &str) -> Option<String> {
        passlock_net::process_environment(name)
    }
}

impl Http {
    /// For tests of resolvers that do not answer.
    #[doc(hidden)]
    pub fn with_resolver(config: &Config, resolver: Resolver) -> Result<Self, Error> {
        let mut shared = Shared {
            tls: passlock_net::client_config(config)?,
            proxy: passlock_net::proxy_for(config)?,
            resolver,
            connect_limit: config.limits().connect(),
            pools: Mutex::new(Pools { spare: None, of: Vec::new() }),
        };
        let spare = shared.build().map_err(refused)?;
        shared.pools = Mutex::new(Pools { spare: Some(spare), of: Vec::new() });
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Shared {
    fn build(&self) -> Result<reqwest::Client, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(&self.tls))
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_limit)
            .pool_idle_timeout(IDLE)
            .dns_resolver(Names(self.resolver.clone()))
            .no_proxy();
        if let Some(proxy) = &self.proxy {
            let mut to = reqwest::Proxy::all(format!("http://{}", proxy.authority()))?;
            if let Some(authorization) = proxy.authorization() {
                to = to.custom_http_auth(authorization.clone());
            }
            builder = builder.proxy(to);
        }
        builder.build()
    }

    /// The client of the runtime that the caller is on, and for how long it was not used.
    fn client(&self) -> Result<(reqwest::Client, Duration), TransportFault> {
        let unusable = |why: &str| TransportFault::new(FaultKind::Unusable, why);
        let Ok(handle) = Handle::try_current() else {
            return Err(unusable(
                "there is no tokio runtime here: call from within one, or use the crate passlock-blocking",
            ));
        };
        let runtime = handle.id();
        let now = Instant::now();
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.of.iter_mut().rev().find(|pool| pool.runtime == runtime) {
            let idle = now.saturating_duration_since(pool.last_use);
            pool.last_use = now;
            return Ok((pool.client.clone(), idle));
        }
        if !has_drivers() {
            return Err(unusable("the tokio runtime has no time or no I/O: build it with enable_all"));
        }
        let client = match pools.spare.take() {
            Some(client) => client,
            None => self.build().map_err(|_| unusable("the HTTP client can't be set up"))?,
        };
        if pools.of.len() == MOST_RUNTIMES {
            pools.of.remove(0);
        }
        pools.of.push(Pool { runtime, client: client.clone(), last_use: now });
        Ok((client, Duration::ZERO))
    }
}

/// Lets the connections notice that they were closed: each is a task, which learns of it from the runtime. A runtime that
/// had other things to do may have told none of them yet.
async fn probe() {
    // Once for the runtime to look at its sockets, once for the tasks to look at what it found.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
}

/// Whether the current runtime can wait and can use sockets. tokio says so by a panic alone, so this asks once a runtime.
fn has_drivers() -> bool {
    let try_both = || {
        drop(tokio::time::sleep(Duration::ZERO));
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        tokio::net::UdpSocket::from_std(socket).map(drop)
    };
    // A system that has no socket for us now says nothing about the runtime.
    std::panic::catch_unwind(try_both).is_ok()
}

fn refused(error: reqwest::Error) -> Error {
    Error::config("the HTTP client can't be set up").with_cause(passlock_net::describe(&error.without_url()))
}

impl Transport for Http {
    async fn send(&self, attempt: Attempt) -> Result<Answer, TransportFault> {
        let Attempt { request, timeout, max_response_bytes } = attempt;
        let deadline = tokio::time::Instant::now() + timeout;
        let (client, idle) = self.shared.client()?;
        if idle >= STALE {
            probe().await;
        }
        let (head, body) = request.into_parts();
        let url = reqwest::Url::parse(&head.uri.to_string())
            .map_err(|_| TransportFault::new(FaultKind::Unusable, "the request's URI is no URL"))?;
        let mut request = reqwest::Request::new(head.method, url);
        *request.headers_mut() = head.headers;
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }

        let mut response = match tokio::time::timeout_at(deadline, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let fault = fault(error);
                // Which of two limits that end at once has fired is chance: it is the attempt's that is named.
                let at_once =
                    fault.kind() == FaultKind::ConnectTimeout && self.shared.connect_limit >= timeout;
                return Err(if at_once { late() } else { fault });
            }
            Err(_) => return Err(late()),
        };
        let mut answer = Answer::new(Ok(Bytes::new()));
        *answer.status_mut() = response.status();
        passlock_net::check_head(response.headers())?;
        let body = match tokio::time::timeout_at(deadline, read(&mut response, max_response_bytes)).await {
            Ok(body) => body,
            Err(_) => Err(late()),
        };
        *answer.headers_mut() = std::mem::replace(response.headers_mut(), HeaderMap::new());
        *answer.body_mut() = body;
        Ok(answer)
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Moment {
        passlock_net::now()
    }
}

/// Reads a body of at most `most` bytes. An answer that came in one piece is not copied.
async fn read(response: &mut reqwest::Response, most: u64) -> Result<Bytes, TransportFault> {
    let too_large = || TransportFault::new(FaultKind::TooLarge, "");
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        length += chunk.len() as u64;
        if length > most {
            return Err(too_large());
        }
        if first.is_empty() {
            first = chunk;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&chunk);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

fn late() -> TransportFault {
    TransportFault::new(FaultKind::AttemptTimeout, "")
}

/// Which fault a failure of reqwest stands for.
fn fault(error: reqwest::Error) -> TransportFault {
    // The URL holds the token.
    let error = error.without_url();
    if error.is_connect() {
        if error.is_timeout() {
            return TransportFault::new(FaultKind::ConnectTimeout, "");
        }
        return passlock_net::connect_fault(&error);
    }
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        if cause.downcast_ref().is_some_and(|error: &hyper::Error| error.is_parse()) {
            return TransportFault::new(FaultKind::Malformed, passlock_net::describe(&error));
        }
        source = cause.source();
    }
    passlock_net::interruption(&error)
}

/// Hand-written: reqwest's own shows its proxies.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// Our resolver, as reqwest wants one.
struct Names(Resolver);

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let (sender, receiver) = oneshot::channel();
        // reqwest sets the port itself.
        self.0.resolve(name.as_str(), 0, Box::new(Waiting(sender)));
        Box::pin(async move {
            let addresses: reqwest::dns::Addrs = Box::new(receiver.await??.into_iter());
            Ok(addresses)
        })
    }
}

/// A future that waits for addresses, and is gone when it was dropped.
struct Waiting(oneshot::Sender<io::Result<Vec<SocketAddr>>>);

impl Waiter for Waiting {
    fn is_waiting(&self) -> bool {
        !self.0.is_closed()
    }

    fn found(self: Box<Self>, addresses: io::Result<Vec<SocketAddr>>) {
        // It may have gone in this moment.
        let _ = self.0.send(addresses);
    }
}
