//! Whatever is sent, the emulator goes on answering.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod common;

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Client, authorized, start, token_path, user_path};
use passlock_emulator::{NewUser, parse_head};

const REQUESTS: usize = 100_000;
/// How many requests are sent on one connection, unless one of them ends it.
const BATCH: usize = 200;

/// Knuth's linear congruential generator: the same requests in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let json = "Content-Type: application/json\r\n";
    [
        format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", user_path("u1"), authorized()),
        format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", token_path("..%2Fuser%2Fu1"), authorized()),
        format!(
            "PATCH {} HTTP/1.1\r\nHost: localhost\r\n{}{json}Content-Length: 17\r\n\r\n{{\"givenName\":\"X\"}}",
            user_path("u1"),
            authorized()
        ),
        format!(
            "PATCH {} HTTP/1.1\r\nHost: a\r\n{}{json}Transfer-Encoding: chunked\r\n\r\n11\r\n{{\"givenName\":\"X\"}}\r\n0\r\n\r\n",
            user_path("u1"),
            authorized()
        ),
        "GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        format!("POST /_emulator/clock HTTP/1.1\r\nHost: localhost\r\n{json}Content-Length: 20\r\n\r\n{{\"advanceSeconds\": 1}}"),
        format!("POST /_emulator/users HTTP/1.1\r\nHost: localhost\r\n{json}Content-Length: 17\r\n\r\n{{\"email\":\"a@b.c\"}}"),
        "HEAD http://localhost/a?b#c HTTP/1.1\r\nExpect: 100-continue\r\nConnection: keep-alive\r\n\r\n".to_owned(),
        "OPTIONS /%2e%2E//?%zz HTTP/1.1\r\nConnection: x\r\n\r\n".to_owned(),
    ]
    .map(String::into_bytes)
    .into()
}

/// A panic ends no more than its connection, and none of them reads what it is answered: it has to be counted.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        earlier(info);
    }));
}

const PIECES: [&[u8]; 13] = [
    b"%ff",
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"%",
    b"%2F",
    b"..",
    b"\xff\xfe",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"99999999999999999999",
    b"Connection: close\r\n",
    b"\"",
];

fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut request = seeds[random.below(seeds.len())].clone();
    // Most can still be read: one that can't costs a connection, and little else of the emulator sees it.
    let mutations = [0, 0, 0, 1, 2, 0][random.below(6)];
    for _ in 0..mutations {
        if request.is_empty() {
            break;
        }
        let at = random.below(request.len());
        match random.below(6) {
            0 => request[at] = u8::try_from(random.below(256)).unwrap(),
            1 => request[at] ^= 1 << random.below(8),
            2 => drop(request.remove(at)),
            3 => request.truncate(at.max(1)),
            4 => drop(request.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
            _ => {
                let end = (at + random.below(40)).min(request.len());
                let copied = request[at..end].to_vec();
                request.splice(at..at, copied);
            }
        }
    }
    request
}

#[test]
fn a_hundred_thousand_requests_later_health_still_answers() {
    count_panics();
    let emulator = start();
    emulator.add_user(NewUser::new("u@b.c").sub("u1"));
    let (mut random, seeds) = (Random(2024), seeds());
    let mut batch = Vec::new();
    let (mut in_batch, mut read, mut refused) = (0, 0, 0);
    for number in 1..=REQUESTS {
        let request = mutated(&mut random, &seeds);
        // A request that can't be read ends its connection: the ones after it would not be seen.
        let ends = !matches!(parse_head(&request), Ok(Some(_)));
        if ends {
            refused += 1
        } else {
            read += 1
        }
        batch.extend_from_slice(&request);
        in_batch += 1;
        if ends || in_batch == BATCH || number == REQUESTS {
            let mut client = Client::connect(&emulator);
            // The emulator may have closed in the middle of it: that is its right.
            let _ = client.try_write(&batch);
            client.hang_up();
            batch.clear();
            in_batch = 0;
        }
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
    assert!(read > REQUESTS / 4 && refused > REQUESTS / 20, "{read} {refused}");
    emulator.reset();
    let mut client = Client::connect(&emulator);
    assert_eq!(client.control("GET", "health", "").status, 200);
    emulator.add_user(NewUser::new("u@b.c").sub("u1"));
    assert_eq!(client.get(&user_path("u1")).status, 200);
}

#[test]
fn a_head_is_judged_alike_whole_and_in_pieces() {
    let (mut random, seeds) = (Random(7), seeds());
    for _ in 0..2_000 {
        let request = mutated(&mut random, &seeds);
        let whole = parse_head(&request);
        // A judgement on a part of it must be the judgement on all of it.
        let first = (0..=request.len()).map(|end| parse_head(&request[..end])).find(|head| *head != Ok(None));
        match first {
            None => assert_eq!(whole, Ok(None)),
            Some(Ok(head)) => assert_eq!(whole, Ok(head)),
            Some(Err(_)) => assert!(whole.is_err(), "{}", request.escape_ascii()),
        }
    }
}
