//! Additional routes of an emulator, supplied by another crate: the extension point for `passlock-emulator-web`.

use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use serde_json::Value;

use crate::ids::{Ids, Purpose};
use crate::model::{IssuedToken, NewToken, NewUser, User};
use crate::store::{Effect, Store, disabled_user};
use crate::wire::{ApiError, Principal, Update};

/// Routes in addition to the operations, and the control API that belongs to them.
///
/// Requests to them are in the journal and are subject to faults, like those to the API. Calls are made one after another.
pub trait Extension: Send + Sync + 'static {
    /// Whether a request is answered by [`serve`](Self::serve). Decided before any fault is chosen.
    fn is_route(&self, method: &Method, uri: &Uri) -> bool;

    /// Answers a request to one of the routes. If [`Accounts::is_preview`], nothing that it does may last: changes to the
    /// accounts are undone for it.
    fn serve(&self, accounts: &mut Accounts<'_>, request: &Request<Bytes>) -> Response<Bytes>;

    /// Answers a request to the control API, whose path is the part after `/_emulator`. Unauthorized requests have already
    /// been refused. `None` if there is no such route.
    fn control(&self, accounts: &mut Accounts<'_>, request: &Request<Bytes>) -> Option<Response<Bytes>>;

    /// Resets everything to its initial state.
    fn reset(&self);
}

/// What an [`Extension`] may do with users and tokens, while it answers one request.
pub struct Accounts<'a> {
    pub(crate) tenancy_id: &'a str,
    pub(crate) store: &'a mut Store,
    pub(crate) ids: &'a mut Ids,
    pub(crate) legacy_fields: bool,
    pub(crate) now_millis: i64,
    pub(crate) effect: Effect,
}

impl Accounts<'_> {
    /// The tenancy that is served.
    pub fn tenancy_id(&self) -> &str {
        self.tenancy_id
    }

    /// Whether the response is only a preview: a fault replaces it, and the request must not be carried out.
    pub fn is_preview(&self) -> bool {
        self.effect == Effect::Preview
    }

    /// The current time, with all clock advances added, in milliseconds since the Unix epoch.
    pub fn now_millis(&self) -> i64 {
        self.now_millis.saturating_add(self.store.advanced_millis())
    }

    /// The user with this id.
    ///
    /// # Errors
    /// There is no such user.
    pub fn user(&self, sub: &str) -> Result<User, ApiError> {
        self.store.user(sub)
    }

    /// The user with this email address.
    pub fn user_by_email(&self, email: &str) -> Option<User> {
        self.store.user_by_email(email)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// The email or the sub is empty, or another user has it.
    pub fn add_user(&mut self, new: NewUser) -> Result<User, ApiError> {
        self.store.add_user(new, self.ids)
    }

    /// Records that the user's email address is verified.
    ///
    /// # Errors
    /// There is no such user.
    pub fn verify_email(&mut self, sub: &str) -> Result<(), ApiError> {
        let update = Update { email_verified: Some(true), ..Update::default() };
        self.store.update_user(sub, update, Effect::CarryOut).map(|_| ())
    }

    /// Refuses a user who is disabled.
    ///
    /// # Errors
    /// The user is disabled.
    pub fn check_enabled(&self, sub: &str) -> Result<(), ApiError> {
        if self.store.is_disabled(sub) { Err(disabled_user()) } else { Ok(()) }
    }

    /// Issues a token for a login with this authenticator, and returns its principal.
    ///
    /// # Errors
    /// There is no such user, or the user is disabled.
    pub fn log_in(&mut self, new: NewToken, auth_id: impl Into<String>) -> Result<Value, ApiError> {
        self.check_enabled(&new.sub)?;
        let now = self.now_millis.div_euclid(1_000);
        let issued = self.store.issue_token_of(new, Some(auth_id.into()), self.ids, now)?;
        self.principal(&issued)
    }

    /// Whose token this is, whether or not it has been exchanged.
    ///
    /// # Errors
    /// The token is unknown or has expired, or its user is disabled.
    pub fn holder(&self, token: &str) -> Result<User, ApiError> {
        Ok(self.store.grant(token, self.now_millis)?.user)
    }

    /// Issues another token for the same login, and returns its principal.
    ///
    /// # Errors
    /// The token is unknown or has expired, or its user is disabled.
    pub fn renew(&mut self, token: &str) -> Result<Value, ApiError> {
        let now = self.now_millis.div_euclid(1_000);
        let issued = self.store.renew_token(token, self.ids, now)?;
        self.principal(&issued)
    }

    /// An id for a new user, before there is one.
    pub fn next_sub(&mut self) -> String {
        self.ids.next(Purpose::User)
    }

    /// An id for an authenticator.
    pub fn next_auth_id(&mut self) -> String {
        self.ids.next(Purpose::Authenticator)
    }

    /// An unguessable name for a ceremony.
    pub fn next_session(&mut self) -> String {
        self.ids.next(Purpose::Session)
    }

    /// Six digits for an email.
    pub fn next_code(&mut self) -> String {
        self.ids.next(Purpose::Code)
    }

    fn principal(&self, issued: &IssuedToken) -> Result<Value, ApiError> {
        let grant = self.store.grant(&issued.token, self.now_millis)?;
        let principal = Principal::new(self.tenancy_id, &issued.token, &grant, self.legacy_fields);
        Ok(serde_json::json!(principal))
    }
}

impl std::fmt::Debug for Accounts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("tenancy_id", &self.tenancy_id).finish_non_exhaustive()
    }
}
