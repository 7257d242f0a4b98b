//! What all connections share: the state behind one lock, and the settings that never change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{Method, Uri};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Data, EmulatorConfig, StartError, is_loopback};
use crate::extension::{Accounts, Extension};
use crate::head::Head;
use crate::ids::{Ids, Purpose};
use crate::journal::{EntryId, Journal, JournalEntry, Outcome};
use crate::model::{IssuedToken, NewToken, NewUser, User};
use crate::operation::Route;
use crate::rule::{FaultRule, MatchedRule, Rules};
use crate::store::{Effect, Store};
use crate::wire::ApiError;

/// How the emulator behaves where Passlock's documentation leaves it open. `POST /_emulator/behaviour` takes the
/// same as JSON. Fields that are not set stay unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Behaviour {
    /// The response to an update. `Wrapped` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch_answer: Option<PatchAnswer>,
    /// Whether a principal carries the legacy fields. By default as in the [`EmulatorConfig`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy_fields: Option<bool>,
}

impl Behaviour {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the response to an update.
    pub fn patch_answer(mut self, answer: PatchAnswer) -> Self {
        self.patch_answer = Some(answer);
        self
    }

    /// Sets whether a principal carries the legacy fields.
    pub fn legacy_fields(mut self, on: bool) -> Self {
        self.legacy_fields = Some(on);
        self
    }
}

/// The response to an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PatchAnswer {
    /// 200 and `{"user": {...}}`
    #[default]
    Wrapped,
    /// 200 and the user itself
    Bare,
    /// 200 and no body
    Empty,
}

pub(crate) struct Shared {
    pub(crate) tenancy_id: String,
    pub(crate) api_key: String,
    /// Whether the control API requires a loopback `Host`.
    pub(crate) loopback: bool,
    authorization: [u8; 32],
    control_authorization: Option<[u8; 32]>,
    random_seed: Option<u64>,
    legacy_fields: bool,
    data: Data,
    pub(crate) extension: Option<Arc<dyn Extension>>,
    started: Instant,
    started_at: Duration,
    state: Mutex<State>,
}

struct State {
    store: Store,
    ids: Ids,
    rules: Rules,
    journal: Journal,
    patch_answer: PatchAnswer,
    legacy_fields: bool,
}

impl Shared {
    pub(crate) fn new(config: EmulatorConfig) -> Result<Arc<Self>, StartError> {
        let mut ids = Ids::new(config.random_seed);
        let tenancy_id = config.tenancy_id.unwrap_or_else(|| ids.next(Purpose::Tenancy));
        let api_key = config.api_key.unwrap_or_else(|| ids.next(Purpose::ApiKey));
        let shared = Self {
            authorization: bearer_digest(&api_key),
            control_authorization: config.control_key.as_deref().map(bearer_digest),
            tenancy_id,
            api_key,
            loopback: is_loopback(config.address),
            random_seed: config.random_seed,
            legacy_fields: config.legacy_fields,
            data: config.data,
            extension: config.extension,
            started: Instant::now(),
            started_at: since_epoch(),
            state: Mutex::new(State {
                store: Store::default(),
                ids,
                rules: Rules::default(),
                journal: Journal::default(),
                patch_answer: PatchAnswer::default(),
                legacy_fields: config.legacy_fields,
            }),
        };
        shared.fill(&mut shared.lock()).map_err(|error| StartError::Config(error.to_string()))?;
        Ok(Arc::new(shared))
    }

    /// Whether this is the one value of `Authorization` that the API accepts.
    pub(crate) fn is_authorized(&self, value: &[u8]) -> bool {
        same(&self.authorization, value)
    }

    /// Whether the control API requires a key, and this value of `Authorization` does not hold it.
    pub(crate) fn is_control_refused(&self, value: &[u8]) -> bool {
        self.control_authorization.is_some_and(|expected| !same(&expected, value))
    }

    pub(crate) fn add_user(&self, new: NewUser) -> Result<User, ApiError> {
        let State { store, ids, .. } = &mut *self.lock();
        store.add_user(new, ids)
    }

