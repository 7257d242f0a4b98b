//! The decisions of the Passlock SDK, without I/O.
//!
//! This crate builds requests, decides every step of a call, and reads responses. It opens no socket, and reads no clock,
//! no environment and no random numbers: all of these are its inputs. Applications use one of the crates
//! `passlock`, `passlock-hyper` (both async) and `passlock-blocking`, which add a transport.
//!
//! A [`Config`] is checked once. A [`Call`] is one operation in flight: a state machine that says what to do next and is
//! told the outcome.
//!
//! ```
//! use std::time::{Instant, SystemTime};
//! use passlock_core::{Call, CallSettings, Config, TransportErrorKind, GetUser, ClockReading, Step, TransportError};
//!
//! let config = Config::builder().tenancy_id("my-tenancy").api_key("my-api-key").max_retries(0).build()?;
//! let settings = CallSettings::of(&config);
//! let clock = ClockReading { now: Instant::now(), wall_clock: SystemTime::now(), random: 7 };
//!
//! let mut call = Call::new(&config, &settings, GetUser::new("user/1"), clock.now)?;
//! let Step::Send(attempt) = call.step(clock.now) else { unreachable!() };
//! assert_eq!(attempt.request.uri(), "https://api.passlock.dev/my-tenancy/user/user%2F1");
//!
//! call.on_error(&TransportError::new(TransportErrorKind::NotConnected, "connection refused"), clock);
//! let Step::Done(Err(error)) = call.step(clock.now) else { unreachable!() };
//! assert!(error.is_retryable());
//! # Ok::<(), passlock_core::Error>(())
//! ```

pub mod asynchronous;
mod attempt;
pub mod blocking;
mod call;
mod claims;
mod config;
mod define_client;
mod error;
mod json;
mod model;
mod observe;
mod open;
mod operation;
mod path;
mod response;
mod retry;
mod secret;
mod service;

pub use attempt::{Attempt, Response, TransportError, TransportErrorKind};
pub use call::{Call, CallInfo, CallSettings, ClockReading, Step};
pub use config::{
    AcceptHttpClient, Build, Builder, Config, ConfigBuilder, Endpoint, Limits, ProxyEnvironment,
    ProxySettings, ProxyUrl,
};
#[doc(hidden)]
pub use config::{duration_from_seconds, is_local_name};
pub use error::{Claim, Error, ErrorKind, Hint, Limit, OperationName};
#[doc(hidden)]
pub use error::{Message, Name, NamingStyle};
pub use model::{AuthType, Principal, PrincipalBuilder, User, UserBuilder, UserUpdate};
pub use observe::{CallEvent, CallStage, Observer};
pub use open::Open;
pub use operation::{ExchangeToken, GetUser, Operation, UpdateUser, WarmUp};
#[doc(hidden)]
pub use response::parse_retry_after;
#[doc(hidden)]
pub use secret::disturbs_a_line;
pub use service::{DEFAULT_ENDPOINT, V1_ENDPOINT};
