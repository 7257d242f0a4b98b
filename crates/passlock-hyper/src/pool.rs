//! Idle connections, and when they are closed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use passlock_core::{TransportError, TransportErrorKind};
use passlock_net::IdleSince;
use tokio::runtime;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::connection::Connection;

/// How many idle connections are kept, on all runtimes together: each holds one of the process's descriptors.
const MAX_IDLE: usize = 128;
/// For how long an idle connection is taken to be open without a look at its socket.
const FRESH: Duration = Duration::from_millis(1);

/// The least time between two looks for connections that have expired.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const A_WHILE: Duration = Duration::from_secs(3600);

/// The idle connections of one client. Dropping it closes them.
pub(crate) struct Pool {
    /// How long an idle connection is kept; zero disables this.
    idle_timeout: Duration,
    shelves: Arc<Mutex<Vec<Shelf>>>,
    /// Set and read with the shelves locked.
    closed: AtomicBool,
}

/// The connections of one runtime. They work on no other: it is the one that watches their sockets.
struct Shelf {
    runtime: runtime::Id,
    /// The one that was used last at the end.
    idle: Vec<Idle>,
    /// Closes what was idle for too long, and takes the shelf away when its runtime ends. None until it runs.
    reaper: Option<AbortHandle>,
}

struct Idle {
    connection: Box<Connection>,
    since: IdleSince,
}

const ENDED: &str = "the tokio runtime has been shut down";

impl Pool {
    pub(crate) fn new(idle_timeout: Duration) -> Self {
        Self { idle_timeout, shelves: Arc::default(), closed: AtomicBool::new(false) }
    }

    /// The runtime that the caller is on, if it can be used.
    pub(crate) fn enter(&self) -> Result<runtime::Id, TransportError> {
        let handle = passlock_net::tokio::current_runtime()?;
        let runtime = handle.id();
        if shelf(&mut lock(&self.shelves), runtime).is_some() {
            return Ok(runtime);
        }
        // Not under the lock: a runtime without them panics, and a panic runs the host's own hook.
        passlock_net::tokio::check_drivers()?;
        {
            let mut shelves = lock(&self.shelves);
            if shelf(&mut shelves, runtime).is_some() {
                return Ok(runtime);
            }
            shelves.push(Shelf { runtime, idle: Vec::new(), reaper: None });
        }
        // Not under the lock: a runtime that has ended drops the reaper at once, which locks too.
        let idle_timeout = self.idle_timeout;
        let reaper = Reaper { idle_timeout, shelves: Arc::downgrade(&self.shelves), runtime };
        let reaper = handle.spawn(reaper.run()).abort_handle();
        match shelf(&mut lock(&self.shelves), runtime) {
            Some(shelf) => shelf.reaper = Some(reaper),
            None => return Err(TransportError::new(TransportErrorKind::Unusable, ENDED)),
        }
        Ok(runtime)
    }

