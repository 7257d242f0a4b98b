//! Idle connections, and when they are closed.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use passlock_net::{IdleSince, Owner};

/// The least time between two looks for connections that have expired: a short timeout is no reason to come all the time.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// The idle connections of one client, and the thread that closes those that are idle for too long, even if no other call
/// is made that would notice.
///
/// Dropping it, which is dropping the client, closes them and ends the thread.
///
/// A forked child keeps no connections: those that it has copied are its parent's, the thread is not there, and another one may
/// have held the lock.
pub(crate) struct Pool<C> {
    shared: Arc<Shared<C>>,
    owner: Owner,
}

struct Shared<C> {
    idle_timeout: Duration,
    max_idle: usize,
    state: Mutex<State<C>>,
    closed: Condvar,
}

struct State<C> {
    /// The one that was used last at the end.
    idle: VecDeque<Idle<C>>,
    is_reaper_running: bool,
    is_closed: bool,
}

struct Idle<C> {
    connection: C,
    since: IdleSince,
}

/// What a pool holds.
pub(crate) trait Pooled: Send + 'static {
    /// Whether another request can be sent on it.
    fn is_open(&mut self) -> bool;
}

impl<C: Pooled> Pool<C> {
    pub(crate) fn new(idle_timeout: Duration, max_idle: usize) -> Self {
        let state = State { idle: VecDeque::new(), is_reaper_running: false, is_closed: false };
        let shared = Shared { idle_timeout, max_idle, state: Mutex::new(state), closed: Condvar::new() };
        Self { shared: Arc::new(shared), owner: Owner::this_process() }
    }

