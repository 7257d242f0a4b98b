//! The bytes under a connection: TCP, with or without TLS.

use std::io::{self, Read};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A socket that can be told not to wait for its runtime.
///
/// A runtime that had other things to do, or stood still, has not looked at its sockets lately: what came for an idle one,
/// its end above all, only the socket itself knows.
pub(crate) struct Socket {
    tcp: TcpStream,
    probe: Probe,
    /// How many reads in a row have found something.
    in_a_row: u32,
    /// The process that opened it.
    owner: u32,
}

/// After so many reads in a row whoever polls gets their turn. What is above reads on for as long as it gets nothing that it
/// can hand on, such as interim answers: without this a peer that is quick enough would keep it from ever looking at the
/// clock. tokio's own budget does not do it: it holds within a task only, and calls are polled by event loops too.
const MOST_READS: u32 = 8;

/// Makes a socket's reads ask the socket itself, until there is nothing more to read.
#[derive(Clone, Default)]
pub(crate) struct Probe(Arc<AtomicBool>);

impl Probe {
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn answered(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self { tcp, probe: Probe::default(), in_a_row: 0, owner: std::process::id() }
    }

    pub(crate) fn probe(&self) -> Probe {
        self.probe.clone()
    }

    fn read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.probe.is_asked() {
            if self.look(buf)? {
                return Poll::Ready(Ok(()));
            }
            self.probe.answered();
        }
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }

    /// Reads what there is; false if there is nothing.
    fn look(&self, buf: &mut ReadBuf<'_>) -> io::Result<bool> {
        match (&*SockRef::from(&self.tcp)).read(buf.initialize_unfilled()) {
            Ok(count) => {
                buf.advance(count);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Where the process has forked, closing alone ends nothing: the child holds the connection too, until it exits. Shutting it
/// down ends it for both. A child that drops what it inherits must not do that: the connection is its parent's.
impl Drop for Socket {
    fn drop(&mut self) {
        if self.owner == std::process::id() {
            // It fails when the peer has ended the connection already.
            let _ = SockRef::from(&self.tcp).shutdown(Shutdown::Both);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.in_a_row == MOST_READS {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = self.read(cx, buf);
        self.in_a_row = if read.is_ready() { self.in_a_row + 1 } else { 0 };
        read
    }
}

/// One buffer at a time: `writev` has no way to ask for no SIGPIPE, and a host that has that signal at its default would end
/// when a peer goes.
impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// A socket, or TLS over it.
pub(crate) enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    pub(crate) fn probe(&self) -> Probe {
        match self {
            Self::Plain(socket) => socket.probe(),
            Self::Tls(stream) => stream.get_ref().0.probe(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    /// A socket, what a forked child would have of it, and the peer.
    fn inherited() -> (Socket, TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let inherited = near.try_clone().unwrap();
        near.set_nonblocking(true).unwrap();
        let (far, _) = listener.accept().unwrap();
        far.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        (Socket::new(near.try_into().unwrap()), inherited, far)
    }

    #[tokio::test]
    async fn a_dropped_connection_ends_although_a_child_holds_it_too() {
        let (socket, _child, mut peer) = inherited();
        drop(socket);
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    }

    #[tokio::test]
    async fn a_child_that_drops_a_connection_leaves_its_parents_open() {
        let (mut socket, _parent, mut peer) = inherited();
        socket.owner += 1;
        drop(socket);
        assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
