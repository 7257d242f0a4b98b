//! What all scenarios share: the script that stands in for a server, the scenario around it, and the canaries.

mod canary;
mod fields;
mod log;
mod scenario;
mod script;
mod wire;

pub(crate) use canary::{API_KEY, TOKEN, base64, holds_a_secret, percent_encoded};
pub(crate) use fields::{Fields, fields};
pub(crate) use scenario::{Call, PerCall, Run, Scenario, Value};
pub(crate) use script::{FAULTS, Script, Turn, answer, at_once, cut, fault};
pub(crate) use wire::{NOW, TENANCY, principal, principal_with, user, wall, wrapped_user};

/// All the operations, for promises that hold for each.
pub(crate) fn every_operation() -> [Scenario; 3] {
    [Scenario::exchange(), Scenario::get(), Scenario::update()]
}
