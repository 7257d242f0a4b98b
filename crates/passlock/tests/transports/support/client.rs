//! A client on each transport, and the outcome of a call in a form that compares.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use passlock::{Config, Error, ErrorKind, Limit, Principal, User, UserUpdate};
use passlock_core::{Build, ConfigBuilder, asynchronous, blocking};
use passlock_net::Resolver;
use tokio::runtime::{Builder, Runtime};

use super::logs::assert_clean;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// The crate `passlock`.
    Reqwest,
    /// The crate `passlock-hyper`.
    Hyper,
    /// The crate `passlock-blocking`, on ureq.
    Blocking,
}

impl Flavour {
    pub(crate) const ASYNC: [Self; 2] = [Self::Reqwest, Self::Hyper];

    /// Asserts that calls made in turn opened as many connections as is promised: one. reqwest takes a connection back in a
    /// task of its own, which may come after the next call has begun: it may have opened a few.
    #[track_caller]
    pub(crate) fn assert_connections_of_calls_in_turn(self, connections: usize) {
        let most = if self == Self::Reqwest { 4 } else { 1 };
        assert!((1..=most).contains(&connections), "{self:?}: {connections} connections");
    }
}

/// The runtime of async clients.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
    &RUNTIME
}

/// Runs a case on all transports at once, asserts that the same came of it, and gives that.
pub(crate) fn all<T: PartialEq + Debug + Send>(case: impl Fn(Flavour) -> T + Sync) -> T {
    let case = &case;
    let (with_async, with_blocking) = thread::scope(|scope| {
        let with_async = Flavour::ASYNC.map(|flavour| scope.spawn(move || case(flavour)));
        let with_blocking = case(Flavour::Blocking);
        (with_async.map(thread::ScopedJoinHandle::join), with_blocking)
    });
    for (flavour, outcome) in Flavour::ASYNC.into_iter().zip(with_async) {
        let outcome = outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert_eq!(outcome, with_blocking, "the transports differ ({flavour:?}, Blocking)");
    }
    with_blocking
}

#[derive(Clone, Debug)]
pub(crate) enum Client {
    /// Its calls are made from outside the runtime, which is shared and has several threads.
    Async(AsyncClient),
    Blocking(passlock_blocking::Client),
}

#[derive(Clone, Debug)]
pub(crate) enum AsyncClient {
    Reqwest(passlock::Client),
    Hyper(passlock_hyper::Client),
}

/// Does the same with each kind of async client.
macro_rules! with {
    ($client:expr, $of:ident => $do:expr) => {
        match $client {
            AsyncClient::Reqwest($of) => $do,
            AsyncClient::Hyper($of) => $do,
        }
    };
}

impl AsyncClient {
    pub(crate) fn open(flavour: Flavour, settings: ConfigBuilder) -> Result<Self, Error> {
        let config = settings.build()?;
        Ok(match flavour {
            Flavour::Reqwest => Self::Reqwest(Build::build(config, None)?),
            Flavour::Hyper => Self::Hyper(Build::build(config, None)?),
            Flavour::Blocking => panic!("it is not async"),
        })
    }

    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        match self {
            Self::Reqwest(client) => Self::Reqwest(client.with_timeout(timeout).unwrap()),
            Self::Hyper(client) => Self::Hyper(client.with_timeout(timeout).unwrap()),
        }
    }

    pub(crate) async fn exchange_token(&self, token: &str) -> Result<Principal, Error> {
        with!(self, client => client.exchange_token(token).await)
    }

    pub(crate) async fn warm_up(&self) -> Result<(), Error> {
        with!(self, client => client.warm_up().await)
    }

    pub(crate) async fn get_user(&self, sub: &str) -> Result<User, Error> {
        with!(self, client => client.get_user(sub).await)
    }

    pub(crate) async fn update_user(&self, sub: &str, update: UserUpdate) -> Result<User, Error> {
        with!(self, client => client.update_user(sub, update).await)
    }
}

impl Client {
    pub(crate) fn open(flavour: Flavour, settings: ConfigBuilder) -> Result<Self, Error> {
        Ok(match flavour {
            Flavour::Reqwest | Flavour::Hyper => Self::Async(AsyncClient::open(flavour, settings)?),
            Flavour::Blocking => Self::Blocking(Build::build(settings.build()?, None)?),
        })
    }

    pub(crate) fn with_resolver(flavour: Flavour, settings: ConfigBuilder, resolver: Resolver) -> Self {
        let config = Arc::new(settings.build().unwrap());
        match flavour {
            Flavour::Reqwest => {
                let transport = passlock::Http::with_resolver(&config, resolver).unwrap();
                Self::Async(AsyncClient::Reqwest(asynchronous::Client::new(config, transport).into()))
            }
            Flavour::Hyper => {
                let transport = passlock_hyper::Http::with_resolver(&config, resolver).unwrap();
                Self::Async(AsyncClient::Hyper(asynchronous::Client::new(config, transport).into()))
            }
            Flavour::Blocking => {
                let transport = passlock_blocking::Http::with_resolver(&config, resolver).unwrap();
                Self::Blocking(blocking::Client::new(config, transport).into())
            }
        }
    }

    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        match self {
            Self::Async(client) => Self::Async(client.with_timeout(timeout)),
            Self::Blocking(client) => Self::Blocking(client.with_timeout(timeout).unwrap()),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        match self {
            Self::Async(client) => with!(client, client => client.config()),
            Self::Blocking(client) => client.config(),
        }
    }

    pub(crate) fn exchange(&self, token: &str) -> Result<Principal, Error> {
        match self {
            Self::Async(client) => runtime().block_on(client.exchange_token(token)),
            Self::Blocking(client) => client.exchange_token(token),
        }
    }

    pub(crate) fn warm_up(&self) -> Result<(), Error> {
        match self {
            Self::Async(client) => runtime().block_on(client.warm_up()),
            Self::Blocking(client) => client.warm_up(),
        }
    }

    pub(crate) fn get(&self, sub: &str) -> Result<User, Error> {
        match self {
            Self::Async(client) => runtime().block_on(client.get_user(sub)),
            Self::Blocking(client) => client.get_user(sub),
        }
    }

    pub(crate) fn update(&self, sub: &str) -> Result<User, Error> {
        let update = UserUpdate::new().given_name("Grace");
        match self {
            Self::Async(client) => runtime().block_on(client.update_user(sub, update)),
            Self::Blocking(client) => client.update_user(sub, update),
        }
    }
}

/// What an error says of a call, without its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) status: Option<u16>,
    pub(crate) limit: Option<Limit>,
    pub(crate) attempts: u32,
    pub(crate) retryable: bool,
}

impl Failure {
    /// One attempt, and not worth another.
    pub(crate) fn of(kind: ErrorKind) -> Self {
        Self { kind, status: None, limit: None, attempts: 1, retryable: false }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    pub(crate) fn limit(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    pub(crate) fn retryable(self) -> Self {
        Self { retryable: true, ..self }
    }

    pub(crate) fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }
}

/// How a call failed; every error is looked through for secrets on the way.
pub(crate) fn failed<T: Debug>(result: Result<T, Error>) -> Failure {
    let error = match result {
        Ok(value) => panic!("it succeeded: {value:?}"),
        Err(error) => error,
    };
    assert_clean(&error);
    Failure {
        kind: error.kind(),
        status: error.status(),
        limit: error.limit(),
        attempts: error.attempts(),
        retryable: error.is_retryable(),
    }
}
