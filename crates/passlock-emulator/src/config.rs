//! The settings of an emulator.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::extension::Extension;
use crate::model::NewUser;

/// Where the control API is, below the endpoint. No tenancy may have this name.
pub(crate) const CONTROL_PREFIX: &str = "/_emulator";

/// The settings of an [`Emulator`](crate::Emulator), checked once when it starts.
///
/// The default binds a free port of `127.0.0.1`, generates a tenancy and a key, has no users, and sends the legacy
/// fields of a principal.
#[derive(Clone)]
pub struct EmulatorConfig {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) tenancy_id: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) random_seed: Option<u64>,
    pub(crate) legacy_fields: bool,
    pub(crate) data: Data,
    pub(crate) allow_remote: bool,
    pub(crate) control_key: Option<String>,
    pub(crate) extension: Option<Arc<dyn Extension>>,
}

impl EmulatorConfig {
    /// The same as [`EmulatorConfig::default`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The address to listen on. Anything but a loopback address also needs [`allow_remote`](Self::allow_remote)
    /// and a [`control_key`](Self::control_key).
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// The port to listen on; 0, the default, is any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The one tenancy that is served. Generated if not set.
    pub fn tenancy_id(mut self, tenancy_id: impl Into<String>) -> Self {
        self.tenancy_id = Some(tenancy_id.into());
        self
    }

    /// The one API key that is accepted. Generated if not set.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// Derives every generated id, token and key from this number and the order of events. For tests only: anyone who
    /// knows the number knows the tokens.
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random_seed = Some(seed);
        self
    }

    /// Whether a principal carries the legacy fields `authStatement` and `expireAt`, which Passlock's own v1 clients
    /// require. On by default.
    pub fn legacy_fields(mut self, on: bool) -> Self {
        self.legacy_fields = on;
        self
    }

    /// The users that exist from the start, and again after each reset.
    pub fn data(mut self, data: Data) -> Self {
        self.data = data;
        self
    }

    /// Adds one user to [`data`](Self::data).
    pub fn user(mut self, user: NewUser) -> Self {
        self.data.users.push(user);
        self
    }

    /// Allows an address that other machines can reach. It requires a [`control_key`](Self::control_key).
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.allow_remote = allow;
        self
    }

    /// The bearer key that the control API requires. None by default, which is only allowed on a loopback address.
    pub fn control_key(mut self, key: impl Into<String>) -> Self {
        self.control_key = Some(key.into());
        self
    }

    /// Serves additional routes: those of the browser API, which is a separate crate, `passlock-emulator-web`.
    pub fn extension(mut self, extension: Arc<dyn Extension>) -> Self {
        self.extension = Some(extension);
        self
    }

    pub(crate) fn check(&self) -> Result<SocketAddr, StartError> {
        if !is_loopback(self.address) {
            if !self.allow_remote {
                return Err(StartError::Config(format!(
                    "{} is not a loopback address: allow remote access explicitly, and set a control key",
                    self.address
                )));
            }
            if self.control_key.is_none() {
                return Err(StartError::Config(format!(
                    "{} is not a loopback address: a control key must be set",
                    self.address
                )));
            }
        }
        if let Some(tenancy_id) = &self.tenancy_id {
            check_segment("tenancy id", tenancy_id)?;
            if tenancy_id == CONTROL_PREFIX.trim_start_matches('/') {
                return Err(StartError::Config(format!(
                    "the tenancy id `{tenancy_id}` is the path of the control API"
                )));
            }
        }
        for (name, key) in [("API key", &self.api_key), ("control key", &self.control_key)] {
            // The value itself is a secret: it stays out of the message.
            if key.as_ref().is_some_and(|key| key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic())) {
                return Err(StartError::Config(format!(
                    "the {name} must be visible ASCII without spaces, and not empty"
                )));
            }
        }
        Ok(SocketAddr::new(self.address, self.port))
    }
}

impl Default for EmulatorConfig {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tenancy_id: None,
            api_key: None,
            random_seed: None,
            legacy_fields: true,
            data: Data::default(),
            allow_remote: false,
            control_key: None,
            extension: None,
        }
    }
}

impl fmt::Debug for EmulatorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorConfig")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("tenancy_id", &self.tenancy_id)
            .field("api_key", &self.api_key.as_ref().map(|_| "[redacted]"))
            .field("random_seed", &self.random_seed)
            .field("legacy_fields", &self.legacy_fields)
            .field("data", &self.data)
            .field("allow_remote", &self.allow_remote)
            .field("control_key", &self.control_key.as_ref().map(|_| "[redacted]"))
            .field("extension", &self.extension.is_some())
            .finish()
    }
}

/// The state that an emulator starts with, and returns to on each reset.
///
/// As JSON: `{"users": [{"email": "ada@example.com", "givenName": "Ada", "sub": "user-1"}]}`, each user as in
/// `POST /_emulator/users`.
///
/// ```
/// let data: passlock_emulator::Data =
///     serde_json::from_str(r#"{"users": [{"email": "ada@example.com", "sub": "user-1"}]}"#)?;
/// assert_eq!(data.users[0].sub.as_deref(), Some("user-1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Data {
    /// The users, in the order in which they are added.
    #[serde(default)]
    pub users: Vec<NewUser>,
}

impl Data {
    /// These users, and nothing else.
    pub fn of(users: impl IntoIterator<Item = NewUser>) -> Self {
        Self { users: users.into_iter().collect() }
    }
}

/// Why an emulator did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is wrong; the message says which and why.
    Config(String),
    /// It could not listen on the address.
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The thread or the runtime of a [`BlockingEmulator`](crate::BlockingEmulator) could not be created.
    Runtime(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(what) => f.write_str(what),
            Self::Bind { address, source } => write!(f, "can't listen on {address}: {source}"),
            Self::Runtime(source) => write!(f, "can't start the emulator's thread: {source}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(_) => None,
            Self::Bind { source, .. } | Self::Runtime(source) => Some(source),
        }
    }
}

pub(crate) fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

/// A tenancy id that no client could send would make an emulator that answers 401 to everything.
fn check_segment(name: &str, value: &str) -> Result<(), StartError> {
    if value.is_empty() || value == "." || value == ".." || value.chars().any(char::is_control) {
        return Err(StartError::Config(format!("the {name} {value:?} can't be a path segment")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_in_debug_output() {
        let config = EmulatorConfig::default().api_key("canary-key").control_key("canary-control");
        assert!(!format!("{config:?}").contains("canary"));
    }

    #[test]
    fn a_mapped_loopback_address_is_loopback() {
        assert!(is_loopback("::ffff:127.0.0.1".parse().unwrap()));
        assert!(is_loopback("127.9.9.9".parse().unwrap()));
        assert!(!is_loopback("::".parse().unwrap()));
        assert!(!is_loopback("0.0.0.0".parse().unwrap()));
    }

    #[test]
    fn unusable_settings_are_refused() {
        let base = EmulatorConfig::default;
        for config in [
            base().tenancy_id(""),
            base().tenancy_id(".."),
            base().tenancy_id("a\nb"),
            base().tenancy_id("_emulator"),
            base().api_key(""),
            base().api_key("two words"),
            base().control_key("line\n"),
        ] {
            assert!(matches!(config.check(), Err(StartError::Config(_))), "{config:?}");
        }
        assert!(base().tenancy_id("a/b é").check().is_ok());
    }
}
