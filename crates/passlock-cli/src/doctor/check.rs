//! What was checked, and the outcome.

use serde_json::Value;

/// All checks, in their order. Those that were never reached are reported as skipped.
pub(crate) const NAMES: [&str; 8] = ["settings", "proxy", "dns", "tcp", "tls", "service", "clock", "key"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    /// It works, and may not for long.
    Warning,
    Failed,
    /// It could not be checked, or there is nothing to check.
    Skipped,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) status: Status,
    /// What was seen, on one line.
    pub(crate) detail: String,
    /// What to do, on one line.
    pub(crate) advice: Option<String>,
    /// Additional facts.
    pub(crate) facts: Vec<(&'static str, Value)>,
}

impl Check {
    pub(crate) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Status::Ok, detail: detail.into(), advice: None, facts: Vec::new() }
    }

    pub(crate) fn skipped(name: &'static str, detail: impl Into<String>) -> Self {
        Self { status: Status::Skipped, ..Self::ok(name, detail) }
    }

    pub(crate) fn warning(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Status::Warning, advice: Some(advice.into()), ..Self::ok(name, detail) }
    }

    pub(crate) fn failed(name: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Status::Failed, ..Self::warning(name, detail, advice) }
    }

    pub(crate) fn fact(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.push((name, value.into()));
        self
    }
}

/// A setting, for people: never a secret.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) settings: Vec<Setting>,
    pub(crate) checks: Vec<Check>,
}

impl Report {
    pub(crate) fn push(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(crate) fn is_good(&self) -> bool {
        self.checks.iter().all(|check| check.status != Status::Failed)
    }

    /// Every check in its order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, Option<&Check>)> {
        NAMES.into_iter().map(|name| (name, self.checks.iter().find(|check| check.name == name)))
    }
}
