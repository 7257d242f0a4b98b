//! Opens connections: DNS, TCP, proxy and TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use passlock_core::{Config, Error, TransportError};
use passlock_net::{Proxy, Resolver, TunnelReply};
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::stream::{Socket, Stream};

/// How connections to the endpoint are opened.
pub(crate) struct Dialer {
    /// The endpoint without its path prefix.
    origin: Uri,
    tcp: HttpConnector<DnsResolver>,
    connect_timeout: Duration,
    proxy: Option<(Uri, Proxy)>,
    /// The endpoint's host and port.
    tunnel_target: String,
    /// For an https endpoint: TLS, and whom the certificate has to be for.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Dialer {
    pub(crate) fn new(config: &Config, resolver: Resolver) -> Result<Self, Error> {
        let origin = config.endpoint().origin();
        let proxy = match passlock_net::proxy_for(config)? {
            None => None,
            Some(proxy) => {
                let uri = Uri::try_from(format!("http://{}", proxy.authority())).map_err(|error| {
                    Error::config("the proxy can't be used").with_cause(error.to_string())
                })?;
                Some((uri, proxy))
            }
        };
        let tls = match passlock_net::client_config(config)? {
            None => None,
            Some(tls) => Some((tls.into(), passlock_net::server_name(config)?)),
        };
        let mut tcp = HttpConnector::new_with_resolver(DnsResolver(resolver));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Each address of a name gets its part of the time.
        let connect_timeout = config.limits().connect();
        tcp.set_connect_timeout(Some(connect_timeout));
        let tunnel_target = format!("{}:{}", origin.host().unwrap_or_default(), config.endpoint().port());
        Ok(Self { origin, tcp, connect_timeout, proxy, tunnel_target, tls })
    }

    /// The proxy that requests are handed to as they are, if there is one: it reads their target in absolute form.
    pub(crate) fn forward_proxy(&self) -> Option<&Proxy> {
        match &self.proxy {
            Some((_, proxy)) if self.tls.is_none() => Some(proxy),
            _ => None,
        }
    }

    /// Opens a connection, with no limit but that of TCP.
    pub(crate) async fn dial(&self) -> Result<Stream, TransportError> {
        let socket = self.socket().await?;
        let Some((tls, name)) = &self.tls else { return Ok(Stream::Plain(socket)) };
        let stream = tls.connect(name.clone(), socket).await;
        stream
            .map(|stream| Stream::Tls(Box::new(stream)))
            .map_err(|error| passlock_net::connect_error(&error))
    }

    async fn socket(&self) -> Result<Socket, TransportError> {
        // Cheap to clone, and made to be called once a clone.
        let mut tcp = self.tcp.clone();
        let to = self.proxy.as_ref().map_or(&self.origin, |(uri, _)| uri);
        let socket = tcp.call(to.clone()).await.map_err(|error| passlock_net::connect_error(&error))?;
        let socket = socket.into_inner();
        passlock_net::keep_alive(SockRef::from(&socket), self.connect_timeout);
        let mut socket = Socket::new(socket);
        if let (Some((_, proxy)), Some(_)) = (&self.proxy, &self.tls) {
            self.tunnel(&mut socket, proxy).await.map_err(|error| passlock_net::connect_error(&error))?;
        }
        Ok(socket)
    }

    async fn tunnel(&self, socket: &mut Socket, proxy: &Proxy) -> io::Result<()> {
        socket.write_all(&passlock_net::tunnel_request(&self.tunnel_target, proxy)).await?;
        let mut reply = TunnelReply::default();
        let mut buffer = [0; 1024];
        loop {
            let count = socket.read(&mut buffer).await?;
            if reply.push(&buffer[..count]).map_err(io::Error::other)? {
                return Ok(());
            }
        }
    }
}

/// Our resolver, as the connector wants one.
#[derive(Clone)]
pub(crate) struct DnsResolver(Resolver);

impl Service<Name> for DnsResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        // The connector sets the port itself.
        let lookup = passlock_net::tokio::resolve(&self.0, name.as_str(), 0);
        Box::pin(async { Ok(lookup.await?.into_iter()) })
    }
}
