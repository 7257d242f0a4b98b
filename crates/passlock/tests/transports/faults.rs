//! Every fault of the emulator, handled by all transports in the same way.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use passlock::{ErrorKind, Limit};
use passlock_core::ConfigBuilder;
use passlock_emulator::{Fault, FaultRule, Operation, Outcome};

use crate::support::{Client, Failure, World, all, failed, wait_until};

/// A fault, and how a GET fails that was repeated at most once.
struct Case {
    fault: Fault,
    settings: fn(ConfigBuilder) -> ConfigBuilder,
    expected: Failure,
    /// Whether a PATCH that fails so may be repeated.
    patch_is_retryable: bool,
    /// Whether it is the client who ends the connection.
    client_closes: bool,
}

impl Case {
    fn new(fault: Fault, expected: Failure) -> Self {
        Self {
            fault,
            settings: |settings| settings,
            expected,
            patch_is_retryable: false,
            client_closes: false,
        }
    }

    /// A fault that only the client's limit of one second, or its limit on the answer's size, ends.
    fn endless(fault: Fault, expected: Failure) -> Self {
        Self {
            settings: |settings| settings.timeout(Duration::from_secs(1)),
            client_closes: true,
            ..Self::new(fault, expected)
        }
    }

    fn of_an_update(&self) -> Failure {
        let expected = self.expected.clone();
        if expected.status == Some(200) {
            // It was accepted, and what fails is the read that follows: because time ran out, or like any other read.
            return match expected.kind {
                ErrorKind::Timeout => Failure { status: None, ..expected },
                _ => Failure { attempts: expected.attempts + 1, ..expected },
            };
        }
        if self.patch_is_retryable { expected } else { Failure { retryable: false, attempts: 1, ..expected } }
    }
}

fn run(case: &Case) {
    let name = format!("{:?}", case.fault);
    all(|flavour| {
        let world = World::broken(case.fault.clone());
        let settings = (case.settings)(world.settings().max_retries(1));
        let client = Client::open(flavour, settings).unwrap();
        let started = Instant::now();
        assert_eq!(failed(client.get(&world.sub)), case.expected, "{name} {flavour:?}");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(4), "{name} {flavour:?} {took:?}");
        assert_eq!(world.journal().len() as u32, case.expected.attempts, "{name} {flavour:?}");
        if case.client_closes {
            world.assert_client_closed();
        }

        let world = World::broken(case.fault.clone());
        let settings = (case.settings)(world.settings().max_retries(1));
        let client = Client::open(flavour, settings).unwrap();
        let expected = case.of_an_update();
        assert_eq!(failed(client.update(&world.sub)), expected, "PATCH {name} {flavour:?}");
        assert_eq!(world.journal().len() as u32, expected.attempts, "PATCH {name} {flavour:?}");
    });
}

/// Cases that wait are run at once.
fn run_all(cases: &[Case]) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| run(case));
        }
    });
}

fn interrupted() -> Failure {
    Failure::of(ErrorKind::Connection).retryable().attempts(2)
}

fn out_of_time() -> Failure {
    Failure::of(ErrorKind::Timeout).limit(Limit::Timeout).retryable()
}

fn no_api() -> Failure {
    Failure::of(ErrorKind::Protocol)
}

#[test]
fn a_connection_that_breaks() {
    run_all(&[
        Case::new(Fault::Reset, interrupted()),
        Case::new(Fault::ResetAfterHead, interrupted().status(200)),
        Case::new(Fault::Truncate { after_bytes: None }, interrupted().status(200)),
        Case::new(Fault::Truncate { after_bytes: Some(0) }, interrupted().status(200)),
        // No byte of an answer, and an orderly end.
        Case::new(Fault::Garbage { bytes_base64: Some(String::new()) }, interrupted()),
    ]);
}

#[test]
fn an_answer_that_does_not_come_in_time() {
    run_all(&[
        Case::endless(Fault::Hang, out_of_time()),
        Case::endless(Fault::Delay { millis: 60_000 }, out_of_time()),
        Case::endless(Fault::StallHead { after_bytes: 16 }, out_of_time()),
        Case::endless(Fault::Stall { after_bytes: 0 }, out_of_time().status(200)),
        Case::endless(Fault::Stall { after_bytes: 10 }, out_of_time().status(200)),
        Case::endless(Fault::Drip { millis_per_byte: 100 }, out_of_time()),
    ]);
}

#[test]
fn an_answer_without_end() {
    run_all(&[
        Case::endless(Fault::Endless { status: None }, no_api().status(200)),
        Case::endless(Fault::EndlessHead, no_api()),
        // The head of an error has arrived: what is wrong with its body costs no more than the detail.
        Case::endless(Fault::Endless { status: Some(404) }, Failure::of(ErrorKind::NotFound).status(404)),
    ]);
}

