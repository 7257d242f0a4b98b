//! Connections: kept, shared, probed, closed, and never written to twice.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use passlock::ErrorKind;
use passlock_core::{Build, GetUser};
use passlock_emulator::{Fault, FaultRule};
use tokio::runtime::{Builder, Runtime};

use crate::support::{
    AsyncClient, Client, Failure, Flavour, Server, World, all, failed, runtime, wait_until,
};

fn async_clients(world: &World) -> [AsyncClient; 2] {
    Flavour::ASYNC.map(|flavour| AsyncClient::open(flavour, world.settings()).unwrap())
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_thousand_calls_need_one_connection() {
    all(|flavour| {
        let world = World::new();
        let client = world.client(flavour);
        for _ in 0..1_000 {
            client.get(&world.sub).unwrap();
        }
        assert_eq!(world.journal().len(), 1_000);
        // On a busy machine, reqwest opens a few for every few hundred calls.
        let group = if flavour == Flavour::Reqwest { 5 } else { 1 };
        flavour.assert_connections_of_calls_in_turn(world.connections().div_ceil(group));
    });
}

#[test]
fn exchanges_and_changes_share_the_connection() {
    all(|flavour| {
        let world = World::new();
        let client = world.client(flavour);
        for _ in 0..10 {
            client.exchange(&world.token()).unwrap();
            client.update(&world.sub).unwrap();
            failed(client.get("nobody"));
        }
        assert_eq!(world.journal().len(), 30);
        flavour.assert_connections_of_calls_in_turn(world.connections());
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
                all(|flavour| {
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
                    // A PATCH is sent once. Where its head has come the user is read, by the retry table.
                    let accepted = matches!(fault, Fault::ResetAfterHead | Fault::Truncate { .. });
                    let attempts = if accepted { 2 + retries } else { 1 };
                    assert_eq!((patch.kind, patch.attempts), (ErrorKind::Connection, attempts), "{context}");
                    let journal = world.journal();
                    assert_eq!(journal.len() as u32, sent + attempts, "{context}");
                    assert_eq!(
                        journal.iter().filter(|entry| entry.method == "PATCH").count(),
                        1,
                        "{context}"
                    );

                    let get = failed(client.get(&world.sub));
                    assert_eq!((get.kind, get.attempts), (ErrorKind::Connection, 1 + retries), "{context}");
                    assert_eq!(world.journal().len() as u32, sent + attempts + 1 + retries, "{context}");
                    (patch, get)
                });
            }
        }
    }
}

