//! Both transports, the async and the blocking one, through one table of cases: what one promises, the other does too.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on has failed")]

mod support;

mod answers;
mod connections;
mod example;
mod faults;
mod process;
mod proxy;
mod secrets;
mod time;
mod tls;
