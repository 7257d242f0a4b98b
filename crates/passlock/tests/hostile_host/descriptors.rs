//! A process that may open few files.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use passlock::ErrorKind;
use passlock_core::{Config, ConfigBuilder};
use passlock_emulator::Fault;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{
    AsyncClient, Authority, Client, Failure, Flavour, Leaf, Server, World, all, failed, in_child, run_alone,
    runtime, tls_front,
};

const ALL: [Flavour; 3] = [Flavour::Reqwest, Flavour::Hyper, Flavour::Blocking];

fn limit_descriptors(soft: u64) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(soft), maximum: limit.maximum }).unwrap();
}

/// Opens files until the process may open no more.
fn use_all_up() -> Vec<File> {
    let mut held = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => held.push(file),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(24), "{error}");
                return held;
            }
        }
        assert!(held.len() < 10_000, "there is no limit");
    }
}

/// Calls made at once, each answered when all requests may be there.
fn many_at_once(client: &Client, sub: &str, calls: usize) -> Vec<Result<(), passlock::Error>> {
    match client {
        Client::Async(client) => {
            let calls: Vec<_> = (0..calls)
                .map(|_| {
                    let (client, sub): (AsyncClient, _) = (client.clone(), sub.to_owned());
                    runtime().spawn(async move { client.get_user(&sub).await.map(drop) })
                })
                .collect();
            calls.into_iter().map(|call| runtime().block_on(call).unwrap()).collect()
        }
        Client::Blocking(client) => {
            let results = Mutex::new(Vec::new());
            thread::scope(|scope| {
                for _ in 0..calls {
                    scope.spawn(|| {
                        let result = client.get_user(sub).map(drop);
                        results.lock().unwrap().push(result);
                    });
                }
            });
            results.into_inner().unwrap()
        }
    }
}

/// An emulator behind a server that counts its connections.
fn counted(world: &World) -> (Server, ConfigBuilder) {
    let server = Server::forwarder(world.address());
    let settings = world.settings_for(&format!("http://{}", server.address));
    (server, settings)
}

/// What many calls at once have opened is not kept: the process has other uses for its descriptors.
#[test]
fn at_most_128_connections_are_kept_when_idle() {
    all(|flavour| {
        let world = World::broken(Fault::Delay { millis: 2_000 });
        let (server, settings) = counted(&world);
        let client = Client::open(flavour, settings.timeout(Duration::from_secs(60))).unwrap();
        for result in many_at_once(&client, &world.sub, 200) {
            result.unwrap();
        }
        assert_eq!(server.accepted(), 200, "{flavour:?}");
        let closed = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            server.open() <= 128
        });
        assert!(closed, "{flavour:?}: {} are open", server.open());
        // And no fewer than that: the next calls need no new ones.
        assert!(server.open() >= 120, "{flavour:?}: {} are open", server.open());
    });
}

/// A server that has all requests before it answers any, and then answers them in their order. It says which of the
/// connections are closed a while after that, by their numbers.
fn closed_of_answered_in_turn(listener: &TcpListener, calls: usize) -> Vec<usize> {
    let mut streams = Vec::new();
    for _ in 0..calls {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        streams.push(stream);
    }
    let body = r#"{"user":{"sub":"u","email":"ada@example.com"}}"#;
    for stream in &mut streams {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        // So that the clients' threads keep this order too.
        thread::sleep(Duration::from_millis(15));
    }
    thread::sleep(Duration::from_secs(1));
    let numbered = streams.iter_mut().enumerate();
    let closed = numbered.filter(|(_, stream)| {
        stream.set_nonblocking(true).unwrap();
        matches!(stream.peek(&mut [0]), Ok(0))
    });
    closed.map(|(number, _)| number).collect()
}

