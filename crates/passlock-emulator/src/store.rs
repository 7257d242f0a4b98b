//! Users and tokens. Pure: what time it is, and the ids, come in from outside.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::ids::{Ids, Purpose};
use crate::model::{Grant, IssuedToken, NewToken, NewUser, User};
use crate::wire::{ApiError, Update};

/// How long a token is valid by default.
const DEFAULT_TTL_SECONDS: u64 = 360;
/// About 136 years: enough for any test, and far from where times overflow.
const MAX_TTL_SECONDS: u64 = u32::MAX as u64;

/// Whether an operation changes what is stored, or only shows what its answer would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    CarryOut,
    Preview,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    users: BTreeMap<String, Account>,
    tokens: HashMap<String, Token>,
    advanced_millis: i64,
}

#[derive(Clone, Debug)]
struct Account {
    user: User,
    auth_id: String,
    disabled: bool,
}

#[derive(Clone, Debug)]
struct Token {
    sub: String,
    /// The authenticator that was used, when it is not the one that was generated with the user.
    auth_id: Option<String>,
    auth_type: String,
    user_verified: bool,
    single_use: bool,
    /// Whether a token for single use was exchanged.
    used: bool,
    issued_millis: i64,
    expires_millis: i64,
    /// How far the clock had been advanced when it was issued: it ages by what came after.
    advanced_millis: i64,
}

impl Store {
    pub(crate) fn add_user(&mut self, new: NewUser, ids: &mut Ids) -> Result<User, ApiError> {
        if new.email.is_empty() {
            return Err(ApiError::bad_request("email must not be empty"));
        }
        if self.users.values().any(|account| account.user.email == new.email) {
            return Err(ApiError::duplicate(format!(
                "There is already a user with the email {:?}",
                new.email
            )));
        }
        let sub = match new.sub {
            Some(sub) if sub.is_empty() => return Err(ApiError::bad_request("sub must not be empty")),
            Some(sub) if self.users.contains_key(&sub) => {
                return Err(ApiError::duplicate(format!("There is already a user with the sub {sub:?}")));
            }
            Some(sub) => sub,
            None => ids.next(Purpose::User),
        };
        let user = User {
            sub: sub.clone(),
            email: new.email,
            given_name: new.given_name,
            family_name: new.family_name,
            email_verified: new.email_verified.unwrap_or(false),
        };
        let auth_id = ids.next(Purpose::Authenticator);
        self.users.insert(sub, Account { user: user.clone(), auth_id, disabled: false });
        Ok(user)
    }

    pub(crate) fn issue_token(
        &mut self,
        new: NewToken,
        ids: &mut Ids,
        now_seconds: i64,
    ) -> Result<IssuedToken, ApiError> {
        self.issue_token_of(new, None, ids, now_seconds)
    }

