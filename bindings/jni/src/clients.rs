//! Open clients, by the numbers that Kotlin knows them by.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use passlock_bindings_shared::{CloseableClient, Options};
use passlock_core::Error;
use passlock_hyper::CoreClient as Client;

const USER_AGENT: &str = concat!("passlock-kotlin/", env!("CARGO_PKG_VERSION"));

#[derive(Default)]
struct Clients {
    open: HashMap<i64, Arc<CloseableClient<Client>>>,
    last: i64,
}

static CLIENTS: LazyLock<RwLock<Clients>> = LazyLock::new(RwLock::default);

/// Opens a client, and gives its number, which is no other client's.
pub(crate) fn open(options: Options) -> Result<i64, Error> {
    let client =
        CloseableClient::new(options.build(USER_AGENT)?, |client: &Client| client.transport().close());
    let mut clients = CLIENTS.write().unwrap_or_else(PoisonError::into_inner);
    clients.last += 1;
    let number = clients.last;
    clients.open.insert(number, Arc::new(client));
    Ok(number)
}

/// The client, to make one call with.
pub(crate) fn get(number: i64) -> Result<Client, Error> {
    find(number).ok_or_else(Error::closed)?.get()
}

/// Closes a client: calls in flight finish, later ones fail. Closing again does nothing.
pub(crate) fn close(number: i64) {
    if let Some(client) = find(number) {
        client.close();
    }
}

/// Closes a client, and forgets it.
pub(crate) fn free(number: i64) {
    let client = CLIENTS.write().unwrap_or_else(PoisonError::into_inner).open.remove(&number);
    // Closed here, where the table is free again: that closes sockets.
    if let Some(client) = client {
        client.close();
    }
}

fn find(number: i64) -> Option<Arc<CloseableClient<Client>>> {
    CLIENTS.read().unwrap_or_else(PoisonError::into_inner).open.get(&number).cloned()
}