    /// A connection of this runtime that is still open, the one that was used last. For a request that can't be repeated its
    /// socket is looked at even if it was used just now.
    pub(crate) fn take(&self, runtime: runtime::Id, repeatable: bool) -> Option<Box<Connection>> {
        loop {
            let idle = shelf(&mut lock(&self.shelves), runtime)?.idle.pop()?;
            let mut connection = idle.connection;
            let elapsed = idle.since.elapsed();
            // The reaper may come late, above all after a sleep of the whole machine.
            if elapsed < self.idle_timeout && ((repeatable && elapsed < FRESH) || connection.is_alive()) {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next call. One that is not fit for it is closed.
    pub(crate) fn give_back(&self, runtime: runtime::Id, mut connection: Box<Connection>) {
        if self.idle_timeout.is_zero() || !connection.is_ready() {
            return;
        }
        let idle = Idle { connection, since: IdleSince::now() };
        let mut shelves = lock(&self.shelves);
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        if let Some(shelf) = shelf(&mut shelves, runtime) {
            shelf.idle.push(idle);
        }
        let surplus = take_oldest_above(&mut shelves, MAX_IDLE);
        drop(shelves);
        drop(surplus);
    }

    /// Closes the idle connections at once, and the others when their calls have ended.
    pub(crate) fn close(&self) {
        let idle: Vec<_> = {
            let mut shelves = lock(&self.shelves);
            self.closed.store(true, Ordering::Relaxed);
            shelves.iter_mut().map(|shelf| std::mem::take(&mut shelf.idle)).collect()
        };
        drop(idle);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let shelves = std::mem::take(&mut *lock(&self.shelves));
        for reaper in shelves.iter().filter_map(|shelf| shelf.reaper.as_ref()) {
            reaper.abort();
        }
    }
}

/// The task that reaps one shelf.
struct Reaper {
    idle_timeout: Duration,
    shelves: Weak<Mutex<Vec<Shelf>>>,
    runtime: runtime::Id,
}

impl Reaper {
    async fn run(self) {
        let mut next = Instant::now() + self.interval();
        loop {
            tokio::time::sleep_until(next).await;
            let Some(shelves) = self.shelves.upgrade() else { return };
            let Some(expired) = self.expired(&shelves, &mut next) else { return };
            drop(expired);
        }
    }

    /// Takes out what was idle for too long, and says when to come again. None if there is no shelf any more.
    fn expired(&self, shelves: &Mutex<Vec<Shelf>>, next: &mut Instant) -> Option<Vec<Idle>> {
        let mut shelves = lock(shelves);
        let shelf = shelf(&mut shelves, self.runtime)?;
        let expired = shelf.idle.partition_point(|idle| idle.since.elapsed() >= self.idle_timeout);
        let expired = shelf.idle.drain(..expired).collect();
        let oldest = shelf.idle.first().map_or_else(Instant::now, |idle| idle.since.instant().into());
        *next = oldest + self.interval();
        Some(expired)
    }

    /// After how long idle connections are looked at: a short timeout is no reason to come all the time. Where none is kept,
    /// all that is waited for is the end of the runtime.
    fn interval(&self) -> Duration {
        if self.idle_timeout.is_zero() { A_WHILE } else { self.idle_timeout.max(SHORTEST_INTERVAL) }
    }
}

/// Where its runtime has ended, nothing watches the connections any more.
impl Drop for Reaper {
    fn drop(&mut self) {
        if let Some(shelves) = self.shelves.upgrade() {
            let mut shelves = lock(&shelves);
            let own = shelves.iter().position(|shelf| shelf.runtime == self.runtime);
            let gone = own.map(|own| shelves.swap_remove(own));
            drop(shelves);
            drop(gone);
        }
    }
}

/// Takes out the connection that was used longest ago if there are more than so many.
fn take_oldest_above(shelves: &mut [Shelf], most: usize) -> Option<Idle> {
    if shelves.iter().map(|shelf| shelf.idle.len()).sum::<usize>() <= most {
        return None;
    }
    let oldest = shelves.iter_mut().min_by_key(|shelf| {
        let first = shelf.idle.first();
        (first.is_none(), first.map(|idle| idle.since.instant()))
    })?;
    Some(oldest.idle.remove(0))
}

fn shelf(shelves: &mut [Shelf], runtime: runtime::Id) -> Option<&mut Shelf> {
    shelves.iter_mut().find(|shelf| shelf.runtime == runtime)
}

/// Nothing is done under this lock that could panic and leave a half-made change. No connection is dropped under it either:
/// it holds the waker of its last call, and with an executor that we do not know this may be the last thing that holds a
/// client, whose end locks too.
fn lock(shelves: &Mutex<Vec<Shelf>>) -> MutexGuard<'_, Vec<Shelf>> {
    shelves.lock().unwrap_or_else(PoisonError::into_inner)
}