#[test]
fn the_one_used_longest_ago_is_closed_first() {
    const CALLS: usize = 130;
    all(|flavour| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let settings = Config::builder().tenancy_id("t").api_key("a-key-of-a-test").endpoint(endpoint);
        let client = Client::open(flavour, settings).unwrap();
        let server = thread::spawn(move || closed_of_answered_in_turn(&listener, CALLS));
        for result in many_at_once(&client, "u", CALLS) {
            result.unwrap();
        }
        let closed = server.join().unwrap();
        assert_eq!(closed.len(), 2, "{flavour:?} {closed:?}");
        // reqwest takes no more than it may keep. The threads that wait for the answers may change places with their neighbours.
        let expected = if flavour == Flavour::Reqwest { CALLS - 20..CALLS } else { 0..20 };
        assert!(closed.iter().all(|number| expected.contains(number)), "{flavour:?} {closed:?}");
    });
}

#[test]
fn no_descriptor_is_a_typed_error_that_passes() {
    const NAME: &str = "descriptors::no_descriptor_is_a_typed_error_that_passes";
    if !in_child(NAME) {
        // The server has descriptors of its own, so it stays here.
        let world = World::new();
        let front = tls_front(Authority::new().issue(Leaf::LOCALHOST).1, world.address());
        return run_alone(
            NAME,
            &[
                ("T_ENDPOINT", Some(world.emulator.endpoint())),
                ("T_SECURE", Some(&format!("https://{}", front.address))),
                ("T_TENANCY", Some(world.emulator.tenancy_id())),
                ("T_KEY", Some(world.emulator.api_key())),
                ("T_SUB", Some(&world.sub)),
            ],
        );
    }
    let get = |name| env::var(name).unwrap();
    let sub = get("T_SUB");
    let open = |flavour, endpoint| {
        let settings = Config::builder().tenancy_id(get("T_TENANCY")).api_key(get("T_KEY"));
        Client::open(flavour, settings.endpoint(get(endpoint)).max_retries(1)).unwrap()
    };
    limit_descriptors(64);
    for flavour in ALL {
        // One has had a connection on this runtime, the others have done nothing yet.
        let used = open(flavour, "T_ENDPOINT");
        used.get(&sub).unwrap();
        let fresh = ["T_ENDPOINT", "T_SECURE"].map(|endpoint| open(flavour, endpoint));
        let held = use_all_up();
        let expected = Failure::of(ErrorKind::Connection).retryable().attempts(2);
        for _ in 0..3 {
            for client in &fresh {
                assert_eq!(failed(client.get(&sub)), expected, "{flavour:?}");
                assert_eq!(failed(client.update(&sub)), expected, "{flavour:?}");
            }
        }
        // Its connection is open.
        used.get(&sub).unwrap();
        drop(held);
        fresh[0].get(&sub).unwrap();
        assert_eq!(failed(fresh[1].get(&sub)), Failure::of(ErrorKind::Connection), "{flavour:?}");
    }
}

/// Six hundred calls at once with 256 descriptors: each has an answer or an error, and then the process has its descriptors again.
#[test]
fn a_burst_leaves_descriptors_for_the_application() {
    const NAME: &str = "descriptors::a_burst_leaves_descriptors_for_the_application";
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    // The server is in this process too, with a socket for each of the client's: half of it is the client's.
    limit_descriptors(512);
    for flavour in ALL {
        let world = World::broken(Fault::Delay { millis: 500 });
        let settings = world.settings().timeout(Duration::from_secs(60)).max_retries(0);
        let client = Client::open(flavour, settings).unwrap();
        let results = many_at_once(&client, &world.sub, 600);
        assert_eq!(results.len(), 600);
        for result in results {
            if let Err(error) = result {
                assert!(
                    matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout),
                    "{flavour:?} {error:?}"
                );
            }
        }
        let open = open_descriptors().unwrap();
        assert!(open < 340, "{flavour:?}: {open} descriptors are open");
        let files: Result<Vec<_>, _> = (0..100).map(|_| File::open("/dev/null")).collect();
        files.unwrap();
        client.get(&world.sub).unwrap();
    }
}

fn open_descriptors() -> io::Result<usize> {
    Ok(fs::read_dir("/proc/self/fd")?.count())
}
