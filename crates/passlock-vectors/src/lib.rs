//! The vectors of `tests/vectors`, run against the three Rust clients.
//!
//! A vector is one call: the server's responses, what must be seen on the wire, and the outcome. Their format, and
//! how to write a runner in another language, are in `tests/vectors/README.md`; this is the runner for Rust, and the
//! generator of the vectors that read better as tables.

mod changes;
mod client;
mod compare;
mod emulator;
mod expand;
mod json;
#[path = "../../../tests/tables/mod.rs"]
mod rules;
mod run;
mod suite;
pub mod tables;

pub use changes::unnoticed;
pub use client::{Flavour, SETTINGS};
pub use compare::{Expectation, Observation, check};
pub use json::pretty;
pub use run::{Outcome, Runner, Tally, observe_all, observe_clients};
pub use suite::{Defaults, Suite, Vector, folder};
