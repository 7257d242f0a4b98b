//! Who is logged in.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

const NAME: &str = "demo_session";
/// A demo has one visitor: a visitor who comes after so many logins starts over.
const CAPACITY: usize = 1_000;

#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, String>>);

impl Sessions {
    /// Begins a session of this user, and returns the cookie. Without `Secure`, which http on localhost does not allow in
    /// every browser: an application in production sets it.
    pub(crate) fn begin(&self, sub: &str) -> Result<String, getrandom::Error> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)?;
        let id = format!("{:032x}", u128::from_ne_bytes(secret));
        let cookie = format!("{NAME}={id}; Path=/; HttpOnly; SameSite=Strict");
        let mut sessions = self.lock();
        if sessions.len() >= CAPACITY {
            sessions.clear();
        }
        sessions.insert(id, sub.to_owned());
        Ok(cookie)
    }

    /// The user of the session.
    pub(crate) fn user(&self, headers: &HeaderMap) -> Option<String> {
        self.lock().get(id(headers)?).cloned()
    }

    /// Ends the session, and returns the cookie that replaces the earlier one.
    pub(crate) fn end(&self, headers: &HeaderMap) -> String {
        if let Some(id) = id(headers) {
            self.lock().remove(id);
        }
        format!("{NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split("; ")).find_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='))
}
