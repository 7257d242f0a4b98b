//! What all scenarios share: the script that stands in for a server, the scenario around it, the operations, and the canaries.

mod canary;
mod fields;
mod log;
mod operations;
mod scenario;
mod script;
mod wire;

pub(crate) use canary::{API_KEY, TOKEN, base64, holds_a_secret, percent_encoded};
pub(crate) use fields::{Fields, fields};
pub(crate) use operations::{Call, OPERATIONS, Value, every_idempotent_operation, every_operation};
pub(crate) use scenario::{PerCall, Run, Scenario};
pub(crate) use script::{FAULTS, Script, Turn, answer, at_once, cut, fault};
pub(crate) use wire::{NOW, TENANCY, principal, principal_with, user, wall, wrapped_user};
