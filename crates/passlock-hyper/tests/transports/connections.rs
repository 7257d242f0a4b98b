//! Connections: kept, shared, probed, closed, and never written to twice.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use passlock_emulator::{Fault, FaultRule};
use passlock_hyper::ErrorKind;
use tokio::runtime::{Builder, Runtime};

use crate::support::{Client, Failure, Flavour, Server, World, both, failed, runtime, wait_until};

fn async_client(world: &World) -> passlock_hyper::Client {
    match world.client(Flavour::Async) {
        Client::Async(client) => client,
        Client::Blocking(_) => unreachable!(),
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_thousand_calls_need_one_connection() {
    both(|flavour| {
        let world = World::new();
        let client = world.client(flavour);
        for _ in 0..1_000 {
            client.get(&world.sub).unwrap();
        }
        assert_eq!((world.journal().len(), world.connections()), (1_000, 1));
    });
}

#[test]
fn exchanges_and_changes_share_the_connection() {
    both(|flavour| {
        let world = World::new();
        let client = world.client(flavour);
        for _ in 0..10 {
            client.exchange(&world.token()).unwrap();
            client.update(&world.sub).unwrap();
            failed(client.get("nobody"));
        }
        assert_eq!((world.journal().len(), world.connections()), (30, 1));
    });
}

/// What is sent on a connection that then breaks may have been acted on: nobody sends it again but the retry table.
#[test]
fn a_request_that_was_written_is_not_sent_again_unseen() {
    for fault in [
        Fault::Reset,
        Fault::ResetAfterHead,
        Fault::Truncate { after_bytes: Some(3) },
        Fault::Garbage { bytes_base64: Some(String::new()) },
    ] {
        for warm in [false, true] {
            for retries in [0, 2] {
                both(|flavour| {
                    let world = World::new();
                    let settings = world.settings().max_retries(retries);
                    let client = Client::open(flavour, settings).unwrap();
                    if warm {
                        client.get(&world.sub).unwrap();
                    }
                    let sent = world.journal().len() as u32;
                    let context = format!("{fault:?} {flavour:?} warm {warm}");

                    world.emulator.fault(FaultRule::new(fault.clone()).times(100));
                    let patch = failed(client.update(&world.sub));
                    assert_eq!((patch.kind, patch.attempts), (ErrorKind::Connection, 1), "{context}");
                    assert_eq!(world.journal().len() as u32, sent + 1, "{context}");

                    let get = failed(client.get(&world.sub));
                    assert_eq!((get.kind, get.attempts), (ErrorKind::Connection, 1 + retries), "{context}");
                    assert_eq!(world.journal().len() as u32, sent + 2 + retries, "{context}");
                    (patch, get)
                });
            }
        }
    }
}

#[test]
fn many_calls_at_once() {
    const CALLS: usize = 256;
    both(|flavour| {
        for _ in 0..2 {
            // Each answer comes late enough for all requests to be there by then, if they are made at once.
            let world = World::broken(Fault::Delay { millis: 3_000 });
            match world.client(flavour) {
                Client::Async(client) => {
                    let calls: Vec<_> = (0..CALLS)
                        .map(|_| {
                            let (client, sub) = (client.clone(), world.sub.clone());
                            runtime().spawn(async move { client.get_user(&sub).await.map(|user| user.sub) })
                        })
                        .collect();
                    for call in calls {
                        assert_eq!(runtime().block_on(call).unwrap().unwrap(), world.sub);
                    }
                }
                Client::Blocking(client) => thread::scope(|scope| {
                    for _ in 0..CALLS {
                        scope.spawn(|| assert_eq!(client.get_user(&world.sub).unwrap().sub, world.sub));
                    }
                }),
            }
            let journal = world.journal();
            assert_eq!((journal.len(), world.connections()), (CALLS, CALLS));
            let last_begun = journal.iter().map(|entry| entry.at_millis).max().unwrap();
            let first_ended = journal.iter().filter_map(|entry| entry.ended_at_millis).min().unwrap();
            assert!(last_begun <= first_ended, "{flavour:?}: {last_begun} {first_ended}");
        }
    });
}

#[test]
fn a_client_and_its_clones_are_shared_by_threads_and_use_the_same_connections() {
    let world = World::new();
    let Client::Blocking(client) = world.client(Flavour::Blocking) else { unreachable!() };
    for _ in 0..20 {
        thread::scope(|scope| {
            let client = client.clone();
            let sub = &world.sub;
            scope.spawn(move || client.get_user(sub).unwrap());
        });
    }
    assert_eq!((world.journal().len(), world.connections()), (20, 1));
}

#[test]
fn dropping_a_future_ends_its_connection() {
    let world = World::broken(Fault::Hang);
    let client = async_client(&world);
    runtime().block_on(async {
        let call = client.get_user(&world.sub);
        // Long enough to be sent: the journal knows.
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    });
    world.assert_client_closed();
}

#[test]
fn dropping_a_future_ends_a_connection_that_is_being_opened() {
    let world = World::new();
    let silent = Server::silent_until_closed();
    let settings = world.settings_for(&format!("https://{}", silent.address));
    let Client::Async(client) = Client::open(Flavour::Async, settings).unwrap() else { unreachable!() };
    runtime().block_on(async {
        let call = client.get_user("u");
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    });
    assert_eq!(silent.accepted(), 1);
    assert!(wait_until(|| silent.open() == 0));
}

#[test]
fn dropping_a_client_closes_its_connections() {
    both(|flavour| {
        let world = World::new();
        let address = world.emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
        let server = Server::forwarder(address);
        let settings = world.settings_for(&format!("http://{}", server.address));
        let client = Client::open(flavour, settings).unwrap();
        client.get(&world.sub).unwrap();
        let clone = client.clone();
        drop(client);
        clone.get(&world.sub).unwrap();
        assert_eq!(server.open(), 1);
        drop(clone);
        assert!(wait_until(|| server.open() == 0), "{flavour:?}");
    });
}

/// What the other languages' `close` does.
#[test]
fn closing_ends_idle_connections_at_once_and_the_others_with_their_calls() {
    let world = World::new();
    let address = world.emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let server = Server::forwarder(address);
    let settings = world.settings_for(&format!("http://{}", server.address));
    let Client::Async(client) = Client::open(Flavour::Async, settings).unwrap() else { unreachable!() };
    runtime().block_on(async {
        let (one, other) = tokio::join!(client.get_user(&world.sub), client.get_user(&world.sub));
        one.unwrap();
        other.unwrap();
        assert_eq!(server.open(), 2);
        world.emulator.fault(FaultRule::new(Fault::Delay { millis: 2_000 }));
        let mut slow = pin!(client.get_user(&world.sub));
        assert!(tokio::time::timeout(Duration::from_millis(200), slow.as_mut()).await.is_err());
        client.transport().close();
        assert!(wait_until(|| server.open() == 1), "the idle connection is open");
        slow.await.unwrap();
    });
    assert!(wait_until(|| server.open() == 0), "the last connection is open");
}

/// The one slow test: nothing but 30 seconds shows that it is 30 seconds.
#[test]
fn an_idle_connection_is_closed_after_half_a_minute() {
    both(|flavour| {
        let world = World::new();
        let address = world.emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
        let server = Server::forwarder(address);
        let settings = world.settings_for(&format!("http://{}", server.address));
        let client = Client::open(flavour, settings).unwrap();
        client.get(&world.sub).unwrap();
        let start = Instant::now();
        while server.open() == 1 && start.elapsed() < Duration::from_secs(40) {
            thread::sleep(Duration::from_millis(20));
        }
        let open = start.elapsed();
        let expected = Duration::from_secs(29)..Duration::from_secs(32);
        assert!(expected.contains(&open), "{flavour:?}: it was open for {open:?}");
        client.get(&world.sub).unwrap();
        assert_eq!(server.accepted(), 2);
    });
}

#[test]
fn one_static_client_serves_two_runtimes_in_turn() {
    static WORLD: LazyLock<World> = LazyLock::new(World::new);
    static CLIENT: LazyLock<passlock_hyper::Client> = LazyLock::new(|| async_client(&WORLD));
    for _ in 0..3 {
        let runtime = one_thread();
        runtime.block_on(CLIENT.get_user(&WORLD.sub)).unwrap();
        runtime.block_on(CLIENT.get_user(&WORLD.sub)).unwrap();
    }
    // Each runtime has had one connection.
    assert_eq!((WORLD.journal().len(), WORLD.connections()), (6, 3));
}

/// The connections of a runtime stand still when it does: another one that took them would wait for ever.
#[test]
fn a_runtime_that_stands_still_holds_up_no_other() {
    let world = World::new();
    let client = async_client(&world).with_timeout(Duration::from_secs(3)).unwrap();
    let runtimes = [one_thread(), one_thread()];
    for _ in 0..2 {
        for runtime in &runtimes {
            runtime.block_on(client.get_user(&world.sub)).unwrap();
        }
    }
    assert_eq!((world.journal().len(), world.connections()), (4, 2));
}

#[test]
fn more_runtimes_than_are_kept_apart_work_too() {
    let world = World::new();
    let client = async_client(&world);
    let runtimes: Vec<_> = (0..20).map(|_| one_thread()).collect();
    for _ in 0..2 {
        for runtime in &runtimes {
            runtime.block_on(client.get_user(&world.sub)).unwrap();
        }
    }
    assert_eq!(world.journal().len(), 40);
}

/// Polls a future once, outside of any runtime.
fn poll_outside<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match Box::pin(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits for something that will not come"),
    }
}

#[test]
fn a_call_outside_a_runtime_is_an_error() {
    let world = World::new();
    let client = async_client(&world);
    let error = poll_outside(client.get_user(&world.sub)).unwrap_err();
    assert!(error.message().contains("passlock-blocking"), "{error}");
    assert_eq!(failed(Err::<(), _>(error)).kind, ErrorKind::Config);
    assert!(world.journal().is_empty());
}

#[test]
fn a_runtime_without_time_or_sockets_is_an_error() {
    let world = World::new();
    let client = async_client(&world);
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let none = builder.build().unwrap();
        let only_time = builder.enable_time().build().unwrap();
        for runtime in [none, only_time] {
            let error = runtime.block_on(client.get_user(&world.sub)).unwrap_err();
            assert!(error.message().contains("enable_all"), "{error}");
            let expected = Failure::of(ErrorKind::Config).attempts(error.attempts());
            assert_eq!(failed(Err::<(), _>(error)), expected);
        }
    }
    assert!(world.journal().is_empty());
}

