//! The transport on reqwest.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use passlock_core::asynchronous::Transport;
use passlock_core::{
    Attempt, ClockReading, Config, Error, Open, Response, TransportError, TransportErrorKind,
};
use passlock_net::tokio::until;
use passlock_net::{BodyBuffer, ProxyRefusal, Resolver};
use reqwest::Url;
use tokio::time::Instant;

use crate::clients::Clients;

/// HTTP/1.1 over reqwest and tokio. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

struct Shared {
    clients: Clients,
    /// The endpoint without its path prefix, parsed once.
    origin: Url,
    connect_timeout: Duration,
}

impl Open for Http {
    type HttpClient = reqwest::Client;

    fn open(config: &Config, http_client: Option<reqwest::Client>) -> Result<Self, Error> {
        let clients = match http_client {
            Some(client) => Clients::of_the_application(client),
            None => Clients::new(config, Resolver::system())?,
        };
        Self::on(config, clients)
    }

    fn environment(name: &str) -> Option<String> {
        passlock_net::process_environment(name)
    }
}

impl Http {
    /// For tests of resolvers that do not respond.
    #[doc(hidden)]
    pub fn with_resolver(config: &Config, resolver: Resolver) -> Result<Self, Error> {
        Self::on(config, Clients::new(config, resolver)?)
    }

    fn on(config: &Config, clients: Clients) -> Result<Self, Error> {
        let origin = Url::parse(&config.endpoint().origin().to_string()).map_err(|error| {
            Error::config("the endpoint has a host that can't be used").with_cause(error.to_string())
        })?;
        let shared = Shared { clients, origin, connect_timeout: config.limits().connect() };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Transport for Http {
    async fn send(&self, attempt: Attempt) -> Result<Response, TransportError> {
        let Attempt { request, timeout, max_response_bytes } = attempt;
        let deadline = Instant::now() + timeout;
        let client = self.shared.clients.get().await?;
        let (head, body) = request.into_parts();
        let mut url = self.shared.origin.clone();
        url.set_path(head.uri.path());
        // Only an application's own client follows redirects.
        let asked = self.shared.clients.may_redirect().then(|| url.clone());
        let mut request = reqwest::Request::new(head.method, url);
        *request.headers_mut() = head.headers;
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }

        let mut response = match until(deadline, client.execute(request)).await {
            Some(Ok(response)) => response,
            Some(Err(error)) => {
                let error = transport_error(error);
                // Which of two limits that end at once has fired is chance: it is the attempt's that is named.
                let both = error.kind() == TransportErrorKind::ConnectTimeout
                    && self.shared.connect_timeout >= timeout;
                return Err(if both { timed_out() } else { error });
            }
            None => return Err(timed_out()),
        };
        if asked.is_some_and(|asked| asked != *response.url()) {
            return Err(TransportError::new(
                TransportErrorKind::Malformed,
                "the HTTP client followed a redirect: turn redirects off on that client",
            ));
        }
        if self.shared.clients.is_forwarded() {
            passlock_net::check_forwarded(response.status())?;
        }
        passlock_net::check_head(response.headers())?;
        let body = until(deadline, read(&mut response, max_response_bytes)).await;
        let mut answer = Response::new(body.unwrap_or_else(|| Err(timed_out())));
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::replace(response.headers_mut(), HeaderMap::new());
        Ok(answer)
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn clock(&self) -> ClockReading {
        passlock_net::clock()
    }
}

/// Reads a body of at most `most` bytes.
async fn read(response: &mut reqwest::Response, most: u64) -> Result<Bytes, TransportError> {
    let mut body = BodyBuffer::new(most, response.content_length())?;
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        body.push(chunk)?;
    }
    Ok(body.finish())
}

fn timed_out() -> TransportError {
    TransportError::new(TransportErrorKind::AttemptTimeout, "")
}

/// What a failure of reqwest stands for.
fn transport_error(error: reqwest::Error) -> TransportError {
    // The URL holds the token.
    let error = error.without_url();
    let described = |kind| TransportError::new(kind, passlock_net::describe(&error));
    if error.is_connect() {
        if error.is_timeout() {
            return TransportError::new(TransportErrorKind::ConnectTimeout, "");
        }
        let error = passlock_net::connect_error(&error);
        // Only these words tell it from a proxy that may open the tunnel the next time.
        if error.cause().contains("proxy authorization required") {
            return ProxyRefusal::Status(407).transport_error();
        }
        return error;
    }
    if error.is_timeout() && !passlock_net::is_of_the_system(&error) {
        // A limit that an application has set on its own client.
        return described(TransportErrorKind::AttemptTimeout);
    }
    if error.is_builder() {
        return described(TransportErrorKind::Unusable);
    }
    if error.is_redirect() || is_parse_error(&error) {
        return described(TransportErrorKind::Malformed);
    }
    passlock_net::interruption(&error)
}

fn is_parse_error(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse)
}

/// Hand-written: reqwest's own shows its proxies.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}
