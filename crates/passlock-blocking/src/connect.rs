//! Opens connections: DNS, TCP, proxy and TLS, under one deadline.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use http::Uri;
use passlock_core::{TransportError, TransportErrorKind};
use passlock_net::{Proxy, Waiter};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Timeout;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use crate::connection::{Connection, Forwarded, Wire, deadline};
use crate::idle::IdleReaper;
use crate::socket::Socket;

/// The most of a proxy's answer that is read, in bytes.
const LARGEST_PROXY_HEAD: usize = 8 * 1024;

/// How connections to the endpoint are opened.
pub(crate) struct Dialer {
    pub(crate) resolver: passlock_net::Resolver,
    pub(crate) proxy: Option<Proxy>,
    /// For an https endpoint.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) idle: IdleReaper,
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

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        self.dial(details.uri, deadline(details.timeout)).map(Some).map_err(|error| {
            let fault = if error.kind() == ErrorKind::TimedOut {
                let kind = match details.timeout.reason {
                    Timeout::Connect => TransportErrorKind::ConnectTimeout,
                    _ => TransportErrorKind::AttemptTimeout,
                };
                TransportError::new(kind, "")
            } else {
                passlock_net::connect_error(&error)
            };
            ureq::Error::Other(Box::new(NoConnection(fault)))
        })
    }
}

impl Dialer {
    /// Fails with [`ErrorKind::TimedOut`] at the deadline.
    fn dial(&self, uri: &Uri, deadline: Option<Instant>) -> io::Result<Connection> {
        let host = uri.host().unwrap_or_default();
        let secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });

        let (socket_host, socket_port) = match &self.proxy {
            None => (host, port),
            Some(proxy) => split(proxy.authority())?,
        };
        let mut socket = self.open(socket_host, socket_port, deadline)?;
        socket.set_deadline(deadline);
        if !secure {
            let forwarded = self.proxy.as_ref().map(|proxy| Forwarded {
                origin: format!("http://{}", uri.authority().map_or(host, |authority| authority.as_str())),
                headers: proxy_headers(proxy),
            });
            return Ok(Connection::new(Wire::Plain(socket), forwarded, &self.idle));
        }
        if let Some(proxy) = &self.proxy {
            tunnel(&mut socket, &format!("{host}:{port}"), proxy)?;
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned()).map_err(io::Error::other)?;
        let Some(tls) = &self.tls else { return Err(io::Error::other("the endpoint is an http one")) };
        let session = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Connection::new(Wire::Tls(Box::new(stream)), None, &self.idle))
    }

    /// Looks a name up and connects to the first of its addresses that lets us, giving each a fair part of the time.
    fn open(&self, host: &str, port: u16, deadline: Option<Instant>) -> io::Result<Socket> {
        let addresses = self.addresses(host, port, deadline)?;
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for (tried, address) in addresses.iter().enumerate() {
            let connected = match left(deadline)? {
                None => TcpStream::connect(address),
                Some(left) => {
                    let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
                    TcpStream::connect_timeout(address, share.max(Duration::from_millis(1)))
                }
            };
            match connected {
                Ok(stream) => return Socket::new(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn addresses(&self, host: &str, port: u16, deadline: Option<Instant>) -> io::Result<Vec<SocketAddr>> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let alive = Arc::new(());
        let pending = PendingLookup { sender, alive: Arc::downgrade(&alive) };
        self.resolver.resolve(host, port, Box::new(pending));
        let gone = || io::Error::other("the resolver went away");
        match left(deadline)? {
            None => receiver.recv().map_err(|_| gone())?,
            Some(left) => match receiver.recv_timeout(left) {
                Ok(found) => found,
                Err(RecvTimeoutError::Timeout) => Err(ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => Err(gone()),
            },
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

/// What is left of the time; an error when nothing is.
fn left(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let Some(deadline) = deadline else { return Ok(None) };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
}

fn split(authority: &str) -> io::Result<(&str, u16)> {
    let parts = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    parts.ok_or_else(|| io::Error::other("the proxy has no port"))
}

/// Asks a proxy for a tunnel (RFC 9110, 9.3.6).
fn tunnel(socket: &mut Socket, target: &str, proxy: &Proxy) -> io::Result<()> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    request.extend_from_slice(&proxy_headers(proxy));
    request.extend_from_slice(b"\r\n");
    socket.write_all(&request)?;

    let mut answer = Vec::new();
    loop {
        // Byte by byte, so that nothing is read of what comes after the answer: this happens once a connection.
        let mut byte = [0];
        if socket.read(&mut byte)? == 0 {
            return Err(io::Error::other("the proxy closed the connection"));
        }
        answer.push(byte[0]);
        if answer.ends_with(b"\r\n\r\n") {
            break;
        }
        if answer.len() > LARGEST_PROXY_HEAD {
            return Err(io::Error::other("the proxy's answer is too large"));
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(&answer).map_err(|_| io::Error::other("the proxy's answer is no HTTP"))?;
    match response.code {
        Some(200..=299) => Ok(()),
        Some(407) => Err(io::Error::other("the proxy asks for credentials (407)")),
        Some(code) => Err(io::Error::other(format!("the proxy refused the tunnel ({code})"))),
        None => Err(io::Error::other("the proxy's answer is no HTTP")),
    }
}

/// The header lines that are meant for a proxy.
fn proxy_headers(proxy: &Proxy) -> Vec<u8> {
    match proxy.authorization() {
        None => Vec::new(),
        Some(value) => [b"Proxy-Authorization: ", value.as_bytes(), b"\r\n"].concat(),
    }
}

/// ureq asks for addresses before it looks into its pool, once a call. They are looked up when a connection is opened.
#[derive(Debug)]
pub(crate) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}
