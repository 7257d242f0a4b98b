//! What a page of another origin may send and read.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Response, StatusCode};
use passlock_emulator::ApiError;
use serde_json::Value;

use crate::origins::OriginPattern;

/// Asked before a page of a public address may reach this machine.
const ASKS_FOR_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOWS_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The origin that a request names, if it is allowed. `Ok(None)` when it names none: it is no page's of another origin.
pub(crate) fn allowed_origin<'a>(
    origins: &[OriginPattern],
    headers: &'a HeaderMap,
) -> Result<Option<&'a HeaderValue>, ApiError> {
    let mut named = headers.get_all(ORIGIN).iter();
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some(value), None)
            if value.to_str().is_ok_and(|text| origins.iter().any(|origin| origin.allows(text))) =>
        {
            Ok(Some(value))
        }
        // Without a CORS header the page can't read even this.
        _ => Err(ApiError::forbidden(
            "This origin is not allowed; the setting `origin` of the emulator names those that are",
        )),
    }
}

/// The answer to a browser that asks before it sends.
pub(crate) fn preflight(headers: &HeaderMap) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    answer.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, x-client-id, x-passlock-client-version"),
    );
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if headers.contains_key(ASKS_FOR_PRIVATE_NETWORK) {
        answer.insert(ALLOWS_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    response
}

/// Lets a page of this origin read the answer.
pub(crate) fn readable_by(mut response: Response<Bytes>, origin: Option<&HeaderValue>) -> Response<Bytes> {
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response
}

pub(crate) fn json(status: StatusCode, value: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn answer(result: Result<Value, ApiError>) -> Response<Bytes> {
    match result {
        Ok(value) => json(StatusCode::OK, &value),
        Err(error) => json(error.status(), &error.body()),
    }
}
