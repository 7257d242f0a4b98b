//! Open clients, by the numbers that Kotlin knows them by.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use passlock_bindings_shared::Options;
use passlock_core::Error;
use passlock_hyper::CoreClient as Client;

use crate::runtime::{self, Runtime};

const USER_AGENT: &str = concat!("passlock-kotlin/", env!("CARGO_PKG_VERSION"));

#[derive(Default)]
struct Clients {
    open: HashMap<i64, (Client, Arc<Runtime>)>,
    last: i64,
}

static CLIENTS: LazyLock<RwLock<Clients>> = LazyLock::new(RwLock::default);

/// Opens a client, and returns its number, which no other client has.
pub(crate) fn open(options: Options) -> Result<i64, Error> {
    // First, and without any lock: it reads files, which may take their time.
    let client = options.build(USER_AGENT)?;
    runtime::used_by(|runtime| {
        let mut clients = CLIENTS.write().unwrap_or_else(PoisonError::into_inner);
        clients.last += 1;
        let number = clients.last;
        clients.open.insert(number, (client, runtime));
        number
    })
}

/// The client, to make one call with, and what carries its calls on.
pub(crate) fn get(number: i64) -> Result<(Client, Arc<Runtime>), Error> {
    let clients = CLIENTS.read().unwrap_or_else(PoisonError::into_inner);
    clients.open.get(&number).cloned().ok_or_else(Error::closed)
}

/// Closes a client: calls in flight finish, later ones fail. Closing again does nothing.
pub(crate) fn close(number: i64) {
    let client = CLIENTS.write().unwrap_or_else(PoisonError::into_inner).open.remove(&number);
    // Closed here, where the table is free again: that closes sockets.
    if let Some((client, _)) = client {
        client.transport().close();
        runtime::wake();
    }
}

/// Whether no client is open.
pub(crate) fn none() -> bool {
    CLIENTS.read().unwrap_or_else(PoisonError::into_inner).open.is_empty()
}
