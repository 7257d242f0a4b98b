//! The async client for the Passlock REST API, on [`reqwest`]: verify passkey logins on your server.
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
//! Against the emulator, which runs the whole API in a test's own process:
//!
//! ```
//! use passlock::{Client, ErrorKind, UserUpdate};
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
//! Each operation of the API is a method of [`Client`]. A client is cheap to clone, and one is enough for a whole program.
//! Dropping a call's future ends its request. Calls need a tokio runtime with time and I/O enabled; without one they fail
//! with [`ErrorKind::Config`]. One client may be used on several runtimes, one after another or at the same time: each has
//! its own connections.
//!
//! Two more crates have the same API: `passlock-hyper`, the leanest async client, and `passlock-blocking`, which needs no
//! runtime.
//!
//! # In your tests
//!
//! Run the real client against the emulator, as above: it logs users in, and fails on demand. If a test should use
//! neither, let your code depend on its own trait, with just what it needs from the client:
//!
//! ```
//! use passlock::{Client, Error, ErrorKind, OperationName, Principal};
//!
//! /// What this application needs from Passlock.
//! trait Logins {
//!     fn exchange(&self, token: &str) -> impl Future<Output = Result<Principal, Error>> + Send;
//! }
//!
//! impl Logins for Client {
//!     async fn exchange(&self, token: &str) -> Result<Principal, Error> {
//!         self.exchange_token(token).await
//!     }
//! }
//!
//! /// The application's own code.
//! async fn greet(logins: &impl Logins, token: &str) -> Result<String, Error> {
//!     let principal = logins.exchange(token).await?;
//!     Ok(format!("Hello, {}", principal.given_name.unwrap_or(principal.sub)))
//! }
//!
//! struct FakeLogins;
//!
//! impl Logins for FakeLogins {
//!     async fn exchange(&self, token: &str) -> Result<Principal, Error> {
//!         match token {
//!             "ada" => Ok(Principal::builder("user-1").given_name("Ada").build()),
//!             _ => Err(Error::new(ErrorKind::NotFound, "the token is unknown or expired")
//!                 .with_operation(OperationName::ExchangeToken)),
//!         }
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! assert_eq!(greet(&FakeLogins, "ada").await.unwrap(), "Hello, Ada");
//! assert!(greet(&FakeLogins, "another").await.unwrap_err().is_login_refused());
//! # }
//! ```
//!
//! # Your own `reqwest::Client`
//!
//! The client can run on a `reqwest::Client` that your application already has, with its pool, its TLS and proxy settings
//! and its telemetry. Use the `reqwest` that this crate re-exports, so that the versions match, and enable one of its TLS
//! features in your own `Cargo.toml`: without one, reqwest panics when its client is built. For example:
//!
//! ```toml
//! reqwest = { version = "0.13", features = ["rustls"] }
//! ```
//!
//! ```
//! use passlock::reqwest;
//! # use passlock_emulator::{Emulator, EmulatorConfig, NewUser};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = Emulator::start(EmulatorConfig::new()).await?;
//! # let ada = emulator.add_user(NewUser::new("ada@example.com"));
//! # let tls = passlock_net::client_config_without_roots()?;
//! let http = reqwest::Client::builder()
//!     .redirect(reqwest::redirect::Policy::none())
//!     .referer(false)
//! #   .tls_backend_preconfigured(tls)
//!     .build()?;
//! let client = passlock::Client::builder()
//!     .tenancy_id(emulator.tenancy_id())
//!     .api_key(emulator.api_key())
//!     .endpoint(emulator.endpoint())
//!     .http_client(http)
//!     .build()?;
//! assert_eq!(client.get_user(&ada.sub).await?.email, "ada@example.com");
//! # Ok(())
//! # }
//! ```
//!
//! | | on your own client |
//! |---|---|
//! | TLS: roots, client certificates, versions | yours; `ca_certificates` is refused with [`ErrorKind::Config`] |
//! | proxy | yours, including reqwest's own rule for the proxy variables; `proxy` is refused |
//! | time limit on opening a connection, and on idle ones | yours; `connect_timeout` and `idle_timeout` are refused |
//! | name resolution, connection pool, idle time, HTTP/2, content codings, middleware, telemetry | yours |
//! | tokio runtimes | one, with I/O and time enabled: reqwest's connections live on the runtime that opened them |
//! | redirects | yours, but switch them off, as above: reqwest sends the previous URL, which contains the token, to the next server in `Referer`. A response from a URL other than the request's is an [`ErrorKind::Protocol`] error |
//! | reqwest's own retries | yours; by default, reqwest resends only requests that the server has certainly not processed |
//! | time limits on an attempt and on the whole call, the limit on the size of a response | unchanged |
//! | retries, claims, errors | unchanged |
//! | neither key nor token in any of our errors or log lines | unchanged; what your client's own layers log is up to you |

mod clients;
mod transport;

pub use passlock_core::{
    AuthType, Builder, CallEvent, CallInfo, CallStage, Claim, Config, DEFAULT_ENDPOINT, Error, ErrorKind,
    Hint, Limit, Observer, OperationName, Principal, PrincipalBuilder, User, UserBuilder, UserUpdate,
    V1_ENDPOINT,
};
pub use reqwest;
pub use transport::Http;

passlock_core::define_client! {
    transport: Http,
    flavour: asynchronous, async, .await,
    example:
        "# use passlock::{Client, UserUpdate};
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

impl passlock_core::AcceptHttpClient for Client {}

/// The examples of the README are compiled and run as those of this crate, whose dependencies they need.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
