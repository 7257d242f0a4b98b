//! A login endpoint: `POST /login` with `{"token": "..."}`, the token that Passlock's browser library gave the page.
//!
//! ```text
//! PASSLOCK_TENANCY_ID=.. PASSLOCK_API_KEY=.. cargo run -p passlock --example axum_login
//! curl -i localhost:3000/login -H 'content-type: application/json' -d '{"token":"..."}'
//! ```

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use passlock::{Client, Error};
use serde::{Deserialize, Serialize};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Missing or wrong settings fail here, not at the first login.
    let client = Client::from_env()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app(client)).await?;
    Ok(())
}

/// The application. One client serves all requests: it is cheap to clone, and its clones share their connections.
pub fn app(client: Client) -> Router {
    Router::new().route("/login", post(login)).with_state(client)
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

#[derive(Serialize)]
struct LoggedIn {
    sub: String,
    given_name: Option<String>,
}

async fn login(
    State(client): State<Client>,
    Json(login): Json<Login>,
) -> Result<(HeaderMap, Json<LoggedIn>), LoginFailed> {
    // A page waits for this answer, so the whole call gets less time than by default. When the browser goes away, axum
    // drops this future, and the call ends with it.
    let client = client.with_timeout(Duration::from_secs(10))?;
    let principal = client.exchange_token(&login.token).await?;
    // The user is `principal.sub`. The token has done its work: the session is the application's own.
    tracing::info!(sub = %principal.sub, "logged in");
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, session_cookie(&principal.sub));
    let answer = LoggedIn { sub: principal.sub, given_name: principal.given_name };
    Ok((headers, Json(answer)))
}

/// A placeholder: a real application generates an unguessable id here, and keeps the session in its own store.
fn session_cookie(_sub: &str) -> HeaderValue {
    HeaderValue::from_static("session=unguessable; HttpOnly; Secure; SameSite=Lax; Path=/")
}

/// A failed login, and the response to the browser.
struct LoginFailed(Error);

impl From<Error> for LoginFailed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for LoginFailed {
    fn into_response(self) -> Response {
        let Self(error) = self;
        // No error holds a token or the key, so all of it may be logged. The request id is what Passlock's support asks for.
        tracing::warn!(
            kind = %error.kind(),
            request_id = error.request_id(),
            attempts = error.attempts(),
            "login failed: {error}"
        );
        // The browser isn't told which check failed.
        let text = if error.is_login_refused() { "log in again" } else { "logging in does not work now" };
        let status =
            StatusCode::from_u16(error.suggested_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, text).into_response();
        if let (StatusCode::SERVICE_UNAVAILABLE, Some(wait)) = (status, error.retry_after()) {
            let seconds = wait.as_secs_f64().ceil() as u64;
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
