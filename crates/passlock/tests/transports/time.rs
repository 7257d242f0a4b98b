//! The time limits hold whatever happens, and an error names the one that fired.

#[cfg(target_os = "linux")]
use std::collections::HashSet;
#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use passlock::{ErrorKind, Limit};
use passlock_core::ConfigBuilder;
use passlock_emulator::Fault;
use passlock_net::Resolver;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::support::{
    AsyncClient, Authority, Client, Failure, Flavour, Leaf, Server, World, all, failed, tls_front, wait_until,
};
#[cfg(target_os = "linux")]
use crate::support::{in_child, run_alone};

const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(20);

fn limited(limit: Limit) -> Failure {
    Failure::of(ErrorKind::Timeout).limit(limit).retryable()
}

/// The settings with one limit that is short, and the others as long as they may be.
fn only(limit: Limit, settings: ConfigBuilder) -> ConfigBuilder {
    let of = |this| if limit == this { SHORT } else { LONG };
    settings
        .timeout(of(Limit::Timeout))
        .attempt_timeout(of(Limit::AttemptTimeout))
        .connect_timeout(of(Limit::ConnectTimeout))
        .max_retries(0)
}

/// Where no connection is ever complete, each limit ends the call, also of a PATCH, and is named.
fn never_connects(settings: impl Fn() -> ConfigBuilder + Sync, resolver: Option<&Resolver>) {
    thread::scope(|scope| {
        for limit in [Limit::ConnectTimeout, Limit::AttemptTimeout, Limit::Timeout] {
            let settings = &settings;
            scope.spawn(move || {
                all(|flavour| {
                    let settings = only(limit, settings());
                    let client = match resolver {
                        Some(resolver) => Client::with_resolver(flavour, settings, resolver.clone()),
                        None => Client::open(flavour, settings).unwrap(),
                    };
                    let started = Instant::now();
                    assert_eq!(failed(client.get("u")), limited(limit), "{flavour:?}");
                    let took = started.elapsed();
                    assert!(SHORT <= took && took < SHORT + Duration::from_secs(2), "{flavour:?} {took:?}");
                    // Without a connection nothing was sent, so a change is safe to repeat too.
                    let expected = Failure { retryable: limit == Limit::ConnectTimeout, ..limited(limit) };
                    assert_eq!(failed(client.update("u")), expected, "{flavour:?}");
                });
            });
        }
    });
}

