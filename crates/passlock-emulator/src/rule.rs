//! Which requests a fault applies to. Pure.

use std::collections::VecDeque;

use http::Method;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::operation::Operation;
use crate::wire::ApiError;

/// A fault and the requests that it applies to. `POST /_emulator/faults` takes the same as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// How many requests it applies to: 1 by default.
    #[serde(default = "default_times")]
    pub times: u32,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests whose path ends with this, such as `/passkey/authentication/verification`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests for this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Whether the operation is carried out before the fault. False by default. `drip` and `closeIdle` always carry it out,
    /// and so does `delay`, after the wait, or before it if this is true.
    #[serde(default)]
    pub apply: bool,
    /// What goes wrong.
    pub fault: Fault,
}

impl FaultRule {
    /// This fault for the next request, whatever it is.
    pub fn new(fault: Fault) -> Self {
        Self { times: default_times(), method: None, path: None, operation: None, apply: false, fault }
    }

    /// For this many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Only for requests with this method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only for requests whose path ends with this.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only for requests for this operation.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Whether the operation is carried out before the fault.
    pub fn apply(mut self, apply: bool) -> Self {
        self.apply = apply;
        self
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.times == 0 {
            return Err("times must be at least 1".to_owned());
        }
        if self.method.as_ref().is_some_and(|method| Method::from_bytes(method.as_bytes()).is_err()) {
            return Err("method is not a valid HTTP method".to_owned());
        }
        self.fault.check()
    }

    fn matches(&self, method: &Method, path: &str, operation: Option<Operation>) -> bool {
        // A browser asks before it sends: a rule that does not name such questions is for what is sent.
        (self.method.is_some() || method != Method::OPTIONS)
            && self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method.as_str()))
            && self.path.as_ref().is_none_or(|own| path.ends_with(own.as_str()))
            && self.operation.is_none_or(|own| operation == Some(own))
    }
}

/// The rules that are not used up, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Rules(VecDeque<FaultRule>);

/// The rule that a request matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatchedRule {
    pub(crate) fault: Fault,
    pub(crate) apply: bool,
}

impl Rules {
    pub(crate) fn add(&mut self, rule: FaultRule) -> Result<(), ApiError> {
        rule.check().map_err(ApiError::bad_request)?;
        self.0.push_back(rule);
        Ok(())
    }

    /// The first rule that matches, which counts the request as one of its own.
    pub(crate) fn take(
        &mut self,
        method: &Method,
        path: &str,
        operation: Option<Operation>,
    ) -> Option<MatchedRule> {
        let index = self.0.iter().position(|rule| rule.matches(method, path, operation))?;
        let rule = self.0.get_mut(index)?;
        rule.times -= 1;
        let matched = MatchedRule { fault: rule.fault.clone(), apply: rule.apply };
        if rule.times == 0 {
            self.0.remove(index);
        }
        Some(matched)
    }
}

fn default_times() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_taken_in_order_and_used_up() {
        let mut rules = Rules::default();
        rules.add(FaultRule::new(Fault::Hang).operation(Operation::UpdateUser)).unwrap();
        rules.add(FaultRule::new(Fault::Reset).method("get").times(2)).unwrap();
        rules.add(FaultRule::new(Fault::status(500)).apply(true)).unwrap();
        let mut take = |method, operation| {
            rules.take(&method, "/t/x/y", operation).map(|matched| (matched.fault.kind(), matched.apply))
        };
        assert_eq!(take(Method::GET, Some(Operation::GetUser)), Some(("reset", false)));
        assert_eq!(take(Method::PATCH, Some(Operation::UpdateUser)), Some(("hang", false)));
        assert_eq!(take(Method::GET, None), Some(("reset", false)));
        assert_eq!(take(Method::GET, None), Some(("status", true)));
        assert_eq!(take(Method::GET, None), None);
    }

    #[test]
    fn a_rule_may_be_for_paths_and_is_not_for_preflights() {
        let mut rules = Rules::default();
        rules.add(FaultRule::new(Fault::Hang).path("/user/status")).unwrap();
        assert_eq!(rules.take(&Method::POST, "/t/user/verify-email", None), None);
        assert_eq!(rules.take(&Method::OPTIONS, "/t/user/status", None), None);
        assert!(rules.take(&Method::POST, "/t/user/status", None).is_some());
        rules.add(FaultRule::new(Fault::Hang).method("OPTIONS")).unwrap();
        assert!(rules.take(&Method::OPTIONS, "/t/user/status", None).is_some());
    }
}
