//! Idle connections: how long they are kept, and what becomes of one that is gone without a word.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Client, Flavour, Server, World, all, wait_until};

/// reqwest looks for expired connections as often as the timeout is long: one that was used in between may stay for up to
/// twice as long.
#[test]
fn an_idle_connection_is_closed_after_the_idle_timeout() {
    all(|flavour| {
        let world = World::new();
        let server = Server::forwarder(world.address());
        let settings = world.settings_for(&format!("http://{}", server.address));
        let client = Client::open(flavour, settings.idle_timeout(Duration::from_secs(4))).unwrap();
        client.get(&world.sub).unwrap();
        thread::sleep(Duration::from_millis(500));
        client.get(&world.sub).unwrap();
        let start = Instant::now();
        while server.open() > 0 && start.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(20));
        }
        let open = start.elapsed();
        let longest = if flavour == Flavour::Reqwest { 10 } else { 6 };
        let expected = Duration::from_millis(3_900)..Duration::from_secs(longest);
        assert!(expected.contains(&open), "{flavour:?}: it was open for {open:?}");
        let accepted = server.accepted();
        client.get(&world.sub).unwrap();
        assert_eq!(server.accepted(), accepted + 1);
    });
}

#[test]
fn an_idle_timeout_of_zero_keeps_no_connection() {
    all(|flavour| {
        let world = World::new();
        let server = Server::forwarder(world.address());
        let settings = world.settings_for(&format!("http://{}", server.address));
        let client = Client::open(flavour, settings.idle_timeout(Duration::ZERO)).unwrap();
        for calls in 1..=3 {
            client.get(&world.sub).unwrap();
            assert_eq!(server.accepted(), calls);
            assert!(wait_until(|| server.open() == 0), "{flavour:?}");
        }
    });
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use socket2::{SockFilter, SockRef, Socket};
    use tokio::io::copy_bidirectional;
    use tokio::net::TcpStream;

    use super::*;

    /// A filter that keeps no byte of any packet: BPF_RET with 0.
    const RETURN: u16 = 0x06;
    const NOTHING: u32 = 0;

    /// The kernel's timer of the client's end of a connection to `port`, and the hundredths of a second until it fires.
    fn timer(port: u16) -> Option<(String, u64)> {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let mut connections = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let fields =
            connections.find(|fields| fields[2].ends_with(&format!(":{port:04X}")) && fields[3] == "01")?;
        let (kind, left) = fields[5].split_once(':').unwrap();
        Some((kind.to_owned(), u64::from_str_radix(left, 16).unwrap()))
    }

    #[test]
    fn an_idle_connection_is_probed() {
        all(|flavour| {
            let world = World::new();
            let server = Server::forwarder(world.address());
            let client =
                Client::open(flavour, world.settings_for(&format!("http://{}", server.address))).unwrap();
            client.get(&world.sub).unwrap();
            // Timer 2 is that of keep-alive probes; until the last answer is acknowledged there is another one.
            let timer = || timer(server.address.port()).filter(|(kind, _)| kind == "02");
            assert!(wait_until(|| timer().is_some()), "{flavour:?}");
            let (_, left) = timer().unwrap();
            assert!((3_500..=4_500).contains(&left), "{flavour:?}: {left}");
        });
    }

    /// A firewall or a NAT that has forgotten a connection drops what comes on it, and tells nobody.
    #[test]
    fn a_connection_that_nothing_answers_costs_as_much_as_opening_one_may_take() {
        all(|flavour| {
            let world = World::new();
            let address = world.address();
            let accepted: Arc<Mutex<Vec<Socket>>> = Arc::default();
            let server = Server::start({
                let accepted = Arc::clone(&accepted);
                move |mut near: TcpStream| {
                    accepted.lock().unwrap().push(SockRef::from(&near).try_clone().unwrap());
                    async move {
                        let mut far = TcpStream::connect(address).await.unwrap();
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                }
            });
            let settings = world.settings_for(&format!("http://{}", server.address));
            let client = Client::open(flavour, settings.connect_timeout(Duration::from_secs(1))).unwrap();
            client.get(&world.sub).unwrap();
            // From here on the server's machine drops whatever comes, before it acknowledges it.
            for socket in accepted.lock().unwrap().iter() {
                socket.attach_filter(&[SockFilter::new(RETURN, 0, 0, NOTHING)]).unwrap();
            }
            let start = Instant::now();
            client.get(&world.sub).unwrap();
            // The kernel looks when it sends again, which is after 1.4 and 3 seconds at the latest; an attempt would be given up
            // after 10.
            assert!(start.elapsed() < Duration::from_secs(6), "{flavour:?}: {:?}", start.elapsed());
            assert_eq!(server.accepted(), 2, "{flavour:?}");
        });
    }
}
