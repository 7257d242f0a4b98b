//! How the loop of some calls learns which of them can continue.
//!
//! It is notified once, of all that is ready until it comes to take them. Hosts do lose a wake-up now and then, and nobody
//! would send another: so what is ready and not taken is announced again, by the runtime's thread.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long what is ready may lie there before its loop is notified again. It doubles from one time to the next, since the
/// loop may just be busy.
const FIRST_REMINDER: Duration = Duration::from_millis(50);
const LAST_REMINDER: Duration = Duration::from_secs(1);

/// Has the loop come and take what is ready.
type Wakeup = Arc<dyn Fn() + Send + Sync>;

thread_local! {
    /// What this thread has yet to send, if it batches.
    static BATCHED: RefCell<Option<Vec<Wakeup>>> = const { RefCell::new(None) };
}

/// The calls that can continue.
pub(crate) struct ReadyQueue {
    queue: Mutex<Queue>,
    wakeup: Wakeup,
    /// Whether a watchdog was started.
    has_watchdog: AtomicBool,
    /// Tells the watchdog that there is something to watch, or that it is over.
    watchdog: Notify,
}

#[derive(Default)]
struct Queue {
    numbers: Vec<u64>,
    /// How often they were taken.
    taken: u64,
    /// Whether the watchdog looks.
    watched: bool,
    closed: bool,
}

impl ReadyQueue {
    /// An empty one. `wakeup` is called, on any thread, when the loop has to [`take`](Self::take).
    pub(crate) fn new(wakeup: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::default(),
            wakeup: Arc::new(wakeup),
            has_watchdog: AtomicBool::new(false),
            watchdog: Notify::new(),
        })
    }

    /// Starts what announces again, once, on the runtime that this thread is in.
    pub(crate) fn watch(self: &Arc<Self>) {
        if self.has_watchdog.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(runtime) = Handle::try_current()
            && !self.has_watchdog.swap(true, Ordering::Relaxed)
        {
            runtime.spawn(Arc::clone(self).remind());
        }
    }

    pub(crate) fn push(&self, number: u64) {
        let mut queue = lock(&self.queue);
        queue.numbers.push(number);
        let first = queue.numbers.len() == 1;
        let unwatched = first && !std::mem::replace(&mut queue.watched, true);
        drop(queue);
        if first {
            self.notify();
        }
        if unwatched {
            self.watchdog.notify_one();
        }
    }

    pub(crate) fn take(&self) -> Vec<u64> {
        let mut queue = lock(&self.queue);
        queue.taken = queue.taken.wrapping_add(1);
        std::mem::take(&mut queue.numbers)
    }

    /// Ends the watchdog.
    pub(crate) fn close(&self) {
        lock(&self.queue).closed = true;
        self.watchdog.notify_one();
    }

    /// Announces again, for as long as there are calls. There is no timer for a call: while calls come and go the queue is
    /// looked at every now and then, and when it was empty then, not before something is in it again.
    async fn remind(self: Arc<Self>) {
        loop {
            self.watchdog.notified().await;
            let mut pause = FIRST_REMINDER;
            while let Some(taken) = self.untaken() {
                sleep(pause).await;
                if self.untaken() == Some(taken) {
                    self.notify();
                    pause = LAST_REMINDER.min(pause * 2);
                } else {
                    pause = FIRST_REMINDER;
                }
            }
            if lock(&self.queue).closed {
                return;
            }
        }
    }

    /// How often the queue was taken before that which is in it now; none if that is nothing, and then it is not watched.
    fn untaken(&self) -> Option<u64> {
        let mut queue = lock(&self.queue);
        queue.watched = !queue.numbers.is_empty() && !queue.closed;
        queue.watched.then_some(queue.taken)
    }

    fn notify(&self) {
        let batched = BATCHED.try_with(|batched| match &mut *batched.borrow_mut() {
            Some(batched) => {
                batched.push(Arc::clone(&self.wakeup));
                true
            }
            None => false,
        });
        // A thread that is ending batches nothing.
        if batched != Ok(true) {
            (self.wakeup)();
        }
    }
}

