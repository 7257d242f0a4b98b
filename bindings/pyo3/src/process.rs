//! What belongs to one process.
//!
//! A forked child finds its parent's runtime, connections and locks in its memory as they were in that moment: threads
//! that no longer run, locks that nobody will open, sockets and an epoll instance that the parent goes on using. It must
//! neither use nor drop them. It forgets them, and makes its own.

use std::fmt;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// How many forks lie between the process that loaded this library and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Tells a process from its parent and its children.
///
/// It is no process id: that one is asked of the kernel, several times a call, and two processes that share memory by a fork
/// may have the same one, each in a PID namespace of its own. Counted is what calls `fork`, as Python and servers do; a bare
/// system call tells no library of the child, and one made like that has to `exec` before it uses this.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Self {
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Has forks counted from now on. To be called before anything here is used.
    pub(crate) fn count_forks() -> io::Result<()> {
        #[cfg(unix)]
        {
            static COUNTED: std::sync::OnceLock<i32> = std::sync::OnceLock::new();

            extern "C" fn forked() {
                FORKS.fetch_add(1, Ordering::Relaxed);
            }
            // SAFETY: in a child, where this is called before fork returns, it does nothing but add to an atomic number. This
            // library is never unloaded: Python keeps its extension modules.
            let failure = *COUNTED.get_or_init(|| unsafe { libc::pthread_atfork(None, None, Some(forked)) });
            if failure != 0 {
                return Err(io::Error::from_raw_os_error(failure));
            }
        }
        Ok(())
    }
}

/// A value that every process makes for itself, at its first use.
///
/// There is no lock in it: a lock that another thread held during the fork would stay shut in the child for ever.
pub(crate) struct ForkLocal<T>(AtomicPtr<Owned<T>>);

struct Owned<T> {
    process: Process,
    value: T,
}

impl<T> ForkLocal<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// This process's value.
    pub(crate) fn get(&self) -> Option<&T> {
        self.of(Process::current())
    }

    /// This process's value, made if necessary. Two threads may both make one: the second is dropped.
    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        let process = Process::current();
        let seen = self.0.load(Ordering::Acquire);
        if let Some(value) = self.of(process) {
            return Ok(value);
        }
        let made = Box::into_raw(Box::new(Owned { process, value: make()? }));
        // A parent's value that is replaced here is forgotten, on purpose.
        if self.0.compare_exchange(seen, made, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            // SAFETY: just made, and from now on freed by nothing but `drop`, which has `self` to itself.
            return Ok(unsafe { &(*made).value });
        }
        // SAFETY: just made, and never shared: the exchange failed.
        drop(unsafe { Box::from_raw(made) });
        match self.of(process) {
            Some(value) => Ok(value),
            // Only a process's own threads exchange values, so what won is this process's.
            None => unreachable!("another process's value appeared in this one"),
        }
    }

    fn of(&self, process: Process) -> Option<&T> {
        // SAFETY: null, or made by `get_or_make` and freed by nothing but `drop`, which has `self` to itself.
        let owned = unsafe { self.0.load(Ordering::Acquire).as_ref() }?;
        (owned.process == process).then_some(&owned.value)
    }
}

impl<T> Drop for ForkLocal<T> {
    fn drop(&mut self) {
        if self.get().is_some() {
            // SAFETY: made by `get_or_make`, and nobody else has `self` any more.
            drop(unsafe { Box::from_raw(*self.0.get_mut()) });
        }
    }
}

impl<T> fmt::Debug for ForkLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForkLocal").finish_non_exhaustive()
    }
}

/// A value that a forked child can neither reach nor drop.
pub(crate) struct ForkGuarded<T> {
    process: Process,
    value: Option<T>,
}

impl<T> ForkGuarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { process: Process::current(), value: Some(value) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.process == Process::current())
    }
}

impl<T> Drop for ForkGuarded<T> {
    fn drop(&mut self) {
        if self.process != Process::current() {
            std::mem::forget(self.value.take());
        }
    }
}

impl<T> fmt::Debug for ForkGuarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForkGuarded").finish_non_exhaustive()
    }
}
