//! SIGPIPE at its default: a write to a peer that has gone ends the process, unless it is made so that it can't.

use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::Duration;

use passlock_core::Config;
use socket2::SockRef;

use crate::support::alone::outcome_alone;
use crate::support::{Client, Flavour, in_child};

const CALLS: usize = 300;
const SIGPIPE: i32 = 13;

/// Reads what a client sends first, answers, and goes: an end, and then a reset.
fn answer_and_go(stream: &mut TcpStream, answer: &[u8], pause: Duration) -> std::io::Result<()> {
    let mut request = [0; 4096];
    if stream.read(&mut request)? == 0 {
        return Ok(());
    }
    stream.write_all(answer)?;
    thread::sleep(pause);
    stream.shutdown(Shutdown::Write)?;
    SockRef::from(&*stream).set_linger(Some(Duration::ZERO))
}

fn serve(answer: &'static [u8], pause: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that has gone first is none of its business.
            let _ = answer_and_go(&mut stream.unwrap(), answer, pause);
        }
    });
    address
}

fn client(flavour: Flavour, endpoint: &str) -> Client {
    let settings = Config::builder().tenancy_id("t").api_key("a-key-of-a-test").endpoint(endpoint);
    Client::open(flavour, settings.max_retries(0)).unwrap()
}

/// A proxy or a load balancer that does not speak TLS: the client has an alert to send, and nobody is there.
fn plain_text_to_a_client_hello(flavour: Flavour) {
    let address = serve(b"HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP on a TLS port", Duration::ZERO);
    let client = client(flavour, &format!("https://{address}"));
    for _ in 0..CALLS {
        client.get("u").unwrap_err();
    }
}

/// The next call finds a connection that was just used, and that its server has ended since.
fn an_end_and_a_reset_after_an_answer(flavour: Flavour) {
    let address = serve(
        b"HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n{\"user\":{\"sub\":\"u\",\"email\":\"a@b.example\"}}",
        // Not so soon that the answer and its end are read together.
        Duration::from_micros(100),
    );
    let client = client(flavour, &format!("http://{address}"));
    // It looks at its sockets only while a call is made, as the bindings' runtimes do.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut answered = 0;
    for call in 0..CALLS {
        let user = match &client {
            Client::Async(client) => runtime.block_on(client.get_user("u")),
            Client::Blocking(client) => client.get_user("u"),
        };
        answered += usize::from(user.is_ok());
        // Time enough for the end to come, and too little for a connection to be looked at before it is used again.
        thread::sleep(Duration::from_micros(200 + 50 * (call as u64 % 12)));
    }
    // A call may find that its connection has gone. None is told something else for that.
    assert!(answered >= CALLS / 2, "{answered}");
}

/// How a process ends that makes such calls with SIGPIPE at its default: by no signal, or by this one.
fn end_of_process(name: &str, flavour: Flavour, calls: fn(Flavour)) -> Option<Option<i32>> {
    if in_child(name) {
        // The runtime of Rust has it ignored. Python, Node and the shell know better; Swift and C do not.
        sigpipe::reset();
        assert!(!ignores_sigpipe());
        let flavour = env::var("T_FLAVOUR").unwrap();
        let is_it = |known: &Flavour| format!("{known:?}") == flavour;
        calls([Flavour::Reqwest, Flavour::Hyper, Flavour::Blocking].into_iter().find(is_it).unwrap());
        return None;
    }
    let (status, text) = outcome_alone(name, &[("T_FLAVOUR", Some(&format!("{flavour:?}")))]);
    assert!(status.signal().is_some() || text.contains("1 passed"), "{status} {text}");
    Some(status.signal())
}

fn ignores_sigpipe() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & (1 << (SIGPIPE - 1)) != 0
}

#[test]
fn no_alert_to_a_peer_that_has_gone_ends_the_process() {
    const NAME: &str = "signals::no_alert_to_a_peer_that_has_gone_ends_the_process";
    for flavour in [Flavour::Hyper, Flavour::Blocking] {
        let Some(end) = end_of_process(NAME, flavour, plain_text_to_a_client_hello) else { return };
        assert_eq!(end, None, "{flavour:?}");
    }
}

#[test]
fn no_request_to_a_peer_that_has_gone_ends_the_process() {
    const NAME: &str = "signals::no_request_to_a_peer_that_has_gone_ends_the_process";
    for flavour in [Flavour::Hyper, Flavour::Blocking] {
        let Some(end) = end_of_process(NAME, flavour, an_end_and_a_reset_after_an_answer) else { return };
        assert_eq!(end, None, "{flavour:?}");
    }
}

/// Its sockets are its own, and write by `writev`. Rust's runtime has SIGPIPE ignored, so that few programs see it. Once this
/// fails, reqwest has changed, and the README's table does too.
#[test]
fn reqwest_leaves_sigpipe_to_the_application() {
    const NAME: &str = "signals::reqwest_leaves_sigpipe_to_the_application";
    let Some(end) = end_of_process(NAME, Flavour::Reqwest, plain_text_to_a_client_hello) else { return };
    assert_eq!(end, Some(SIGPIPE));
}
