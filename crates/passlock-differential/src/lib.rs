//! Random vectors, run by all clients: they must agree with each other, and with a model of the contract.
//!
//! [`generate`] makes vectors of the format of `tests/vectors`, without an expectation. [`model`] states what must come of
//! one. [`Differ`] runs it by every client, and [`shrink`] makes one that fails as small as a person wants to read.

pub mod clients;
mod differ;
pub mod generate;
pub mod model;
pub mod quiet;
mod run;
pub mod served;
pub mod shrink;

pub use differ::{Differ, Difference};
pub use run::{Plan, Report, run};
