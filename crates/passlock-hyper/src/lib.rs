//! The async client for the Passlock REST API: verify passkey logins on your server.
//!
//! ```no_run
//! # async fn example(token_from_the_browser: &str) -> Result<(), passlock_hyper::Error> {
//! // PASSLOCK_TENANCY_ID and PASSLOCK_API_KEY are set in the environment.
//! let client = passlock_hyper::Client::from_env()?;
//! let principal = client.exchange_token(token_from_the_browser).await?;
//! println!("{} has logged in", principal.sub);
//! # Ok(())
//! # }
//! ```
//!
//! Against the emulator, which runs the whole API in a test's own process:
//!
//! ```
//! use passlock_hyper::{Client, ErrorKind, UserUpdate};
//! use passlock_emulator::{Emulator, EmulatorConfig, NewUser};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::start(EmulatorConfig::new()).await?;
//! let ada = emulator.add_user(NewUser::new("ada@example.com"));
//! let token = emulator.issue_token(&ada.sub).token;
//!
//! let client = Client::builder()
//!     .tenancy_id(emulator.tenancy_id())
//!     .api_key(emulator.api_key())
//!     .endpoint(emulator.endpoint())
//!     .build()?;
//! let principal = client.exchange_token(&token).await?;
//! assert_eq!(principal.sub, ada.sub);
//! let user = client.update_user(&principal.sub, UserUpdate::new().given_name("Ada")).await?;
//! assert_eq!(user.given_name.as_deref(), Some("Ada"));
//!
//! let error = client.exchange_token("a token that nobody issued").await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::NotFound);
//! # Ok(())
//! # }
//! ```
//!
//! [`Principal::builder`] and [`User::builder`] make values for your tests; the docs of the crate `passlock` show how to test
//! without the client.
//!
//! Each operation of the API is a method of [`Client`]. A client is cheap to clone, and one is enough for a whole program.
//! Dropping a call's future ends its request. Calls need a tokio runtime with time and I/O enabled; without one they fail
//! with [`ErrorKind::Config`]. The crate `passlock-blocking` needs no runtime.
//! One client may be used on several runtimes, one after another or at the same time: each has its own connections.
//!
//! Connections are kept alive, checked before they are used again, and closed after the `idle_timeout`.

mod connect;
mod connection;
mod pool;
mod stream;
mod transport;

pub use passlock_core::{
    AuthType, Builder, CallEvent, CallInfo, CallStage, Claim, Config, DEFAULT_ENDPOINT, Error, ErrorKind,
    Hint, Limit, Observer, OperationName, Principal, PrincipalBuilder, User, UserBuilder, UserUpdate,
    V1_ENDPOINT,
};
pub use transport::Http;

passlock_core::define_client! {
    transport: Http,
    flavour: asynchronous, async, .await,
    example:
        "# use passlock_hyper::{Client, UserUpdate};
# use passlock_emulator::{Emulator, EmulatorConfig, NewUser};
# #[tokio::main]
# async fn main() -> Result<(), Box<dyn std::error::Error>> {
# let emulator = Emulator::start(EmulatorConfig::new()).await?;
# let ada = emulator.add_user(NewUser::new(\"ada@example.com\"));
# let token = emulator.issue_token(&ada.sub).token;
# let client = Client::builder().tenancy_id(emulator.tenancy_id()).api_key(emulator.api_key()).endpoint(emulator.endpoint());
# let client = client.build()?;
",
        "# Ok(())
# }
",
}
