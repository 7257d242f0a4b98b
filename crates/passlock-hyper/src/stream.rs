//! The bytes under a connection: TCP, with or without TLS.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use passlock_net::Owner;
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
    owner: Owner,
    probe: Probe,
    /// How many reads in a row have found something.
    in_a_row: u32,
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
        Self { tcp, owner: Owner::this_process(), probe: Probe::default(), in_a_row: 0 }
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

impl Drop for Socket {
    fn drop(&mut self) {
        self.owner.shut_down(&SockRef::from(&self.tcp));
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

/// No vectored writes: those are made by `writev`, which can't be told to raise no SIGPIPE where the peer has gone, and a
/// signal that the application has left at its default would end the process. tokio's plain writes raise none: they are
/// `send` with `MSG_NOSIGNAL`, or on a socket with `SO_NOSIGPIPE`.
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
