//! The clients in processes that make their life hard: signals at their defaults, few descriptors, environments of others.
//!
//! Each case is a process of its own.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "../transports/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "it is shared with the tests of the transports, which need more of it"
)]
mod support;

mod descriptors;
mod environment;
mod fork;
mod signals;
