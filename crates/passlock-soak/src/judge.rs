//! Whether the outcome of a call is correct. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

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
    /// The names of updates that have not succeeded, by user. They may still be carried out; and the user is read back when the
    /// answer to the next update is lost.
    given_up: HashMap<String, HashSet<String>>,
    complaints: BTreeMap<&'static str, Vec<String>>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(people: &'a [Person], timeout: f64) -> Self {
        let subs = people.iter().map(|person| (person.token.as_str(), person.sub.as_str())).collect();
        Self {
            subs,
            timeout,
            ended: BTreeMap::new(),
            attempts: Vec::new(),
            given_up: HashMap::new(),
            complaints: BTreeMap::new(),
        }
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
        match &call.name {
            Some(name) if call.ended != "ok" => {
                self.given_up.entry(call.argument.clone()).or_default().insert(name.clone());
            }
            _ => {}
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
            "update_user" => {
                let given_up = self.given_up.get(&call.argument);
                let is_late = |name| given_up.is_some_and(|names| names.contains(name));
                is_own_sub(&call.argument)
                    && (call.given_name == call.name || call.given_name.as_ref().is_some_and(is_late))
            }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(judge: &mut Judge<'_>, sub: &str, name: &str, ended: &str, given_name: Option<&str>) {
        let call = json!({
            "operation": "update_user", "argument": sub, "name": name, "ended": ended,
            "sub": sub, "given_name": given_name, "seconds": 0.1,
        });
        judge.call(serde_json::from_value(call).expect("it is a call"));
    }

    #[test]
    fn an_update_that_was_given_up_may_come_late_and_no_other() {
        let mut judge = Judge::new(&[], 1.0);
        update(&mut judge, "a", "first", "cancelled", None);
        update(&mut judge, "a", "second", "ok", Some("first"));
        assert_eq!(judge.complaints.len(), 0);
        update(&mut judge, "b", "third", "ok", Some("first"));
        update(&mut judge, "a", "fourth", "ok", Some("second"));
        update(&mut judge, "a", "fifth", "ok", None);
        assert_eq!(judge.complaints["wrong"].len(), 3);
    }
}
