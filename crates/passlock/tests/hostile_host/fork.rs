//! A process that has forked: its child has a copy of every socket, and closing one's own tells the peer nothing.

use std::fs;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::exit;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use fork::{Fork, fork, waitpid};
use passlock_core::Config;
use passlock_emulator::{BlockingEmulator, EmulatorConfig, NewUser};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::SockRef;
use tokio::runtime::Builder;

use crate::support::{AsyncClient, Client, Flavour, in_child, run_alone};

const NAME: &str = "fork::a_call_that_has_ended_ends_for_the_server_whoever_has_a_copy_of_its_socket";

/// A child and its parent make calls at the same time, with a client that had a connection when the process was forked.
#[test]
fn a_child_and_its_parent_share_no_connection() {
    const NAME: &str = "fork::a_child_and_its_parent_share_no_connection";
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    let emulator = BlockingEmulator::start(EmulatorConfig::new()).unwrap();
    let settings = || {
        let config = Config::builder().tenancy_id(emulator.tenancy_id()).api_key(emulator.api_key());
        config.endpoint(emulator.endpoint())
    };
    let subs = ["parent", "child"]
        .map(|sub| emulator.add_user(NewUser::new(format!("{sub}@example.com")).sub(sub)).sub);
    let blocking = Client::open(Flavour::Blocking, settings()).unwrap();
    let hyper = AsyncClient::open(Flavour::Hyper, settings()).unwrap();
    let reqwest = AsyncClient::open(Flavour::Reqwest, settings()).unwrap();
    let calls = |sub: &str, times: usize| {
        // No runtime of tokio's survives a fork.
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        (0..times).all(|_| {
            let answers = [
                blocking.get(sub),
                runtime.block_on(hyper.get_user(sub)),
                runtime.block_on(reqwest.get_user(sub)),
            ];
            answers.into_iter().all(|user| user.unwrap().sub == sub)
        })
    };
    assert!(calls("parent", 1));
    let [parent, child] = &subs;
    match fork().unwrap() {
        // Nothing of the test's harness runs twice.
        Fork::Child => exit(i32::from(!calls(child, 200))),
        Fork::Parent(id) => {
            assert!(calls(parent, 200), "the parent got what is the child's");
            assert_eq!(waitpid(id).unwrap(), 0, "the child did not get what is its own");
        }
    }
}

/// A server that never answers. It hands each connection over once a request has come.
fn serve() -> (SocketAddr, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).unwrap() > 0);
            if sender.send(stream).is_err() {
                return;
            }
        }
    });
    (address, requests)
}

/// A copy of this process's socket with this address, as a forked child has one.
fn copy_of_socket(local: SocketAddr) -> OwnedFd {
    let this = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let numbers = fs::read_dir("/proc/self/fd").unwrap();
    let mut copies = numbers.filter_map(|entry| {
        let number = entry.ok()?.file_name().to_str()?.parse().ok()?;
        pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).ok()
    });
    let is_it = |copy: &OwnedFd| {
        let address = SockRef::from(copy).local_addr().ok().and_then(|address| address.as_socket());
        address == Some(local)
    };
    copies.find(is_it).expect("the client's socket is not there")
}

fn sees_the_end(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            false
        }
    }
}

#[test]
fn a_call_that_has_ended_ends_for_the_server_whoever_has_a_copy_of_its_socket() {
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    for flavour in [Flavour::Hyper, Flavour::Blocking, Flavour::Reqwest] {
        let (address, requests) = serve();
        let settings = Config::builder()
            .tenancy_id("t")
            .api_key("a-key-of-a-test")
            .endpoint(format!("http://{address}"));
        let settings = settings.timeout(Duration::from_millis(500)).max_retries(0);
        let client = Client::open(flavour, settings).unwrap();
        let call = thread::spawn(move || client.get("u").unwrap_err());
        let mut server = requests.recv_timeout(Duration::from_secs(10)).unwrap();
        let _copy = copy_of_socket(server.peer_addr().unwrap());
        call.join().unwrap();
        assert!(sees_the_end(&mut server), "{flavour:?}");
    }
}
