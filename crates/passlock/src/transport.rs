//! The transport on hyper and tokio.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use passlock_core::nonblocking::Transport;
use passlock_core::{Answer, Attempt, Config, Error, FaultKind, Moment, Open, TransportFault};
use passlock_net::Resolver;
use tokio::time::{Instant, timeout_at};

use crate::connect::Dialer;
use crate::connection::{Connection, Failure, late};
use crate::pool::Pool;

/// HTTP/1.1 over hyper and tokio. Cheap to clone: clones share their connections.
///
/// Each tokio runtime that calls are made on has connections of its own: a runtime that stands still or has ended takes no
/// others along.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

struct Shared {
    dialer: Dialer,
    host: HeaderValue,
    connect_limit: Duration,
    pool: Pool,
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
        let origin = config.endpoint().origin();
        let host = HeaderValue::try_from(origin.authority().map_or("", |authority| authority.as_str()))
            .map_err(|error| {
                Error::config("the endpoint has a host that can't be used").with_cause(error.to_string())
            })?;
        let shared = Shared {
            dialer: Dialer::new(config, resolver)?,
            host,
            connect_limit: config.limits().connect(),
            pool: Pool::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Transport for Http {
    async fn send(&self, attempt: Attempt) -> Result<Answer, TransportFault> {
        let Attempt { request, timeout, max_response_bytes } = attempt;
        let deadline = Instant::now() + timeout;
        let shared = &*self.shared;
        let runtime = shared.pool.enter().map_err(|why| TransportFault::new(FaultKind::Unusable, why))?;
        let mut request = shared.address(request);
        loop {
            let (mut connection, kept) = match shared.pool.take(runtime) {
                Some(connection) => (connection, true),
                None => (shared.connect(timeout, deadline).await?, false),
            };
            match connection.exchange(request, deadline, max_response_bytes).await {
                Ok(answer) => {
                    shared.pool.give_back(runtime, connection);
                    return Ok(answer);
                }
                // It ended while it was idle: there are but so many of those.
                Err(Failure::NotSent(unsent, _)) if kept => request = *unsent,
                Err(Failure::NotSent(_, fault) | Failure::Fault(fault)) => return Err(fault),
            }
        }
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Moment {
        passlock_net::now()
    }
}

impl Shared {
    /// The request with what the next hop needs to know: the host, and a target in the form that it reads.
    fn address(&self, request: Request<Bytes>) -> Request<Full<Bytes>> {
        let (mut head, body) = request.into_parts();
        head.headers.insert(HOST, self.host.clone());
        match self.dialer.forwards() {
            Some(proxy) => {
                if let Some(authorization) = proxy.authorization() {
                    head.headers.insert(PROXY_AUTHORIZATION, authorization.clone());
                }
            }
            None => {
                if let Some(target) = head.uri.path_and_query() {
                    head.uri = Uri::from(target.clone());
                }
            }
        }
        Request::from_parts(head, Full::new(body))
    }

    async fn connect(
        &self,
        attempt_limit: Duration,
        attempt_end: Instant,
    ) -> Result<Box<Connection>, TransportFault> {
        let end = attempt_end.min(Instant::now() + self.connect_limit);
        let opened = timeout_at(end, async {
            let stream = self.dialer.dial().await?;
            Connection::new(stream).await.map(Box::new)
        });
        let opened = opened.await.unwrap_or_else(|_| Err(TransportFault::new(FaultKind::ConnectTimeout, "")));
        opened.map_err(|fault| {
            // Which of two limits that end at once has fired is chance: it is the attempt's that is named.
            let at_once = fault.kind() == FaultKind::ConnectTimeout && self.connect_limit >= attempt_limit;
            if at_once { late() } else { fault }
        })
    }
}

/// Hand-written: connections hold what they sent last.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}