/// A resolver that answers once its gate is open.
struct Stuck {
    resolver: Resolver,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Stuck {
    fn new() -> Self {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let resolver = Resolver::new(Box::new({
            let gate = Arc::clone(&gate);
            move |_, _| {
                let open = gate.0.lock().unwrap();
                drop(gate.1.wait_while(open, |open| !*open).unwrap());
                Err(io::Error::other("there is no such name"))
            }
        }));
        Self { resolver, gate }
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

#[test]
fn a_resolver_that_never_answers() {
    let (world, stuck) = (World::new(), Stuck::new());
    never_connects(|| world.settings_for("http://stuck.test").allow_http(true), Some(&stuck.resolver));
}

#[test]
fn a_tls_handshake_that_stalls() {
    let world = World::new();
    let server = Server::silent();
    never_connects(|| world.settings_for(&format!("https://{}", server.address)), None);
}

#[test]
fn a_tls_handshake_that_stalls_in_its_middle() {
    let world = World::new();
    let server = Server::start(|mut stream| async move {
        // The beginning of a record that is longer than the part that arrives.
        let _ = stream.write_all(&[0x16, 3, 3, 0x40, 0, 2, 0]).await;
        std::future::pending::<()>().await;
    });
    never_connects(|| world.settings_for(&format!("https://{}", server.address)), None);
}

#[test]
fn a_proxy_that_never_answers() {
    let world = World::new();
    let proxy = Server::silent();
    let settings = || world.settings_for("https://api.example").proxy(format!("http://{}", proxy.address));
    never_connects(settings, None);
}

/// A listener whose backlog is full: the system drops what asks for more.
#[cfg(target_os = "linux")]
struct BlackHole {
    address: SocketAddr,
    _listener: socket2::Socket,
    _fill: Vec<std::net::TcpStream>,
}

#[cfg(target_os = "linux")]
impl BlackHole {
    fn at(address: SocketAddr) -> Self {
        use socket2::{Domain, Socket, Type};
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        listener.bind(&address.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut fill = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            fill.push(stream);
            assert!(fill.len() < 100, "the backlog never fills");
        }
        Self { address, _listener: listener, _fill: fill }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_connect_that_nothing_answers() {
    let hole = BlackHole::at(SocketAddr::from(([127, 0, 0, 1], 0)));
    let world = World::new();
    never_connects(|| world.settings_for(&format!("http://{}", hole.address)), None);
}

/// Happy eyeballs (RFC 8305): without it the first address has its whole part of the time, here 10 seconds.
#[cfg(target_os = "linux")]
#[test]
fn an_address_family_that_leads_nowhere_holds_nobody_up() {
    all(|flavour| {
        let world = World::new();
        let alive = world.address();
        let hole = BlackHole::at((std::net::Ipv6Addr::LOCALHOST, alive.port()).into());
        let resolver = Resolver::new(Box::new(move |_, _| Ok(vec![hole.address, alive])));
        let settings = world.settings_for(&format!("http://api.test:{}", alive.port())).allow_http(true);
        let settings = settings.connect_timeout(LONG).attempt_timeout(LONG);
        let client = Client::with_resolver(flavour, settings, resolver);
        let started = Instant::now();
        client.get(&world.sub).unwrap();
        let took = started.elapsed();
        assert!(took < Duration::from_millis(2_300), "{flavour:?} {took:?}");
        // A name of this machine too, which is both addresses without being asked for.
        let settings = world.settings_for(&format!("http://localhost:{}", alive.port()));
        Client::open(flavour, settings).unwrap().get(&world.sub).unwrap();
    });
}

#[test]
fn a_server_that_accepts_and_never_reads() {
    let (authority, world) = (Authority::new(), World::new());
    let silent = Server::silent();
    let front = tls_front(authority.issue(Leaf::LOCALHOST).1, silent.address);
    let plain = format!("http://{}", silent.address);
    let secure = format!("https://localhost:{}", front.address.port());
    thread::scope(|scope| {
        for endpoint in [&plain, &secure] {
            for limit in [Limit::AttemptTimeout, Limit::Timeout] {
                let (world, authority) = (&world, &authority);
                scope.spawn(move || {
                    all(|flavour| {
                        let settings = world.settings_for(endpoint).ca_certificates(authority.pem.as_str());
                        let client = Client::open(flavour, only(limit, settings)).unwrap();
                        assert_eq!(failed(client.get("u")), limited(limit));
                        let patch = Failure { retryable: false, ..limited(limit) };
                        assert_eq!(failed(client.update("u")), patch);
                    });
                });
            }
        }
    });
}

#[test]
fn a_limit_of_one_call_holds_too() {
    all(|flavour| {
        let world = World::broken(Fault::Hang);
        let limits = |settings: ConfigBuilder| settings.timeout(LONG).attempt_timeout(LONG);
        // Long enough for the request to be there: the journal knows.
        let limit = Duration::from_secs(2);
        let client = Client::open(flavour, limits(world.settings())).unwrap().with_timeout(limit);
        let started = Instant::now();
        assert_eq!(failed(client.get(&world.sub)), limited(Limit::Timeout));
        assert!(started.elapsed() < limit + Duration::from_secs(2));
        world.assert_client_closed();
    });
}

/// Reads a request, has something done while the client can't look, and answers.
async fn answer_during<F: Future>(mut stream: TcpStream, pause: impl FnOnce(String) -> F) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    pause(String::from_utf8_lossy(&head).into_owned()).await;
    let body = r#"{"user":{"sub":"u","email":"ada@example.com"}}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn an_answer_that_came_while_the_runtimes_thread_was_blocked_is_taken() {
    for flavour in Flavour::ASYNC {
        for limit in [Limit::AttemptTimeout, Limit::Timeout] {
            let (asked, blocked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let of_server = (Arc::clone(&asked), Arc::clone(&blocked));
            let server = Server::start(move |stream| {
                let (asked, blocked) = of_server.clone();
                answer_during(stream, |_| async move {
                    asked.notify_one();
                    blocked.notified().await;
                })
            });
            let endpoint = format!("http://{}", server.address);
            let client =
                AsyncClient::open(flavour, only(limit, World::new().settings_for(&endpoint))).unwrap();
            let runtime = current_thread();
            runtime.spawn(async move {
                asked.notified().await;
                blocked.notify_one();
                thread::sleep(SHORT * 2);
            });
            runtime.block_on(client.get_user("u")).unwrap_or_else(|error| panic!("{flavour:?}: {error}"));
        }
    }
}

/// What could be connected only then would be sent to no purpose, and would use a token up.
#[test]
fn nothing_is_sent_for_an_attempt_that_ended_while_the_runtimes_thread_was_blocked() {
    let (world, blocked) = (World::new(), Arc::new(Notify::new()));
    let (settings, address) = named(&world);
    let resolver = Resolver::new(Box::new({
        let blocked = Arc::clone(&blocked);
        move |_, _| {
            blocked.notify_one();
            thread::sleep(SHORT / 2);
            Ok(vec![address])
        }
    }));
    let client = Client::with_resolver(Flavour::Hyper, only(Limit::AttemptTimeout, settings), resolver);
    let Client::Async(client) = client else { unreachable!() };
    let runtime = current_thread();
    runtime.spawn(async move {
        blocked.notified().await;
        thread::sleep(SHORT * 2);
    });
    let error = runtime.block_on(client.get_user(&world.sub)).unwrap_err();
    assert_eq!(error.limit(), Some(Limit::AttemptTimeout));
    // The emulator answers whoever asked, and in order.
    assert_eq!(runtime.block_on(client.get_user("next")).unwrap_err().kind(), ErrorKind::NotFound);
    let asked: Vec<_> = world.journal().into_iter().map(|exchange| exchange.path).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
}

/// A process that is stopped and goes on, as by a container's pause, may hear of the end of a limit before it has looked at
/// its sockets.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_came_while_the_process_was_stopped_is_taken() {
    const NAME: &str = "time::an_answer_that_came_while_the_process_was_stopped_is_taken";
    const ENDPOINT: &str = "PASSLOCK_TEST_ENDPOINT";
    if in_child(NAME) {
        let (world, endpoint) = (World::new(), std::env::var(ENDPOINT).unwrap());
        for flavour in [Flavour::Reqwest, Flavour::Hyper, Flavour::Blocking] {
            for limit in [Limit::AttemptTimeout, Limit::Timeout] {
                let client = Client::open(flavour, only(limit, world.settings_for(&endpoint))).unwrap();
                let sub = std::process::id().to_string();
                let user = match client {
                    // One thread, which has nothing to do but to wait for the socket and for the limit.
                    Client::Async(client) => current_thread().block_on(client.get_user(&sub)),
                    Client::Blocking(client) => client.get_user(&sub),
                };
                user.unwrap_or_else(|error| panic!("{flavour:?}: {error}"));
            }
        }
        return;
    }
    let signal = |signal: &str, process: &str| {
        let _ = std::process::Command::new("kill").args([signal, process]).status();
    };
    let server = Server::start(move |stream| {
        answer_during(stream, move |head| async move {
            // The user's id is that of the process.
            let process = head.split([' ', '/']).filter(|part| !part.is_empty()).nth(3).unwrap().to_owned();
            signal("-STOP", &process);
            wait_until(|| {
                let state = std::fs::read_to_string(format!("/proc/{process}/stat"));
                state.is_ok_and(|state| state.contains(") T "))
            });
            tokio::spawn(async move {
                tokio::time::sleep(SHORT * 2).await;
                signal("-CONT", &process);
            });
        })
    });
    run_alone(NAME, &[(ENDPOINT, Some(&format!("http://{}", server.address)))]);
}

#[test]
fn repeated_attempts_stay_within_the_limit_of_the_call() {
    all(|flavour| {
        let world = World::broken(Fault::Hang);
        // Whatever the wait before the second attempt, there is time left to send it, and less than its own limit.
        let (limit, of_attempt) = (Duration::from_millis(5_800), Duration::from_secs(4));
        let settings = world.settings().timeout(limit).attempt_timeout(of_attempt).max_retries(10);
        let client = Client::open(flavour, settings).unwrap();
        let started = Instant::now();
        assert_eq!(failed(client.get(&world.sub)), limited(Limit::Timeout).attempts(2));
        // Two whole attempts would take longer.
        assert!(started.elapsed() < limit + Duration::from_secs(2));
        assert!(wait_until(|| world.journal().len() == 2), "{:?}", world.journal());
    });
}

/// Finds a name at an address, and counts how often.
fn counting(address: SocketAddr) -> (Resolver, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let resolver = Resolver::new(Box::new({
        let count = Arc::clone(&count);
        move |name, _| {
            assert_eq!(name, "api.test");
            count.fetch_add(1, Ordering::SeqCst);
            Ok(vec![address])
        }
    }));
    (resolver, count)
}

fn named(world: &World) -> (ConfigBuilder, SocketAddr) {
    let address: SocketAddr = world.emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let endpoint = format!("http://api.test:{}", address.port());
    (world.settings_for(&endpoint).allow_http(true), address)
}

#[test]
fn a_name_is_looked_up_once_a_connection_and_not_once_a_call() {
    all(|flavour| {
        let world = World::new();
        let (settings, address) = named(&world);
        let (resolver, lookups) = counting(address);
        let client = Client::with_resolver(flavour, settings, resolver);
        for _ in 0..100 {
            client.get(&world.sub).unwrap();
        }
        flavour.assert_connections_of_calls_in_turn(lookups.load(Ordering::SeqCst));
        flavour.assert_connections_of_calls_in_turn(world.connections());
    });
}

#[cfg(target_os = "linux")]
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|comm| comm.starts_with(name))
        .count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_call_on_a_kept_connection_needs_no_thread() {
    const NAME: &str = "time::a_call_on_a_kept_connection_needs_no_thread";
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    let world = World::new();
    let (settings, address) = named(&world);
    let (resolver, _) = counting(address);
    let client = Client::with_resolver(Flavour::Blocking, settings, resolver);
    client.get(&world.sub).unwrap();
    assert!(wait_until(|| threads("passlock-resolv") == 0));
    let done = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        // Whoever lives for a moment only is seen in one of so many.
        let watch = scope.spawn(|| {
            let mut seen = thread_ids();
            while !done.load(Ordering::SeqCst) {
                seen.extend(thread_ids());
            }
            seen
        });
        for _ in 0..2_000 {
            client.get(&world.sub).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        watch.join().unwrap()
    });
    // The harness, the test, the emulator, the one that closes idle connections, and the one that watches.
    assert_eq!(seen.len(), 5, "{seen:?}");
}

#[cfg(target_os = "linux")]
fn thread_ids() -> HashSet<OsString> {
    std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().file_name()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_resolver_that_never_answers_holds_a_bounded_number_of_threads() {
    const NAME: &str = "time::a_resolver_that_never_answers_holds_a_bounded_number_of_threads";
    if !in_child(NAME) {
        return run_alone(NAME, &[]);
    }
    let world = World::new();
    for flavour in [Flavour::Reqwest, Flavour::Hyper, Flavour::Blocking] {
        let stuck = Stuck::new();
        let settings = world
            .settings_for("http://stuck.test")
            .allow_http(true)
            .connect_timeout(Duration::from_millis(100))
            .max_retries(0);
        let client = Client::with_resolver(flavour, settings, stuck.resolver.clone());
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        assert_eq!(failed(client.get("u")), limited(Limit::ConnectTimeout));
                    }
                });
            }
        });
        // 200 calls have ended; their lookups have not.
        let held = threads("passlock-resolv");
        assert!((1..=8).contains(&held), "{flavour:?} {held}");
        drop(stuck);
        assert!(wait_until(|| threads("passlock-resolv") == 0), "{flavour:?}");
    }
}
