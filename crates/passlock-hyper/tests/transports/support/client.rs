//! A client in either flavour, and what came of a call in a form that compares.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use passlock_core::{Build, ConfigBuilder};
use passlock_hyper::{Config, Error, ErrorKind, Limit, Principal, User, UserUpdate};
use passlock_net::Resolver;
use tokio::runtime::{Builder, Runtime};

use super::logs::assert_clean;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Async,
    Blocking,
}

/// The runtime of async clients.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
    &RUNTIME
}

/// Runs a case in both flavours at once, asserts that the same came of it, and gives that.
pub(crate) fn both<T: PartialEq + Debug + Send>(case: impl Fn(Flavour) -> T + Sync) -> T {
    let (with_async, with_blocking) = thread::scope(|scope| {
        let with_async = scope.spawn(|| case(Flavour::Async));
        let with_blocking = case(Flavour::Blocking);
        (with_async.join(), with_blocking)
    });
    let with_async = with_async.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert_eq!(with_async, with_blocking, "the flavours differ (async, blocking)");
    with_blocking
}

#[derive(Clone, Debug)]
pub(crate) enum Client {
    /// Its calls are made from outside the runtime, which is shared and has several threads.
    Async(passlock_hyper::Client),
    Blocking(passlock_blocking::Client),
}

impl Client {
    pub(crate) fn open(flavour: Flavour, settings: ConfigBuilder) -> Result<Self, Error> {
        let config = settings.build()?;
        Ok(match flavour {
            Flavour::Async => Self::Async(passlock_hyper::Client::build(config)?),
            Flavour::Blocking => Self::Blocking(passlock_blocking::Client::build(config)?),
        })
    }

    pub(crate) fn with_resolver(flavour: Flavour, settings: ConfigBuilder, resolver: Resolver) -> Self {
        let config = Arc::new(settings.build().unwrap());
        match flavour {
            Flavour::Async => {
                let transport = passlock_hyper::Http::with_resolver(&config, resolver).unwrap();
                Self::Async(passlock_hyper::Client::new(config, transport))
            }
            Flavour::Blocking => {
                let transport = passlock_blocking::Http::with_resolver(&config, resolver).unwrap();
                Self::Blocking(passlock_blocking::Client::new(config, transport))
            }
        }
    }

    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        match self {
            Self::Async(client) => Self::Async(client.with_timeout(timeout).unwrap()),
            Self::Blocking(client) => Self::Blocking(client.with_timeout(timeout).unwrap()),
        }
    }

    pub(crate) fn config(&self) -> &Config {
        match self {
            Self::Async(client) => client.config(),
            Self::Blocking(client) => client.config(),
        }
    }

    pub(crate) fn exchange(&self, token: &str) -> Result<Principal, Error> {
        match self {
            Self::Async(client) => runtime().block_on(client.exchange_token(token)),
            Self::Blocking(client) => client.exchange_token(token),
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
