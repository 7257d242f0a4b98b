//! What wakes an event loop: a pipe to itself, which the loop watches.

use std::io::{self, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(not(unix))]
use std::io::{PipeReader as End, PipeWriter, Write as _};

#[cfg(unix)]
use socket2::{Domain, Socket as End, Type};

/// It holds one byte at most, however often the loop is notified before it drains it.
///
/// On Unix it is a pair of sockets, as asyncio's own: writing to a pipe can raise SIGPIPE, which ends a process that has
/// that signal at its default, and sending to a socket can't.
pub(crate) struct SelfPipe {
    /// Whether a byte is in the pipe, or about to be.
    pending: AtomicBool,
    reader: End,
    #[cfg(unix)]
    writer: End,
    #[cfg(not(unix))]
    writer: PipeWriter,
}

impl SelfPipe {
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        let (reader, writer) = End::pair(Domain::UNIX, Type::STREAM, None)?;
        #[cfg(not(unix))]
        let (reader, writer) = io::pipe()?;
        Ok(Self { pending: AtomicBool::new(false), reader, writer })
    }

    /// What the loop has to watch.
    #[cfg(unix)]
    pub(crate) fn fileno(&self) -> i32 {
        use std::os::fd::AsRawFd as _;
        self.reader.as_raw_fd()
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    pub(crate) fn notify(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // It fails only where the host has closed descriptors that are not its own.
            let _ = self.send();
        }
    }

    /// Takes the byte out, and waits for it if there is none. What notifies from here on writes one again.
    pub(crate) fn drain(&self) {
        // It can't fail: both ends are open, and std repeats it after a signal.
        let _ = (&self.reader).read_exact(&mut [0]);
        self.pending.store(false, Ordering::Release);
    }

    #[cfg(unix)]
    fn send(&self) -> io::Result<()> {
        // Apple's systems have an option of the socket instead, which `pair` has set.
        #[cfg(target_vendor = "apple")]
        const FLAGS: i32 = 0;
        #[cfg(not(target_vendor = "apple"))]
        const FLAGS: i32 = libc::MSG_NOSIGNAL;
        loop {
            match self.writer.send_with_flags(&[1], FLAGS) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return sent.map(drop),
            }
        }
    }

    #[cfg(not(unix))]
    fn send(&self) -> io::Result<()> {
        (&self.writer).write_all(&[1])
    }
}
