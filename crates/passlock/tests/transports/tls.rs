//! TLS: whom to trust, by setting and by environment, and what a refusal says.

use std::env;
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use passlock::ErrorKind;
use passlock_core::ConfigBuilder;
use passlock_emulator::{Fault, FaultRule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    Authority, Client, Failure, Leaf, Server, World, all, failed, in_child, run_alone, talk_unasked,
    tls_front,
};

/// A refused certificate: the same again would end the same way.
fn refused() -> Failure {
    Failure::of(ErrorKind::Connection)
}

/// An emulator behind TLS, and settings for it that trust nobody yet.
struct Secure {
    world: World,
    front: Server,
}

impl Secure {
    fn new(authority: &Authority, leaf: Leaf) -> Self {
        let world = World::new();
        let front = tls_front(authority.issue(leaf).1, world.address());
        Self { world, front }
    }

    fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.front.address.port())
    }

    fn settings(&self) -> ConfigBuilder {
        self.world.settings_for(&self.endpoint())
    }
}

#[test]
fn a_private_authority_is_trusted_by_setting_and_connections_are_kept() {
    let authority = Authority::new();
    all(|flavour| {
        let secure = Secure::new(&authority, Leaf::LOCALHOST);
        let settings = secure.settings().ca_certificates(authority.pem.as_str());
        let client = Client::open(flavour, settings).unwrap();
        for _ in 0..50 {
            client.get(&secure.world.sub).unwrap();
        }
        client.update(&secure.world.sub).unwrap();
        flavour.assert_connections_of_calls_in_turn(secure.front.accepted());
    });
}

#[test]
fn an_address_is_as_good_as_a_name() {
    let authority = Authority::new();
    all(|flavour| {
        let secure = Secure::new(&authority, Leaf { name: "127.0.0.1", ..Leaf::LOCALHOST });
        let endpoint = format!("https://{}", secure.front.address);
        let settings = secure.world.settings_for(&endpoint).ca_certificates(authority.pem.as_str());
        Client::open(flavour, settings).unwrap().get(&secure.world.sub).unwrap();
    });
}

#[test]
fn nobody_is_trusted_without_being_set() {
    let authority = Authority::new();
    all(|flavour| {
        let secure = Secure::new(&authority, Leaf::LOCALHOST);
        let client = Client::open(flavour, secure.settings()).unwrap();
        assert_eq!(failed(client.get(&secure.world.sub)), refused());
    });
}

#[test]
fn a_servers_own_certificate_is_no_authority() {
    let authority = Authority::new();
    all(|flavour| {
        let world = World::new();
        let (pem, tls) = authority.issue(Leaf::LOCALHOST);
        let front = tls_front(tls, world.address());
        let endpoint = format!("https://localhost:{}", front.address.port());
        let client = Client::open(flavour, world.settings_for(&endpoint).ca_certificates(pem)).unwrap();
        assert_eq!(failed(client.get(&world.sub)), refused());
    });
}

#[test]
fn an_authority_that_is_none_fails_at_once() {
    all(|flavour| {
        let world = World::new();
        for pem in [
            "",
            "no PEM",
            "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let settings = world.settings_for("https://localhost:1").ca_certificates(pem);
            let error = Client::open(flavour, settings).unwrap_err();
            assert!(error.message().contains("ca_certificates"), "{error}");
            assert_eq!(failed(Err::<(), _>(error)), Failure::of(ErrorKind::Config).attempts(0));
        }
    });
}

#[test]
fn plain_http_on_a_tls_port_and_the_other_way_round() {
    let authority = Authority::new();
    all(|flavour| {
        let world = World::new();
        let endpoint = world.emulator.endpoint().replace("http://", "https://");
        let client = Client::open(flavour, world.settings_for(&endpoint).max_retries(1)).unwrap();
        let expected = Failure::of(ErrorKind::Connection).retryable().attempts(2);
        assert_eq!(failed(client.get(&world.sub)), expected);

        let secure = Secure::new(&authority, Leaf::LOCALHOST);
        let endpoint = secure.endpoint().replace("https://", "http://");
        let client = Client::open(flavour, world.settings_for(&endpoint).max_retries(0)).unwrap();
        // What TLS answers is not HTTP.
        assert_eq!(failed(client.get(&world.sub)), Failure::of(ErrorKind::Protocol));
    });
}

/// New keys for a connection that is idle are no reason to open another.
#[test]
fn what_tls_sends_on_its_own_does_not_cost_the_connection() {
    const ANSWER: &str = r#"{"user":{"sub":"u","email":"ada@example.com"}}"#;
    let authority = Authority::new();
    all(|flavour| {
        let world = World::new();
        let acceptor = TlsAcceptor::from(authority.issue(Leaf::LOCALHOST).1);
        let server = Server::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = acceptor.accept(stream).await.unwrap();
                let mut head = Vec::new();
                while let Ok(byte) = stream.read_u8().await {
                    head.push(byte);
                    if head.ends_with(b"\r\n\r\n") {
                        head.clear();
                        let answer =
                            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{ANSWER}", ANSWER.len());
                        stream.write_all(answer.as_bytes()).await.unwrap();
                        stream.flush().await.unwrap();
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        stream.get_mut().1.refresh_traffic_keys().unwrap();
                        stream.flush().await.unwrap();
                    }
                }
            }
        });
        let endpoint = format!("https://localhost:{}", server.address.port());
        let settings = world.settings_for(&endpoint).ca_certificates(authority.pem.as_str());
        let client = Client::open(flavour, settings).unwrap();
        for _ in 0..5 {
            client.get("u").unwrap();
            std::thread::sleep(Duration::from_millis(60));
        }
        flavour.assert_connections_of_calls_in_turn(server.accepted());
    });
}

