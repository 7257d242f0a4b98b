//! The bytes under a connection: TCP, with or without TLS.

use std::io::{self, Read, Write};
use std::time::Instant;

use rustls::{ClientConnection, StreamOwned};

use crate::buffers::WireBuffers;
use crate::pool::Pooled;
use crate::socket::Socket;

/// How often in a row a peer may send what nobody asked for.
const MAX_UNASKED_READS: usize = 16;

pub(crate) enum Wire {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

impl Wire {
    /// Reads and writes fail with [`TimedOut`](io::ErrorKind::TimedOut) from then on.
    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        match self {
            Self::Plain(socket) => socket.set_deadline(deadline),
            Self::Tls(stream) => stream.sock.set_deadline(deadline),
        }
    }
}

/// A wire on which nobody waits for anything, with its buffers, which cost more to make anew than a call does otherwise.
pub(crate) struct IdleWire {
    pub(crate) wire: Wire,
    pub(crate) buffers: WireBuffers,
}

impl Pooled for IdleWire {
    /// Whether the peer has neither closed the connection nor sent what nobody asked for.
    fn is_open(&mut self) -> bool {
        match &mut self.wire {
            Wire::Plain(socket) => socket.is_quiet(),
            Wire::Tls(stream) => tls_is_quiet(stream),
        }
    }
}

/// Session tickets and new keys may come at any time: they are taken, and say nothing about the connection.
fn tls_is_quiet(stream: &mut StreamOwned<ClientConnection, Socket>) -> bool {
    let StreamOwned { conn, sock } = stream;
    for _ in 0..MAX_UNASKED_READS {
        match conn.process_new_packets() {
            Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
            _ => return false,
        }
        if sock.is_quiet() {
            return true;
        }
        // There is something to read, so this does not wait. The old deadline is that of a call long past.
        sock.set_deadline(None);
        if !sock.has_input() || conn.read_tls(sock).is_err() {
            return false;
        }
    }
    false
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
