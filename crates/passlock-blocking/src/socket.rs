//! A TCP socket with a deadline instead of a timeout for each read.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use passlock_net::Owner;
use socket2::SockRef;

/// Every read and write fails with [`ErrorKind::TimedOut`] once the deadline has passed, and only then; but what has come by
/// then is read.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    owner: Owner,
    deadline: Option<Instant>,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    late_reads: u32,
}

/// How often something is read once the deadline has passed: no peer can be so quick that the deadline is none. Of TLS an
/// answer may be several reads.
const MOST_LATE_READS: u32 = 16;

impl Socket {
    pub(crate) fn new(stream: TcpStream, connect_timeout: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        passlock_net::keep_alive(SockRef::from(&stream), connect_timeout);
        let owner = Owner::this_process();
        Ok(Self { stream, owner, deadline: None, read_timeout: None, write_timeout: None, late_reads: 0 })
    }

    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
        self.late_reads = 0;
    }

    /// Whether the peer has neither closed the connection nor sent what nobody asked for.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(peek(&self.stream), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Whether there is something to read at once.
    pub(crate) fn has_input(&self) -> bool {
        matches!(peek(&self.stream), Ok(1..))
    }

    /// Repeats what the operating system ended early, until the deadline.
    fn until_deadline<T>(
        &mut self,
        reads: bool,
        arm: fn(&mut Self, Duration) -> io::Result<()>,
        mut operation: impl FnMut(&TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            if let Some(deadline) = self.deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    // After a pause of the process, what has come in the meantime is no later for it.
                    self.late_reads += 1;
                    if !reads || self.late_reads > MOST_LATE_READS || !self.has_input() {
                        return Err(ErrorKind::TimedOut.into());
                    }
                }
                arm(self, left)?;
            }
            match operation(&self.stream) {
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                // On Windows this is how a socket's own timeout ends an operation; elsewhere it is the end of the connection.
                Err(error)
                    if cfg!(windows) && error.kind() == ErrorKind::TimedOut && self.deadline.is_some() => {}
                result => return result,
            }
        }
    }

    fn arm_read(&mut self, left: Duration) -> io::Result<()> {
        if let Some(timeout) = timeout_to_set(self.read_timeout, left) {
            if is_set(self.stream.set_read_timeout(Some(timeout)))? {
                self.read_timeout = Some(timeout);
            }
        }
        Ok(())
    }

    fn arm_write(&mut self, left: Duration) -> io::Result<()> {
        if let Some(timeout) = timeout_to_set(self.write_timeout, left) {
            if is_set(self.stream.set_write_timeout(Some(timeout)))? {
                self.write_timeout = Some(timeout);
            }
        }
        Ok(())
    }
}

/// Whether the socket took its timeout. Apple's systems take none for a connection that has ended: nothing waits there, and what
/// came before can still be read.
fn is_set(set: io::Result<()>) -> io::Result<bool> {
    match set {
        Err(error) if cfg!(target_vendor = "apple") && error.kind() == ErrorKind::InvalidInput => Ok(false),
        set => set.map(|()| true),
    }
}

/// The socket's own timeout only has to end an operation before the deadline: what ends too early is repeated. So a set one
/// is kept, which saves a system call for each read, unless it is too long, or so short that it would wake us often.
fn timeout_to_set(current: Option<Duration>, left: Duration) -> Option<Duration> {
    match current {
        Some(current) if current <= left && current >= left / 4 => None,
        // Zero would mean none. A timeout is cut to microseconds by the system.
        _ => Some(left.max(Duration::from_millis(1))),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.owner.shut_down(&SockRef::from(&self.stream));
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.until_deadline(true, Self::arm_read, |mut stream| stream.read(buffer))
    }
}

/// No vectored writes: those are made by `writev`, which can't be told to raise no SIGPIPE where the peer has gone. std's plain
/// writes raise none: they are `send` with `MSG_NOSIGNAL`, or on a socket with `SO_NOSIGPIPE`.
impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.until_deadline(false, Self::arm_write, |mut stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Looks whether there is anything to read, without waiting: in one system call where there is one for it.
#[cfg(unix)]
fn peek(stream: &TcpStream) -> io::Result<usize> {
    let mut byte = [std::mem::MaybeUninit::uninit()];
    SockRef::from(stream).recv_with_flags(&mut byte, libc::MSG_PEEK | libc::MSG_DONTWAIT)
}

#[cfg(not(unix))]
fn peek(stream: &TcpStream) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false)?;
    peeked
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Socket::new(near, Duration::from_secs(5)).unwrap(), listener.accept().unwrap().0)
    }

    #[test]
    fn a_read_ends_at_the_deadline_and_not_at_the_sockets_timeout() {
        let (mut socket, mut peer) = pair();
        socket.set_deadline(Some(Instant::now() + Duration::from_millis(200)));
        let error = socket.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        // The socket's own timeout is still 200 ms; the next deadline is later than that.
        socket.set_deadline(Some(Instant::now() + Duration::from_millis(700)));
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(350));
            peer.write_all(b"x").unwrap();
            peer
        });
        assert_eq!(socket.read(&mut [0]).unwrap(), 1);
        drop(writer.join().unwrap());
    }

    #[test]
    fn what_has_come_is_read_after_the_deadline_too_but_not_without_end() {
        let (mut socket, mut peer) = pair();
        peer.write_all(&[b'x'; 100]).unwrap();
        while socket.is_quiet() {}
        socket.set_deadline(Some(Instant::now()));
        assert_eq!(socket.write(&[0]).unwrap_err().kind(), ErrorKind::TimedOut);
        socket.set_deadline(Some(Instant::now()));
        let read = std::iter::from_fn(|| socket.read(&mut [0]).ok()).take(100).count();
        assert_eq!(read, MOST_LATE_READS as usize);
    }

    #[test]
    fn a_peer_that_closed_or_spoke_is_not_quiet() {
        let (socket, mut peer) = pair();
        assert!(socket.is_quiet());
        peer.write_all(b"x").unwrap();
        while socket.is_quiet() {}
        let (socket, peer) = pair();
        drop(peer);
        while socket.is_quiet() {}
    }

    #[test]
    fn a_sockets_timeout_is_kept_where_it_serves() {
        let ms = Duration::from_millis;
        assert_eq!(timeout_to_set(None, ms(100)), Some(ms(100)));
        assert_eq!(timeout_to_set(Some(ms(100)), ms(100)), None);
        assert_eq!(timeout_to_set(Some(ms(100)), ms(399)), None);
        assert_eq!(timeout_to_set(Some(ms(100)), ms(401)), Some(ms(401)));
        assert_eq!(timeout_to_set(Some(ms(100)), ms(99)), Some(ms(99)));
        assert_eq!(timeout_to_set(None, Duration::from_nanos(1)), Some(ms(1)));
    }
}