#[test]
fn what_comes_after_an_answer_is_never_the_next_one() {
    let authority = Authority::new();
    all(|flavour| {
        let secure = Secure::new(&authority, Leaf::LOCALHOST);
        let settings = secure.settings().ca_certificates(authority.pem.as_str());
        let client = Client::open(flavour, settings).unwrap();
        let answer = |email: &str| {
            let body = format!(r#"{{"user":{{"sub":"u","email":"{email}"}}}}"#);
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        let bytes = format!("{}{}", answer("eve@example.com"), answer("mallory@example.com"));
        let fault = Fault::Garbage { bytes_base64: Some(BASE64_STANDARD.encode(bytes)) };
        secure.world.emulator.fault(FaultRule::new(fault));
        assert_eq!(client.get("u").unwrap().email, "eve@example.com");
        assert_eq!(client.get(&secure.world.sub).unwrap().email, "ada@example.com");
        assert_eq!(secure.front.accepted(), 2);
    });
}

#[test]
fn what_comes_to_an_idle_connection_is_never_the_next_answer() {
    let authority = Authority::new();
    all(|flavour| {
        let (world, server) = (World::new(), Server::start(talk_unasked));
        let front = tls_front(authority.issue(Leaf::LOCALHOST).1, server.address);
        let endpoint = format!("https://localhost:{}", front.address.port());
        let settings = world.settings_for(&endpoint).ca_certificates(authority.pem.as_str());
        let client = Client::open(flavour, settings).unwrap();
        for connection in 1..=3 {
            assert_eq!(client.get("u").unwrap().email, "eve@example.com");
            assert_eq!(front.accepted(), connection);
            // On a busy machine the server speaks much later than it means to.
            std::thread::sleep(Duration::from_millis(300));
        }
    });
}

/// Settings for the endpoint and the tenancy that the parent process has named.
fn settings_of_child() -> (ConfigBuilder, String) {
    let get = |name| env::var(name).unwrap();
    let settings = passlock_core::Config::builder()
        .tenancy_id(get("T_TENANCY"))
        .api_key(get("T_KEY"))
        .endpoint(get("T_ENDPOINT"));
    (settings, get("T_SUB"))
}

/// Runs a test again in a process with these certificates as the machine's.
fn run_with_roots(name: &str, secure: &Secure, pem: &str) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    run_with(name, secure, file.path().to_str().unwrap());
}

/// The same with this value of `SSL_CERT_FILE`.
fn run_with(name: &str, secure: &Secure, file: &str) {
    let endpoint = secure.endpoint();
    run_alone(
        name,
        &[
            ("SSL_CERT_FILE", Some(file)),
            ("SSL_CERT_DIR", None),
            ("T_ENDPOINT", Some(&endpoint)),
            ("T_PLAIN", Some(secure.world.emulator.endpoint())),
            ("T_TENANCY", Some(secure.world.emulator.tenancy_id())),
            ("T_KEY", Some(secure.world.emulator.api_key())),
            ("T_SUB", Some(&secure.world.sub)),
        ],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn ssl_cert_file_replaces_the_systems_roots() {
    const NAME: &str = "tls::ssl_cert_file_replaces_the_systems_roots";
    if !in_child(NAME) {
        let authority = Authority::new();
        let secure = Secure::new(&authority, Leaf::LOCALHOST);
        run_with_roots(NAME, &secure, &authority.pem);
        assert_eq!(secure.world.journal().len(), 3);
        return;
    }
    all(|flavour| {
        let (settings, sub) = settings_of_child();
        Client::open(flavour, settings).unwrap().get(&sub).unwrap();
    });
}

/// Else a login would go on with authorities that whoever set the variable did not want.
#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_names_no_root_is_refused_before_a_connection_is_made() {
    const NAME: &str = "tls::a_variable_that_names_no_root_is_refused_before_a_connection_is_made";
    if !in_child(NAME) {
        let secure = Secure::new(&Authority::new(), Leaf::LOCALHOST);
        return run_with_roots(NAME, &secure, "");
    }
    all(|flavour| {
        let (settings, sub) = settings_of_child();
        let error = Client::open(flavour, settings).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().starts_with("SSL_CERT_FILE"), "{error}");
        // Who speaks no TLS needs no roots.
        let (settings, _) = settings_of_child();
        let plain = settings.endpoint(env::var("T_PLAIN").unwrap());
        Client::open(flavour, plain).unwrap().get(&sub).unwrap();
    });
}

/// Empty is as good as not set: the machine's roots, which do not know our authority.
#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_is_empty_is_not_set() {
    const NAME: &str = "tls::a_variable_that_is_empty_is_not_set";
    if !in_child(NAME) {
        let secure = Secure::new(&Authority::new(), Leaf::LOCALHOST);
        return run_with(NAME, &secure, "");
    }
    all(|flavour| {
        let (settings, sub) = settings_of_child();
        assert_eq!(failed(Client::open(flavour, settings).unwrap().get(&sub)), refused());
    });
}
