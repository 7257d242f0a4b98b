//! Sessions in memory: actix-session has stores only for cookies and for Redis.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
};
use actix_web::cookie::time::{Duration, OffsetDateTime};

type State = HashMap<String, String>;

#[derive(Clone, Default)]
pub struct InMemory(Arc<Mutex<HashMap<String, (State, OffsetDateTime)>>>);

impl InMemory {
    /// Locks the sessions, and removes those that have expired.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (State, OffsetDateTime)>> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = OffsetDateTime::now_utc();
        sessions.retain(|_, (_, expires)| *expires > now);
        sessions
    }
}

impl SessionStore for InMemory {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        Ok(self.lock().get(key.as_ref()).map(|(state, _)| state.clone()))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        self.lock().insert(key.as_ref().to_owned(), (state, OffsetDateTime::now_utc() + *ttl));
        Ok(key)
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        self.lock().insert(key.as_ref().to_owned(), (state, OffsetDateTime::now_utc() + *ttl));
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        if let Some((_, expires)) = self.lock().get_mut(key.as_ref()) {
            *expires = OffsetDateTime::now_utc() + *ttl;
        }
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        self.lock().remove(key.as_ref());
        Ok(())
    }
}
