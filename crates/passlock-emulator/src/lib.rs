//! An in-memory emulator of the Passlock REST API, for development and tests.
//!
//! ```
//! use passlock_emulator::{BlockingEmulator, EmulatorConfig, Fault, FaultRule, NewUser, Operation};
//!
//! let emulator = BlockingEmulator::start(EmulatorConfig::default())?;
//! let user = emulator.add_user(NewUser::new("ada@example.com").given_name("Ada"));
//! // What the browser would hand to the back end after a login.
//! let token = emulator.issue_token(&user.sub).token;
//! // The first two reads of a user fail.
//! emulator.fault(FaultRule::new(Fault::status(503)).operation(Operation::GetUser).times(2));
//!
//! // Give emulator.endpoint(), emulator.tenancy_id() and emulator.api_key() to the client under test, and then check
//! // what it has sent:
//! assert!(emulator.journal().is_empty());
//! # let _ = token;
//! # Ok::<(), passlock_emulator::StartError>(())
//! ```
//!
//! [`Emulator`] runs on the current tokio runtime, [`BlockingEmulator`] on its own thread. Both stop when they are
//! dropped. Their controls are methods of [`EmulatorHandle`].
//!
//! # What it emulates
//!
//! It answers the request of each [`Operation`]; the docs of each variant say how.
//!
//! - Every response has an `x-request-id`. Errors are `{"_tag": "...", "message": "..."}`.
//! - A wrong key and an unknown tenancy are 401 `Unauthorized`; a token that is unknown or has expired is 404 `NotFound`,
//!   "Invalid token"; an unknown user is 404 `NotFound`. An unknown route is 404 `{"message": "Not Found"}`, as from
//!   the gateway in front of Passlock.
//! - An update is read strictly: an unknown field, a wrong type, null, no field at all, the email, or a content type
//!   other than `application/json` is 400 `BadRequest`.
//! - A token is valid for 360 s, and can be exchanged again, unless it was issued for single use.
//! - A path is split into its segments before they are decoded, so an encoded slash stays inside its segment.
//! - A principal has the legacy fields `authStatement` and `expireAt`, unless they are switched off.
//!
//! It speaks HTTP/1.1 with keep-alive and pipelining. A head may be up to 64 KiB, a body up to 1 MiB; anything that is not HTTP
//! gets an error, and its connection is closed.
#![doc = include_str!("../CONTROL.md")]

mod answer;
mod api;
mod config;
mod connection;
mod control;
mod exchange;
mod extension;
mod fault;
mod head;
mod headers;
mod ids;
mod inject;
mod journal;
mod model;
mod operation;
mod rule;
mod server;
mod shared;
mod socket;
mod store;
mod wire;

pub use config::{Data, EmulatorConfig, StartError};
pub use extension::{Accounts, Extension};
pub use fault::Fault;
pub use headers::Headers;
pub use journal::{JournalEntry, Outcome};
pub use model::{IssuedToken, NewToken, NewUser, User};
pub use operation::Operation;
pub use rule::FaultRule;
pub use server::{BlockingEmulator, Emulator, EmulatorHandle};
pub use shared::{Behaviour, PatchAnswer};
pub use wire::ApiError;

/// Only for the fuzz targets of this workspace.
#[doc(hidden)]
pub use head::{Framing, Head, Malformed, parse_head};
