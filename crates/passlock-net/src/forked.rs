//! Sockets that a fork has copied.

use std::net::Shutdown;
use std::process;

use socket2::SockRef;

/// The process that opened a socket or made something else that a fork copies, and so owns it.
///
/// A forked child has a copy of every socket of its parent. As long as it lives, closing the parent's copy tells the peer
/// nothing: a cancelled call would continue for the server. So the owner shuts its sockets down before it closes them.
/// A child that drops its copies instead of forgetting them must not: that would end its parent's connections.
#[derive(Clone, Copy, Debug)]
pub struct Owner(u32);

impl Owner {
    /// This process.
    #[must_use]
    pub fn this_process() -> Self {
        Self(process::id())
    }

    /// Whether it is this process, and not its parent, as far as process ids tell.
    #[must_use]
    pub fn is_this_process(self) -> bool {
        self.0 == process::id()
    }

    /// Ends the connection for its peer, unless this is a child of the owner. Call it before the socket is closed.
    pub fn shut_down(self, socket: &SockRef<'_>) {
        if self.is_this_process() {
            // It fails where the peer has ended the connection.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_owner_ends_its_connection_and_a_child_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        for (owner, ends) in [(Owner(process::id().wrapping_add(1)), false), (Owner::this_process(), true)] {
            let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut far, _) = listener.accept().unwrap();
            far.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            // The same socket, as a forked child has it.
            let _copy = near.try_clone().unwrap();
            owner.shut_down(&SockRef::from(&near));
            drop(near);
            match far.read(&mut [0]) {
                Ok(0) => assert!(ends),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    assert!(!ends);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