    /// A connection that is still open, the one that was used last.
    pub(crate) fn take(&self) -> Option<C> {
        if !self.owner.is_this_process() {
            return None;
        }
        loop {
            let mut idle = self.shared.state().idle.pop_back()?;
            if idle.since.elapsed() < self.shared.idle_timeout && idle.connection.is_open() {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection for the next call. Where that makes too many, the one that was used longest ago is closed.
    pub(crate) fn give_back(&self, connection: C) {
        if self.shared.idle_timeout.is_zero() || !self.owner.is_this_process() {
            return;
        }
        let mut state = self.shared.state();
        state.idle.push_back(Idle { connection, since: IdleSince::now() });
        let surplus = if state.idle.len() > self.shared.max_idle { state.idle.pop_front() } else { None };
        if !state.is_reaper_running {
            let shared = Arc::clone(&self.shared);
            let reaper = thread::Builder::new().name("passlock-idle".to_owned()).spawn(move || shared.reap());
            // If no thread can be started, the connection is closed when it would be used next.
            state.is_reaper_running = reaper.is_ok();
        }
        drop(state);
        drop(surplus);
    }
}

impl<C> Drop for Pool<C> {
    fn drop(&mut self) {
        if !self.owner.is_this_process() {
            return;
        }
        let mut state = self.shared.state();
        state.is_closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        self.shared.closed.notify_all();
        drop(idle);
    }
}

impl<C> Shared<C> {
    /// What the thread does: closes what has expired, and ends when it comes back and nothing is idle.
    fn reap(&self) {
        let mut state = self.state();
        let mut has_waited = false;
        while !state.is_closed {
            let expired = state.idle.partition_point(|idle| idle.since.elapsed() >= self.idle_timeout);
            let expired: Vec<_> = state.idle.drain(..expired).collect();
            if !expired.is_empty() {
                drop(state);
                drop(expired);
                state = self.state();
                continue;
            }
            // Calls are not heard of: it would be woken for each of them. So what was given back may be in use again by now, and
            // ending for that would make it a thread for each call.
            let left = match state.idle.front() {
                Some(oldest) => self.idle_timeout.saturating_sub(oldest.since.elapsed()).max(SHORTEST_WAIT),
                None if has_waited => break,
                None => self.idle_timeout.max(SHORTEST_WAIT),
            };
            state = self.closed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            has_waited = true;
        }
        state.is_reaper_running = false;
    }

    /// Nothing is done under this lock that could panic and leave a half-made change.
    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::time::{Instant, SystemTime};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(300);
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Says its number when it is dropped.
    struct Fake(u32, Sender<u32>, bool);

    impl Pooled for Fake {
        fn is_open(&mut self) -> bool {
            self.2
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = self.1.send(self.0);
        }
    }

    fn pool(idle_timeout: Duration, max_idle: usize) -> (Pool<Fake>, impl Fn(u32) -> Fake, Receiver<u32>) {
        let (sender, closed) = mpsc::channel();
        (Pool::new(idle_timeout, max_idle), move |number| Fake(number, sender.clone(), true), closed)
    }

    fn reaper_ends<C>(shared: &Shared<C>) -> bool {
        let end = Instant::now() + PATIENCE;
        while shared.state().is_reaper_running && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        !shared.state().is_reaper_running
    }

    #[test]
    fn what_is_idle_for_too_long_is_closed_and_the_thread_ends() {
        let (pool, connection, closed) = pool(LIMIT, 8);
        for number in 0..3 {
            let start = Instant::now();
            pool.give_back(connection(number));
            assert_eq!(closed.recv_timeout(PATIENCE), Ok(number));
            assert!(start.elapsed() >= LIMIT);
            assert!(reaper_ends(&pool.shared));
        }
        assert!(pool.take().is_none());
    }

    #[test]
    fn what_was_kept_while_the_machine_slept_is_not_taken() {
        let (pool, connection, closed) = pool(Duration::from_secs(300), 8);
        pool.give_back(connection(1));
        pool.shared.state().idle[0].since =
            IdleSince::at(Instant::now(), SystemTime::now() - Duration::from_secs(400));
        assert!(pool.take().is_none());
        assert_eq!(closed.try_recv(), Ok(1));
    }

    #[test]
    fn nothing_is_kept_where_that_is_said() {
        let (pool, connection, closed) = pool(Duration::ZERO, 8);
        pool.give_back(connection(1));
        assert_eq!(closed.try_recv(), Ok(1));
        assert!(pool.take().is_none() && !pool.shared.state().is_reaper_running);
    }

    #[test]
    fn what_is_in_use_is_not_closed() {
        let (pool, connection, closed) = pool(LIMIT, 8);
        pool.give_back(connection(1));
        let in_use = pool.take().unwrap();
        assert!(closed.recv_timeout(LIMIT * 3).is_err());
        pool.give_back(in_use);
        assert_eq!(closed.recv_timeout(PATIENCE), Ok(1));
    }

    #[test]
    fn the_last_one_used_is_taken_and_the_one_used_longest_ago_is_closed() {
        let (pool, connection, closed) = pool(Duration::from_secs(3600), 3);
        for number in 1..=5 {
            pool.give_back(connection(number));
        }
        assert_eq!(closed.try_iter().collect::<Vec<_>>(), [1, 2]);
        let taken: Vec<_> = std::iter::from_fn(|| pool.take()).collect();
        assert_eq!(taken.iter().map(|connection| connection.0).collect::<Vec<_>>(), [5, 4, 3]);
    }

    #[test]
    fn what_is_not_open_any_more_is_not_taken() {
        let (pool, connection, closed) = pool(Duration::from_secs(3600), 8);
        pool.give_back(connection(1));
        pool.give_back(Fake(2, connection(0).1.clone(), false));
        assert_eq!(pool.take().unwrap().0, 1);
        assert!(closed.try_iter().any(|number| number == 2));
    }

    #[test]
    fn dropping_the_pool_closes_all_and_ends_the_thread() {
        let (pool, connection, closed) = pool(Duration::from_secs(3600), 8);
        pool.give_back(connection(1));
        let shared = Arc::clone(&pool.shared);
        assert!(shared.state().is_reaper_running);
        drop(pool);
        assert_eq!(closed.try_recv(), Ok(1));
        assert!(reaper_ends(&shared));
    }
}
