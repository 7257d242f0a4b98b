use std::fmt;
use std::sync::{PoisonError, RwLock};

use passlock_core::Error;

/// A client that can be closed while others use it.
///
/// Closing is immediate: calls in flight hold their own client and finish with it.
pub struct CloseableClient<C> {
    client: RwLock<Option<C>>,
    closing: fn(&C),
}

impl<C: Clone> CloseableClient<C> {
    /// An open client, and what closes its idle connections.
    pub fn new(client: C, closing: fn(&C)) -> Self {
        Self { client: RwLock::new(Some(client)), closing }
    }

    /// The client, to make one call with.
    ///
    /// # Errors
    ///
    /// `config` if it was closed.
    pub fn get(&self) -> Result<C, Error> {
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner);
        client.clone().ok_or_else(Error::closed)
    }

    /// Closes it. Closing again does nothing.
    pub fn close(&self) {
        let client = self.client.write().unwrap_or_else(PoisonError::into_inner).take();
        // Closed and dropped here, where the lock is no longer held: that closes sockets.
        if let Some(client) = client {
            (self.closing)(&client);
        }
    }
}

impl<C> fmt::Debug for CloseableClient<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloseableClient").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_closed_client_is_an_error_and_what_is_in_use_lives_on() {
        let client = Arc::new(AtomicUsize::new(0));
        let closeable = CloseableClient::new(Arc::clone(&client), |client| {
            client.fetch_add(1, Ordering::SeqCst);
        });
        let in_use = closeable.get().unwrap();
        closeable.close();
        closeable.close();
        assert_eq!(closeable.get().unwrap_err().message(), "client is closed");
        // Its idle connections were closed once, though one call goes on.
        assert_eq!((client.load(Ordering::SeqCst), Arc::strong_count(&client)), (1, 2));
        drop(in_use);
        assert_eq!(Arc::strong_count(&client), 1);
    }
}
