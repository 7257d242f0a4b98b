//! The Passlock client's decisions, without I/O: requests, retries, time limits, decoding and claims.