    pub(crate) fn issue_token_of(
        &mut self,
        new: NewToken,
        auth_id: Option<String>,
        ids: &mut Ids,
        now_seconds: i64,
    ) -> Result<IssuedToken, ApiError> {
        if !self.users.contains_key(&new.sub) {
            return Err(ApiError::not_found(format!("There is no user with the sub {:?}", new.sub)));
        }
        let ttl = new.ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS);
        if ttl > MAX_TTL_SECONDS {
            return Err(ApiError::bad_request(format!("ttlSeconds must be at most {MAX_TTL_SECONDS}")));
        }
        let ttl = i64::try_from(ttl).unwrap_or(i64::MAX);
        let token = ids.next(Purpose::Token);
        let exp = now_seconds.saturating_add(ttl);
        self.tokens.insert(
            token.clone(),
            Token {
                sub: new.sub,
                auth_id,
                auth_type: new.auth_type.unwrap_or_else(|| "passkey".to_owned()),
                user_verified: new.user_verified.unwrap_or(true),
                single_use: new.single_use,
                used: false,
                issued_millis: now_seconds.saturating_mul(1_000),
                expires_millis: exp.saturating_mul(1_000),
                advanced_millis: self.advanced_millis,
            },
        );
        Ok(IssuedToken { token, exp })
    }

    pub(crate) fn exchange(
        &mut self,
        token: &str,
        now_millis: i64,
        effect: Effect,
    ) -> Result<Grant, ApiError> {
        let grant = self.grant(token, now_millis)?;
        let found = self.tokens.get_mut(token).ok_or_else(invalid_token)?;
        if found.used {
            return Err(invalid_token());
        }
        found.used = found.single_use && effect == Effect::CarryOut;
        Ok(grant)
    }

    /// What a token stands for, whether or not it was exchanged before.
    pub(crate) fn grant(&self, token: &str, now_millis: i64) -> Result<Grant, ApiError> {
        let found = self.tokens.get(token).ok_or_else(invalid_token)?;
        let age = self.advanced_millis.saturating_sub(found.advanced_millis);
        let expires_millis = found.expires_millis.saturating_sub(age);
        if now_millis >= expires_millis {
            return Err(invalid_token());
        }
        let account = self.users.get(&found.sub).ok_or_else(invalid_token)?;
        if account.disabled {
            return Err(disabled_user());
        }
        Ok(Grant {
            user: account.user.clone(),
            auth_id: found.auth_id.clone().unwrap_or_else(|| account.auth_id.clone()),
            auth_type: found.auth_type.clone(),
            user_verified: found.user_verified,
            issued_seconds: found.issued_millis.saturating_sub(age).div_euclid(1_000),
            expires_seconds: expires_millis.div_euclid(1_000),
        })
    }

    /// Another token for the same login.
    pub(crate) fn renew_token(
        &mut self,
        token: &str,
        ids: &mut Ids,
        now_seconds: i64,
    ) -> Result<IssuedToken, ApiError> {
        let grant = self.grant(token, now_seconds.saturating_mul(1_000))?;
        let single_use = self.tokens.get(token).is_some_and(|found| found.single_use);
        let new = NewToken {
            sub: grant.user.sub,
            auth_type: Some(grant.auth_type),
            user_verified: Some(grant.user_verified),
            ttl_seconds: None,
            single_use,
        };
        self.issue_token_of(new, Some(grant.auth_id), ids, now_seconds)
    }

    pub(crate) fn user(&self, sub: &str) -> Result<User, ApiError> {
        self.users.get(sub).map(|account| account.user.clone()).ok_or_else(unknown_user)
    }

    pub(crate) fn update_user(
        &mut self,
        sub: &str,
        update: Update,
        effect: Effect,
    ) -> Result<User, ApiError> {
        let account = self.users.get_mut(sub).ok_or_else(unknown_user)?;
        let mut user = account.user.clone();
        if let Some(name) = update.given_name {
            user.given_name = Some(name);
        }
        if let Some(name) = update.family_name {
            user.family_name = Some(name);
        }
        if let Some(verified) = update.email_verified {
            user.email_verified = verified;
        }
        if effect == Effect::CarryOut {
            account.user = user.clone();
        }
        Ok(user)
    }

    pub(crate) fn user_by_email(&self, email: &str) -> Option<User> {
        self.users.values().find(|account| account.user.email == email).map(|account| account.user.clone())
    }

    pub(crate) fn is_disabled(&self, sub: &str) -> bool {
        self.users.get(sub).is_some_and(|account| account.disabled)
    }

    pub(crate) fn set_disabled(&mut self, sub: &str, disabled: bool) -> Result<(), ApiError> {
        self.users.get_mut(sub).ok_or_else(unknown_user)?.disabled = disabled;
        Ok(())
    }

    pub(crate) fn advanced_millis(&self) -> i64 {
        self.advanced_millis
    }

    /// Ages the existing tokens. Returns by how many milliseconds the clock has been advanced in all.
    pub(crate) fn advance(&mut self, by: Duration) -> i64 {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.advanced_millis = self.advanced_millis.saturating_add(millis);
        self.advanced_millis
    }
}

pub(crate) fn disabled_user() -> ApiError {
    ApiError::disabled("The user is disabled")
}

/// An expired token, a used one and one that never existed look the same.
fn invalid_token() -> ApiError {
    ApiError::not_found("Invalid token")
}

