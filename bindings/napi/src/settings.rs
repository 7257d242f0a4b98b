//! Settings as JavaScript hands them over. The TypeScript half has checked their types; times are still milliseconds.

use std::collections::HashMap;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use passlock_bindings_shared::{CallOptions, Options};

/// A client's settings.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct ClientSettings {
    /// See `Options`, whose fields these are.
    pub tenancy_id: Option<String>,
    /// Likewise.
    pub api_key: Option<String>,
    /// Likewise.
    pub endpoint: Option<String>,
    /// Likewise.
    pub allow_http: Option<bool>,
    /// In milliseconds.
    pub timeout: Option<f64>,
    /// In milliseconds.
    pub attempt_timeout: Option<f64>,
    /// In milliseconds.
    pub connect_timeout: Option<f64>,
    /// See `Options`.
    pub max_retries: Option<f64>,
    /// Likewise.
    pub max_response_bytes: Option<f64>,
    /// Likewise.
    pub proxy: Option<String>,
    /// Likewise.
    pub ca_certificates: Option<Buffer>,
    /// In milliseconds.
    pub leeway: Option<f64>,
    /// See `Options`.
    pub verify_claims: Option<bool>,
    /// Likewise.
    pub issuer: Option<String>,
    /// Likewise.
    pub require_user_verified: Option<bool>,
    /// Likewise.
    pub auth_types: Option<Vec<String>>,
    /// The part of the environment that settings may come from.
    pub environment: HashMap<String, String>,
    /// A frozen wall clock, in milliseconds since the Unix epoch.
    pub fixed_now: Option<f64>,
}

impl From<ClientSettings> for Options {
    fn from(settings: ClientSettings) -> Self {
        Self {
            tenancy_id: settings.tenancy_id,
            api_key: settings.api_key,
            endpoint: settings.endpoint,
            allow_http: settings.allow_http,
            timeout: settings.timeout.map(seconds),
            attempt_timeout: settings.attempt_timeout.map(seconds),
            connect_timeout: settings.connect_timeout.map(seconds),
            max_retries: settings.max_retries,
            max_response_bytes: settings.max_response_bytes,
            proxy: settings.proxy,
            ca_certificates: settings.ca_certificates.map(|pem| pem.to_vec()),
            leeway: settings.leeway.map(seconds),
            verify_claims: settings.verify_claims,
            issuer: settings.issuer,
            require_user_verified: settings.require_user_verified,
            auth_types: settings.auth_types,
            environment: settings.environment.into_iter().collect(),
            fixed_now: settings.fixed_now.map(seconds),
        }
    }
}

/// The settings of one call that differ from the client's.
#[napi(object, object_to_js = false)]
pub struct CallSettings {
    /// In milliseconds.
    pub timeout: Option<f64>,
    /// See `CallOptions`, whose fields these are.
    pub issuer: Option<String>,
    /// Likewise.
    pub require_user_verified: Option<bool>,
    /// Likewise.
    pub auth_types: Option<Vec<String>>,
}

impl From<CallSettings> for CallOptions {
    fn from(settings: CallSettings) -> Self {
        Self {
            timeout: settings.timeout.map(seconds),
            issuer: settings.issuer,
            require_user_verified: settings.require_user_verified,
            auth_types: settings.auth_types,
        }
    }
}

/// What an update changes.
#[napi(object, object_to_js = false)]
pub struct UpdateFields {
    /// See `UserUpdate`, whose fields these are.
    pub given_name: Option<String>,
    /// Likewise.
    pub family_name: Option<String>,
    /// Likewise.
    pub email_verified: Option<bool>,
    /// A field that there is none of.
    pub unknown: Option<String>,
}

fn seconds(milliseconds: f64) -> f64 {
    milliseconds / 1000.0
}
