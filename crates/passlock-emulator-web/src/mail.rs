//! The mailbox: the codes and links that Passlock would send by email.

use std::collections::{BTreeMap, VecDeque};

use passlock_emulator::{ApiError, User};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::requests::VerifyEmail;

/// How many emails are kept.
const CAPACITY: usize = 1_000;
/// How long a code is good for.
const CODE_MILLIS: i64 = 10 * 60 * 1_000;
/// How many wrong codes a right one survives.
const WRONG_CODES: u32 = 5;

/// An email that Passlock would have sent, as `GET /_emulator/mailbox` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The id of the user.
    pub sub: String,
    /// The code that proves that the address is the user's.
    pub code: String,
    /// The link that carries the code, if the application asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub at_millis: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Mailbox {
    mails: VecDeque<Mail>,
    codes: BTreeMap<String, Code>,
    next_codes: VecDeque<String>,
}

#[derive(Clone, Debug)]
struct Code {
    code: String,
    expires_millis: i64,
    wrong: u32,
}

impl Mailbox {
    /// The code that the next email carries, and the one after it, and so on.
    pub(crate) fn set_next_code(&mut self, code: String) -> Result<(), ApiError> {
        if code.is_empty() || code.len() > 64 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ApiError::bad_request("code must be 1 to 64 letters and digits"));
        }
        if self.next_codes.len() >= CAPACITY {
            return Err(ApiError::bad_request("There are too many codes that no email has carried yet"));
        }
        self.next_codes.push_back(code);
        Ok(())
    }

    /// Sends an email. Its code replaces the user's earlier one.
    pub(crate) fn send(&mut self, user: &User, wish: &VerifyEmail, made_up: String, now_millis: i64) {
        let code = self.next_codes.pop_front().unwrap_or(made_up);
        let link = match wish {
            VerifyEmail::Code => None,
            VerifyEmail::Link { redirect_url } => Url::parse(redirect_url).ok().map(|mut url| {
                url.query_pairs_mut().append_pair("code", &code);
                url.to_string()
            }),
        };
        if self.mails.len() == CAPACITY {
            self.mails.pop_front();
        }
        self.codes.insert(
            user.sub.clone(),
            Code { code: code.clone(), expires_millis: now_millis.saturating_add(CODE_MILLIS), wrong: 0 },
        );
        self.mails.push_back(Mail {
            to: user.email.clone(),
            sub: user.sub.clone(),
            code,
            link,
            at_millis: now_millis,
        });
    }

    /// Uses up the user's code.
    pub(crate) fn verify(&mut self, sub: &str, code: &str, now_millis: i64) -> Result<(), ApiError> {
        let invalid = || ApiError::bad_request("Invalid code");
        let found = self.codes.get_mut(sub).ok_or_else(invalid)?;
        if found.code != code {
            found.wrong += 1;
            if found.wrong >= WRONG_CODES {
                self.codes.remove(sub);
            }
            return Err(invalid());
        }
        let expired = now_millis >= found.expires_millis;
        self.codes.remove(sub);
        if expired { Err(invalid()) } else { Ok(()) }
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.iter().cloned().collect()
    }
}
