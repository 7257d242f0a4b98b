//! The Passlock REST API in a box: an in-memory emulator for development and tests.

mod answer;
mod api;
mod config;
mod connection;
mod control;
mod fault;
mod head;
mod ids;
mod journal;
mod operation;
mod play;
mod server;
mod shared;
mod socket;
mod store;
mod wire;

pub use config::{Data, EmulatorConfig, StartError};
pub use fault::{Fault, FaultRule, Headers};
pub use journal::{JournalEntry, Outcome};
pub use operation::Operation;
pub use server::{BlockingEmulator, Emulator, EmulatorHandle};
pub use shared::{Behaviour, PatchAnswer};
pub use store::{IssuedToken, NewToken, NewUser, User};

/// For the fuzz targets of this workspace alone.
#[doc(hidden)]
pub use head::{Framing, Head, Malformed, parse_head};
