use std::sync::{PoisonError, RwLock};

use passlock_core::Error;

/// A client that can be closed while others use it.
///
/// Closing is immediate: calls in flight hold a client of their own and finish with it, and the last of them takes the
/// connections along.
#[derive(Debug)]
pub struct Closable<C>(RwLock<Option<C>>);

impl<C: Clone> Closable<C> {
    /// An open client.
    pub fn new(client: C) -> Self {
        Self(RwLock::new(Some(client)))
    }

    /// The client, to make one call with.
    ///
    /// # Errors
    ///
    /// `config` when it was closed.
    pub fn get(&self) -> Result<C, Error> {
        let client = self.0.read().unwrap_or_else(PoisonError::into_inner);
        client.clone().ok_or_else(Error::closed)
    }

    /// Closes it. Closing again does nothing.
    pub fn close(&self) {
        let client = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        // Dropped here, where the lock is no longer held: dropping a client closes sockets.
        drop(client);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_closed_client_is_an_error_and_what_is_in_use_lives_on() {
        let client = Arc::new(());
        let closable = Closable::new(Arc::clone(&client));
        let in_use = closable.get().unwrap();
        closable.close();
        closable.close();
        assert_eq!(closable.get().unwrap_err().message(), "client is closed");
        assert_eq!(Arc::strong_count(&client), 2);
        drop(in_use);
        assert_eq!(Arc::strong_count(&client), 1);
    }
}
