//! The blocking client for the Passlock REST API: verify passkey logins on your server, without an async runtime.
//!
//! ```no_run
//! # fn example(token_from_the_browser: &str) -> Result<(), passlock_blocking::Error> {
//! // PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment.
//! let client = passlock_blocking::Client::from_env()?;
//! let principal = client.exchange_token(token_from_the_browser)?;
//! println!("{} has logged in", principal.sub);
//! # Ok(())
//! # }
//! ```
//!
//! [`Client`] has three operations: `exchange_token`, `get_user` and `update_user`. It is cheap to clone, and one is enough
//! for all threads of a program. A call ends within its time limits, whatever the network does; it can't be cancelled from
//! outside. The crate `passlock` is the same client for async code.

mod connect;
mod connection;
mod idle;
mod socket;
mod transport;

pub use passlock_core::{
    AuthType, Builder, Claim, Config, DEFAULT_ENDPOINT, Error, ErrorKind, Hint, Limit, OperationName,
    Principal, User, UserUpdate, V1_ENDPOINT,
};
pub use transport::Http;

/// The client. See [`passlock_core::blocking::Client`] for what it can do.
pub type Client = passlock_core::blocking::Client<Http>;

/// Collects settings for a [`Client`]; what is not set comes from the environment.
pub type ClientBuilder = Builder<Client>;
