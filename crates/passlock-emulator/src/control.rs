//! The control API under `/_emulator`, and who may use it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, Method, Uri};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::is_json;
use crate::config::{CONTROL_PREFIX, is_loopback};
use crate::model::{NewToken, NewUser};
use crate::rule::FaultRule;
use crate::shared::{Behaviour, Shared};
use crate::store::Effect;
use crate::wire::ApiError;

/// The version of the control API, as `health` reports it.
const PROTOCOL: u32 = 1;
/// About 317 years.
const MAX_ADVANCE_SECONDS: f64 = 1e10;

/// Whether a request is for the control API, and so is subject to no fault and is in no journal.
pub(crate) fn is_control(raw_path: &str) -> bool {
    raw_path.strip_prefix(CONTROL_PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) fn router(shared: Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/users", post(users))
        .route("/users/disable", post(disable))
        .route("/tokens", post(tokens))
        .route("/clock", post(clock))
        .route("/behaviour", post(behaviour))
        .route("/faults", post(faults))
        .route("/faults/clear", post(clear_faults))
        .route("/journal", get(journal))
        .fallback(extended)
        .method_not_allowed_fallback(extended)
        .layer(from_fn_with_state(shared, guard))
}

async fn health() -> Json<Value> {
    Json(json!({ "version": env!("CARGO_PKG_VERSION"), "protocol": PROTOCOL }))
}

async fn reset(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, ApiError> {
    if !body.is_empty() {
        parse::<Nothing>(&body)?;
    }
    shared.reset();
    Ok(Json(json!({})))
}

async fn users(
    State(shared): State<Arc<Shared>>,
    Input(new): Input<NewUser>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "user": shared.add_user(new)? })))
}

async fn disable(
    State(shared): State<Arc<Shared>>,
    Input(Disable { sub, disabled }): Input<Disable>,
) -> Result<Json<Value>, ApiError> {
    shared.set_disabled(&sub, disabled)?;
    Ok(Json(json!({})))
}

async fn tokens(
    State(shared): State<Arc<Shared>>,
    Input(new): Input<NewToken>,
) -> Result<Response, ApiError> {
    Ok(Json(shared.issue_token(new)?).into_response())
}

async fn clock(
    State(shared): State<Arc<Shared>>,
    Input(by): Input<Advance>,
) -> Result<Json<Value>, ApiError> {
    // A comparison that NaN fails too.
    if !(0.0..=MAX_ADVANCE_SECONDS).contains(&by.advance_seconds) {
        return Err(ApiError::bad_request("advanceSeconds must be 0 to 10000000000"));
    }
    Ok(Json(json!({ "now": shared.advance(Duration::from_secs_f64(by.advance_seconds)) })))
}

async fn behaviour(State(shared): State<Arc<Shared>>, Input(new): Input<Behaviour>) -> Json<Behaviour> {
    Json(shared.set_behaviour(new))
}

async fn faults(
    State(shared): State<Arc<Shared>>,
    Input(rule): Input<FaultRule>,
) -> Result<Json<Value>, ApiError> {
    shared.add_fault(rule)?;
    Ok(Json(json!({})))
}

async fn clear_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, ApiError> {
    if !body.is_empty() {
        parse::<Nothing>(&body)?;
    }
    shared.clear_faults();
    Ok(Json(json!({})))
}

async fn journal(State(shared): State<Arc<Shared>>) -> Response {
    #[derive(Serialize)]
    struct Journal<T> {
        requests: T,
    }
    Json(Journal { requests: shared.journal() }).into_response()
}

/// What an extension adds, or the answer that there is no such route.
async fn extended(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let unknown =
        ApiError::not_found(format!("The control API has no {} {}", request.method(), request.uri().path()));
    let (parts, body) = request.into_parts();
    // The body has been read already: it can't fail.
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let request = http::Request::from_parts(parts, body);
    let answer = shared.extension.as_deref().and_then(|extension| {
        shared.with_accounts(Effect::CarryOut, |accounts| extension.control(accounts, &request))
    });
    answer.map_or_else(|| unknown.into_response(), |response| response.map(axum::body::Body::from))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disable {
    sub: String,
    #[serde(default = "yes")]
    disabled: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// A JSON body, whose error is the emulator's own.
struct Input<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| ApiError::bad_request(rejection.body_text()))?;
        parse(&body).map(Self)
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::bad_request(format!("Malformed body: {error}")))
}

/// Refuses what a web page can send, and requests without the control key.
async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match check(&shared, request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    // Against DNS rebinding: a page of evil.test whose name has come to mean 127.0.0.1 still says so.
    if shared.loopback && !hosts(uri, headers).is_some_and(|hosts| hosts.iter().all(|host| is_local(host))) {
        return Err(ApiError::forbidden("The control API requires a loopback Host"));
    }
    if headers.contains_key(ORIGIN) {
        return Err(ApiError::forbidden("The control API is closed to web pages: no Origin is accepted"));
    }
    if headers.get_all("sec-fetch-site").iter().any(|site| site != "none") {
        return Err(ApiError::forbidden("The control API is closed to web pages"));
    }
    let mut keys = headers.get_all(AUTHORIZATION).iter();
    let key = keys.next().map(|value| value.as_bytes()).unwrap_or_default();
    if shared.is_control_refused(key) || keys.next().is_some() {
        return Err(ApiError::unauthorized(
            "The control API requires its key: Authorization: Bearer <control key>",
        ));
    }
    // A form of a web page can't send this type without asking first, which is answered with a refusal.
    if method == Method::POST && !is_json(headers) {
        return Err(ApiError::bad_request("Content-Type must be application/json, even without a body"));
    }
    Ok(())
}

/// Every host that the request names, in `Host` and in an absolute request target. `None` without any.
fn hosts<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<Vec<&'a str>> {
    let mut hosts = uri.authority().map(|authority| vec![authority.as_str()]).unwrap_or_default();
    for host in headers.get_all(HOST) {
        hosts.push(host.to_str().ok()?);
    }
    if hosts.is_empty() { None } else { Some(hosts) }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_hosts() {
        for host in
            ["localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:1"]
        {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "evil.test",
            "localhost.evil.test",
            "127.0.0.1.evil.test",
            "a@localhost",
            "localhost:x",
            "10.0.0.1",
            "[::2]:80",
            "0.0.0.0",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn the_prefix_ends_at_a_slash() {
        assert!(is_control("/_emulator") && is_control("/_emulator/") && is_control("/_emulator/health"));
        assert!(!is_control("/_emulatorx") && !is_control("/%5Femulator/health") && !is_control("/"));
    }
}
