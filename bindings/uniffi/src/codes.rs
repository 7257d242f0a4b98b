//! What each language's tests iterate over, so that none of it is lost; and what its public API needs.

use passlock_bindings_shared::Options;
use passlock_core::{Claim, ErrorKind, Hint, Limit, OperationName};

/// Every code that a failure may carry.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NativeCodes {
    /// Kinds of errors.
    pub kinds: Vec<String>,
    /// The kinds that stand for a response of the API.
    pub api_kinds: Vec<String>,
    /// Names of operations.
    pub operations: Vec<String>,
    /// Names of time limits.
    pub limits: Vec<String>,
    /// Names of claims.
    pub claims: Vec<String>,
    /// Hints.
    pub hints: Vec<String>,
}

/// Every code that a failure may carry.
#[uniffi::export]
#[must_use]
pub fn codes() -> NativeCodes {
    fn list<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> Vec<String> {
        all.iter().map(|item| code(*item).to_owned()).collect()
    }
    let api: Vec<ErrorKind> = ErrorKind::ALL.iter().copied().filter(|kind| kind.is_api()).collect();
    NativeCodes {
        kinds: list(ErrorKind::ALL, ErrorKind::as_str),
        api_kinds: list(&api, ErrorKind::as_str),
        operations: list(OperationName::ALL, OperationName::as_str),
        limits: list(Limit::ALL, Limit::as_str),
        claims: list(Claim::ALL, Claim::as_str),
        hints: list(Hint::ALL, Hint::as_str),
    }
}

/// The environment variables that a language passes in [`NativeOptions`](crate::NativeOptions).
#[uniffi::export]
#[must_use]
pub fn environment_variables() -> Vec<String> {
    Options::VARIABLES.map(str::to_owned).to_vec()
}

/// The version of the SDK.
#[uniffi::export]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
