//! What the tests share.

pub(crate) mod alone;
mod certificates;
mod client;
mod logs;
mod server;
mod world;

#[cfg(target_os = "linux")]
pub(crate) use alone::run_alone_with_memory;
pub(crate) use alone::{in_child, run_alone};
#[cfg(not(any(windows, target_vendor = "apple")))]
pub(crate) use certificates::server;
pub(crate) use certificates::{Authority, Leaf};
pub(crate) use client::{AsyncClient, Client, Failure, Flavour, all, failed, runtime};
pub(crate) use logs::{assert_clean, collect_logs, lines_seen, watch};
pub(crate) use server::{Server, talk_unasked, tls_front};
pub(crate) use world::{World, wait_until};
