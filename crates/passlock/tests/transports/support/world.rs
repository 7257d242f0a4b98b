//! An emulator with one user, and a client's settings for it.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use passlock_core::{Config, ConfigBuilder};
use passlock_emulator::{BlockingEmulator, EmulatorConfig, Fault, FaultRule, JournalEntry, NewUser, Outcome};

use super::client::{Client, Flavour};

pub(crate) struct World {
    pub(crate) emulator: BlockingEmulator,
    pub(crate) sub: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let emulator = BlockingEmulator::start(EmulatorConfig::new()).unwrap();
        let sub = emulator.add_user(NewUser::new("ada@example.com").given_name("Ada")).sub;
        Self { emulator, sub }
    }

    /// An emulator whose every answer is bad in the same way.
    pub(crate) fn broken(fault: Fault) -> Self {
        let world = Self::new();
        world.emulator.fault(FaultRule::new(fault).times(1_000));
        world
    }

    pub(crate) fn settings(&self) -> ConfigBuilder {
        self.settings_for(self.emulator.endpoint())
    }

    /// The same tenancy and key behind another endpoint.
    pub(crate) fn settings_for(&self, endpoint: &str) -> ConfigBuilder {
        Config::builder()
            .tenancy_id(self.emulator.tenancy_id())
            .api_key(self.emulator.api_key())
            .endpoint(endpoint)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub(crate) fn client(&self, flavour: Flavour) -> Client {
        Client::open(flavour, self.settings()).unwrap()
    }

    pub(crate) fn token(&self) -> String {
        self.emulator.issue_token(&self.sub).token
    }

    pub(crate) fn journal(&self) -> Vec<JournalEntry> {
        self.emulator.journal()
    }

    /// How many connections the journal's requests came in on.
    pub(crate) fn connections(&self) -> usize {
        let mut numbers: Vec<_> = self.journal().iter().map(|entry| entry.connection).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }

    /// Waits until the journal says that the client ended its first request.
    #[track_caller]
    pub(crate) fn assert_client_closed(&self) {
        let mut outcome = None;
        let closed = wait_until(|| {
            outcome = self.journal().first().map(|entry| entry.outcome);
            outcome == Some(Outcome::ClientClosed)
        });
        assert!(closed, "{outcome:?}");
    }
}

/// Whether it comes true, within two seconds.
pub(crate) fn wait_until(mut is_true: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(2);
    loop {
        if is_true() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
