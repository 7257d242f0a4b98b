//! Where Passlock's API is.

/// The API's documented endpoint.
pub const DEFAULT_ENDPOINT: &str = "https://api.passlock.dev";

/// Where Passlock version 1 tenancies have been served since November 2025.
pub const V1_ENDPOINT: &str = "https://api.v1.passlock.dev";
