//! What clients of one process share.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;

/// How many values are kept. More sets of certificate authorities in one process are a test suite.
const MOST: usize = 8;
/// How often the lock is tried for.
const TRIES: usize = 100;

/// Values that are made once and kept for the next who asks with the same key.
///
/// Nobody waits for long: a value is made without the lock, and where the lock can't be had one is made and not kept. After a
/// fork in the wrong moment it can never be had in the child.
pub(crate) struct Shared<K, V>(Mutex<Vec<(K, V)>>);

impl<K: Clone + PartialEq, V: Clone> Shared<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The value for a key: one that was made earlier, or a new one.
    pub(crate) fn get_or_make<E>(&self, key: &K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        if let Some(known) = self.get(key) {
            return Ok(known);
        }
        let made = make()?;
        Ok(self.keep(key, made))
    }

    fn get(&self, key: &K) -> Option<V> {
        let entries = self.lock()?;
        entries.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    /// Keeps a value, unless another thread was quicker: then theirs is the one that all share.
    fn keep(&self, key: &K, made: V) -> V {
        let Some(mut entries) = self.lock() else { return made };
        if let Some((_, known)) = entries.iter().find(|(known, _)| known == key) {
            return known.clone();
        }
        let oldest = (entries.len() >= MOST).then(|| entries.remove(0));
        entries.push((key.clone(), made.clone()));
        drop(entries);
        // Not under the lock: it may be large.
        drop(oldest);
        made
    }

    fn lock(&self) -> Option<MutexGuard<'_, Vec<(K, V)>>> {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(entries) => return Some(entries),
                // Nothing is done under the lock that could panic and leave a half-made change.
                Err(TryLockError::Poisoned(entries)) => return Some(entries.into_inner()),
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_key() {
        let (shared, made) = (Shared::new(), AtomicUsize::new(0));
        let get = |key: usize| {
            shared.get_or_make(&key, || Ok::<_, Infallible>(made.fetch_add(1, Ordering::SeqCst)))
        };
        for _ in 0..100 {
            assert_eq!((get(1), get(2)), (Ok(0), Ok(1)));
        }
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn what_can_not_be_made_is_not_kept() {
        let shared = Shared::new();
        assert_eq!(shared.get_or_make(&1, || Err::<u8, _>("why")), Err("why"));
        assert_eq!(shared.get_or_make(&1, || Ok::<_, ()>(7)), Ok(7));
    }

    #[test]
    fn as_many_are_kept_as_a_program_needs_and_no_more() {
        let shared = Shared::new();
        for key in 0..1000 {
            assert_eq!(shared.get_or_make(&key, || Ok::<_, ()>(key)), Ok(key));
        }
        assert_eq!(shared.0.lock().unwrap().len(), MOST);
        assert_eq!(shared.get_or_make(&999, || Err(())), Ok(999), "the newest are kept");
    }

    /// As it is in a child that was forked while another thread of its parent held the lock.
    #[test]
    fn a_lock_that_is_never_released_holds_nobody_up() {
        let shared = Shared::new();
        let _held = shared.0.lock().unwrap();
        for value in 0..3 {
            assert_eq!(shared.get_or_make(&1, || Ok::<_, ()>(value)), Ok(value));
        }
    }
}
