//! Random vectors, run through all clients: they must agree with each other, and with a model of the contract.
//!
//! [`generate`] makes vectors in the format of `tests/vectors`, without an expectation. [`model`] states the outcome of
//! one. [`Differ`] runs it through every client, and [`shrink`] reduces a failing one until it is small enough to read.

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