#[test]
fn many_calls_at_once() {
    const CALLS: usize = 256;
    all(|flavour| {
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
    for flavour in Flavour::ASYNC {
        let world = World::broken(Fault::Hang);
        let client = AsyncClient::open(flavour, world.settings()).unwrap();
        runtime().block_on(async {
            let call = client.get_user(&world.sub);
            // Long enough to be sent: the journal knows.
            assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
        });
        world.assert_client_closed();
    }
}

#[test]
fn dropping_a_future_ends_a_connection_that_is_being_opened() {
    for flavour in Flavour::ASYNC {
        let world = World::new();
        let silent = Server::silent_until_closed();
        let settings = world.settings_for(&format!("https://{}", silent.address));
        let client = AsyncClient::open(flavour, settings).unwrap();
        runtime().block_on(async {
            let call = client.get_user("u");
            assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
        });
        assert_eq!(silent.accepted(), 1);
        assert!(wait_until(|| silent.open() == 0), "{flavour:?}");
    }
}

#[test]
fn dropping_a_client_closes_its_connections() {
    all(|flavour| {
        let world = World::new();
        let address = world.address();
        let server = Server::forwarder(address);
        let settings = world.settings_for(&format!("http://{}", server.address));
        let client = Client::open(flavour, settings).unwrap();
        client.get(&world.sub).unwrap();
        let clone = client.clone();
        drop(client);
        clone.get(&world.sub).unwrap();
        flavour.assert_connections_of_calls_in_turn(server.open());
        drop(clone);
        assert!(wait_until(|| server.open() == 0), "{flavour:?}");
    });
}

/// What the other languages' `close` does, on the transport that they link.
#[test]
fn closing_ends_idle_connections_at_once_and_the_others_with_their_calls() {
    let world = World::new();
    let address = world.address();
    let server = Server::forwarder(address);
    let settings = world.settings_for(&format!("http://{}", server.address));
    let client: passlock_hyper::CoreClient = Build::build(settings.build().unwrap(), None).unwrap();
    let get_user = || GetUser::new(&world.sub);
    runtime().block_on(async {
        let (one, other) = tokio::join!(client.call(get_user()), client.call(get_user()));
        one.unwrap();
        other.unwrap();
        assert_eq!(server.open(), 2);
        world.emulator.fault(FaultRule::new(Fault::Delay { millis: 2_000 }));
        let mut slow = pin!(client.call(get_user()));
        assert!(tokio::time::timeout(Duration::from_millis(200), slow.as_mut()).await.is_err());
        client.transport().close();
        assert!(wait_until(|| server.open() == 1), "the idle connection is open");
        slow.await.unwrap();
    });
    assert!(wait_until(|| server.open() == 0), "the last connection is open");
}

#[test]
fn one_static_client_serves_two_runtimes_in_turn() {
    static WORLD: LazyLock<World> = LazyLock::new(World::new);
    static CLIENTS: LazyLock<[AsyncClient; 2]> = LazyLock::new(|| async_clients(&WORLD));
    for _ in 0..3 {
        let runtime = one_thread();
        for client in &*CLIENTS {
            runtime.block_on(client.get_user(&WORLD.sub)).unwrap();
            runtime.block_on(client.get_user(&WORLD.sub)).unwrap();
        }
    }
    assert_eq!(WORLD.journal().len(), 12);
    // Each client has had a connection on each runtime: with reqwest one more now and then.
    assert!((6..=9).contains(&WORLD.connections()), "{}", WORLD.connections());
}

/// The connections of a runtime stand still when it does: another one that took them would wait for ever.
#[test]
fn a_runtime_that_stands_still_holds_up_no_other() {
    for flavour in Flavour::ASYNC {
        let world = World::new();
        let client =
            AsyncClient::open(flavour, world.settings()).unwrap().with_timeout(Duration::from_secs(3));
        let runtimes = [one_thread(), one_thread()];
        for _ in 0..2 {
            for runtime in &runtimes {
                runtime.block_on(client.get_user(&world.sub)).unwrap();
            }
        }
        assert_eq!(world.journal().len(), 4);
        let most = if flavour == Flavour::Reqwest { 4 } else { 2 };
        assert!((2..=most).contains(&world.connections()), "{flavour:?}: {}", world.connections());
    }
}

#[test]
fn more_runtimes_than_are_kept_apart_work_too() {
    let world = World::new();
    let clients = async_clients(&world);
    let call = |runtime: &Runtime| {
        for client in &clients {
            runtime.block_on(client.get_user(&world.sub)).unwrap();
        }
    };
    // The others have ended by the time the first is used again, so that their descriptors are there for the next.
    let first = one_thread();
    call(&first);
    (0..140).for_each(|_| call(&one_thread()));
    call(&first);
    assert_eq!(world.journal().len(), 284);
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
    for client in async_clients(&world) {
        let error = poll_outside(client.get_user(&world.sub)).unwrap_err();
        assert!(error.message().contains("passlock-blocking"), "{error}");
        assert_eq!(failed(Err::<(), _>(error)).kind, ErrorKind::Config);
    }
    assert!(world.journal().is_empty());
}

#[test]
fn a_runtime_without_time_or_sockets_is_an_error() {
    let world = World::new();
    let clients = async_clients(&world);
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let none = builder.build().unwrap();
        let only_time = builder.enable_time().build().unwrap();
        for (runtime, client) in [(&none, 0), (&only_time, 0), (&none, 1), (&only_time, 1)] {
            let error = runtime.block_on(clients[client].get_user(&world.sub)).unwrap_err();
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
    let rounds = async |world: &World, client: &AsyncClient| {
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
    for flavour in Flavour::ASYNC {
        for runtime in [&one, &two] {
            let world = World::new();
            let client = AsyncClient::open(flavour, world.settings()).unwrap();
            runtime.block_on(rounds(&world, &client));
        }
        let world = Arc::new(World::new());
        let client = AsyncClient::open(flavour, world.settings()).unwrap();
        let task = two.spawn(async move {
            for _ in 0..20 {
                world.emulator.fault(FaultRule::new(Fault::CloseIdle { after_millis: 0 }));
                client.get_user(&world.sub).await.unwrap();
                thread::sleep(Duration::from_millis(20));
            }
            assert_eq!((world.journal().len(), world.connections()), (20, 20), "{flavour:?}");
        });
        two.block_on(task).unwrap();
    }
}
