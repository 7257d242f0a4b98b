//! What the async transports need from the tokio runtime that a call is made on.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::pin::pin;
use std::time::Duration;

use passlock_core::{TransportError, TransportErrorKind};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::resolver::{Resolver, Waiter};

/// The runtime that the caller is on.
///
/// # Errors
///
/// `Unusable` if there is none.
pub fn current_runtime() -> Result<Handle, TransportError> {
    Handle::try_current().map_err(|_| {
        unusable("there is no tokio runtime here: call from within one, or use the crate passlock-blocking")
    })
}

/// Checks that the current runtime can wait and can use sockets. tokio reports this only by panicking, so check once per
/// runtime.
///
/// # Errors
///
/// `Unusable` if it can't.
pub fn check_drivers() -> Result<(), TransportError> {
    let try_both = || {
        drop(tokio::time::sleep(Duration::ZERO));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        tokio::net::UdpSocket::from_std(socket).map(drop)
    };
    // A system that has no socket for us now says nothing about the runtime.
    match std::panic::catch_unwind(try_both) {
        Ok(_) => Ok(()),
        Err(_) => Err(unusable("the tokio runtime has time or I/O disabled: build it with enable_all")),
    }
}

/// After the end of a time limit: how long what has already come may take to get from the socket to whoever waits for it.
const LAST_LOOK: Duration = Duration::from_millis(5);

/// What comes of this by the deadline, if anything does.
///
/// After a pause of the process or of its runtime's thread, the deadline may be noticed before what has come in the meantime.
/// So the runtime gets to look at its sockets, and tasks at what came there, before it is late.
pub async fn until<T>(deadline: Instant, awaited: impl Future<Output = T>) -> Option<T> {
    let mut awaited = pin!(awaited);
    match timeout_at(deadline, awaited.as_mut()).await {
        Ok(value) => Some(value),
        Err(_) => timeout(LAST_LOOK, awaited).await.ok(),
    }
}

fn unusable(why: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Unusable, why)
}

/// Looks up a name without blocking. A lookup whose future was dropped costs nothing but its slot in the queue.
///
/// # Errors
///
/// The system's own, and a name without an address.
pub fn resolve(
    resolver: &Resolver,
    host: &str,
    port: u16,
) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send + use<> {
    let (sender, receiver) = oneshot::channel();
    resolver.resolve(host, port, Box::new(PendingLookup(sender)));
    async { receiver.await.unwrap_or_else(|_| Err(io::Error::other("the resolver went away"))) }
}

/// A future that waits for addresses, and is gone when it was dropped.
struct PendingLookup(oneshot::Sender<io::Result<Vec<SocketAddr>>>);

impl Waiter for PendingLookup {
    fn is_waiting(&self) -> bool {
        !self.0.is_closed()
    }

    fn found(self: Box<Self>, addresses: io::Result<Vec<SocketAddr>>) {
        // It may have gone in this moment.
        let _ = self.0.send(addresses);
    }
}
