//! What is remembered between requests. Pure: times and ids come in from outside.

use std::collections::{BTreeMap, HashMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use passlock_emulator::ApiError;
use serde::{Deserialize, Serialize};
use webauthn_rs_core::proto::{AuthenticationState, Credential, RegistrationState};

use crate::id_token::{Issuer, Provider};
use crate::mail::Mailbox;
use crate::requests::VerifyEmail;

/// How many ceremonies may be under way; the oldest makes room.
const CEREMONIES: usize = 1_000;
/// How many answers are kept for repeated requests.
const ANSWERS: usize = 1_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) passkeys: Vec<Passkey>,
    pub(crate) mailbox: Mailbox,
    pub(crate) issuers: BTreeMap<Provider, Issuer>,
    pub(crate) social_logins: Vec<SocialLogin>,
    ceremonies: HashMap<String, Ceremony>,
    /// In the order in which they began.
    sessions: VecDeque<String>,
    answers: VecDeque<GivenAnswer>,
}

#[derive(Clone, Debug)]
pub(crate) struct Passkey {
    pub(crate) sub: String,
    pub(crate) auth_id: String,
    pub(crate) credential: Credential,
    pub(crate) disabled: bool,
}

/// Whose account at Apple or Google is whose here.
#[derive(Clone, Debug)]
pub(crate) struct SocialLogin {
    pub(crate) provider: Provider,
    pub(crate) subject: String,
    pub(crate) sub: String,
    pub(crate) auth_id: String,
}

/// A passkey, as `GET /_emulator/passkeys` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PasskeyInfo {
    /// The credential's id as Base64url, without padding.
    pub id: String,
    /// The id of its user.
    pub sub: String,
    /// The `authId` of principals from logins with it.
    pub auth_id: String,
    /// Its signature counter at its last use; some authenticators have none and leave it 0.
    pub counter: u32,
    /// Whether the user was verified when it was created.
    pub user_verified: bool,
    /// Whether logins with it are refused.
    pub disabled: bool,
}

impl Passkey {
    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.credential.cred_id)
    }

    pub(crate) fn info(&self) -> PasskeyInfo {
        PasskeyInfo {
            id: self.id(),
            sub: self.sub.clone(),
            auth_id: self.auth_id.clone(),
            counter: self.credential.counter,
            user_verified: self.credential.user_verified,
            disabled: self.disabled,
        }
    }
}

/// What has begun and waits for its verification.
#[derive(Clone, Debug)]
pub(crate) struct Ceremony {
    pub(crate) expires_millis: i64,
    pub(crate) kind: CeremonyKind,
}

#[derive(Clone, Debug)]
pub(crate) enum CeremonyKind {
    Registration(Box<Registration>),
    /// The user, if the browser has said who wants to log in.
    Authentication {
        sub: Option<String>,
        state: Box<AuthenticationState>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) sub: String,
    pub(crate) email: String,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) verify_email: Option<VerifyEmail>,
    pub(crate) state: RegistrationState,
}

#[derive(Clone, Debug)]
struct GivenAnswer {
    request: [u8; 32],
    response: Response<Bytes>,
    until_millis: i64,
}

impl State {
    pub(crate) fn begin(&mut self, session: String, ceremony: Ceremony) {
        if self.sessions.len() >= CEREMONIES
            && let Some(oldest) = self.sessions.pop_front()
        {
            self.ceremonies.remove(&oldest);
        }
        self.sessions.push_back(session.clone());
        self.ceremonies.insert(session, ceremony);
    }

    /// Ends a ceremony: whatever the outcome, its challenge is used up.
    pub(crate) fn end(&mut self, session: &str, now_millis: i64) -> Result<CeremonyKind, ApiError> {
        let invalid = || ApiError::bad_request("The session is unknown, was used, or has expired");
        let ceremony = self.ceremonies.remove(session).ok_or_else(invalid)?;
        self.sessions.retain(|own| own != session);
        if now_millis >= ceremony.expires_millis { Err(invalid()) } else { Ok(ceremony.kind) }
    }

    pub(crate) fn has_passkey(&self, sub: &str) -> bool {
        self.passkeys.iter().any(|passkey| passkey.sub == sub)
    }

    /// Whether the user has signed up in any way.
    pub(crate) fn has_login(&self, sub: &str) -> bool {
        self.has_passkey(sub) || self.social_logins.iter().any(|login| login.sub == sub)
    }

    /// The answer that the same request had a moment ago.
    pub(crate) fn given_answer(&mut self, request: &[u8; 32], now_millis: i64) -> Option<Response<Bytes>> {
        self.answers.retain(|answer| now_millis < answer.until_millis);
        self.answers.iter().find(|answer| answer.request == *request).map(|answer| answer.response.clone())
    }

    pub(crate) fn keep_answer(&mut self, request: [u8; 32], response: &Response<Bytes>, until_millis: i64) {
        if self.answers.len() == ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(GivenAnswer { request, response: response.clone(), until_millis });
    }
}