fn unknown_user() -> ApiError {
    ApiError::not_found("Unknown user")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn store_with_user() -> (Store, Ids) {
        let (mut store, mut ids) = (Store::default(), Ids::new(Some(1)));
        store.add_user(NewUser::new("a@b.c").sub("u1"), &mut ids).unwrap();
        (store, ids)
    }

    #[test]
    fn a_token_lives_360_seconds() {
        let (mut store, mut ids) = store_with_user();
        let issued = store.issue_token(NewToken::new("u1"), &mut ids, NOW).unwrap();
        assert_eq!(issued.exp, NOW + 360);
        assert!(store.exchange(&issued.token, NOW * 1_000 + 359_999, Effect::CarryOut).is_ok());
        assert!(store.exchange(&issued.token, NOW * 1_000 + 360_000, Effect::CarryOut).is_err());
    }

    #[test]
    fn advancing_ages_existing_tokens_and_no_new_ones() {
        let (mut store, mut ids) = store_with_user();
        let old = store.issue_token(NewToken::new("u1"), &mut ids, NOW).unwrap();
        store.advance(Duration::from_secs(300));
        let new = store.issue_token(NewToken::new("u1"), &mut ids, NOW).unwrap();
        let grant = store.exchange(&old.token, NOW * 1_000, Effect::CarryOut).unwrap();
        assert_eq!((grant.issued_seconds, grant.expires_seconds), (NOW - 300, NOW + 60));
        store.advance(Duration::from_secs(61));
        assert!(store.exchange(&old.token, NOW * 1_000, Effect::CarryOut).is_err());
        let grant = store.exchange(&new.token, NOW * 1_000, Effect::CarryOut).unwrap();
        assert_eq!((grant.issued_seconds, grant.expires_seconds), (NOW - 61, NOW + 299));
    }

    #[test]
    fn a_single_use_token_is_used_up_by_an_exchange_and_not_by_a_preview() {
        let (mut store, mut ids) = store_with_user();
        let issued = store.issue_token(NewToken::new("u1").single_use(true), &mut ids, NOW).unwrap();
        assert!(store.exchange(&issued.token, NOW * 1_000, Effect::Preview).is_ok());
        assert!(store.exchange(&issued.token, NOW * 1_000, Effect::CarryOut).is_ok());
        assert!(store.exchange(&issued.token, NOW * 1_000, Effect::CarryOut).is_err());
    }

    #[test]
    fn previewing_an_update_changes_nothing() {
        let (mut store, _) = store_with_user();
        let update = Update { given_name: Some("Ada".into()), ..Update::default() };
        let shown = store.update_user("u1", update.clone(), Effect::Preview).unwrap();
        assert_eq!(shown.given_name.as_deref(), Some("Ada"));
        assert_eq!(store.user("u1").unwrap().given_name, None);
        store.update_user("u1", update, Effect::CarryOut).unwrap();
        assert_eq!(store.user("u1").unwrap().given_name.as_deref(), Some("Ada"));
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let (mut store, mut ids) = store_with_user();
        let issued =
            store.issue_token(NewToken::new("u1").ttl_seconds(MAX_TTL_SECONDS), &mut ids, NOW).unwrap();
        assert!(store.issue_token(NewToken::new("u1").ttl_seconds(u64::MAX), &mut ids, NOW).is_err());
        store.advance(Duration::MAX);
        store.advance(Duration::MAX);
        assert!(store.exchange(&issued.token, NOW * 1_000, Effect::CarryOut).is_err());
    }

    #[test]
    fn duplicates_and_empty_values_are_refused() {
        let (mut store, mut ids) = store_with_user();
        for new in [
            NewUser::new("a@b.c"),
            NewUser::new("x@y.z").sub("u1"),
            NewUser::new(""),
            NewUser::new("x").sub(""),
        ] {
            assert!(store.add_user(new.clone(), &mut ids).is_err(), "{new:?}");
        }
        assert!(store.issue_token(NewToken::new("nobody"), &mut ids, NOW).is_err());
    }
}
