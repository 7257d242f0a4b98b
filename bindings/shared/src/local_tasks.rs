//! Calls that the thread of an event loop runs itself.
//!
//! A call is polled where its outcome is wanted, not on a thread of the runtime: it is begun at once, by the thread that
//! makes it, and no outcome has to be carried from one thread to another. All that is left to the runtime is to watch
//! sockets and clocks, and to say which calls can continue.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::wakeups::ReadyQueue;

/// How often a call that wakes itself is polled before others get their turn.
const MAX_POLLS: usize = 16;

type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The calls in flight of one event loop, by the numbers that the loop gave them.
pub struct LocalTasks<T> {
    /// None while a thread polls it.
    tasks: Mutex<HashMap<u64, Option<Task<T>>>>,
    ready: Arc<ReadyQueue>,
}

struct Task<T> {
    future: Running<T>,
    state: Arc<TaskState>,
}

/// Where one call stands. It is the call's waker.
struct TaskState {
    number: u64,
    phase: AtomicU8,
    ready: Arc<ReadyQueue>,
}

/// It waits.
const WAITING: u8 = 0;
/// It is being polled.
const POLLED: u8 = 1;
/// It is being polled, and was woken in the meantime.
const WOKEN: u8 = 2;
/// It is among those that can continue, or has ended.
const QUEUED: u8 = 3;

impl<T> LocalTasks<T> {
    /// No calls yet. `notify` is called, on any thread, when the loop has to [`poll_ready`](Self::poll_ready): once for all calls
    /// that can continue until it does, and again every now and then when it does not: a host may lose a wake-up.
    pub fn new(notify: impl Fn() + Send + Sync + 'static) -> Self {
        Self { tasks: Mutex::default(), ready: ReadyQueue::new(notify) }
    }

    /// Begins a call, and returns its outcome if it has one already. No other call in flight may have the number. Call this
    /// within the runtime that watches the calls' sockets, which also repeats lost notifications.
    pub fn spawn(&self, number: u64, future: impl Future<Output = T> + Send + 'static) -> Option<T> {
        self.ready.watch();
        let state = TaskState { number, phase: AtomicU8::new(QUEUED), ready: Arc::clone(&self.ready) };
        lock(&self.tasks).insert(number, None);
        self.poll(Task { future: Box::pin(future), state: Arc::new(state) })
    }

    /// Lets the calls continue that can, and passes on the outcomes of those that have ended.
    pub fn poll_ready(&self, mut ended: impl FnMut(u64, T)) {
        for number in self.ready.take() {
            let task = lock(&self.tasks).get_mut(&number).and_then(Option::take);
            // One that is gone was cancelled.
            if let Some(outcome) = task.and_then(|task| self.poll(task)) {
                ended(number, outcome);
            }
        }
    }

    /// Ends a call, on any thread; whether it was still in flight. One that another thread polls just now ends when that is
    /// done with it, and its outcome is dropped.
    pub fn cancel(&self, number: u64) -> bool {
        let task = lock(&self.tasks).remove(&number);
        // Dropped here, where nothing is locked: it closes its connection.
        task.is_some()
    }

    /// How many are in flight.
    pub fn in_flight(&self) -> usize {
        lock(&self.tasks).len()
    }

    /// The call is out of the table while it is polled, so that nothing is locked then; its place stays, unless it is cancelled.
    fn poll(&self, mut task: Task<T>) -> Option<T> {
        let number = task.state.number;
        let waker = Waker::from(Arc::clone(&task.state));
        for _ in 0..MAX_POLLS {
            // Not only stored: what was done before a wake-up that came earlier is to be seen by this poll.
            task.state.phase.swap(POLLED, Ordering::AcqRel);
            if let Poll::Ready(outcome) = task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                task.state.phase.store(QUEUED, Ordering::Release);
                return lock(&self.tasks).remove(&number).map(|_| outcome);
            }
            if task.state.phase.load(Ordering::Acquire) == WOKEN {
                continue;
            }
            let state = Arc::clone(&task.state);
            // Entered before it can be woken: whoever is told of it must find it.
            self.put_back(task);
            if state.phase.compare_exchange(POLLED, WAITING, Ordering::AcqRel, Ordering::Acquire).is_err() {
                state.enqueue();
            }
            return None;
        }
        let state = Arc::clone(&task.state);
        self.put_back(task);
        state.enqueue();
        None
    }

    fn put_back(&self, task: Task<T>) {
        let mut tasks = lock(&self.tasks);
        if let Some(place) = tasks.get_mut(&task.state.number) {
            *place = Some(task);
            return;
        }
        // It was cancelled meanwhile. Dropped where nothing is locked: it closes its connection.
        drop(tasks);
        drop(task);
    }
}

