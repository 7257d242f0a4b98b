//! Name resolution that can't hang a caller, and can't fill the process with threads that hang.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use passlock_core::is_local_name;

/// The most threads that look names up at a time. The system's resolver can't be interrupted, so this is also how many can
/// be stuck in it.
const MOST_THREADS: usize = 8;

/// How many lookups may wait before those are dropped that nobody waits for.
const LONGEST_QUEUE: usize = 64;

/// How many threads look names up now, of any resolver.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Looks up a name, blocking. For tests of resolvers that do not respond.
pub type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Waits for the addresses of a name.
pub trait Waiter: Send {
    /// Whether the addresses are still wanted.
    fn is_waiting(&self) -> bool;

    /// Takes what was found: at least one address, or an error.
    fn found(self: Box<Self>, addresses: io::Result<Vec<SocketAddr>>);
}

/// Resolves names on a few threads of its own, which end when there is nothing to do.
///
/// A lookup that nobody waits for any more costs nothing but its slot in the queue: the caller keeps its own time limit.
#[derive(Clone)]
pub struct Resolver(Arc<Shared>);

struct Shared {
    lookup: Box<Lookup>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
}

struct Job {
    host: String,
    port: u16,
    waiter: Box<dyn Waiter>,
}

impl Resolver {
    /// The system's resolver.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Box::new(|host, port| Ok((host, port).to_socket_addrs()?.collect())))
    }

    /// A resolver that uses this function.
    #[must_use]
    pub fn new(lookup: Box<Lookup>) -> Self {
        Self(Arc::new(Shared { lookup, queue: Mutex::default() }))
    }

    /// Looks up `host` for a waiter, on another thread. An IP address is answered at once, and so is a name of this machine:
    /// since requests to it may go without TLS, it is never looked up.
    pub fn resolve(&self, host: &str, port: u16, waiter: Box<dyn Waiter>) {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return waiter.found(Ok(vec![SocketAddr::new(address, port)]));
        }
        if is_local_name(host) {
            let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            return waiter.found(Ok(addresses.map(|address| SocketAddr::new(address, port)).to_vec()));
        }
        let job = Job { host: host.to_owned(), port, waiter };
        let mut queue = self.0.queue();
        if queue.jobs.len() >= LONGEST_QUEUE {
            // Every thread is stuck. What nobody waits for any more must not pile up behind them.
            queue.jobs.retain(|job| job.waiter.is_waiting());
        }
        queue.jobs.push_back(job);
        if queue.threads < MOST_THREADS {
            queue.threads += 1;
            drop(queue);
            self.start_thread();
        }
    }

    /// Whether a thread of any resolver is at work: its lookup may go on when its call has long ended. For bindings, whose
    /// library must not be unloaded under it.
    #[must_use]
    pub fn is_any_at_work() -> bool {
        THREADS.load(Ordering::SeqCst) > 0
    }

    fn start_thread(&self) {
        let shared = Arc::clone(&self.0);
        THREADS.fetch_add(1, Ordering::SeqCst);
        let started = thread::Builder::new().name("passlock-resolver".to_owned()).spawn(move || {
            shared.work();
            drop(shared);
            THREADS.fetch_sub(1, Ordering::SeqCst);
        });
        if let Err(error) = started {
            THREADS.fetch_sub(1, Ordering::SeqCst);
            let mut queue = self.0.queue();
            queue.threads -= 1;
            // Somebody else's thread may still take the job; without one it would wait for ever.
            let orphans = if queue.threads == 0 { std::mem::take(&mut queue.jobs) } else { VecDeque::new() };
            drop(queue);
            for job in orphans {
                job.waiter.found(Err(io::Error::new(error.kind(), error.to_string())));
            }
        }
    }
}

