//! An axum application whose users log in with passkeys. Settings come from the environment, as examples/README.md says.

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use passlock::{Client, User, UserUpdate};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_http::csrf::CsrfLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

/// The key of the session's one value: who is logged in.
const SUB: &str = "sub";

#[derive(Clone)]
struct App {
    passlock: Client,
    endpoint: String,
    tenancy_id: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |text| text.parse())?;
    let origin = env::var("ORIGIN").unwrap_or_else(|_| format!("http://localhost:{port}"));
    let app = App {
        // One for all requests. Missing settings are an error here, not at the first login.
        passlock: Client::builder().timeout(Duration::from_secs(10)).build()?,
        endpoint: env::var("PASSLOCK_ENDPOINT").unwrap_or_else(|_| "https://api.passlock.dev".into()),
        tenancy_id: env::var("PASSLOCK_TENANCY_ID")?,
    };
    let secure = origin.starts_with("https://");
    let policy = format!(
        "default-src 'self'; script-src 'self' {0}; connect-src 'self' {0}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        app.endpoint
    );
    let router = Router::new()
        .route("/login", post(log_in))
        .route("/me", get(me).patch(change_name))
        .route("/logout", post(log_out))
        .route("/config", get(config))
        .with_state(app)
        .fallback_service(ServeDir::new("../page"))
        .layer(
            // With several processes, this would be a store that all of them can reach.
            SessionManagerLayer::new(MemoryStore::default())
                .with_name(if secure { "__Host-session" } else { "session" })
                .with_secure(secure),
        )
        .layer(CsrfLayer::new().add_trusted_origin(&origin)?)
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy)?));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    #[cfg(unix)]
    let mut sigterm = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let end = async move { _ = sigterm.recv().await };
    #[cfg(not(unix))]
    let end = async { _ = tokio::signal::ctrl_c().await };
    axum::serve(listener, router).with_graceful_shutdown(end).await?;
    Ok(())
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

async fn log_in(
    State(app): State<App>,
    session: Session,
    Json(login): Json<Login>,
) -> Result<StatusCode, Failed> {
    let principal = app.passlock.exchange_token(&login.token).await?;
    // The previous session ends, and the new one has a new id.
    session.clear().await;
    session.cycle_id().await?;
    session.insert(SUB, principal.sub).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn log_out(session: Session) -> Result<StatusCode, Failed> {
    session.flush().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The user's id, for requests of logged-in users.
struct LoggedIn(String);

impl<S: Send + Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let sub = session.get(SUB).await.map_err(|error| Failed::from(error).into_response())?;
        sub.map(Self).ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

async fn me(State(app): State<App>, LoggedIn(sub): LoggedIn) -> Result<Json<Value>, Failed> {
    Ok(shown(app.passlock.get_user(&sub).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    given_name: String,
    family_name: String,
}

async fn change_name(
    State(app): State<App>,
    LoggedIn(sub): LoggedIn,
    Json(name): Json<Name>,
) -> Result<Json<Value>, Failed> {
    let update = UserUpdate::new().given_name(name.given_name).family_name(name.family_name);
    Ok(shown(app.passlock.update_user(&sub, update).await?))
}

fn shown(user: User) -> Json<Value> {
    Json(json!({
        "sub": user.sub, "email": user.email, "givenName": user.given_name, "familyName": user.family_name,
    }))
}

async fn config(State(app): State<App>) -> Json<Value> {
    Json(json!({ "endpoint": app.endpoint, "tenancyId": app.tenancy_id }))
}

/// Tells the browser what it can do. The log gets the whole error, which never contains a token or the key.
struct Failed {
    status: StatusCode,
    retry_after: Option<Duration>,
}

impl From<passlock::Error> for Failed {
    fn from(error: passlock::Error) -> Self {
        tracing::warn!(kind = %error.kind(), request_id = error.request_id(), "{error}");
        let status =
            StatusCode::from_u16(error.suggested_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, retry_after: error.retry_after() }
    }
}

impl From<tower_sessions::session::Error> for Failed {
    fn from(error: tower_sessions::session::Error) -> Self {
        tracing::error!("{error}");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, retry_after: None }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        if self.status != StatusCode::SERVICE_UNAVAILABLE {
            return self.status.into_response();
        }
        let seconds = self.retry_after.map_or(5, |wait| wait.as_millis().div_ceil(1000));
        (self.status, [(RETRY_AFTER, seconds.to_string())]).into_response()
    }
}
