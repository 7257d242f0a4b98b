//! The three transports, reqwest, hyper and ureq, through one table of cases: what one promises, the others do too.
//!
//! Where a promise differs, the test says so, and the README has a table.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on has failed")]

mod support;

mod answers;
mod certificates;
mod connections;
mod ends;
mod faults;
mod idle;
mod own_client;
mod process;
mod proxy;
mod secrets;
mod sessions;
mod time;
mod tls;
mod tunnel;
