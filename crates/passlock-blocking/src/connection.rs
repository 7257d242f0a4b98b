//! An open connection, in the form that ureq needs.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Weak};
use std::time::Instant;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::buffers::WireBuffers;
use crate::head::{self, Head};
use crate::pool::Pool;
use crate::wire::{IdleWire, Wire};

/// How much may have been read and not be understood: more than the longest head, which is refused by its own name.
const MOST_UNREAD: usize = passlock_net::LARGEST_HEAD + 32 * 1024;

/// A proxy that requests are handed to whole, instead of through a tunnel.
pub(crate) struct Forwarded {
    /// What the request's target begins with, such as `http://host:port`.
    pub(crate) origin: String,
    /// The header lines for the proxy: a secret.
    pub(crate) headers: Vec<u8>,
}

impl Forwarded {
    /// A request with its target in absolute form (RFC 9112, 3.2.2), and with the headers for the proxy.
    fn rewrite(&self, request: &[u8]) -> Vec<u8> {
        let Some(target) = request.iter().position(|byte| *byte == b' ').map(|space| space + 1) else {
            return request.to_vec();
        };
        let headers = request.iter().position(|byte| *byte == b'\n').map_or(request.len(), |end| end + 1);
        [
            &request[..target],
            self.origin.as_bytes(),
            &request[target..headers],
            &self.headers,
            &request[headers..],
        ]
        .concat()
    }
}

/// The error of a connection that failed once it was open, on its way through ureq, which would take some for the end of a body.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) io::Error);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Broken {}

pub(crate) struct Connection {
    /// Only ever taken when the connection is dropped.
    wire: Option<Wire>,
    buffers: WireBuffers,
    pool: Weak<Pool<IdleWire>>,
    forwarded: Option<Arc<Forwarded>>,
    /// What is to be sent. Head and body are joined: they are one write.
    request: Vec<u8>,
    head: Head,
    /// ureq is done with it, and all was as it should be.
    is_reusable: bool,
}

impl Connection {
    pub(crate) fn new(idle: IdleWire, pool: &Arc<Pool<IdleWire>>, forwarded: Option<Arc<Forwarded>>) -> Self {
        Self {
            wire: Some(idle.wire),
            buffers: idle.buffers,
            pool: Arc::downgrade(pool),
            forwarded,
            request: Vec::new(),
            head: Head::Partial,
            is_reusable: false,
        }
    }

    fn wire(&mut self) -> io::Result<&mut Wire> {
        self.wire.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn send_request(&mut self) -> io::Result<()> {
        let request = std::mem::take(&mut self.request);
        if request.is_empty() {
            return Ok(());
        }
        self.head = Head::Partial;
        let rewritten = self.forwarded.as_ref().map(|proxy| proxy.rewrite(&request));
        let wire = self.wire()?;
        wire.write_all(rewritten.as_deref().unwrap_or(&request))?;
        wire.flush()
    }

    /// Reads more, and says whether there was more.
    fn read(&mut self) -> io::Result<bool> {
        // ureq wants more of what it can't make sense of yet, such as the size of a chunk, however much there is.
        if self.buffers.input().len() > MOST_UNREAD {
            return Err(io::Error::new(ErrorKind::InvalidData, "the framing of the body has no end"));
        }
        let Some(wire) = &mut self.wire else { return Err(ErrorKind::NotConnected.into()) };
        let amount = wire.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        if amount > 0 {
            if self.head == Head::Partial {
                self.head = head::rename_headers(self.buffers.input_mut());
            }
            return Ok(true);
        }
        match self.head {
            // No size of a chunk begins like that: it was never chunked, and would not be the next time.
            Head::Complete { is_chunked: true } if !self.buffers.may_be_chunk() => {
                Err(io::Error::new(ErrorKind::InvalidData, "the body is not chunked"))
            }
            // ureq takes a last chunk that is cut off for a whole one.
            Head::Partial | Head::Complete { is_chunked: true } => {
                Err(io::Error::new(ErrorKind::UnexpectedEof, "the connection was closed"))
            }
            Head::Complete { is_chunked: false } => Ok(false),
        }
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let output = &self.buffers.output()[..amount];
        self.request.extend_from_slice(output);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let deadline = deadline(timeout);
        let read = self.wire().map(|wire| wire.set_deadline(deadline)).and_then(|()| self.send_request());
        read.and_then(|()| self.read()).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => ureq::Error::Timeout(timeout.reason),
            _ => ureq::Error::Other(Box::new(Broken(error))),
        })
    }

    /// ureq asks this when it would keep the connection, and drops it all the same: it keeps none.
    fn is_open(&mut self) -> bool {
        self.is_reusable = true;
        true
    }

    fn is_tls(&self) -> bool {
        matches!(self.wire, Some(Wire::Tls(_)))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.is_reusable {
            return;
        }
        if let (Some(pool), Some(wire)) = (self.pool.upgrade(), self.wire.take()) {
            let buffers = std::mem::take(&mut self.buffers);
            pool.give_back(IdleWire { wire, buffers });
        }
    }
}

pub(crate) fn deadline(timeout: NextTimeout) -> Option<Instant> {
    // A limit too far away to be an instant is none.
    if timeout.after.is_not_happening() { None } else { Instant::now().checked_add(*timeout.after) }
}

/// Hand-written: nothing of what was sent or read is shown.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("tls", &self.is_tls()).finish_non_exhaustive()
    }
}
