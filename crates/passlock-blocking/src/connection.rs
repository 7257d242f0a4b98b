//! An open connection, plain or TLS, as ureq wants one.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

use rustls::{ClientConnection, StreamOwned};
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use crate::socket::Socket;

/// The most of an answer's head that is read, in bytes: with its status line, and with white space that does not count.
pub(crate) const LARGEST_HEAD: usize = passlock_net::LARGEST_HEAD + 8 * 1024;
/// Must be larger than the largest head, for that one to be noticed.
const INPUT: usize = LARGEST_HEAD + 16 * 1024;
/// Must hold the longest request line.
const OUTPUT: usize = 40 * 1024;

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
}

pub(crate) struct Connection {
    wire: Wire,
    buffers: LazyBuffers,
}

impl Connection {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, buffers: LazyBuffers::new(INPUT, OUTPUT) }
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.wire.socket().set_deadline(deadline(timeout));
        let output = &self.buffers.output()[..amount];
        match &mut self.wire {
            Wire::Plain(socket) => socket.write_all(output),
            Wire::Tls(stream) => stream.write_all(output),
        }
        .map_err(|error| failure(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.wire.socket().set_deadline(deadline(timeout));
        let input = self.buffers.input_append_buf();
        let amount = match &mut self.wire {
            Wire::Plain(socket) => socket.read(input),
            Wire::Tls(stream) => stream.read(input),
        }
        .map_err(|error| failure(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.wire.socket().is_quiet()
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
