//! Whether the outcome of a call is correct. Pure.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::service::{Ledger, Person};

/// How much later than its limit a call may end, in seconds: the machine has more to do.
const SLACK: f64 = 2.0;
/// How a call may end through no fault of the client's.
const ACCEPTED: [&str; 6] = ["connection", "timeout", "server", "rate_limited", "cancelled", "closed"];
/// How many complaints of a kind are kept.
const MOST: usize = 5;

/// What a client says of a call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    operation: String,
    /// The token or the sub that it was given.
    argument: String,
    /// The name that an update sets.
    #[serde(default)]
    name: Option<String>,
    /// `ok`, an error's kind, `cancelled`, `closed` for a client that was closed before, or anything else, which is wrong.
    ended: String,
    /// Of a principal or a user.
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    given_name: Option<String>,
    /// How many attempts an error speaks of.
    #[serde(default)]
    attempts: Option<u64>,
    /// How long it took; of one that was cancelled, since then.
    seconds: f64,
}

/// Judges calls, and counts them.
pub(crate) struct Judge<'a> {
    subs: HashMap<&'a str, &'a str>,
    timeout: f64,
    pub(crate) ended: BTreeMap<String, u64>,
    /// The marks of calls that failed, with how many attempts they speak of.
    attempts: Vec<(String, u64)>,
    complaints: BTreeMap<&'static str, Vec<String>>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(people: &'a [Person], timeout: f64) -> Self {
        let subs = people.iter().map(|person| (person.token.as_str(), person.sub.as_str())).collect();
        Self { subs, timeout, ended: BTreeMap::new(), attempts: Vec::new(), complaints: BTreeMap::new() }
    }

    pub(crate) fn call(&mut self, call: Call) {
        if call.seconds > self.timeout + SLACK {
            self.complain("late", format!("{call:?}"));
        }
        let expected = match call.ended.as_str() {
            "ok" => self.is_right(&call),
            "not_found" => call.argument.starts_with(crate::service::MISSING),
            kind => ACCEPTED.contains(&kind),
        };
        if !expected {
            self.complain("wrong", format!("{call:?}"));
        }
        *self.ended.entry(call.ended).or_default() += 1;
        let mark = call.name.unwrap_or(call.argument);
        self.attempts.extend(call.attempts.map(|attempts| (mark, attempts)));
    }

    fn is_right(&self, call: &Call) -> bool {
        let is_own_sub = |sub: &str| call.sub.as_deref() == Some(sub);
        match call.operation.as_str() {
            "exchange_token" => {
                self.subs.get(call.argument.as_str()).is_some_and(|sub| is_own_sub(sub))
                    && call.token.as_ref() == Some(&call.argument)
            }
            "get_user" => is_own_sub(&call.argument),
            "update_user" => is_own_sub(&call.argument) && call.given_name == call.name,
            _ => false,
        }
    }

    pub(crate) fn complain(&mut self, kind: &'static str, what: String) {
        self.complaints.entry(kind).or_default().push(what);
    }

    /// Compares what the client says with what the emulator has seen, and returns all that is wrong.
    pub(crate) fn verdict(mut self, ledger: &Ledger) -> Vec<String> {
        for mark in ledger.made_twice() {
            let complaints = self.complaints.entry("an update was carried out twice").or_default();
            complaints.push(mark.to_owned());
        }
        for (mark, attempts) in std::mem::take(&mut self.attempts) {
            let seen = ledger.of(&mark).requests;
            if seen > attempts {
                let what = format!("{mark}: {seen} requests, {attempts} attempts");
                self.complain("more requests than attempts", what);
            }
        }
        // What the relay does to a client leaves most of its calls in peace.
        let (ok, calls) = (self.ended.get("ok").copied().unwrap_or(0), self.ended.values().sum::<u64>());
        if ok <= calls / 2 {
            self.complain("wrong", format!("{ok} of {calls} calls succeeded"));
        }
        let mut all = Vec::new();
        for (kind, mut what) in self.complaints {
            let count = what.len();
            what.truncate(MOST);
            all.extend(what.into_iter().map(|what| format!("{kind}: {what}")));
            if count > MOST {
                all.push(format!("{kind}: {} more", count - MOST));
            }
        }
        all
    }
}
