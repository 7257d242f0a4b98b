//! How the body of an answer ends: by its length, by its last chunk, or with the connection.

use std::time::Duration;

use passlock::ErrorKind;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::support::{Authority, Client, Failure, Leaf, Server, World, all, failed};

const BODY: &str = r#"{"user":{"sub":"u","email":"ada@example.com"}}"#;

/// How a server ends a connection once its answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With a FIN, after a `close_notify` where there is TLS.
    Orderly,
    /// With a FIN alone: anybody on the way could have sent it.
    WithoutCloseNotify,
    Reset,
}

async fn read_head(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
}

async fn finish(stream: TcpStream, end: End) {
    // So that what was written has arrived.
    tokio::time::sleep(Duration::from_millis(30)).await;
    if end == End::Reset {
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

fn plain(answer: String, end: End) -> Server {
    Server::start(move |mut stream| {
        let answer = answer.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            finish(stream, end).await;
        }
    })
}

fn secure(authority: &Authority, answer: String, end: End) -> Server {
    let acceptor = TlsAcceptor::from(authority.issue(Leaf::LOCALHOST).1);
    Server::start(move |stream| {
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        async move {
            // A reset would take what still waits for the tickets before it to be acknowledged.
            stream.set_nodelay(true).unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            read_head(&mut stream).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.flush().await;
            if end == End::Orderly {
                let _ = stream.shutdown().await;
            }
            finish(stream.into_inner().0, end).await;
        }
    })
}

/// How a call ends; None where it has its answer.
fn outcome(answer: &str, end: End, tls: bool) -> Option<Failure> {
    let authority = Authority::new();
    all(|flavour| {
        let (server, scheme) = match tls {
            false => (plain(answer.to_owned(), end), "http"),
            true => (secure(&authority, answer.to_owned(), end), "https"),
        };
        let world = World::new();
        let settings = world
            .settings_for(&format!("{scheme}://localhost:{}", server.address.port()))
            .ca_certificates(authority.pem.as_str())
            .max_retries(1);
        let client = Client::open(flavour, settings).unwrap();
        match client.get("u") {
            Ok(user) => {
                assert_eq!(user.email, "ada@example.com");
                None
            }
            Err(error) => Some(failed(Err::<(), _>(error))),
        }
    })
}

fn cut_off() -> Option<Failure> {
    Some(Failure::of(ErrorKind::Connection).status(200).retryable().attempts(2))
}

/// RFC 9112, 6.3 and 9.8: such a body is whole only if the connection was ended in order.
#[test]
fn a_body_that_ends_with_the_connection_is_whole_only_after_an_orderly_end() {
    let answer = format!("HTTP/1.1 200 OK\r\n\r\n{BODY}");
    assert_eq!(outcome(&answer, End::Orderly, false), None);
    assert_eq!(outcome(&answer, End::Reset, false), cut_off());
    assert_eq!(outcome(&answer, End::Orderly, true), None);
    assert_eq!(outcome(&answer, End::WithoutCloseNotify, true), cut_off());
    assert_eq!(outcome(&answer, End::Reset, true), cut_off());
}

/// Servers that say `Connection: close` often leave the `close_notify` out: nothing is missing there.
#[test]
fn a_body_that_says_where_it_ends_is_whole_whatever_comes_after_it() {
    let by_length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len());
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n0\r\n\r\n",
        BODY.len()
    );
    for answer in [by_length, chunked] {
        for (end, tls) in
            [(End::Reset, false), (End::Reset, true), (End::WithoutCloseNotify, true), (End::Orderly, true)]
        {
            assert_eq!(outcome(&answer, end, tls), None, "{end:?} {tls}");
        }
    }
}

#[test]
fn a_body_without_the_end_it_announced_is_cut_off() {
    let by_length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len() + 1);
    let chunked = |end| {
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n{end}", BODY.len())
    };
    for answer in [by_length, chunked(""), chunked("0"), chunked("0\r\n")] {
        for (end, tls) in [(End::Orderly, false), (End::Reset, false), (End::Orderly, true)] {
            assert_eq!(outcome(&answer, end, tls), cut_off(), "{answer} {end:?} {tls}");
        }
    }
}
