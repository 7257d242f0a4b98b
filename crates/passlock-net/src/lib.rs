//! What the transports of the Passlock SDK share, written once so that they behave alike: TLS, the choice of a proxy,
//! name resolution, the process's environment and clocks.
//!
//! An internal part of the SDK: its interface may change in any version. Applications use the crates `passlock`,
//! `passlock-hyper` or `passlock-blocking`.

mod body;
mod cause;
mod certificate;
mod forked;
mod head;
mod idle;
mod no_proxy;
mod proxy;
mod resolver;
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
mod roots;
mod shared;
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod tunnel;

use std::time::{Instant, SystemTime};

use passlock_core::ClockReading;

pub use body::BodyBuffer;
pub use cause::{connect_error, describe, failure_to_report, interruption, is_of_the_system};
pub use forked::Owner;
pub use head::{LARGEST_HEAD, check_head};
pub use idle::{IdleSince, PROBE_INTERVAL, keep_alive};
pub use proxy::{Proxy, ProxyRule, proxy_for};
pub use resolver::{Lookup, Resolver, Waiter};
pub use tls::{ROOT_VARIABLES, Trust, client_config, client_config_without_roots, server_name};
pub use tunnel::{ProxyRefusal, TunnelReply, check_forwarded, tunnel_request};

/// An environment variable of this process. Invalid UTF-8 becomes a control character, which no setting allows; a
/// replacement character could be part of a tenancy id.
#[must_use]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.into_string().unwrap_or_else(|_| "\0".to_owned()))
}

/// What time it is, and a random number.
#[must_use]
pub fn clock() -> ClockReading {
    ClockReading { now: Instant::now(), wall_clock: SystemTime::now(), random: fastrand::u64(..) }
}
