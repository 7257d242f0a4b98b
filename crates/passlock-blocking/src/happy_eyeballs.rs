//! Connects to the first of a host's addresses that answers (RFC 8305, "happy eyeballs").

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use passlock_net::failure_to_report;

/// After how long without an answer the next address is tried too.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to one of these addresses, which takes until the deadline at most, if there is one: then it fails with [`ErrorKind::TimedOut`].
///
/// It waits for all attempts on one thread, the caller's: what is not needed any more is just dropped.
pub(crate) fn connect(addresses: Vec<SocketAddr>, deadline: Option<Instant>) -> io::Result<TcpStream> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(8);
    let mut untried = by_turns(addresses).into_iter().enumerate().peekable();
    let mut attempts: Vec<(Token, mio::net::TcpStream)> = Vec::new();
    let mut next_attempt = Instant::now();
    let mut failure = None;
    loop {
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Err(ErrorKind::TimedOut.into());
        }
        if untried.peek().is_some() && (attempts.is_empty() || now >= next_attempt) {
            if let Some((number, address)) = untried.next() {
                match begin(&poll, Token(number), address) {
                    Ok(attempt) => attempts.push((Token(number), attempt)),
                    Err(error) => failure = Some(failure_to_report(failure, error)),
                }
                next_attempt = now + ATTEMPT_DELAY;
            }
            continue;
        }
        if attempts.is_empty() {
            let no_address = || io::Error::new(ErrorKind::NotFound, "the name has no address");
            return Err(failure.unwrap_or_else(no_address));
        }
        let next = untried.peek().map(|_| next_attempt);
        let until = [deadline, next].into_iter().flatten().min();
        match poll.poll(&mut events, until.map(|until| until - now)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            let Some(index) = attempts.iter().position(|(token, _)| *token == event.token()) else {
                continue;
            };
            match outcome(&attempts[index].1) {
                None => {}
                Some(Ok(())) => return into_blocking(attempts.swap_remove(index).1),
                Some(Err(error)) => {
                    attempts.swap_remove(index);
                    failure = Some(failure_to_report(failure, error));
                    // What has failed is not waited for.
                    next_attempt = now;
                }
            }
        }
    }
}

/// The addresses in their order, but from both families in turn as long as there are both: where one family leads nowhere,
/// the other's first address comes second.
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut other) = (Vec::new(), Vec::new());
    for address in addresses {
        if address.is_ipv6() == first_is_v6 { &mut first } else { &mut other }.push(address);
    }
    let mut by_turns = Vec::with_capacity(first.len() + other.len());
    let mut other = other.into_iter();
    for address in first {
        by_turns.push(address);
        by_turns.extend(other.next());
    }
    by_turns.extend(other);
    by_turns
}

fn begin(poll: &Poll, token: Token, address: SocketAddr) -> io::Result<mio::net::TcpStream> {
    let mut attempt = mio::net::TcpStream::connect(address)?;
    poll.registry().register(&mut attempt, token, Interest::WRITABLE)?;
    Ok(attempt)
}

/// How an attempt has ended, if it has.
fn outcome(attempt: &mio::net::TcpStream) -> Option<io::Result<()>> {
    match attempt.take_error() {
        Ok(Some(error)) | Err(error) => return Some(Err(error)),
        Ok(None) => {}
    }
    // An event says that there may be news, not that there are.
    match attempt.peer_addr() {
        Ok(_) => Some(Ok(())),
        Err(error) if error.kind() == ErrorKind::NotConnected => None,
        Err(error) => Some(Err(error)),
    }
}

fn into_blocking(attempt: mio::net::TcpStream) -> io::Result<TcpStream> {
    let stream = TcpStream::from(attempt);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::*;

    #[test]
    fn addresses_of_both_families_take_turns() {
        let of = |numbers: &[u8]| -> Vec<SocketAddr> {
            let address = |number: u8| -> SocketAddr {
                if number < 10 {
                    (Ipv4Addr::new(10, 0, 0, number), 1).into()
                } else {
                    (Ipv6Addr::from(u128::from(number)), 1).into()
                }
            };
            numbers.iter().copied().map(address).collect()
        };
        for (given, expected) in [
            (&[][..], &[][..]),
            (&[1, 2], &[1, 2]),
            (&[1, 2, 11, 12, 13], &[1, 11, 2, 12, 13]),
            (&[11, 1, 2, 3, 12], &[11, 1, 12, 2, 3]),
        ] {
            assert_eq!(by_turns(of(given)), of(expected));
        }
    }

    #[test]
    fn the_stream_is_a_blocking_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let refused = SocketAddr::from(([127, 0, 0, 1], 1));
        let addresses = vec![refused, listener.local_addr().unwrap()];
        let mut near = connect(addresses, Some(Instant::now() + Duration::from_secs(10))).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            far.write_all(b"x").unwrap();
        });
        assert_eq!(near.read(&mut [0; 2]).unwrap(), 1);
        writer.join().unwrap();
    }

    #[test]
    fn when_all_have_failed_it_says_how() {
        let refused = SocketAddr::from(([127, 0, 0, 1], 1));
        let deadline = Some(Instant::now() + Duration::from_secs(10));
        let error = connect(vec![refused, refused], deadline).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        // No connection leads to a group of hosts.
        let no_way = SocketAddr::from(([224, 0, 0, 1], 1));
        for addresses in [vec![refused, no_way], vec![no_way, refused]] {
            let error = connect(addresses, deadline).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        }
        assert_eq!(connect(Vec::new(), deadline).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(connect(vec![refused], Some(Instant::now())).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
