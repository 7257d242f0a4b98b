//! An application that has a `reqwest::Client` already: Passlock's calls go through it, and share its connections and settings
//! with the application's other calls. Here each login is reported to an audit service.
//!
//! To run it, copy it into an application of your own, which enables one of reqwest's TLS features: passlock enables none.
//!
//! ```text
//! cargo add reqwest --features rustls
//! AUDIT_URL=https://audit.example.com/logins PASSLOCK_TENANCY_ID=.. PASSLOCK_API_KEY=.. cargo run
//! ```

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use passlock::Client;
use passlock::reqwest::{self, redirect};
use serde::Deserialize;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = http_client().build()?;
    let passlock = Client::builder().http_client(http.clone()).build()?;
    let app = app(App { passlock, http, audit_url: std::env::var("AUDIT_URL")? });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}

/// One configuration for all of the application's calls.
pub fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent("my-application/1.0")
        .connect_timeout(Duration::from_secs(3))
        // A redirect is never followed with a token in the URL, and no server learns the previous URL.
        .redirect(redirect::Policy::none())
        .referer(false)
}

/// What every request handler needs.
#[derive(Clone, Debug)]
pub struct App {
    /// Passlock's client, on the application's own HTTP client.
    pub passlock: Client,
    /// For the application's other calls.
    pub http: reqwest::Client,
    /// Where each login is reported.
    pub audit_url: String,
}

/// The application.
pub fn app(app: App) -> Router {
    Router::new().route("/login", post(login)).with_state(app)
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

async fn login(State(app): State<App>, Json(login): Json<Login>) -> Result<String, StatusCode> {
    let principal = app.passlock.exchange_token(&login.token).await.map_err(|error| {
        tracing::warn!(request_id = error.request_id(), "login failed: {error}");
        StatusCode::from_u16(error.suggested_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    // With a limit of its own: the login waits for it.
    let audit = app.http.post(&app.audit_url).body(principal.sub.clone()).timeout(Duration::from_secs(3));
    let audited = audit.send().await;
    if let Err(error) = audited.and_then(reqwest::Response::error_for_status) {
        tracing::warn!("the login was not audited: {error}");
    }
    Ok(principal.sub)
}
