//! What opening a connection costs again: TLS sessions are resumed, and certificate authorities are read once a process, also
//! by programs that make a client for each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use passlock::ErrorKind;
use passlock_core::ConfigBuilder;
use rustls::HandshakeKind;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::support::{
    Authority, Client, Failure, Flavour, Leaf, Server, World, all, collect_logs, failed, in_child,
    lines_seen, run_alone,
};

const CALLS: usize = 10;

/// An emulator behind TLS that counts handshakes.
struct Counting {
    world: World,
    pem: String,
    front: Server,
    full: Arc<AtomicUsize>,
    resumed: Arc<AtomicUsize>,
}

impl Counting {
    /// Each has an authority of its own: its clients share no session with those of another test.
    fn new() -> Self {
        let (world, authority) = (World::new(), Authority::new());
        let acceptor = TlsAcceptor::from(authority.issue(Leaf::LOCALHOST).1);
        let (full, resumed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let front = Server::start({
            let (address, full, resumed) = (world.address(), Arc::clone(&full), Arc::clone(&resumed));
            move |near| {
                let acceptor = acceptor.clone();
                let (full, resumed) = (Arc::clone(&full), Arc::clone(&resumed));
                async move {
                    let Ok(mut near) = acceptor.accept(near).await else { return };
                    match near.get_ref().1.handshake_kind() {
                        Some(HandshakeKind::Resumed) => resumed.fetch_add(1, Ordering::SeqCst),
                        _ => full.fetch_add(1, Ordering::SeqCst),
                    };
                    let Ok(mut far) = TcpStream::connect(address).await else { return };
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                }
            }
        });
        Self { world, pem: authority.pem, front, full, resumed }
    }

    fn settings(&self) -> ConfigBuilder {
        let endpoint = format!("https://localhost:{}", self.front.address.port());
        self.world.settings_for(&endpoint).ca_certificates(self.pem.as_str())
    }

    fn call(&self, client: &Client) {
        client.get(&self.world.sub).unwrap();
    }

    #[track_caller]
    fn assert_resumed_but_once(&self, flavour: Flavour) {
        let seen = (self.full.load(Ordering::SeqCst), self.resumed.load(Ordering::SeqCst));
        assert_eq!(seen, (1, CALLS - 1), "{flavour:?}: full and resumed handshakes");
    }
}

#[test]
fn a_client_resumes_its_session_when_it_connects_again() {
    all(|flavour| {
        let server = Counting::new();
        let settings = server.settings().idle_timeout(Duration::ZERO);
        let client = Client::open(flavour, settings).unwrap();
        for _ in 0..CALLS {
            server.call(&client);
        }
        server.assert_resumed_but_once(flavour);
    });
}

#[test]
fn the_first_call_after_a_warm_up_opens_no_connection() {
    all(|flavour| {
        let server = Counting::new();
        let client = Client::open(flavour, server.settings()).unwrap();
        client.warm_up().unwrap();
        // reqwest takes a connection back in a task of its own.
        std::thread::sleep(Duration::from_millis(100));
        server.call(&client);
        assert_eq!(server.front.accepted(), 1, "{flavour:?}");
        let journal = server.world.journal();
        let expected = format!("/{}/connection/pre-connect", server.world.emulator.tenancy_id());
        assert_eq!((journal.len(), &journal[0].path), (2, &expected));
        assert!(!journal[0].headers.contains_key("authorization"));
    });
}

#[test]
fn a_warm_up_without_a_server_says_so() {
    all(|flavour| {
        let settings = World::new().settings().endpoint("http://127.0.0.1:1").max_retries(0);
        let client = Client::open(flavour, settings).unwrap();
        assert_eq!(failed(client.warm_up()), Failure::of(ErrorKind::Connection).retryable());
    });
}

#[test]
fn a_client_for_each_request_resumes_the_session_of_another() {
    all(|flavour| {
        let server = Counting::new();
        for _ in 0..CALLS {
            server.call(&Client::open(flavour, server.settings()).unwrap());
        }
        server.assert_resumed_but_once(flavour);
    });
}

/// Beginners write a client for each request, and each would read some 140 certificates.
#[test]
fn a_client_for_each_request_reads_the_certificate_authorities_once() {
    const NAME: &str = "sessions::a_client_for_each_request_reads_the_certificate_authorities_once";
    if !in_child(NAME) {
        return run_alone(NAME, &[("SSL_CERT_FILE", None), ("SSL_CERT_DIR", None)]);
    }
    collect_logs();
    for (flavours, flavour) in [Flavour::Reqwest, Flavour::Hyper, Flavour::Blocking].into_iter().enumerate() {
        let server = Counting::new();
        for _ in 0..CALLS {
            server.call(&Client::open(flavour, server.settings()).unwrap());
        }
        assert_eq!(lines_seen("passlock::tls").0, flavours + 1, "{flavour:?}");
    }
}
