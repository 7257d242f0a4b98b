//! How transports are created.

use crate::config::Config;
use crate::error::Error;

/// A transport that can be opened with nothing but settings.
pub trait Open: Sized {
    /// An HTTP client that an application may supply for the transport to run on:
    /// [`Infallible`](std::convert::Infallible) if it can't.
    type HttpClient: Clone;

    /// Opens it. No connection is made yet.
    ///
    /// # Errors
    ///
    /// `config` for settings that can't be used on this machine.
    fn open(config: &Config, http_client: Option<Self::HttpClient>) -> Result<Self, Error>;

    /// An environment variable, as seen by this transport.
    fn environment(name: &str) -> Option<String>;
}
