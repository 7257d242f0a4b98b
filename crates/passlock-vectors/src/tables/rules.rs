//! The rules of `tests/rules`: the same ones that core's tests and the README are held to.

#![expect(clippy::expect_used, reason = "files of this repository, which tests read too")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A row of the retry table: how an attempt may end, and whether it is repeated.
#[derive(Deserialize)]
struct RetryRow {
    update: String,
    ends: Vec<String>,
}

#[derive(Deserialize)]
struct ErrorRules {
    #[serde(rename = "by status")]
    by_status: BTreeMap<String, String>,
    #[serde(rename = "by tag")]
    by_tag: ByTag,
}

#[derive(Deserialize)]
struct ByTag {
    statuses: Vec<u16>,
    kinds: BTreeMap<String, String>,
}

const READ: &str = "the rules of tests/rules are what this crate reads";

static RETRIES: LazyLock<Vec<RetryRow>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../tests/rules/retries.json")).expect(READ));

static ERRORS: LazyLock<ErrorRules> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../tests/rules/errors.json")).expect(READ));

/// Whether an update is repeated after an attempt that ends like this.
pub(super) fn repeats_update(end: &str) -> bool {
    RETRIES.iter().any(|row| row.update == "yes" && row.ends.iter().any(|known| known == end))
}

/// The kind of error that a status and a tag stand for.
pub(super) fn kind(status: u16, tag: &str) -> &'static str {
    let bare = tag.strip_prefix("@error/").unwrap_or(tag);
    let by_tag = ERRORS.by_tag.kinds.get(bare).filter(|_| ERRORS.by_tag.statuses.contains(&status));
    let class = format!("{}xx", status / 100);
    let by_status = || ERRORS.by_status.get(&status.to_string()).or_else(|| ERRORS.by_status.get(&class));
    by_tag.or_else(by_status).map_or("protocol", String::as_str)
}
