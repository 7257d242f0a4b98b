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
//! Against the emulator, which runs the whole API in a test's own process:
//!
//! ```
//! use passlock_blocking::{Client, ErrorKind, UserUpdate};
//! use passlock_emulator::{BlockingEmulator, EmulatorConfig, NewUser};
//!
//! let emulator = BlockingEmulator::start(EmulatorConfig::new())?;
//! let ada = emulator.add_user(NewUser::new("ada@example.com"));
//! let token = emulator.issue_token(&ada.sub).token;
//!
//! let client = Client::builder()
//!     .tenancy_id(emulator.tenancy_id())
//!     .api_key(emulator.api_key())
//!     .endpoint(emulator.endpoint())
//!     .build()?;
//! let principal = client.exchange_token(&token)?;
//! assert_eq!(principal.sub, ada.sub);
//! let user = client.update_user(&principal.sub, UserUpdate::new().given_name("Ada"))?;
//! assert_eq!(user.given_name.as_deref(), Some("Ada"));
//!
//! let error = client.exchange_token("a token that nobody issued").unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::NotFound);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Principal::builder`] and [`User::builder`] make values for your tests; the docs of the crate `passlock` show how to test
//! without the client.
//!
//! Each operation of the API is a method of [`Client`]. A client is cheap to clone, and one is enough for all threads of a
//! program. A call ends within its time limits, whatever the network does; it can't be cancelled from
//! outside. The crate `passlock` is the same client for async code.
//!
//! Connections are kept alive, at most 128 of them, checked before they are used again, and closed after the `idle_timeout`.
//! While a client has idle connections, a thread waits to close them; up to eight more run during name lookups.
//!
//! A forked child can use the client of its parent. The two share no connection, and the child opens one for each call: open a
//! client in the child if it is to make many. On macOS this can't be promised over https: Apple's Security framework, once used,
//! may end a forked child that uses it again.
//!
//! # Other libraries' logs
//!
//! No log line contains the API key or a token, with one exception, which only the server can cause: at DEBUG, `ureq` logs the
//! values of the headers that frame a response (`connection`, `content-length`, `transfer-encoding`), in which a server could
//! echo one. At TRACE, `ureq` and `ureq_proto` log whole requests: never enable that where logs are kept.

mod buffers;
mod connect;
mod connection;
mod happy_eyeballs;
mod head;
mod pool;
mod socket;
mod transport;
mod wire;

pub use passlock_core::{
    AuthType, Builder, CallEvent, CallInfo, CallStage, Claim, Config, DEFAULT_ENDPOINT, Error, ErrorKind,
    Hint, Limit, Observer, OperationName, Principal, PrincipalBuilder, User, UserBuilder, UserUpdate,
    V1_ENDPOINT,
};
pub use transport::Http;

passlock_core::define_client! {
    transport: Http,
    flavour: blocking, , ,
    example:
        "# use passlock_blocking::{Client, UserUpdate};
# use passlock_emulator::{BlockingEmulator, EmulatorConfig, NewUser};
# let emulator = BlockingEmulator::start(EmulatorConfig::new())?;
# let ada = emulator.add_user(NewUser::new(\"ada@example.com\"));
# let token = emulator.issue_token(&ada.sub).token;
# let client = Client::builder().tenancy_id(emulator.tenancy_id()).api_key(emulator.api_key()).endpoint(emulator.endpoint());
# let client = client.build()?;
",
        "# Ok::<(), Box<dyn std::error::Error>>(())
",
}
