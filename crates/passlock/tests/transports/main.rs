//! Both transports, the async and the blocking one, through one table of cases: what one promises, the other does too.

mod support;

mod answers;
mod connections;
mod example;
mod faults;
mod proxy;
mod secrets;
mod time;
mod tls;
