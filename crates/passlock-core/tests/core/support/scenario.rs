//! One call, played in both flavours.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passlock_core::{Config, ConfigBuilder, Error, asynchronous, blocking};

use super::canary::{API_KEY, holds_a_secret};
use super::log::captured;
use super::operations::{Call, Value};
use super::script::{Script, Sent, Turn, at_once};
use super::wire::{NOW, TENANCY, wall};
use super::{Fields, fields};

/// The settings that are given to one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct PerCall {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) issuer: Option<&'static str>,
    pub(crate) require_user_verified: Option<bool>,
    pub(crate) auth_types: Option<&'static [&'static str]>,
}

/// A call, and all that the world does to it.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) call: Call,
    config: ConfigBuilder,
    per_call: PerCall,
    turns: Vec<Turn>,
    wall: SystemTime,
    random: u64,
    oversleep: Duration,
}

impl Scenario {
    pub(crate) fn of(call: Call) -> Self {
        Self {
            call,
            config: Config::builder().tenancy_id(TENANCY).api_key(API_KEY),
            per_call: PerCall::default(),
            turns: Vec::new(),
            wall: wall(NOW),
            random: 0,
            oversleep: Duration::ZERO,
        }
    }

    /// The outcome of the next attempt.
    pub(crate) fn then(mut self, turn: Turn) -> Self {
        self.turns.push(turn);
        self
    }

    /// The answer that lets this operation succeed.
    pub(crate) fn then_success(self) -> Self {
        let success = self.call.success();
        self.then(success)
    }

    pub(crate) fn config(mut self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        self.config = change(self.config);
        self
    }

    pub(crate) fn per_call(mut self, per_call: PerCall) -> Self {
        self.per_call = per_call;
        self
    }

    pub(crate) fn wall_clock(mut self, wall: SystemTime) -> Self {
        self.wall = wall;
        self
    }

    pub(crate) fn random(mut self, random: u64) -> Self {
        self.random = random;
        self
    }

    /// Every wait is longer than it was asked to be.
    pub(crate) fn oversleep(mut self, oversleep: Duration) -> Self {
        self.oversleep = oversleep;
        self
    }

    /// Plays the call in both flavours, which must not differ in anything that can be seen, and must show no secret.
    pub(crate) fn run(&self) -> Run {
        let run = self.play(asynchronous_result);
        let twin = self.play(blocking_result);
        assert_eq!(format!("{run:?}"), format!("{twin:?}"), "the two flavours differ");
        run.assert_secretive();
        run
    }

    fn play(&self, flavour: fn(&Self, Arc<Config>, Script) -> Result<Value, Error>) -> Run {
        let config = Arc::new(self.config.clone().build().unwrap());
        let script = Script::new(self.turns.clone(), self.wall, self.random, self.oversleep);
        let (result, log) = captured(|| flavour(self, config, script.clone()));
        let (sent, waits, took) = script.played();
        Run { result, sent, waits, took, log }
    }
}

fn asynchronous_result(scenario: &Scenario, config: Arc<Config>, script: Script) -> Result<Value, Error> {
    let client = with_settings!(asynchronous::Client::new(config, script), &scenario.per_call);
    at_once(scenario.call.asynchronous(&client))
}

fn blocking_result(scenario: &Scenario, config: Arc<Config>, script: Script) -> Result<Value, Error> {
    let client = with_settings!(blocking::Client::new(config, script), &scenario.per_call);
    scenario.call.blocking(&client)
}

/// The same client with a call's settings. A macro, since the two flavours' clients are two types.
macro_rules! with_settings {
    ($client:expr, $per_call:expr) => {{
        let (mut client, per_call) = ($client, $per_call);
        if let Some(timeout) = per_call.timeout {
            client = client.with_timeout(timeout)?;
        }
        if let Some(max_retries) = per_call.max_retries {
            client = client.with_max_retries(max_retries)?;
        }
        if let Some(issuer) = per_call.issuer {
            client = client.with_issuer(issuer);
        }
        if let Some(require) = per_call.require_user_verified {
            client = client.with_require_user_verified(require);
        }
        if let Some(auth_types) = per_call.auth_types {
            client = client.with_auth_types(auth_types.iter().copied());
        }
        client
    }};
}
use with_settings;

/// The outcome of a scenario.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) result: Result<Value, Error>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) waits: Vec<Duration>,
    /// Time from beginning to end.
    pub(crate) took: Duration,
    /// All that was logged.
    pub(crate) log: Vec<String>,
}

impl Run {
    /// The call failed: with this error.
    pub(crate) fn error(&self) -> &Error {
        self.result.as_ref().expect_err("the call should have failed")
    }

    /// The call failed: all that the error says.
    pub(crate) fn fields(&self) -> Fields {
        fields(self.error())
    }

    /// The call succeeded.
    pub(crate) fn value(&self) -> &Value {
        self.result.as_ref().expect("the call should have succeeded")
    }

    fn assert_secretive(&self) {
        for line in &self.log {
            assert!(!holds_a_secret(line), "a log line shows a secret: {line}");
        }
        if let Err(error) = &self.result {
            let texts = [
                error.to_string(),
                format!("{error:?}"),
                format!("{error:#?}"),
                format!("{:?}", fields(error)),
            ];
            for text in texts {
                assert!(!holds_a_secret(&text), "an error shows a secret: {text}");
            }
        }
    }
}
