//! Opens a connection before the first call.

use http::StatusCode;

use super::decode::Decoded;
use super::{Operation, Phase, Route, sealed};
use crate::error::OperationName;

/// Opens a connection, with the request that Passlock's own browser client uses for this. Whatever the response, the
/// connection is open afterwards.
#[derive(Clone, Copy, Debug)]
pub struct WarmUp;

impl Operation for WarmUp {}

impl sealed::Sealed for WarmUp {
    type Output = ();

    const NAME: Option<OperationName> = None;
    const ROUTE: Route = Route::PRE_CONNECT;
    const NOT_FOUND: &'static str = "";
    const IS_AUTHORIZED: bool = false;

    fn label() -> &'static str {
        "warm_up"
    }

    fn argument(&self) -> &str {
        Self::ROUTE.argument
    }

    fn accept_any(&self) -> Option<()> {
        Some(())
    }

    fn decode(_: Phase, _: StatusCode, _: &[u8]) -> Decoded<()> {
        Decoded::Value(())
    }
}
