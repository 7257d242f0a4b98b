//! An open connection, plain or TLS, as ureq wants one.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use rustls::{ClientConnection, StreamOwned};
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use crate::idle::{IdleReaper, Lease};
use crate::socket::Socket;

/// The most of an answer's head that is read, in bytes: with its status line, and with white space that does not count.
pub(crate) const LARGEST_HEAD: usize = passlock_net::LARGEST_HEAD + 8 * 1024;
/// Must be larger than the largest head, for that one to be noticed.
const INPUT: usize = LARGEST_HEAD + 16 * 1024;
/// Must hold the longest request line.
const OUTPUT: usize = 40 * 1024;

/// How often in a row a peer may send what nobody asked for.
const MOST_UNASKED_READS: usize = 16;

pub(crate) enum Wire {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

impl Wire {
    fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &mut stream.sock,
        }
    }

    fn stream(&self) -> &Arc<TcpStream> {
        match self {
            Self::Plain(socket) => socket.stream(),
            Self::Tls(stream) => stream.sock.stream(),
        }
    }

    /// Whether the peer has neither closed the connection nor sent what nobody asked for.
    fn is_quiet(&mut self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_quiet(),
            Self::Tls(stream) => tls_is_quiet(stream),
        }
    }
}

/// Session tickets and new keys may come at any time: they are taken, and say nothing about the connection.
fn tls_is_quiet(stream: &mut StreamOwned<ClientConnection, Socket>) -> bool {
    let StreamOwned { conn, sock } = stream;
    for _ in 0..MOST_UNASKED_READS {
        match conn.process_new_packets() {
            Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
            _ => return false,
        }
        if sock.is_quiet() {
            return true;
        }
        // There is something to read, so this does not wait.
        sock.set_deadline(None);
        if !sock.has_input() || conn.read_tls(sock).is_err() {
            return false;
        }
    }
    false
}

impl Forwarded {
    /// A request's head with its target in absolute form (RFC 9112, 3.2.2), and with the headers for the proxy.
    fn rewrite(&self, head: &[u8]) -> Vec<u8> {
        let Some(target) = head.iter().position(|byte| *byte == b' ').map(|space| space + 1) else {
            return head.to_vec();
        };
        let headers = head.iter().position(|byte| *byte == b'\n').map_or(head.len(), |end| end + 1);
        let mut rewritten = Vec::with_capacity(head.len() + self.origin.len() + self.headers.len());
        rewritten.extend_from_slice(&head[..target]);
        rewritten.extend_from_slice(self.origin.as_bytes());
        rewritten.extend_from_slice(&head[target..headers]);
        rewritten.extend_from_slice(&self.headers);
        rewritten.extend_from_slice(&head[headers..]);
        rewritten
    }
}

/// A proxy that requests are handed to whole, instead of through a tunnel.
pub(crate) struct Forwarded {
    /// What the request's target begins with, such as `http://host:port`.
    pub(crate) origin: String,
    /// The header lines for the proxy: a secret.
    pub(crate) headers: Vec<u8>,
}

pub(crate) struct Connection {
    wire: Wire,
    buffers: LazyBuffers,
    lease: Arc<Lease>,
    forwarded: Option<Forwarded>,
    /// Nothing of the next request has been sent.
    at_start: bool,
}

impl Connection {
    pub(crate) fn new(wire: Wire, forwarded: Option<Forwarded>, reaper: &IdleReaper) -> Self {
        let lease = reaper.lease(wire.stream());
        Self { wire, buffers: LazyBuffers::new(INPUT, OUTPUT), lease, forwarded, at_start: true }
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.lease.take();
        self.wire.socket().set_deadline(deadline(timeout));
        let output = &self.buffers.output()[..amount];
        let at_start = std::mem::replace(&mut self.at_start, false);
        match (&mut self.wire, &self.forwarded) {
            (Wire::Plain(socket), Some(proxy)) if at_start => socket.write_all(&proxy.rewrite(output)),
            (Wire::Plain(socket), _) => socket.write_all(output),
            (Wire::Tls(stream), _) => stream.write_all(output),
        }
        .map_err(|error| failure(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.at_start = true;
        self.wire.socket().set_deadline(deadline(timeout));
        // It is needed when the connection is idle. Started now, it costs the call no time, unless the answer is here already.
        self.lease.watch();
        let input = self.buffers.input_append_buf();
        let amount = match &mut self.wire {
            Wire::Plain(socket) => socket.read(input),
            Wire::Tls(stream) => stream.read(input),
        }
        .map_err(|error| failure(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// ureq asks this when a connection goes back into its pool, and when it is taken out.
    fn is_open(&mut self) -> bool {
        if self.lease.is_in_use() {
            let open = self.wire.is_quiet();
            if open {
                self.lease.give_back();
            }
            open
        } else {
            // The other way round, so that it can't be closed between the two.
            self.lease.take() && self.wire.is_quiet()
        }
    }

    fn is_tls(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }
}

pub(crate) fn deadline(timeout: NextTimeout) -> Option<Instant> {
    // A limit too far away to be an instant is none.
    if timeout.after.is_not_happening() { None } else { Instant::now().checked_add(*timeout.after) }
}

fn failure(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    if error.kind() == ErrorKind::TimedOut { ureq::Error::Timeout(timeout.reason) } else { error.into() }
}

/// Hand-written: nothing of what was sent or read is shown.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("tls", &self.is_tls()).finish_non_exhaustive()
    }
}