#[test]
fn an_answer_that_is_not_the_apis() {
    let html = [("content-type", "text/html")];
    let server = |status| Failure::of(ErrorKind::Server).status(status).retryable().attempts(2);
    run_all(&[
        Case::new(Fault::Garbage { bytes_base64: None }, no_api()),
        Case::new(Fault::answer(502, html, "<html>Bad Gateway</html>"), server(502)),
        Case {
            patch_is_retryable: true,
            ..Case::new(Fault::answer(503, [("retry-after", "0")], ""), server(503))
        },
        Case {
            patch_is_retryable: true,
            ..Case::new(
                Fault::answer(429, [("retry-after", "0")], "{}"),
                Failure::of(ErrorKind::RateLimited).status(429).retryable().attempts(2),
            )
        },
        Case::new(Fault::answer(401, html, ""), Failure::of(ErrorKind::Unauthorized).status(401)),
        Case::new(Fault::status(304), no_api().status(304)),
    ]);
}

#[test]
fn an_empty_200() {
    all(|flavour| {
        let world = World::broken(Fault::status(200));
        assert_eq!(failed(world.client(flavour).get(&world.sub)), no_api().status(200));
        // To a PATCH it says that the change was accepted.
        let world = World::new();
        world.emulator.fault(FaultRule::new(Fault::status(200)).operation(Operation::UpdateUser).apply(true));
        let user = world.client(flavour).update(&world.sub).unwrap();
        assert_eq!(user.given_name.as_deref(), Some("Grace"));
        assert_eq!(world.journal().len(), 2);
    });
}

#[test]
fn nobody_listens() {
    all(|flavour| {
        let world = World::new();
        let gone = SocketAddr::from(([127, 0, 0, 1], 1));
        let settings = world.settings_for(&format!("http://{gone}")).max_retries(1);
        let client = Client::open(flavour, settings).unwrap();
        let expected = Failure::of(ErrorKind::Connection).retryable().attempts(2);
        assert_eq!(failed(client.get(&world.sub)), expected);
        assert_eq!(failed(client.update(&world.sub)), expected);
    });
}

#[test]
fn one_byte_at_a_time_is_slow_but_right() {
    all(|flavour| {
        let world = World::broken(Fault::Drip { millis_per_byte: 1 });
        let user = world.client(flavour).get(&world.sub).unwrap();
        assert_eq!(user.email, "ada@example.com");
        assert_eq!(world.journal().len(), 1);
    });
}

#[test]
fn a_redirect_is_not_followed_and_the_key_stays() {
    all(|flavour| {
        for status in [301, 302, 303, 307, 308] {
            let (world, elsewhere) = (World::new(), World::new());
            let path = format!("/{}/user/{}", world.emulator.tenancy_id(), world.sub);
            for location in [format!("{}{path}", elsewhere.emulator.endpoint()), path] {
                let fault = Fault::Redirect { location, status: Some(status) };
                world.emulator.fault(FaultRule::new(fault).times(2));
                let client = world.client(flavour);
                assert_eq!(failed(client.get(&world.sub)), no_api().status(status));
                assert_eq!(failed(client.update(&world.sub)), no_api().status(status));
            }
            assert_eq!(world.journal().len(), 4);
            assert!(elsewhere.journal().is_empty());
        }
    });
}

#[test]
fn a_connection_that_the_server_closed_when_idle_is_replaced_unseen() {
    all(|flavour| {
        let world = World::new();
        let client = world.client(flavour);
        for _ in 0..20 {
            world.emulator.fault(FaultRule::new(Fault::CloseIdle { after_millis: 0 }));
            client.get(&world.sub).unwrap();
            let entries = world.journal();
            assert_eq!(entries.last().unwrap().outcome, Outcome::Faulted);
            // Until the end of the connection has come here, it can't be told from one that is open.
            thread::sleep(Duration::from_millis(20));
        }
        world.emulator.fault(FaultRule::new(Fault::status(400)));
        assert_eq!(failed(client.get(&world.sub)).attempts, 1);
        assert_eq!((world.journal().len(), world.connections()), (21, 21));
    });
}

#[test]
fn a_call_that_failed_leaves_nothing_behind() {
    all(|flavour| {
        let world = World::new();
        let client = Client::open(flavour, world.settings().max_retries(0)).unwrap();
        for fault in
            [Fault::Reset, Fault::ResetAfterHead, Fault::Garbage { bytes_base64: None }, Fault::EndlessHead]
        {
            world.emulator.fault(FaultRule::new(fault));
            failed(client.get(&world.sub));
            client.get(&world.sub).unwrap();
        }
        assert!(wait_until(|| world.journal().iter().all(|entry| entry.outcome != Outcome::Pending)));
    });
}
