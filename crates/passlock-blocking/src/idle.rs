//! Closes connections that were idle for too long, also when no further call is made that would notice.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// The connections of one client, and the thread that closes them: there is one as long as any of them is open.
///
/// Dropping it, which is dropping the client, ends the thread.
pub(crate) struct IdleReaper(Arc<Shared>);

struct Shared {
    limit: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    leases: Vec<Weak<Lease>>,
    running: bool,
    ended: bool,
}

/// One connection's part in it.
pub(crate) struct Lease {
    stream: Arc<TcpStream>,
    usage: Mutex<Usage>,
    reaper: Arc<Shared>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Usage {
    InUse,
    IdleSince(Instant),
    Closed,
}

impl IdleReaper {
    pub(crate) fn new(limit: Duration) -> Self {
        Self(Arc::new(Shared { limit, state: Mutex::default(), changed: Condvar::new() }))
    }

    /// A connection that was just opened, and is in use.
    pub(crate) fn lease(&self, stream: &Arc<TcpStream>) -> Arc<Lease> {
        let lease = Arc::new(Lease {
            stream: Arc::clone(stream),
            usage: Mutex::new(Usage::InUse),
            reaper: Arc::clone(&self.0),
        });
        let mut state = lock(&self.0.state);
        state.leases.retain(|lease| lease.strong_count() > 0);
        state.leases.push(Arc::downgrade(&lease));
        lease
    }
}

impl Drop for IdleReaper {
    fn drop(&mut self) {
        lock(&self.0.state).ended = true;
        self.0.changed.notify_all();
    }
}

impl Lease {
    pub(crate) fn is_in_use(&self) -> bool {
        *lock(&self.usage) == Usage::InUse
    }

    /// Takes the connection into use; false when it was closed before.
    pub(crate) fn take(&self) -> bool {
        let mut usage = lock(&self.usage);
        if *usage == Usage::Closed {
            return false;
        }
        *usage = Usage::InUse;
        true
    }

    /// The connection is idle from now on. It is closed in time if it is [watched](Self::watch).
    pub(crate) fn give_back(&self) {
        *lock(&self.usage) = Usage::IdleSince(Instant::now());
    }

    /// Has the thread run, for as long as the connection is open.
    pub(crate) fn watch(&self) {
        let mut state = lock(&self.reaper.state);
        if !state.running && !state.ended {
            let reaper = Arc::clone(&self.reaper);
            let thread = thread::Builder::new().name("passlock-idle".to_owned()).spawn(move || reaper.run());
            // Where there is no thread to be had, the connection is closed when it is used next.
            state.running = thread.is_ok();
        }
    }

    /// Closes the connection if it was idle for so long; while it is open, says how much time it has left at least.
    fn expire(&self, limit: Duration, now: Instant) -> Option<Duration> {
        let mut usage = lock(&self.usage);
        let since = match *usage {
            Usage::IdleSince(since) => since,
            // It can't be idle for so long before then.
            Usage::InUse => return Some(limit),
            Usage::Closed => return None,
        };
        let left = limit.saturating_sub(now.saturating_duration_since(since));
        if !left.is_zero() {
            return Some(left);
        }
        *usage = Usage::Closed;
        // It fails when the peer has closed it already.
        let _ = self.stream.shutdown(Shutdown::Both);
        None
    }
}

impl Shared {
    /// What the thread does: closes what has expired, and ends when nothing is open. Ending as soon as nothing is idle would
    /// make it a thread for each call.
    fn run(&self) {
        let mut state = lock(&self.state);
        while !state.ended {
            let now = Instant::now();
            state.leases.retain(|lease| lease.strong_count() > 0);
            let left = state.leases.iter().filter_map(|lease| lease.upgrade()?.expire(self.limit, now)).min();
            let Some(left) = left else { break };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.running = false;
    }
}

/// Nothing is done under these locks that could panic and leave a half-made change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::TcpListener;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(300);

    fn pair() -> (Arc<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Arc::new(near), listener.accept().unwrap().0)
    }

    /// Whether the peer sees the end of the connection within this time.
    fn closes(peer: &mut TcpStream, within: Duration) -> bool {
        peer.set_read_timeout(Some(within)).unwrap();
        match peer.read(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
                false
            }
        }
    }

    fn watched(reaper: &IdleReaper, stream: &Arc<TcpStream>) -> Arc<Lease> {
        let lease = reaper.lease(stream);
        lease.watch();
        lease
    }

    fn ends(reaper: &Shared) -> bool {
        let end = Instant::now() + Duration::from_secs(2);
        while lock(&reaper.state).running && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        !lock(&reaper.state).running
    }

    #[test]
    fn an_idle_connection_is_closed_and_the_thread_ends() {
        let reaper = IdleReaper::new(LIMIT);
        let (near, mut far) = pair();
        let lease = watched(&reaper, &near);
        assert!(lease.is_in_use());
        lease.give_back();
        assert!(closes(&mut far, LIMIT + Duration::from_secs(2)));
        assert!(!lease.take());
        assert!(ends(&reaper.0));
    }

    #[test]
    fn a_connection_in_use_is_not_closed() {
        let reaper = IdleReaper::new(LIMIT);
        let (near, mut far) = pair();
        let lease = watched(&reaper, &near);
        lease.give_back();
        assert!(lease.take());
        assert!(!closes(&mut far, LIMIT * 3));
        lease.give_back();
        assert!(closes(&mut far, LIMIT + Duration::from_secs(2)));
        assert!(ends(&reaper.0));
        // The next one that is idle gets a thread again.
        let (near, mut far) = pair();
        watched(&reaper, &near).give_back();
        assert!(!closes(&mut far, Duration::from_millis(1)));
        assert!(ends(&reaper.0));
        let lease = watched(&reaper, &near);
        lease.give_back();
        assert!(closes(&mut far, LIMIT + Duration::from_secs(2)));
    }

    #[test]
    fn dropping_the_watch_or_the_connections_ends_the_thread() {
        let reaper = IdleReaper::new(Duration::from_secs(3600));
        let (near, _far) = pair();
        let lease = watched(&reaper, &near);
        lease.give_back();
        let shared = Arc::clone(&reaper.0);
        assert!(lock(&shared.state).running);
        drop(reaper);
        assert!(ends(&shared));
        lease.watch();
        assert!(!lock(&shared.state).running);
    }
}
