//! The transport on reqwest.

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use passlock_core::nonblocking::Transport;
use passlock_core::{Answer, Attempt, Config, Error, FaultKind, Moment, Open, TransportFault};
use passlock_net::{Resolver, Waiter};
use reqwest::redirect;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// HTTP/1.1 over reqwest and tokio. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
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
        let tls = passlock_net::client_config(config)?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(config.limits().connect())
            .pool_idle_timeout(IDLE)
            .dns_resolver(Names(resolver))
            .no_proxy();
        if let Some(proxy) = passlock_net::proxy_for(config)? {
            let mut to = reqwest::Proxy::all(format!("http://{}", proxy.authority())).map_err(refused)?;
            if let Some(authorization) = proxy.authorization() {
                to = to.custom_http_auth(authorization.clone());
            }
            builder = builder.proxy(to);
        }
        Ok(Self { client: builder.build().map_err(refused)? })
    }
}

fn refused(error: reqwest::Error) -> Error {
    Error::config("the HTTP client can't be set up").with_cause(passlock_net::describe(&error.without_url()))
}

impl Transport for Http {
    async fn send(&self, attempt: Attempt) -> Result<Answer, TransportFault> {
        if Handle::try_current().is_err() {
            return Err(TransportFault::new(
                FaultKind::Unusable,
                "there is no tokio runtime here: call from within one, or use the crate passlock-blocking",
            ));
        }
        let Attempt { request, timeout, max_response_bytes } = attempt;
        let (head, body) = request.into_parts();
        let url = reqwest::Url::parse(&head.uri.to_string())
            .map_err(|_| TransportFault::new(FaultKind::Unusable, "the request's URI is no URL"))?;
        let mut request = reqwest::Request::new(head.method, url);
        *request.headers_mut() = head.headers;
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }

        let deadline = tokio::time::Instant::now() + timeout;
        let mut response = match tokio::time::timeout_at(deadline, self.client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(fault(error)),
            Err(_) => return Err(late()),
        };
        let mut answer = Answer::new(Ok(Bytes::new()));
        *answer.status_mut() = response.status();
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
