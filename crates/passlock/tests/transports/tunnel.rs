//! Tunnels through a proxy: what opens one, and what a refusal says.

use std::net::SocketAddr;

use passlock::{Error, ErrorKind};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::proxy::{PASSWORD, Proxy, read_head};
use crate::support::{
    Authority, Client, Failure, Flavour, Leaf, Server, World, all, failed, tls_front, watch,
};

/// The transports whose tunnel is ours. reqwest's is its own.
const OURS: [Flavour; 2] = [Flavour::Hyper, Flavour::Blocking];

/// A proxy that answers every CONNECT with these bytes, and then lets everything through, whatever it said.
fn saying(head: String, to: SocketAddr) -> Server {
    Server::start(move |mut near| {
        let head = head.clone();
        async move {
            if read_head(&mut near).await.is_none() {
                return;
            }
            let _ = near.write_all(head.as_bytes()).await;
            if let Ok(mut far) = TcpStream::connect(to).await {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        }
    })
}

/// The outcome of a call through a proxy that responds like this.
fn through(flavour: Flavour, authority: &Authority, head: &str, retries: u32) -> (Result<(), Error>, usize) {
    let world = World::new();
    let front = tls_front(authority.issue(Leaf::LOCALHOST).1, world.address());
    let proxy = saying(head.to_owned(), front.address);
    let settings = world
        .settings_for(&format!("https://localhost:{}", front.address.port()))
        .ca_certificates(authority.pem.as_str())
        .proxy(format!("http://user:{PASSWORD}@{}", proxy.address))
        .max_retries(retries);
    let result = Client::open(flavour, settings).unwrap().get(&world.sub).map(drop);
    assert_eq!(result.is_ok(), !world.journal().is_empty());
    (result, proxy.accepted())
}

#[test]
fn any_2xx_opens_a_tunnel_of_ours() {
    let authority = Authority::new();
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Header: value\r\n".repeat(150));
    for (head, by_reqwest) in [
        ("HTTP/1.1 200 Connection established\r\n\r\n", true),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\nVia: a\n\n", true),
        ("HTTP/1.1 201 Created\r\n\r\n", false),
        ("HTTP/1.1 204 No Content\r\n\r\n", false),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false),
        (&many, false),
    ] {
        for flavour in OURS {
            through(flavour, &authority, head, 0).0.unwrap();
        }
        let (result, _) = through(Flavour::Reqwest, &authority, head, 0);
        assert_eq!(result.is_ok(), by_reqwest, "{head}");
    }
}

/// It goes on as if it had not refused: whoever went on too would reach the server.
#[test]
fn a_tunnel_that_was_refused_is_not_used_and_its_status_is_the_cause() {
    watch(PASSWORD);
    watch(&format!("user:{PASSWORD}"));
    let authority = Authority::new();
    for (status, is_final) in
        [(101, false), (302, false), (403, true), (407, true), (502, false), (503, false)]
    {
        let head = format!("HTTP/1.1 {status} Whatever\r\n\r\n");
        for flavour in OURS {
            let (result, asked) = through(flavour, &authority, &head, 1);
            let error = result.unwrap_err();
            assert!(error.cause().unwrap().contains(&format!("({status})")), "{flavour:?} {error:?}");
            assert!(error.message().contains("proxy"), "{error}");
            let expected = Failure::of(ErrorKind::Connection);
            let expected = if is_final { expected } else { expected.retryable().attempts(2) };
            assert_eq!(failed(Err::<(), _>(error)), expected, "{flavour:?} {status}");
            assert_eq!(asked, if is_final { 1 } else { 2 }, "{flavour:?} {status}");
        }
        // reqwest does not say which status it was, but for 407.
        let (result, asked) = through(Flavour::Reqwest, &authority, &head, 1);
        let error = result.unwrap_err();
        assert_eq!(error.cause().unwrap().contains(&status.to_string()), status == 407, "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Connection);
        assert_eq!(asked, if status == 407 { 1 } else { 2 }, "{status}");
        failed(Err::<(), _>(error));
    }
}

#[test]
fn a_proxy_that_is_none_is_a_connection_that_could_not_be_opened() {
    all(|flavour| {
        let refusal = |proxy: &Proxy| {
            let world = World::new();
            let settings =
                world.settings_for("https://api.test").proxy(proxy.with_credentials()).max_retries(1);
            failed(Client::open(flavour, settings).unwrap().get("u"))
        };
        let expected = Failure::of(ErrorKind::Connection).retryable().attempts(2);
        for answer in [&b"not HTTP at all\r\n\r\n"[..], b"HTTP/1.1 20", b""] {
            assert_eq!(refusal(&Proxy::answering(answer)), expected, "{}", answer.escape_ascii());
        }
    });
}

/// Asked three times with the same wrong password, a proxy may lock the account.
#[test]
fn a_proxy_is_asked_once_with_credentials_that_it_does_not_take() {
    watch(PASSWORD);
    all(|flavour| {
        for endpoint in ["https://api.test", "http://api.test"] {
            let (world, proxy) = (World::new(), Proxy::start(Some("Basic eA==")));
            let settings =
                world.settings_for(endpoint).allow_http(true).proxy(proxy.with_credentials()).max_retries(2);
            let client = Client::open(flavour, settings).unwrap();
            let error = client.get("u").unwrap_err();
            assert!(error.message().contains("proxy"), "{error}");
            assert!(error.cause().unwrap().contains("407"), "{error:?}");
            assert_eq!(failed(Err::<(), _>(error)), Failure::of(ErrorKind::Connection), "{endpoint}");
            assert_eq!(proxy.heads().len(), 1, "{endpoint}");
        }
    });
}