    pub(crate) fn issue_token(&self, new: NewToken) -> Result<IssuedToken, ApiError> {
        let now = i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX);
        let State { store, ids, .. } = &mut *self.lock();
        store.issue_token(new, ids, now)
    }

    /// Ages the existing tokens, and returns the real time plus all advances so far, in seconds since the Unix epoch.
    pub(crate) fn advance(&self, by: Duration) -> i64 {
        let advanced = self.lock().store.advance(by);
        now_millis().saturating_add(advanced).div_euclid(1_000)
    }

    pub(crate) fn set_behaviour(&self, behaviour: Behaviour) -> Behaviour {
        let mut state = self.lock();
        if let Some(patch_answer) = behaviour.patch_answer {
            state.patch_answer = patch_answer;
        }
        if let Some(legacy_fields) = behaviour.legacy_fields {
            state.legacy_fields = legacy_fields;
        }
        Behaviour { patch_answer: Some(state.patch_answer), legacy_fields: Some(state.legacy_fields) }
    }

    pub(crate) fn behaviour(&self) -> (PatchAnswer, bool) {
        let state = self.lock();
        (state.patch_answer, state.legacy_fields)
    }

    pub(crate) fn add_fault(&self, rule: FaultRule) -> Result<(), ApiError> {
        self.lock().rules.add(rule)
    }

    /// Resets everything to its initial state, except for the numbers of connections, which continue.
    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        if let Some(extension) = &self.extension {
            extension.reset();
        }
        state.store = Store::default();
        state.ids.rewind(self.random_seed);
        state.rules = Rules::default();
        state.journal.clear();
        state.patch_answer = PatchAnswer::default();
        state.legacy_fields = self.legacy_fields;
        // The same data was accepted at the start.
        let _ = self.fill(&mut state);
    }

    pub(crate) fn journal(&self) -> Vec<JournalEntry> {
        self.lock().journal.entries()
    }

    /// Writes a request of the API into the journal, and finds the fault that applies to it: under one lock, so that
    /// faults go to requests in the order of the journal.
    pub(crate) fn arrive(&self, head: &Head, connection: u64) -> (EntryId, Option<MatchedRule>) {
        let operation = if self.extension_of(&head.method, &head.uri).is_some() {
            None
        } else {
            Route::of(&head.method, head.uri.path()).map(|route| route.operation)
        };
        let mut state = self.lock();
        let matched = state.rules.take(&head.method, head.uri.path(), operation);
        let kind = matched.as_ref().map(|matched| matched.fault.kind());
        // Read under the lock, so that the entries' times are in the entries' order.
        let now = self.monotonic_millis();
        (state.journal.begin(head, operation, kind, connection, now), matched)
    }

    pub(crate) fn arrived_body(&self, id: EntryId, body: &[u8]) {
        self.lock().journal.body(id, body);
    }

    pub(crate) fn end(&self, id: EntryId, outcome: Outcome) {
        let now = self.monotonic_millis();
        self.lock().journal.end(id, outcome, now);
    }

    pub(crate) fn request_id(&self) -> String {
        self.lock().ids.next(Purpose::Request)
    }

    pub(crate) fn with_store<R>(&self, run: impl FnOnce(&mut Store) -> R) -> R {
        run(&mut self.lock().store)
    }

    /// The extension, if it answers such requests.
    pub(crate) fn extension_of(&self, method: &Method, uri: &Uri) -> Option<&dyn Extension> {
        self.extension.as_deref().filter(|extension| extension.is_route(method, uri))
    }

    /// Lets an extension do something with the accounts. With [`Effect::Preview`] they are as before afterwards.
    pub(crate) fn with_accounts<R>(&self, effect: Effect, run: impl FnOnce(&mut Accounts<'_>) -> R) -> R {
        let mut state = self.lock();
        let State { store, ids, legacy_fields, .. } = &mut *state;
        let mut accounts = Accounts {
            tenancy_id: &self.tenancy_id,
            store,
            ids,
            legacy_fields: *legacy_fields,
            now_millis: now_millis(),
            effect,
        };
        if effect == Effect::CarryOut {
            return run(&mut accounts);
        }
        let (mut store, mut ids) = (accounts.store.clone(), accounts.ids.clone());
        run(&mut Accounts { store: &mut store, ids: &mut ids, ..accounts })
    }

    pub(crate) fn set_disabled(&self, sub: &str, disabled: bool) -> Result<(), ApiError> {
        self.lock().store.set_disabled(sub, disabled)
    }

    pub(crate) fn clear_faults(&self) {
        self.lock().rules = Rules::default();
    }

    fn fill(&self, state: &mut State) -> Result<(), ApiError> {
        for user in &self.data.users {
            state.store.add_user(user.clone(), &mut state.ids)?;
        }
        Ok(())
    }

    /// Milliseconds since the Unix epoch that never go back, whatever happens to the machine's clock.
    fn monotonic_millis(&self) -> u64 {
        u64::try_from((self.started_at + self.started.elapsed()).as_millis()).unwrap_or(u64::MAX)
    }

    /// No invariant spans two steps of a change, so a panic elsewhere is no reason to stop answering.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The real time, in milliseconds since the Unix epoch.
pub(crate) fn now_millis() -> i64 {
    i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX)
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn bearer_digest(key: &str) -> [u8; 32] {
    Sha256::new().chain_update("Bearer ").chain_update(key).finalize().into()
}

/// Digests are compared, so that neither the key's length nor its content shows in the time it takes.
fn same(expected: &[u8; 32], value: &[u8]) -> bool {
    let given: [u8; 32] = Sha256::digest(value).into();
    bool::from(expected.ct_eq(&given))
}
