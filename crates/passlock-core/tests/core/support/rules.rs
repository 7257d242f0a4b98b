//! The rules of `tests/rules`, which core, the vectors and the README are held to.

use std::collections::BTreeMap;

use passlock_core::{ErrorKind, TransportErrorKind};
use serde::Deserialize;

use super::{Turn, answer, cut, fault};

/// A row of the retry table: how an attempt may end, and whether it is repeated.
#[derive(Deserialize)]
pub(crate) struct RetryRow {
    #[serde(rename = "exchange, get")]
    read: String,
    update: String,
    ends: Vec<String>,
}

impl RetryRow {
    pub(crate) fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("../../../../../tests/rules/retries.json")).unwrap()
    }

    pub(crate) fn repeats_reads(&self) -> bool {
        is_yes(&self.read)
    }

    pub(crate) fn repeats_updates(&self) -> bool {
        is_yes(&self.update)
    }

    /// The statuses that it names, whatever comes with them.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = u16> {
        self.ends.iter().filter_map(|end| end.split(' ').next()?.parse().ok())
    }

    /// What an attempt that ends like this may look like, without a 2xx.
    pub(crate) fn turns(&self) -> Vec<Turn> {
        self.ends.iter().flat_map(|end| turns(end)).collect()
    }

    /// The transport errors that it names.
    pub(crate) fn transport_errors(&self) -> impl Iterator<Item = TransportErrorKind> {
        self.ends.iter().filter_map(|end| transport_error(end))
    }
}

fn is_yes(cell: &str) -> bool {
    match cell.split(':').next() {
        Some("yes") => true,
        Some("no") => false,
        _ => panic!("{cell} is neither yes nor no"),
    }
}

fn turns(end: &str) -> Vec<Turn> {
    let lost = TransportErrorKind::Interrupted;
    if let Some(kind) = transport_error(end) {
        return vec![fault(kind)];
    }
    if let Some(status) = end.strip_suffix(" with Retry-After") {
        let status = status.parse().unwrap();
        let asks = ["0", "-1", "Sun, 06 Nov 1994 08:49:37 GMT"];
        let turns = asks.map(|value| answer(status, "").header("retry-after", value));
        return turns.into_iter().chain([cut(status, lost).header("retry-after", "0")]).collect();
    }
    let status = end.parse().unwrap();
    let mut turns = vec![
        answer(status, ""),
        answer(status, "<html>"),
        cut(status, lost),
        cut(status, TransportErrorKind::TooLarge),
        answer(status, "").header("retry-after", "soon"),
    ];
    // With a wait that can be understood, 503 is another row.
    if status != 503 {
        turns.push(answer(status, "").header("retry-after", "0"));
    }
    turns
}

fn transport_error(name: &str) -> Option<TransportErrorKind> {
    use TransportErrorKind::*;
    let all = [
        NotConnected,
        CertificateRefused,
        CertificateInvalid,
        ProxyRefused,
        ConnectTimeout,
        AttemptTimeout,
        Interrupted,
        Malformed,
        TooLarge,
        Unusable,
    ];
    all.into_iter().find(|kind| format!("{kind:?}") == name)
}

/// The rule by which a status and a tag become a kind of error.
#[derive(Deserialize)]
pub(crate) struct ErrorRules {
    pub(crate) kinds: Vec<KindRow>,
    #[serde(rename = "by status")]
    by_status: BTreeMap<String, String>,
    #[serde(rename = "by tag")]
    by_tag: ByTag,
}

#[derive(Deserialize)]
pub(crate) struct KindRow {
    pub(crate) kind: String,
}

#[derive(Deserialize)]
struct ByTag {
    statuses: Vec<u16>,
    kinds: BTreeMap<String, String>,
}

impl ErrorRules {
    pub(crate) fn read() -> Self {
        serde_json::from_str(include_str!("../../../../../tests/rules/errors.json")).unwrap()
    }

    /// The tags that are known.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.by_tag.kinds.keys().map(String::as_str)
    }

    /// What a status and a tag stand for.
    pub(crate) fn kind(&self, status: u16, tag: &str) -> ErrorKind {
        let bare = tag.strip_prefix("@error/").unwrap_or(tag);
        let by_tag = self.by_tag.kinds.get(bare).filter(|_| self.by_tag.statuses.contains(&status));
        let class = format!("{}xx", status / 100);
        let by_status = || self.by_status.get(&status.to_string()).or_else(|| self.by_status.get(&class));
        let code = by_tag.or_else(by_status).map_or("protocol", String::as_str);
        *ErrorKind::ALL.iter().find(|kind| kind.as_str() == code).unwrap()
    }
}
