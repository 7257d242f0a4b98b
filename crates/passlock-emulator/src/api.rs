//! The operations of Passlock's REST API.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Serialize;

use crate::model::User;
use crate::operation::{Operation, Route, decode};
use crate::shared::{PatchAnswer, Shared, now_millis};
use crate::store::Effect;
use crate::wire::{ApiError, Principal, Update, Wrapped, gateway_not_found};

/// Answers everything that is not the control API.
///
/// The routes are matched here and not by axum, because faults must know the operation before any handler runs, and
/// routes must be defined in one place.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    Extension(effect): Extension<Effect>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(route) = Route::of(&method, uri.path()) else {
        return (StatusCode::NOT_FOUND, Json(gateway_not_found())).into_response();
    };
    match operate(&shared, route, effect, &headers, &body) {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

fn operate(
    shared: &Shared,
    route: Route<'_>,
    effect: Effect,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, ApiError> {
    authorize(shared, route, headers)?;
    let subject = decode(route.subject).ok_or_else(|| ApiError::bad_request("The path is not UTF-8"))?;
    let (patch_answer, legacy_fields) = shared.behaviour();
    match route.operation {
        Operation::ExchangeToken => {
            let grant = shared.with_store(|store| store.exchange(&subject, now_millis(), effect))?;
            Ok(json(&Principal::new(&shared.tenancy_id, &subject, &grant, legacy_fields)))
        }
        Operation::GetUser => {
            let user = shared.with_store(|store| store.user(&subject))?;
            Ok(json(&Wrapped { user: &user }))
        }
        Operation::UpdateUser => {
            if !is_json(headers) {
                return Err(ApiError::bad_request("Content-Type must be application/json"));
            }
            let update = Update::parse(body)?;
            let user: User = shared.with_store(|store| store.update_user(&subject, update, effect))?;
            Ok(match patch_answer {
                PatchAnswer::Wrapped => json(&Wrapped { user: &user }),
                PatchAnswer::Bare => json(&user),
                PatchAnswer::Empty => StatusCode::OK.into_response(),
            })
        }
    }
}

/// A wrong key and an unknown tenancy look the same.
fn authorize(shared: &Shared, route: Route<'_>, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let key_is_right =
        values.next().is_some_and(|value| shared.is_authorized(value.as_bytes())) && values.next().is_none();
    let tenancy_is_right = decode(route.tenancy_id).is_some_and(|tenancy_id| tenancy_id == shared.tenancy_id);
    if key_is_right && tenancy_is_right {
        Ok(())
    } else {
        Err(ApiError::unauthorized("Invalid tenancy id or API key"))
    }
}

/// Whether the one `Content-Type` is JSON's, with or without parameters.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

fn json(value: &impl Serialize) -> Response {
    Json(value).into_response()
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body())).into_response()
    }
}
