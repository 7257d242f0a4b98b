//! What the benchmarks share.

pub mod measure;
pub mod on_demand;
pub mod peer;

/// The documented answer to an exchange, as every server and client of the benchmarks sees it.
pub const PRINCIPAL: &str = include_str!("../../principal.json");

/// The tenancy of that answer.
pub const TENANCY: &str = "tenancy-1";

/// A key of the usual length.
pub const KEY: &str = "a-key-of-the-usual-length-0123456789";

/// The token that is exchanged.
pub const TOKEN: &str = "EpVzO2wfpqEDcs3ChKWJ1m9rDc8OtCE6";
