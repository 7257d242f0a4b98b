//! Answers at the edge of HTTP/1.1, byte for byte: all transports read them alike.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use passlock::{CallEvent, CallStage, ErrorKind};
use passlock_emulator::{Fault, FaultRule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Client, Failure, Server, World, all, failed, talk_unasked};

const USER: &str = r#"{"user":{"sub":"u","email":"ada@example.com"}}"#;

fn raw(bytes: impl AsRef<[u8]>) -> Fault {
    Fault::Garbage { bytes_base64: Some(BASE64_STANDARD.encode(bytes)) }
}

/// The outcome of a GET that is answered with these bytes, and then with the end of the connection.
fn outcome(bytes: &str) -> Result<String, Failure> {
    all(|flavour| {
        let world = World::broken(raw(bytes));
        let settings = world.settings().max_retries(0).timeout(Duration::from_secs(5));
        let result = Client::open(flavour, settings).unwrap().get("u");
        match result {
            Ok(user) => Ok(user.email),
            Err(error) => Err(failed(Err::<(), _>(error))),
        }
    })
}

#[track_caller]
fn accepted(bytes: &str) {
    assert_eq!(outcome(bytes), Ok("ada@example.com".to_owned()), "{bytes:?}");
}

#[track_caller]
fn refused(bytes: &str) -> Failure {
    outcome(bytes).expect_err(bytes)
}

fn with_head(head: &str) -> String {
    format!("{head}\r\n\r\n{USER}")
}

#[test]
fn interim_answers_are_passed_over() {
    let last = with_head(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}", USER.len()));
    for interim in ["100 Continue", "102 Processing", "103 Early Hints\r\nLink: </a>"] {
        accepted(&format!("HTTP/1.1 {interim}\r\n\r\n{last}"));
    }
    accepted(&format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n{last}"));
}

#[test]
fn bodies_are_framed_in_every_way_that_http_has() {
    accepted(&with_head("HTTP/1.1 200 OK\r\nConnection: close"));
    accepted(&with_head("HTTP/1.0 200 OK"));
    accepted(&with_head(&format!("HTTP/1.0 200 OK\r\nContent-Length: {}", USER.len())));
    accepted(&with_head(&format!("HTTP/1.1 200\r\ncontent-length:{}", USER.len())));
    let (first, second) = USER.split_at(10);
    let chunks = format!("{:x}\r\n{first}\r\n{:x};ext=1\r\n{second}\r\n", first.len(), second.len());
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    accepted(&format!("{chunked}{chunks}0\r\n\r\n"));
    accepted(&format!("{chunked}{chunks}0\r\nTrailer: x\r\n\r\n"));
}

#[test]
fn a_body_cut_off_is_no_answer() {
    let cut = Failure::of(ErrorKind::Connection).status(200).retryable();
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: {}", USER.len() + 1);
    assert_eq!(refused(&with_head(&long)), cut);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(refused(&format!("{chunked}2e\r\n{USER}\r\n")), cut);
    assert_eq!(refused(&format!("{chunked}2e\r\n{}", &USER[..20])), cut);
}

#[test]
fn a_head_cut_off_is_no_answer() {
    let cut = Failure::of(ErrorKind::Connection).retryable();
    for bytes in ["H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"] {
        assert_eq!(refused(bytes), cut, "{bytes:?}");
    }
    // Interim answers, and then none.
    assert_eq!(refused("HTTP/1.1 103 Early Hints\r\n\r\n"), cut);
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let malformed = Failure::of(ErrorKind::Protocol);
    let length = USER.len();
    for head in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Length: 3"),
        "HTTP/1.1 200 OK\r\nContent-Length: -1".to_owned(),
        format!("HTTP/1.1 200 OK\r\nContent-Length: +{length}"),
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999".to_owned(),
        format!("HTTP/1.1 200 OK\r\nContent-Length : {length}"),
        "HTTP/1.1 200 OK\r\nno colon".to_owned(),
        "HTTP/2.0 200 OK".to_owned(),
        "HTTP/1.1 20 OK".to_owned(),
        "HTTP/1.1 2000 OK".to_owned(),
        "ICY 200 OK".to_owned(),
        "HTTP/1.1 200 OK\r\nX: a\0b".to_owned(),
    ] {
        assert_eq!(refused(&with_head(&head)), malformed, "{head:?}");
    }
}

#[test]
fn a_head_is_accepted_up_to_a_size() {
    let length = format!("Content-Length: {}", USER.len());
    let lines = |count| (1..count).map(|n| format!("x{n}: y\r\n")).collect::<String>();
    let long = |size: usize| format!("x: {}\r\n", "y".repeat(size));
    // The lines count as they are on the wire.
    let rest = (length.len() + 2) + "x: \r\n".len();
    for headers in [lines(100), long(64 * 1024 - rest)] {
        accepted(&with_head(&format!("HTTP/1.1 200 OK\r\n{headers}{length}")));
    }
    for headers in [lines(101), lines(200), long(64 * 1024 - rest + 1), long(1024 * 1024)] {
        let failure = refused(&with_head(&format!("HTTP/1.1 200 OK\r\n{headers}{length}")));
        assert_eq!(failure, Failure::of(ErrorKind::Protocol));
    }
}

