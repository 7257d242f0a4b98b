//! The application: what its pages ask, and the SDK's client that answers.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use passlock::{Client, Error, UserUpdate};
use passlock_emulator::{EmulatorHandle, Fault, FaultRule, Operation};
use passlock_emulator_web::Browser;
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::guard;
use super::sessions::Sessions;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

pub(crate) struct App {
    client: Client,
    pub(crate) emulator: EmulatorHandle,
    browser: Arc<Browser>,
    pub(crate) origin: String,
    sessions: Sessions,
    visitor: Mutex<Visitor>,
}

/// What the panel for trouble shows.
#[derive(Default)]
struct Visitor {
    /// Who logged in last.
    sub: Option<String>,
    trouble: Trouble,
    disabled: bool,
}

#[derive(Clone, Copy, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
enum Trouble {
    #[default]
    None,
    Down,
    Hangs,
    Resets,
    Limited,
}

type Answer = Result<Json<Value>, Refusal>;

impl App {
    pub(crate) fn new(
        client: Client,
        emulator: EmulatorHandle,
        browser: Arc<Browser>,
        origin: String,
    ) -> Self {
        Self { client, emulator, browser, origin, sessions: Sessions::default(), visitor: Mutex::default() }
    }

    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(async || asset("text/html", PAGE)))
            .route("/page.js", get(async || asset("text/javascript", SCRIPT)))
            .route("/page.css", get(async || asset("text/css", STYLE)))
            .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
            .route("/api/state", get(state))
            .route("/api/mail", get(mail))
            .route("/api/login", post(login))
            .route("/api/logout", post(logout))
            .route("/api/user", patch(update))
            .route("/api/trouble", post(trouble))
            .layer(from_fn_with_state(Arc::clone(&self), guard))
            .with_state(self)
    }

    fn visitor<R>(&self, act: impl FnOnce(&mut Visitor) -> R) -> R {
        act(&mut self.visitor.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn asset(kind: &str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, format!("{kind}; charset=utf-8"))], text).into_response()
}

/// All that a page has to know when it opens. The API key is not among it.
async fn state(State(app): State<Arc<App>>, headers: HeaderMap) -> Json<Value> {
    let user = match app.sessions.user(&headers) {
        Some(sub) => app.client.get_user(&sub).await.ok(),
        None => None,
    };
    let (trouble, disabled) = app.visitor(|visitor| (visitor.trouble, visitor.disabled));
    Json(json!({
        "endpoint": app.emulator.endpoint(),
        "tenancyId": app.emulator.tenancy_id(),
        "user": user,
        "trouble": trouble,
        "disabled": disabled,
    }))
}

/// What a real application never has: the visitor's mail.
async fn mail(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "mails": app.browser.mailbox() }))
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

/// The heart of it: the browser's token becomes the user who has logged in.
async fn login(State(app): State<Arc<App>>, Json(Login { token }): Json<Login>) -> Result<Response, Refusal> {
    let principal = app.client.exchange_token(&token).await?;
    let cookie = app.sessions.begin(&principal.sub).map_err(|_| Refusal::NoSession)?;
    app.visitor(|visitor| visitor.sub = Some(principal.sub.clone()));
    let mut shown = json!(principal);
    if let Some(fields) = shown.as_object_mut() {
        // Credentials: the page has no use for them.
        fields.retain(|name, value| name != "token" && name != "jti" && !value.is_null());
    }
    Ok(([(SET_COOKIE, cookie)], Json(json!({ "principal": shown }))).into_response())
}

async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    ([(SET_COOKIE, app.sessions.end(&headers))], Json(json!({}))).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Names {
    given_name: String,
    family_name: String,
}

async fn update(State(app): State<Arc<App>>, headers: HeaderMap, Json(names): Json<Names>) -> Answer {
    let sub = app.sessions.user(&headers).ok_or(Refusal::NotLoggedIn)?;
    let update = UserUpdate::new().given_name(names.given_name).family_name(names.family_name);
    Ok(Json(json!({ "user": app.client.update_user(&sub, update).await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    trouble: Trouble,
    disabled: bool,
}

async fn trouble(State(app): State<Arc<App>>, Json(wish): Json<Wish>) -> Json<Value> {
    app.emulator.clear_faults();
    let fault = match wish.trouble {
        Trouble::None => None,
        Trouble::Down => Some(Fault::status(503)),
        Trouble::Hangs => Some(Fault::Hang),
        Trouble::Resets => Some(Fault::Reset),
        Trouble::Limited => Some(Fault::status(429)),
    };
    if let Some(fault) = fault {
        for operation in [Operation::ExchangeToken, Operation::GetUser, Operation::UpdateUser] {
            app.emulator.fault(FaultRule::new(fault.clone()).operation(operation).times(u32::MAX));
        }
    }
    let sub = app.visitor(|visitor| {
        visitor.trouble = wish.trouble;
        visitor.disabled = wish.disabled && visitor.sub.is_some();
        visitor.sub.clone()
    });
    if let Some(sub) = sub {
        app.emulator.set_disabled(&sub, wish.disabled);
    }
    Json(json!({}))
}

/// What the page is told if something fails.
enum Refusal {
    NotLoggedIn,
    /// The operating system had no random numbers for its id.
    NoSession,
    Call(Box<Error>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Call(Box::new(error))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotLoggedIn => {
                (StatusCode::UNAUTHORIZED, Json(json!({ "message": "You are not logged in." })))
                    .into_response()
            }
            Self::NoSession => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Self::Call(error) => {
                let status = StatusCode::from_u16(error.suggested_status());
                let body = json!({
                    "kind": error.kind().as_str(),
                    "message": error.message(),
                    "attempts": error.attempts(),
                });
                (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
            }
        }
    }
}
