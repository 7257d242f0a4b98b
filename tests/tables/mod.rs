//! The retry table and the error table, as data: the core's tests hold the code to them, the vectors are generated from them,
//! and the READMEs' tables are compared with them. Nothing here asks the SDK: its code states both rules by itself.

#![allow(clippy::unwrap_used, dead_code, reason = "for tests and generators, none of which needs all of it")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub(crate) static RETRIES: LazyLock<Retries> =
    LazyLock::new(|| serde_json::from_str(include_str!("retries.json")).unwrap());

pub(crate) static ERRORS: LazyLock<Errors> =
    LazyLock::new(|| serde_json::from_str(include_str!("errors.json")).unwrap());

/// Which attempts are repeated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retries {
    pub(crate) rows: Vec<Row>,
}

/// How an attempt may end, and whether its request is sent again then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// For people.
    pub(crate) outcome: String,
    #[serde(default)]
    pub(crate) statuses: Vec<u16>,
    /// Statuses that end so only with a valid `Retry-After`.
    #[serde(default)]
    pub(crate) with_retry_after: Vec<u16>,
    /// What a transport may say instead of giving an answer.
    #[serde(default)]
    pub(crate) faults: Vec<String>,
    /// After any request that may be sent twice.
    pub(crate) get: bool,
    /// After an update.
    pub(crate) update: bool,
    /// Why not after an update, for people.
    pub(crate) because: Option<String>,
}

impl Row {
    pub(crate) fn is_repeated(&self, operation: &str) -> bool {
        if operation == "update_user" { self.update } else { self.get }
    }
}

impl Retries {
    /// The row of an answer. The last row is that of all that no other names.
    pub(crate) fn of_status(&self, status: u16, has_retry_after: bool) -> &Row {
        let asks = |row: &&Row| has_retry_after && row.with_retry_after.contains(&status);
        let named = |row: &&Row| row.statuses.contains(&status);
        self.rows.iter().find(asks).or_else(|| self.rows.iter().find(named)).or(self.rows.last()).unwrap()
    }

    /// The row of a transport's fault.
    pub(crate) fn of_fault(&self, fault: &str) -> &Row {
        let named = |row: &&Row| row.faults.iter().any(|name| name == fault);
        self.rows.iter().find(named).unwrap_or_else(|| panic!("no row has the fault {fault}"))
    }
}

/// What a call that is not repeated fails with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Errors {
    /// All of them, in the order in which every language lists them.
    pub(crate) kinds: Vec<Kind>,
    tags: Tags,
    pub(crate) faults: BTreeMap<String, Failure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    pub(crate) kind: String,
    /// Which statuses, for people.
    pub(crate) when: Option<String>,
    #[serde(default)]
    statuses: Vec<u16>,
    /// The first digit of all other statuses that it is the kind of.
    class: Option<u16>,
    pub(crate) suggested: Suggested,
}

/// The status that an application may return to its own caller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suggested {
    /// After an exchange.
    pub(crate) exchange: u16,
    /// After any other call, or none. Some kinds are only for an exchange.
    pub(crate) others: Option<u16>,
    /// After any call whose error has the tag `Disabled`.
    pub(crate) disabled: Option<u16>,
    /// After any call whose error has a hint: the endpoint is the wrong one, which says nothing about a token or a user.
    pub(crate) with_hint: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tags {
    /// The statuses with which a known tag decides.
    decide_over: Vec<u16>,
    kinds: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) kind: String,
    pub(crate) limit: Option<String>,
}

impl Errors {
    /// The kind of an answer that is not a success. A tag of version 2 begins with `@error/`.
    pub(crate) fn of_response(&self, status: u16, tag: &str) -> &str {
        let bare = tag.trim_start_matches("@error/");
        let by_tag = self.tags.kinds.get(bare).filter(|_| self.tags.decide_over.contains(&status));
        if let Some(kind) = by_tag {
            return kind;
        }
        let exact = self.kinds.iter().find(|kind| kind.statuses.contains(&status));
        let class = || self.kinds.iter().find(|kind| kind.class == Some(status / 100));
        exact.or_else(class).map_or("protocol", |kind| &kind.kind)
    }

    /// The status that an application may return to its own caller, and whether the login itself was refused.
    pub(crate) fn suggested(
        &self,
        kind: &str,
        operation: Option<&str>,
        tag: Option<&str>,
        has_hint: bool,
    ) -> (u16, bool) {
        let suggested = &self.kinds.iter().find(|row| row.kind == kind).unwrap().suggested;
        let is_exchange = operation == Some("exchange_token");
        let is_disabled = tag.is_some_and(|tag| tag.trim_start_matches("@error/") == "Disabled");
        let disabled = suggested.disabled.filter(|_| is_disabled);
        let by_kind = if is_exchange { Some(suggested.exchange) } else { suggested.others };
        let with_hint = suggested.with_hint.filter(|_| has_hint);
        let status = disabled.or(with_hint).or(by_kind).unwrap();
        (status, is_exchange && [401, 403].contains(&status))
    }

    /// The tags that are known.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.kinds.keys().map(String::as_str)
    }

    pub(crate) fn tags_decide_over(&self) -> &[u16] {
        &self.tags.decide_over
    }
}