#[test]
fn a_chunk_that_is_none() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunk in ["zz\r\nab\r\n0\r\n\r\n", "-1\r\nab\r\n0\r\n\r\n", "ffffffffffffffffffff\r\nab\r\n0\r\n\r\n"]
    {
        assert_eq!(refused(&format!("{chunked}{chunk}")).kind, ErrorKind::Protocol, "{chunk:?}");
    }
}

/// What makes no sense yet may be read on, but not for ever: nobody has seen a byte of the body, whose size is limited.
#[test]
fn framing_without_an_end_is_refused() {
    for framing in ["\r", "0\r\nx: \r"] {
        let failure = all(|flavour| {
            let server = Server::start(move |mut stream| async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let mut bytes = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{framing}");
                while stream.write_all(bytes.as_bytes()).await.is_ok() {
                    bytes = "a".repeat(64 * 1024);
                }
            });
            let settings = World::new().settings_for(&format!("http://{}", server.address));
            failed(Client::open(flavour, settings).unwrap().get("u"))
        });
        assert_eq!(failure, Failure::of(ErrorKind::Protocol).status(200), "{framing:?}");
    }
}

#[test]
fn a_switch_of_protocols_is_refused() {
    let failure = refused("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    assert_eq!(failure, Failure::of(ErrorKind::Protocol).status(101));
}

#[test]
fn an_encoding_that_was_not_asked_for_is_refused() {
    let length = USER.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}");
    assert_eq!(refused(&with_head(&head)), Failure::of(ErrorKind::Protocol).status(200));
}

#[test]
fn an_answer_larger_than_allowed_is_refused_by_its_head_or_by_its_bytes() {
    for framing in ["Content-Length: 1000", "Connection: close"] {
        // All that is too much is white space: whoever stopped reading there would have a user.
        let bytes = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{USER:1000}");
        let failure = all(|flavour| {
            let world = World::broken(raw(&bytes));
            let client = Client::open(flavour, world.settings().max_response_bytes(999)).unwrap();
            failed(client.get("u"))
        });
        assert_eq!(failure, Failure::of(ErrorKind::Protocol).status(200));
    }
    let exact = all(|flavour| {
        let world = World::new();
        let body = format!("{USER}{}", " ".repeat(1000 - USER.len()));
        world.emulator.fault(FaultRule::new(Fault::answer(200, [("x", "y")], body)));
        let client = Client::open(flavour, world.settings().max_response_bytes(1000)).unwrap();
        client.get("u").unwrap().email
    });
    assert_eq!(exact, "ada@example.com");
}

/// Whoever reads on would take the rest of one answer for the next one: somebody else's principal.
#[test]
fn what_comes_after_an_answer_is_never_the_next_one() {
    all(|flavour| {
        let world = World::new();
        let client = world.client(flavour);
        let answer = |email: &str| {
            let body = format!(r#"{{"user":{{"sub":"u","email":"{email}"}}}}"#);
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        // The one that counts, one that nobody asked for, and what some servers say to idle connections.
        for rest in [answer("mallory@example.com"), "HTTP/1.1 408 Request Timeout\r\n\r\n".to_owned()] {
            world.emulator.fault(FaultRule::new(raw(format!("{}{rest}", answer("eve@example.com")))));
            assert_eq!(client.get(&world.sub).unwrap().email, "eve@example.com");
            assert_eq!(client.get(&world.sub).unwrap().email, "ada@example.com");
        }
        assert_eq!(world.journal().len(), 4);
        // Two connections that were said too much on are done with.
        flavour.assert_connections_of_calls_in_turn(world.connections() - 2);
    });
}

/// The same, when it comes while the connection is idle, and the connection stays open.
#[test]
fn what_comes_to_an_idle_connection_is_never_the_next_answer() {
    all(|flavour| {
        let (world, server) = (World::new(), Server::start(talk_unasked));
        let settings = world.settings_for(&format!("http://{}", server.address));
        let client = Client::open(flavour, settings).unwrap();
        for connection in 1..=3 {
            assert_eq!(client.get("u").unwrap().email, "eve@example.com");
            assert_eq!(server.accepted(), connection);
            // On a busy machine the server speaks much later than it means to.
            std::thread::sleep(Duration::from_millis(300));
        }
    });
}

/// The statuses of a call's responses.
#[derive(Clone, Default)]
struct Statuses(Arc<Mutex<Vec<Option<u16>>>>);

impl passlock::Observer for Statuses {
    fn observe(&self, event: &CallEvent<'_>) {
        if event.stage == CallStage::AttemptEnded {
            self.0.lock().unwrap().push(event.status);
        }
    }
}

#[test]
fn an_observer_is_told_of_each_answer() {
    /// Each crate gives an application the trait.
    fn of_every_crate<T>(observer: T) -> T
    where
        T: passlock::Observer + passlock_hyper::Observer + passlock_blocking::Observer,
    {
        observer
    }
    all(|flavour| {
        let world = World::broken(raw("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
        let statuses = Statuses::default();
        let settings = world.settings().max_retries(1).observer(of_every_crate(statuses.clone()));
        Client::open(flavour, settings).unwrap().get("nobody").unwrap_err();
        assert_eq!(*statuses.0.lock().unwrap(), [Some(503), Some(503)]);
    });
}
