//! What the browser API adds to the control API. Who may use it was decided before.

use bytes::Bytes;
use http::{Method, Request};
use passlock_emulator::ApiError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::id_token::{Issuer, NewIssuer, Provider};
use crate::requests::parse;
use crate::state::{PasskeyInfo, State};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Delete {
    id: Option<String>,
    sub: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disable {
    id: String,
    #[serde(default = "yes")]
    disabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextCode {
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewIdToken {
    provider: Provider,
    claims: Map<String, Value>,
}

fn yes() -> bool {
    true
}

/// `None` when there is no such route.
pub(crate) fn answer(
    state: &mut State,
    now_millis: i64,
    request: &Request<Bytes>,
) -> Option<Result<Value, ApiError>> {
    let (headers, body) = (request.headers(), request.body());
    Some(match (request.method(), request.uri().path()) {
        (&Method::GET, "/mailbox") => Ok(json!({ "mails": state.mailbox.mails() })),
        (&Method::POST, "/mailbox/next-code") => parse(headers, body)
            .and_then(|NextCode { code }| state.mailbox.set_next_code(code))
            .map(|()| json!({})),
        (&Method::GET, "/passkeys") => Ok(json!({ "passkeys": passkeys(state) })),
        (&Method::POST, "/passkeys/delete") => parse(headers, body).and_then(|which| delete(state, &which)),
        (&Method::POST, "/passkeys/disable") => parse(headers, body).and_then(|which| disable(state, &which)),
        (&Method::POST, "/issuers") => parse(headers, body).and_then(|new| set_issuer(state, new)),
        (&Method::POST, "/id-tokens") => {
            parse(headers, body).and_then(|new| sign_id_token(state, new, now_millis))
        }
        _ => return None,
    })
}

pub(crate) fn passkeys(state: &State) -> Vec<PasskeyInfo> {
    state.passkeys.iter().map(|passkey| passkey.info()).collect()
}

fn delete(state: &mut State, which: &Delete) -> Result<Value, ApiError> {
    let before = state.passkeys.len();
    match (&which.id, &which.sub) {
        (Some(id), None) => state.passkeys.retain(|passkey| passkey.id() != *id),
        (None, Some(sub)) => state.passkeys.retain(|passkey| passkey.sub != *sub),
        _ => return Err(ApiError::bad_request("Either id or sub must be given")),
    }
    Ok(json!({ "deleted": before - state.passkeys.len() }))
}

fn disable(state: &mut State, which: &Disable) -> Result<Value, ApiError> {
    let passkey = state
        .passkeys
        .iter_mut()
        .find(|passkey| passkey.id() == which.id)
        .ok_or_else(|| ApiError::not_found("Unknown passkey"))?;
    passkey.disabled = which.disabled;
    Ok(json!({}))
}

fn set_issuer(state: &mut State, new: NewIssuer) -> Result<Value, ApiError> {
    let provider = new.provider;
    let issuer = Issuer::new(new)?;
    let answer = json!({ "jwks": issuer.jwks() });
    state.issuers.insert(provider, issuer);
    Ok(answer)
}

fn sign_id_token(state: &State, new: NewIdToken, now_millis: i64) -> Result<Value, ApiError> {
    let issuer = state.issuers.get(&new.provider).ok_or_else(|| {
        ApiError::bad_request("No issuer is set for this provider: POST /_emulator/issuers sets one")
    })?;
    Ok(json!({ "idToken": issuer.sign(new.claims, now_millis.div_euclid(1_000))? }))
}