impl Shared {
    /// A panic elsewhere leaves the queue as it was: nothing is done while it is locked that could panic.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each thread does: takes jobs until there are none.
    fn work(&self) {
        loop {
            let mut queue = self.queue();
            let Some(job) = queue.jobs.pop_front() else {
                queue.threads -= 1;
                return;
            };
            drop(queue);
            if job.waiter.is_waiting() {
                let found = (self.lookup)(&job.host, job.port).and_then(|addresses| {
                    if addresses.is_empty() {
                        Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
                    } else {
                        Ok(addresses)
                    }
                });
                job.waiter.found(found);
            }
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    struct Test<F> {
        waiting: bool,
        found: F,
    }

    impl<F: FnOnce(io::Result<Vec<SocketAddr>>) + Send> Waiter for Test<F> {
        fn is_waiting(&self) -> bool {
            self.waiting
        }

        fn found(self: Box<Self>, addresses: io::Result<Vec<SocketAddr>>) {
            (self.found)(addresses);
        }
    }

    fn resolve(
        resolver: &Resolver,
        host: &str,
        waiting: bool,
        found: impl FnOnce(io::Result<Vec<SocketAddr>>) + Send + 'static,
    ) {
        resolver.resolve(host, 7, Box::new(Test { waiting, found }));
    }

    #[test]
    fn an_address_needs_no_thread_and_no_lookup() {
        let resolver = Resolver::new(Box::new(|_, _| panic!("no lookup was needed")));
        let (sender, receiver) = mpsc::channel();
        for host in ["127.0.0.1", "[::1]"] {
            let sender = sender.clone();
            resolve(&resolver, host, true, move |found| {
                sender.send((thread::current().id(), found)).unwrap();
            });
        }
        for expected in ["127.0.0.1:7", "[::1]:7"] {
            let (thread, found) = receiver.recv_timeout(PATIENCE).unwrap();
            assert_eq!(thread, thread::current().id());
            assert_eq!(found.unwrap(), [expected.parse().unwrap()]);
        }
    }

    #[test]
    fn a_name_of_this_machine_is_this_machine_whatever_a_resolver_says() {
        let resolver = Resolver::new(Box::new(|_, _| panic!("no lookup was needed")));
        let (sender, receiver) = mpsc::channel();
        for host in ["localhost", "a.localhost"] {
            let sender = sender.clone();
            resolve(&resolver, host, true, move |found| sender.send(found).unwrap());
            let found = receiver.recv_timeout(PATIENCE).unwrap().unwrap();
            assert_eq!(found, ["127.0.0.1:7".parse().unwrap(), "[::1]:7".parse().unwrap()]);
        }
    }

    #[test]
    fn other_names_are_looked_up_by_the_system() {
        // The one name that every machine knows, by the way that all others take.
        let found = (Resolver::system().0.lookup)("localhost", 7).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 7));
    }

    #[test]
    fn a_resolver_that_does_not_answer_holds_few_threads_and_drops_what_nobody_waits_for() {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let lookups = Arc::new(AtomicUsize::new(0));
        let resolver = Resolver::new({
            let (gate, lookups) = (Arc::clone(&gate), Arc::clone(&lookups));
            Box::new(move |_, _| {
                lookups.fetch_add(1, Ordering::SeqCst);
                let open = gate.0.lock().unwrap();
                drop(gate.1.wait_while(open, |open| !*open).unwrap());
                Ok(Vec::new())
            })
        });
        let (sender, receiver) = mpsc::channel();
        for _ in 0..100 {
            let sender = sender.clone();
            resolve(&resolver, "stuck.example", true, move |found| sender.send(found).unwrap());
        }
        assert_eq!(resolver.0.queue().threads, MOST_THREADS);
        assert!(Resolver::is_any_at_work());
        // Nobody waits for these any more.
        for _ in 0..100 {
            resolve(&resolver, "stuck.example", false, |_| panic!("answered though nobody waits"));
        }
        let queued = resolver.0.queue().jobs.len();
        assert!(queued < 110, "{queued}");
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        for _ in 0..100 {
            let error = receiver.recv_timeout(PATIENCE).unwrap().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
        // Of this process's tests no other starts a thread.
        while Resolver::is_any_at_work() {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(resolver.0.queue().threads, 0);
        assert_eq!(lookups.load(Ordering::SeqCst), 100);
    }
}
