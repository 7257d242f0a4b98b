//! Idle connections: how long they have been idle, and how they are kept open.

use std::time::{Duration, Instant, SystemTime};

use socket2::{SockRef, TcpKeepalive};

/// How long a connection is idle before it is probed, and the interval between probes. NATs and load balancers forget
/// connections after a minute or more.
pub const PROBE_INTERVAL: Duration = Duration::from_secs(45);

/// The moment at which a connection became idle.
#[derive(Clone, Copy, Debug)]
pub struct IdleSince {
    instant: Instant,
    wall_clock: SystemTime,
}

impl IdleSince {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self::at(Instant::now(), SystemTime::now())
    }

    /// A moment on both clocks, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn at(instant: Instant, wall_clock: SystemTime) -> Self {
        Self { instant, wall_clock }
    }

    /// The moment on the monotonic clock.
    #[must_use]
    pub fn instant(&self) -> Instant {
        self.instant
    }

    /// How long ago that was, by the clock that shows more. While a machine sleeps or a function is frozen, the one that never
    /// goes back may stand still, and the servers' clocks don't.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.instant.elapsed().max(self.wall_clock.elapsed().unwrap_or_default())
    }
}

/// Has the system probe a connection that is idle, so that nothing on the way forgets it and a dead peer is noticed, and give
/// it up when what was sent is not acknowledged for as long as a new connection may take to open.
///
/// Best effort: a connection works without it.
pub fn keep_alive(socket: SockRef<'_>, connect_timeout: Duration) {
    let probes = TcpKeepalive::new().with_time(PROBE_INTERVAL);
    #[cfg(any(
        target_os = "android",
        target_os = "freebsd",
        target_os = "linux",
        target_vendor = "apple",
        windows
    ))]
    let probes = probes.with_interval(PROBE_INTERVAL);
    let _ = socket.set_tcp_keepalive(&probes);
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let _ = socket.set_tcp_user_timeout(Some(connect_timeout));
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _ = connect_timeout;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_asleep_counts_as_idle() {
        let asleep = IdleSince::at(Instant::now(), SystemTime::now() - Duration::from_secs(600));
        assert!(asleep.elapsed() >= Duration::from_secs(600));
    }

    #[test]
    fn a_wall_clock_that_was_set_back_hides_nothing() {
        let Some(instant) = Instant::now().checked_sub(Duration::from_secs(5)) else { return };
        let since = IdleSince::at(instant, SystemTime::now() + Duration::from_secs(600));
        assert!((Duration::from_secs(5)..Duration::from_secs(60)).contains(&since.elapsed()));
    }
}
