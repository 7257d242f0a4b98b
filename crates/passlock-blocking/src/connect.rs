//! Opens connections: DNS, TCP, proxy and TLS, under one deadline.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use http::Uri;
use passlock_core::{Config, Error, TransportError, TransportErrorKind};
use passlock_net::{Proxy, Resolver, TunnelReply, Waiter};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Timeout;
use ureq::unversioned::resolver::ResolvedSocketAddrs;
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use crate::buffers::WireBuffers;
use crate::connection::{Connection, Forwarded, deadline};
use crate::happy_eyeballs;
use crate::pool::Pool;
use crate::socket::Socket;
use crate::wire::{IdleWire, Wire};

/// How connections to the endpoint are opened.
pub(crate) struct Dialer {
    resolver: Resolver,
    /// The endpoint's host and port.
    host: String,
    port: u16,
    connect_timeout: Duration,
    proxy: Option<Proxy>,
    /// For an http endpoint behind a proxy.
    forwarded: Option<Arc<Forwarded>>,
    /// For an https endpoint: TLS, and whom the certificate has to be for.
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    pool: Arc<Pool<IdleWire>>,
}

/// The error of a connection that was never open, on its way through ureq.
#[derive(Debug)]
pub(crate) struct NoConnection(pub(crate) TransportError);

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.cause())
    }
}

impl std::error::Error for NoConnection {}

impl Connector for Dialer {
    type Out = Connection;

    /// An idle connection, or a new one.
    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let idle = match self.pool.take() {
            Some(idle) => idle,
            None => self.dial(deadline(details.timeout)).map_err(|error| {
                let error = if error.kind() == ErrorKind::TimedOut {
                    let kind = match details.timeout.reason {
                        Timeout::Connect => TransportErrorKind::ConnectTimeout,
                        _ => TransportErrorKind::AttemptTimeout,
                    };
                    TransportError::new(kind, "")
                } else {
                    passlock_net::connect_error(&error)
                };
                ureq::Error::Other(Box::new(NoConnection(error)))
            })?,
        };
        Ok(Some(Connection::new(idle, &self.pool, self.forwarded.clone())))
    }
}

impl Dialer {
    pub(crate) fn new(config: &Config, resolver: Resolver, pool: Pool<IdleWire>) -> Result<Self, Error> {
        let origin = config.endpoint().origin();
        let host = origin.host().unwrap_or_default().to_owned();
        let tls = match passlock_net::client_config(config)? {
            None => None,
            Some(tls) => Some((tls, passlock_net::server_name(config)?)),
        };
        let port = config.endpoint().port();
        let proxy = passlock_net::proxy_for(config)?;
        let forwarded = proxy.as_ref().filter(|_| tls.is_none()).map(|proxy| {
            Arc::new(Forwarded {
                origin: format!("http://{}", origin.authority().map_or("", |authority| authority.as_str())),
                headers: proxy_headers(proxy),
            })
        });
        let connect_timeout = config.limits().connect();
        Ok(Self { resolver, host, port, connect_timeout, proxy, forwarded, tls, pool: Arc::new(pool) })
    }

    /// Whether requests are handed to a proxy as they are.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.forwarded.is_some()
    }

    /// Opens a connection. Fails with [`ErrorKind::TimedOut`] at the deadline.
    fn dial(&self, deadline: Option<Instant>) -> io::Result<IdleWire> {
        Ok(IdleWire { wire: self.open(deadline)?, buffers: WireBuffers::default() })
    }

    fn open(&self, deadline: Option<Instant>) -> io::Result<Wire> {
        let (host, port) = match &self.proxy {
            None => (self.host.as_str(), self.port),
            Some(proxy) => split(proxy.authority())?,
        };
        let addresses = self.addresses(host, port, deadline)?;
        let mut socket = Socket::new(happy_eyeballs::connect(addresses, deadline)?, self.connect_timeout)?;
        socket.set_deadline(deadline);
        let Some((tls, name)) = &self.tls else { return Ok(Wire::Plain(socket)) };
        if let Some(proxy) = &self.proxy {
            tunnel(&mut socket, &format!("{}:{}", self.host, self.port), proxy)?;
        }
        let session = ClientConnection::new(Arc::clone(tls), name.clone()).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Wire::Tls(Box::new(stream)))
    }

    fn addresses(&self, host: &str, port: u16, deadline: Option<Instant>) -> io::Result<Vec<SocketAddr>> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let alive = Arc::new(());
        let pending = PendingLookup { sender, alive: Arc::downgrade(&alive) };
        self.resolver.resolve(host, port, Box::new(pending));
        let gone = || io::Error::other("the resolver went away");
        let Some(deadline) = deadline else { return receiver.recv().map_err(|_| gone())? };
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => Err(ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Err(gone()),
        }
    }
}

/// A call that waits for addresses, and no longer does when its half of `alive` is gone.
struct PendingLookup {
    sender: SyncSender<io::Result<Vec<SocketAddr>>>,
    alive: Weak<()>,
}

impl Waiter for PendingLookup {
    fn is_waiting(&self) -> bool {
        self.alive.strong_count() > 0
    }

    fn found(self: Box<Self>, addresses: io::Result<Vec<SocketAddr>>) {
        // The call may have gone in this moment.
        let _ = self.sender.send(addresses);
    }
}

fn split(authority: &str) -> io::Result<(&str, u16)> {
    let parts = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    parts.ok_or_else(|| io::Error::other("the proxy has no port"))
}

/// The header lines that are meant for a proxy.
fn proxy_headers(proxy: &Proxy) -> Vec<u8> {
    match proxy.authorization() {
        None => Vec::new(),
        Some(value) => [b"Proxy-Authorization: ", value.as_bytes(), b"\r\n"].concat(),
    }
}

fn tunnel(socket: &mut Socket, target: &str, proxy: &Proxy) -> io::Result<()> {
    socket.write_all(&passlock_net::tunnel_request(target, proxy))?;
    let mut reply = TunnelReply::default();
    let mut buffer = [0; 1024];
    loop {
        let count = socket.read(&mut buffer)?;
        if reply.push(&buffer[..count]).map_err(io::Error::other)? {
            return Ok(());
        }
    }
}

/// ureq asks for addresses before it asks for a connection, once a call. They are looked up when one is opened.
#[derive(Debug)]
pub(crate) struct NoResolver;

impl ureq::unversioned::resolver::Resolver for NoResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// Hand-written: TLS settings say nothing, and a proxy has credentials.
impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").finish_non_exhaustive()
    }
}
