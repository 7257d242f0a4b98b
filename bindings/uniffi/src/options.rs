//! Settings, as they cross.

use std::collections::HashMap;
use std::fmt;

use passlock_bindings_shared::{CallOptions, Options};

/// A client's settings: absent where the user gave none. Times are in seconds. Wrong values are refused by the client.
#[derive(Clone, uniffi::Record)]
#[uniffi::export(Debug)]
pub struct NativeOptions {
    /// The tenancy id.
    pub tenancy_id: Option<String>,
    /// The API key.
    pub api_key: Option<String>,
    /// Where the API is.
    pub endpoint: Option<String>,
    /// Whether plain http to other hosts is allowed.
    pub allow_http: Option<bool>,
    /// The limit on a whole call, in seconds.
    pub timeout: Option<f64>,
    /// The limit on an attempt, in seconds.
    pub attempt_timeout: Option<f64>,
    /// The limit on opening a connection, in seconds.
    pub connect_timeout: Option<f64>,
    /// Maximum number of retries.
    pub max_retries: Option<i64>,
    /// The maximum size of a response body, in bytes.
    pub max_response_bytes: Option<i64>,
    /// An http proxy.
    pub proxy: Option<String>,
    /// Further certificate authorities, as PEM.
    pub ca_certificates: Option<Vec<u8>>,
    /// How far clocks may differ, in seconds.
    pub leeway: Option<f64>,
    /// Whether claims are checked.
    pub verify_claims: Option<bool>,
    /// The only accepted issuer.
    pub issuer: Option<String>,
    /// Whether the user must have been verified.
    pub require_user_verified: Option<bool>,
    /// The accepted authentication methods.
    pub auth_types: Option<Vec<String>>,
    /// The environment, or the part of it that settings may come from.
    pub environment: HashMap<String, String>,
    /// A frozen wall clock, in seconds since the Unix epoch: for the contract's vectors.
    pub fixed_now: Option<f64>,
}

/// The settings of one call that differ from the client's.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct NativeCallOptions {
    /// The limit on the whole call, in seconds.
    pub timeout: Option<f64>,
    /// The only accepted issuer.
    pub issuer: Option<String>,
    /// Whether the user must have been verified.
    pub require_user_verified: Option<bool>,
    /// The accepted authentication methods.
    pub auth_types: Option<Vec<String>>,
}

impl NativeOptions {
    pub(crate) fn into_shared(self) -> Options {
        Options {
            tenancy_id: self.tenancy_id,
            api_key: self.api_key,
            endpoint: self.endpoint,
            allow_http: self.allow_http,
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            connect_timeout: self.connect_timeout,
            // Where a float is too coarse for an integer, the setting is far out of its range.
            max_retries: self.max_retries.map(|number| number as f64),
            max_response_bytes: self.max_response_bytes.map(|number| number as f64),
            proxy: self.proxy,
            ca_certificates: self.ca_certificates,
            leeway: self.leeway,
            verify_claims: self.verify_claims,
            issuer: self.issuer,
            require_user_verified: self.require_user_verified,
            auth_types: self.auth_types,
            environment: self.environment.into_iter().collect(),
            fixed_now: self.fixed_now,
        }
    }
}

impl NativeCallOptions {
    pub(crate) fn into_shared(self) -> CallOptions {
        CallOptions {
            timeout: self.timeout,
            issuer: self.issuer,
            require_user_verified: self.require_user_verified,
            auth_types: self.auth_types,
        }
    }
}

/// Hand-written: the key, the proxy and the environment hold secrets. The foreign descriptions are this one.
impl fmt::Debug for NativeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeOptions")
            .field("tenancy_id", &self.tenancy_id)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
