//! The browser API of the Passlock emulator: sign-up and login with real passkeys, offline.
//!
//! ```
//! use passlock_emulator::{BlockingEmulator, EmulatorConfig};
//! use passlock_emulator_web::{Browser, BrowserConfig};
//!
//! let browser = Browser::new(BrowserConfig::new().origin("http://localhost:3000"))?;
//! let emulator = BlockingEmulator::start(EmulatorConfig::new().extension(browser.clone()))?;
//! // A page of http://localhost:3000 can now sign up and log in at emulator.endpoint(), and:
//! assert!(browser.mailbox().is_empty());
//! # Ok::<(), passlock_emulator::StartError>(())
//! ```
//!
//! WebAuthn is verified for real, by [`webauthn-rs`](https://docs.rs/webauthn-rs-core): challenges, origin, relying party,
//! signature, signature counter, user verification. Nothing leaves the process: codes and links that Passlock would send by
//! email are in a mailbox, which only the control API and [`Browser::mailbox`] show.
#![doc = include_str!("../BROWSER.md")]

mod accounts;
mod ceremonies;
mod config;
mod context;
mod control;
mod cors;
mod id_token;
mod mail;
mod origins;
mod relying_party;
mod requests;
mod ring_provider;
mod routes;
mod server;
mod social;
mod state;

pub use config::BrowserConfig;
pub use mail::Mail;
pub use server::Browser;
pub use state::PasskeyInfo;