/// A connection that the server ends while the client's runtime is busy with something else.
#[test]
fn a_connection_is_probed_before_it_is_used_again_on_every_kind_of_runtime() {
    let two = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let one = one_thread();
    let rounds = async |world: &World, client: &passlock_hyper::Client| {
        for _ in 0..20 {
            world.emulator.fault(FaultRule::new(Fault::CloseIdle { after_millis: 0 }));
            client.get_user(&world.sub).await.unwrap();
            // Blocks the thread on purpose.
            thread::sleep(Duration::from_millis(20));
        }
        world.emulator.fault(FaultRule::new(Fault::status(400)));
        assert_eq!(failed(client.get_user(&world.sub).await).attempts, 1);
        assert_eq!((world.journal().len(), world.connections()), (21, 21));
    };
    for runtime in [&one, &two] {
        let world = World::new();
        runtime.block_on(rounds(&world, &async_client(&world)));
    }
    let world = Arc::new(World::new());
    let client = async_client(&world);
    let task = two.spawn(async move {
        for _ in 0..20 {
            world.emulator.fault(FaultRule::new(Fault::CloseIdle { after_millis: 0 }));
            client.get_user(&world.sub).await.unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!((world.journal().len(), world.connections()), (20, 20));
    });
    two.block_on(task).unwrap();
}
