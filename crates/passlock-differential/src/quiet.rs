//! Whether an emulator has yet to read what clients have sent.
//!
//! A client that gives up on a request closes its connection, but what it has written stays, and on a busy machine the emulator
//! may read it much later: during the next vector, among whose requests it would be counted.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait: longer than any machine takes, so that passing it is an error.
const LONGEST: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(2);

/// Waits until the emulator on this port has read all that was sent to it, and has noticed each connection that has ended.
///
/// # Errors
///
/// The emulator never catches up.
pub fn wait_until_quiet(port: u16) -> Result<(), String> {
    let begun = Instant::now();
    while is_busy(port) {
        if begun.elapsed() > LONGEST {
            return Err(format!("the emulator does not read what was sent to it for {LONGEST:?}"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// By the system's own table, which only Linux has as a file. Elsewhere nothing is known, and nobody waits.
fn is_busy(port: u16) -> bool {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().any(|table| table.lines().skip(1).any(|line| is_pending(line, port)))
}

/// Whether this line is the server's end of a connection of which it does not know all yet.
fn is_pending(line: &str, port: u16) -> bool {
    const ESTABLISHED: &str = "01";
    const CLOSE_WAIT: &str = "08";
    let mut columns = line.split_whitespace().skip(1);
    let (Some(local), Some(_), Some(state), Some(queues)) =
        (columns.next(), columns.next(), columns.next(), columns.next())
    else {
        return false;
    };
    if !local.ends_with(&format!(":{port:04X}")) {
        return false;
    }
    let received = queues.split(':').nth(1).and_then(|count| u64::from_str_radix(count, 16).ok());
    let is_unread = received.is_some_and(|count| count > 0);
    // One that was not accepted yet has no inode.
    let is_unaccepted = columns.nth(4) == Some("0");
    state == CLOSE_WAIT || (state == ESTABLISHED && (is_unread || is_unaccepted))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn what_is_not_accepted_not_read_or_not_closed_is_pending() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_busy(port));
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert!(is_busy(port), "not accepted");
        let (mut server, _) = listener.accept().unwrap();
        assert!(!is_busy(port), "accepted, and nothing was sent");
        client.write_all(b"GET").unwrap();
        assert!(is_busy(port), "not read");
        server.read_exact(&mut [0; 3]).unwrap();
        assert!(!is_busy(port), "read");
        drop(client);
        assert!(is_busy(port), "not closed");
        drop(server);
        assert!(!is_busy(port), "closed");
        wait_until_quiet(port).unwrap();
    }
}
