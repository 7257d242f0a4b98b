//! A client that sees every byte.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use passlock_emulator::{BlockingEmulator, EmulatorConfig, JournalEntry, Outcome};
use serde_json::Value;

pub(crate) const TENANCY: &str = "tenancy-1";
pub(crate) const KEY: &str = "key-1";
/// Nothing takes this long, unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config() -> EmulatorConfig {
    EmulatorConfig::default().tenancy_id(TENANCY).api_key(KEY)
}

pub(crate) fn start() -> BlockingEmulator {
    BlockingEmulator::start(config()).unwrap()
}

pub(crate) struct Client {
    stream: TcpStream,
    input: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header that is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers(name).into_iter();
        let value = values.next();
        assert!(values.next().is_none(), "{name} is there twice: {}", self.head);
        value
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn error(&self) -> (u16, String, String) {
        let json = self.json();
        (
            self.status,
            json["_tag"].as_str().unwrap_or("no tag").to_owned(),
            json["message"].as_str().unwrap().to_owned(),
        )
    }
}

impl Client {
    pub(crate) fn connect(emulator: &BlockingEmulator) -> Self {
        Self::connect_to(emulator.endpoint())
    }

    pub(crate) fn connect_to(endpoint: &str) -> Self {
        let stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, input: Vec::new() }
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    pub(crate) fn close_writing(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Says that nothing more comes, and waits until the other side has dealt with all that came and closes too.
    pub(crate) fn hang_up(mut self) {
        // Either may fail when the other side has closed before, and that is all there is to wait for.
        let _ = self.stream.shutdown(Shutdown::Write);
        if let Err(error) = self.stream.read_to_end(&mut Vec::new()) {
            assert!(error.kind() == io::ErrorKind::ConnectionReset, "{error}");
        }
    }

    /// An answer whose length its head tells.
    pub(crate) fn answer(&mut self) -> Answer {
        let end = self.read_until(|input| find(input, b"\r\n\r\n")) + 4;
        let head = String::from_utf8(self.input.drain(..end).collect()).unwrap();
        let mut answer = Answer { status: head[9..12].parse().unwrap(), head, body: Vec::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        self.read_until(|input| (input.len() >= length).then_some(()));
        answer.body = self.input.drain(..length).collect();
        answer
    }

    /// Everything to the orderly end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.input);
        self.stream.read_to_end(&mut rest).unwrap();
        rest
    }

    /// Everything to the reset of the connection.
    pub(crate) fn rest_until_reset(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.input);
        let error = self.stream.read_to_end(&mut rest).expect_err("an orderly end");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        rest
    }

    /// At least so many bytes.
    pub(crate) fn at_least(&mut self, count: usize) -> Vec<u8> {
        self.read_until(|input| (input.len() >= count).then_some(()));
        std::mem::take(&mut self.input)
    }

    /// Whether nothing comes for as long as one can reasonably wait.
    pub(crate) fn is_silent(&mut self) -> bool {
        assert!(self.input.is_empty(), "{:?}", String::from_utf8_lossy(&self.input));
        self.stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let read = self.stream.read(&mut [0; 1]);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        matches!(read, Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.send(method, path, headers, body);
        self.answer()
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        self.write(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n{body}"));
    }

    /// A request to the API, with the key.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send_get(path);
        self.answer()
    }

    pub(crate) fn send_get(&mut self, path: &str) {
        self.send("GET", path, &authorized(), "");
    }

    pub(crate) fn patch(&mut self, path: &str, body: &str) -> Answer {
        self.send_patch(path, body);
        self.answer()
    }

    pub(crate) fn send_patch(&mut self, path: &str, body: &str) {
        self.send("PATCH", path, &format!("{}Content-Type: application/json\r\n", authorized()), body);
    }

    /// A request to the control API.
    pub(crate) fn control(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let json = if method == "POST" { "Content-Type: application/json\r\n" } else { "" };
        self.request(method, &format!("/_emulator/{path}"), json, body)
    }

    fn read_until<T>(&mut self, found: impl Fn(&[u8]) -> Option<T>) -> T {
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(found) = found(&self.input) {
                return found;
            }
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the connection ended after {:?}", String::from_utf8_lossy(&self.input));
            self.input.extend_from_slice(&buffer[..count]);
        }
    }
}

pub(crate) fn authorized() -> String {
    format!("Authorization: Bearer {KEY}\r\n")
}

pub(crate) fn user_path(sub: &str) -> String {
    format!("/{TENANCY}/user/{sub}")
}

pub(crate) fn token_path(token: &str) -> String {
    format!("/{TENANCY}/token/{token}")
}

/// The last request's entry, once it is there and has this outcome.
pub(crate) fn ended(emulator: &BlockingEmulator, outcome: Outcome) -> JournalEntry {
    let started = Instant::now();
    loop {
        let last = emulator.journal().pop();
        match last {
            Some(entry) if entry.outcome == outcome => return entry,
            _ => assert!(started.elapsed() < PATIENCE, "{last:?}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