impl fmt::Debug for ReadyQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyQueue").field("ready", &lock(&self.queue).numbers.len()).finish_non_exhaustive()
    }
}

/// From now on this thread keeps its wake-ups back until it calls [`flush_wakeups`]: for a runtime's thread, which learns
/// of many calls at once that can continue, and must wake their loops when it knows them all.
pub(crate) fn batch_wakeups() {
    BATCHED.set(Some(Vec::new()));
}

/// Sends the wake-ups that this thread has batched.
pub(crate) fn flush_wakeups() {
    let batched = BATCHED.with_borrow_mut(|batched| batched.as_mut().map(std::mem::take));
    for wakeup in batched.into_iter().flatten() {
        wakeup();
    }
}

/// Nothing is done under these locks that could panic and leave a half-made change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use tokio::runtime::Builder;

    use super::*;

    /// A queue whose loop is deaf, and how often it was notified.
    fn unheard() -> (Arc<ReadyQueue>, Arc<AtomicUsize>) {
        let notified = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&notified);
        let queue = ReadyQueue::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        (queue, notified)
    }

    /// Runs a test in a runtime whose clock jumps to the next timer when there is nothing else to do.
    fn by_virtual_clock(test: impl Future<Output = ()>) {
        Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(test);
    }

    async fn after(milliseconds: u64) {
        sleep(Duration::from_millis(milliseconds)).await;
    }

    #[test]
    fn a_lost_notification_is_sent_again() {
        by_virtual_clock(async {
            let (queue, notified) = unheard();
            let count = || notified.load(Ordering::SeqCst);
            queue.watch();
            queue.watch();
            after(1).await;
            queue.push(1);
            queue.push(2);
            after(49).await;
            assert_eq!(count(), 1);
            after(2).await;
            assert_eq!(count(), 2);
            // Again and again, less and less often.
            after(100).await;
            assert_eq!(count(), 3);
            after(60_000).await;
            assert!((60..70).contains(&count()), "{}", count());

            assert_eq!(queue.take(), [1, 2]);
            let before = count();
            after(60_000).await;
            assert_eq!(count(), before);

            // And at the first pace for the next one.
            queue.push(3);
            after(51).await;
            assert_eq!(count(), before + 2);
        });
    }

    #[test]
    fn what_is_taken_in_time_is_announced_once() {
        by_virtual_clock(async {
            let (queue, notified) = unheard();
            queue.watch();
            // One that is ready whenever the watchdog looks, but never the same one.
            for number in 0..1000 {
                queue.push(number);
                after(30).await;
                assert_eq!(queue.take(), [number]);
            }
            assert_eq!(notified.load(Ordering::SeqCst), 1000);
        });
    }

    #[test]
    fn the_watchdog_has_no_timer_for_a_call_and_none_when_idle() {
        by_virtual_clock(async {
            let (queue, _) = unheard();
            let polls = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&polls);
            let mut watchdog = Box::pin(Arc::clone(&queue).remind());
            tokio::spawn(poll_fn(move |context| {
                counted.fetch_add(1, Ordering::SeqCst);
                watchdog.as_mut().poll(context)
            }));
            // A second of calls, and an hour without.
            for number in 0..10_000 {
                queue.push(number);
                tokio::time::advance(Duration::from_micros(100)).await;
                queue.take();
            }
            after(3_600_000).await;
            let polls = polls.load(Ordering::SeqCst);
            // Two for each time that it looks: to look, and when there is something again.
            assert!((20..=45).contains(&polls), "{polls}");
        });
    }

    #[test]
    fn the_watchdog_ends_with_its_queue() {
        by_virtual_clock(async {
            let (queue, _) = unheard();
            queue.push(1);
            let watchdog = tokio::spawn(Arc::clone(&queue).remind());
            after(1).await;
            queue.close();
            watchdog.await.unwrap();
            assert_eq!(Arc::strong_count(&queue), 1);
        });
    }
}
