//! The emulator behind the relay, and what it has seen.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use passlock_emulator::{
    Emulator, EmulatorConfig, EmulatorHandle, Fault, FaultRule, JournalEntry, NewToken, NewUser, Outcome,
};
use serde_json::Value;

/// How many calls a client makes at the same time.
pub(crate) const AT_ONCE: usize = 64;
/// Each caller has its own users, so that no other caller changes what it has changed.
pub(crate) const USERS: usize = AT_ONCE * 4;
/// What stands before the number of a user that there is not.
pub(crate) const MISSING: &str = "missing-";

/// A user, and a token of theirs.
pub(crate) struct Person {
    pub(crate) sub: String,
    pub(crate) token: String,
}

/// The emulator.
pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    pub(crate) address: SocketAddr,
    pub(crate) people: Vec<Person>,
}

impl Service {
    pub(crate) async fn start(seconds: u64) -> Result<Self, String> {
        let emulator = Emulator::start(EmulatorConfig::new()).await.map_err(|error| error.to_string())?;
        let address = emulator.endpoint().trim_start_matches("http://");
        let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
        let lives = seconds + 3600;
        let people = (0..USERS).map(|number| {
            let user = NewUser::new(format!("user-{number}@example.com")).sub(format!("user-{number}"));
            let sub = emulator.add_user(user).sub;
            let mut token = NewToken::new(sub.clone());
            token.ttl_seconds = Some(lives);
            Person { token: emulator.issue_token_with(token).token, sub }
        });
        let people = people.collect();
        Ok(Self { emulator, address, people })
    }
}

/// Makes some requests fail, for as long as it is polled.
pub(crate) async fn trouble(emulator: EmulatorHandle, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    loop {
        tokio::time::sleep(Duration::from_millis(rng.u64(10..150))).await;
        let wait = ("retry-after", if rng.bool() { "0" } else { "1" });
        let fault = match rng.u8(..6) {
            0 => Fault::answer(503, [wait], "{}"),
            1 => Fault::answer(429, [wait], r#"{"_tag":"RateLimited"}"#),
            2 => Fault::status(502),
            3 => Fault::Reset,
            4 => Fault::Delay { millis: rng.u64(1..1_500) },
            _ => Fault::CloseIdle { after_millis: rng.u64(..20) },
        };
        emulator.fault(FaultRule::new(fault));
    }
}

/// Which requests have been seen, of those that bear a mark of their own: a name that a user is given once, or a user who is
/// asked for once.
#[derive(Default)]
pub(crate) struct Ledger {
    hasher: RandomState,
    entries: HashSet<u64>,
    /// How many requests there were of each mark, and how many of them have changed something.
    marks: HashMap<String, Seen>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) changes: u64,
}

impl Ledger {
    /// Takes note of the journal. Often enough: it holds 10,000 requests.
    pub(crate) fn note(&mut self, journal: &[JournalEntry]) {
        for entry in journal.iter().filter(|entry| entry.outcome != Outcome::Pending) {
            let Some(mark) = mark(entry) else { continue };
            let key = (entry.connection, entry.at_millis, &entry.method, &mark);
            if !self.entries.insert(self.hasher.hash_one(key)) {
                continue;
            }
            let seen = self.marks.entry(mark).or_default();
            seen.requests += 1;
            // These faults stand in place of the answer that a request would have had: it was not carried out.
            let was_refused = matches!(entry.fault.as_deref(), Some("status" | "reset"));
            seen.changes += u64::from(entry.method == "PATCH" && !was_refused);
        }
    }

    pub(crate) fn of(&self, mark: &str) -> Seen {
        self.marks.get(mark).copied().unwrap_or_default()
    }

    /// The marks of the changes that were made more than once.
    pub(crate) fn made_twice(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter(|(_, seen)| seen.changes > 1).map(|(mark, _)| mark.as_str())
    }
}

fn mark(entry: &JournalEntry) -> Option<String> {
    if entry.method == "PATCH" {
        // What was cut off is no change.
        let body: Value = serde_json::from_str(&entry.body).ok()?;
        return body["givenName"].as_str().map(str::to_owned);
    }
    let sub = entry.path.rsplit('/').next()?;
    sub.starts_with(MISSING).then(|| sub.to_owned())
}
