//! The async client for the Passlock REST API: verify passkey logins on your server.
//!
//! ```no_run
//! # async fn example(token_from_the_browser: &str) -> Result<(), passlock::Error> {
//! // PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment.
//! let client = passlock::Client::from_env()?;
//! let principal = client.exchange_token(token_from_the_browser).await?;
//! println!("{} has logged in", principal.sub);
//! # Ok(())
//! # }
//! ```
//!
//! [`Client`] has three operations: `exchange_token`, `get_user` and `update_user`. It is cheap to clone, and one is enough
//! for a whole program. Dropping a call's future ends its request. Calls need a tokio runtime with time and I/O enabled;
//! without one they fail with [`ErrorKind::Config`]. The crate `passlock-blocking` needs no runtime.

mod transport;

pub use passlock_core::{
    AuthType, Builder, Claim, Config, DEFAULT_ENDPOINT, Error, ErrorKind, Hint, Limit, OperationName,
    Principal, User, UserUpdate, V1_ENDPOINT,
};
pub use transport::Http;

/// The client. See [`passlock_core::nonblocking::Client`] for what it can do.
pub type Client = passlock_core::nonblocking::Client<Http>;

/// Collects settings for a [`Client`]; what is not set comes from the environment.
pub type ClientBuilder = Builder<Client>;

/// The examples of the README are compiled and run as those of this crate, whose dependencies they need.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