impl TaskState {
    fn enqueue(&self) {
        self.phase.store(QUEUED, Ordering::Release);
        self.ready.push(self.number);
    }
}

impl Wake for TaskState {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let woken = self.phase.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
            WAITING => Some(QUEUED),
            POLLED => Some(WOKEN),
            // Written all the same, so that the poll that comes sees what was done before this wake-up.
            other => Some(other),
        });
        if woken == Ok(WAITING) {
            self.enqueue();
        }
    }
}

impl<T> Drop for LocalTasks<T> {
    fn drop(&mut self) {
        self.ready.close();
    }
}

impl<T> fmt::Debug for LocalTasks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTasks").field("in_flight", &self.in_flight()).finish_non_exhaustive()
    }
}

/// Nothing is done under these locks that could panic and leave a half-made change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cmp;
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::wakeups::{batch_wakeups, flush_wakeups};

    /// Tasks that count how often their loop was woken.
    fn tasks() -> (LocalTasks<u8>, Arc<AtomicUsize>) {
        let wakeups = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakeups);
        let tasks = LocalTasks::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        (tasks, wakeups)
    }

    /// A future that ends on request, and the handle that requests it.
    fn gate(outcome: u8) -> (impl Future<Output = u8> + Send, Arc<Mutex<Gate>>) {
        let gate = Arc::new(Mutex::new(Gate::default()));
        let looked_at = Arc::clone(&gate);
        let future = poll_fn(move |cx| {
            let mut gate = lock(&looked_at);
            gate.polls += 1;
            if gate.open {
                return Poll::Ready(outcome);
            }
            gate.waker = Some(cx.waker().clone());
            Poll::Pending
        });
        (future, gate)
    }

    #[derive(Default)]
    struct Gate {
        open: bool,
        polls: usize,
        waker: Option<Waker>,
    }

    fn open(gate: &Mutex<Gate>) {
        let mut gate = lock(gate);
        gate.open = true;
        let waker = gate.waker.take().unwrap();
        drop(gate);
        waker.wake();
    }

    fn ended(tasks: &LocalTasks<u8>) -> Vec<(u64, u8)> {
        let mut ended = Vec::new();
        tasks.poll_ready(|number, outcome| ended.push((number, outcome)));
        ended
    }

    #[test]
    fn a_call_begins_at_once_and_its_loop_is_woken_once_for_many() {
        let (tasks, wakeups) = tasks();
        assert_eq!(tasks.spawn(1, std::future::ready(7)), Some(7));
        let (first, first_gate) = gate(1);
        let (second, second_gate) = gate(2);
        assert_eq!(tasks.spawn(1, first), None);
        assert_eq!(tasks.spawn(2, second), None);
        assert_eq!((lock(&first_gate).polls, tasks.in_flight()), (1, 2));
        assert_eq!(ended(&tasks), []);

        open(&second_gate);
        open(&first_gate);
        assert_eq!(wakeups.load(Ordering::SeqCst), 1);
        assert_eq!(ended(&tasks), [(2, 2), (1, 1)]);
        assert_eq!((lock(&first_gate).polls, tasks.in_flight()), (2, 0));
        assert_eq!(ended(&tasks), []);
    }

    #[test]
    fn a_thread_that_gathers_sends_its_wakeups_when_it_is_told_to() {
        let (tasks, wakeups) = tasks();
        let (future, gate) = gate(1);
        tasks.spawn(1, future);
        let other = std::thread::spawn({
            let wakeups = Arc::clone(&wakeups);
            move || {
                batch_wakeups();
                open(&gate);
                assert_eq!(wakeups.load(Ordering::SeqCst), 0);
                flush_wakeups();
                flush_wakeups();
            }
        });
        other.join().unwrap();
        assert_eq!(wakeups.load(Ordering::SeqCst), 1);
        assert_eq!(ended(&tasks), [(1, 1)]);
    }

    #[test]
    fn a_call_that_wakes_itself_goes_on_without_a_wakeup_but_not_for_ever() {
        let (tasks, wakeups) = tasks();
        let mut polls = 0;
        let impatient = poll_fn(move |cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == MAX_POLLS + 1 { Poll::Ready(9) } else { Poll::Pending }
        });
        assert_eq!(tasks.spawn(1, impatient), None);
        assert_eq!(wakeups.load(Ordering::SeqCst), 1);
        assert_eq!(ended(&tasks), [(1, 9)]);
        assert_eq!(wakeups.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_call_that_is_woken_while_it_is_polled_is_polled_again() {
        let (tasks, wakeups) = tasks();
        let (future, gate) = gate(1);
        let mut future = Box::pin(future);
        let mut polls = 0;
        let opened = Arc::clone(&gate);
        let call = poll_fn(move |cx| {
            polls += 1;
            let polled = future.as_mut().poll(cx);
            match polls.cmp(&(MAX_POLLS + 1)) {
                cmp::Ordering::Less => cx.waker().wake_by_ref(),
                // Once it has its turn again, while it is polled.
                cmp::Ordering::Equal => open(&opened),
                cmp::Ordering::Greater => {}
            }
            polled
        });
        assert_eq!(tasks.spawn(1, call), None);
        assert_eq!(ended(&tasks), [(1, 1)]);
        assert_eq!(wakeups.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_cancelled_call_is_dropped_at_once_and_never_heard_of() {
        let (tasks, _) = tasks();
        let (future, gate) = gate(1);
        tasks.spawn(1, future);
        assert!(tasks.cancel(1));
        // Only this test holds it now.
        assert_eq!(Arc::strong_count(&gate), 1);
        assert!(!tasks.cancel(1));
        open(&gate);
        assert_eq!(ended(&tasks), []);
    }

    #[test]
    fn a_call_that_is_cancelled_while_it_is_polled_is_dropped_after_that() {
        let (tasks, _) = tasks();
        let tasks = Arc::new(tasks);
        for ends in [false, true] {
            let (future, gate) = gate(1);
            let mut future = Box::pin(future);
            lock(&gate).open = ends;
            let cancelling = Arc::clone(&tasks);
            let call = poll_fn(move |cx| {
                assert!(cancelling.cancel(1));
                future.as_mut().poll(cx)
            });
            assert_eq!(tasks.spawn(1, call), None);
            // Only this test holds it now.
            assert_eq!((Arc::strong_count(&gate), tasks.in_flight()), (1, 0));
            let waker = lock(&gate).waker.take();
            waker.into_iter().for_each(Waker::wake);
            assert_eq!(ended(&tasks), []);
        }
    }

    #[test]
    fn wake_ups_from_other_threads_are_never_lost() {
        let (notify, notified) = std::sync::mpsc::channel();
        let tasks = LocalTasks::new(move || {
            let _ = notify.send(());
        });
        for number in 0..2_000 {
            let (sender, waker) = std::sync::mpsc::channel::<Waker>();
            let woken = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&woken);
            let other = std::thread::spawn(move || {
                while let Ok(waker) = waker.recv() {
                    seen.fetch_add(1, Ordering::SeqCst);
                    waker.wake();
                }
            });
            let mut outcome = tasks.spawn(
                number,
                poll_fn(move |cx| {
                    if woken.load(Ordering::SeqCst) == 3 {
                        return Poll::Ready(1);
                    }
                    sender.send(cx.waker().clone()).unwrap();
                    Poll::Pending
                }),
            );
            while outcome.is_none() {
                notified.recv_timeout(std::time::Duration::from_secs(10)).expect("a wake-up was lost");
                tasks.poll_ready(|_, ended| outcome = Some(ended));
            }
            other.join().unwrap();
        }
    }
}
