//! An Actix Web application whose users log in with passkeys. Settings come from the environment, as examples/README.md says.

mod sessions;

use std::env;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use actix_files::Files;
use actix_session::{Session, SessionExt as _, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ORIGIN, RETRY_AFTER};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::web::{Data, Json};
use actix_web::{
    App, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder, ResponseError, get, patch, post,
};
use passlock::{Client, User, UserUpdate};
use serde::Deserialize;
use serde_json::{Value, json};

/// The key of the session's one value: who is logged in.
const SUB: &str = "sub";

struct Settings {
    endpoint: String,
    tenancy_id: String,
    origin: String,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |text| text.parse())?;
    let settings = Data::new(Settings {
        endpoint: env::var("PASSLOCK_ENDPOINT").unwrap_or_else(|_| "https://api.passlock.dev".into()),
        tenancy_id: env::var("PASSLOCK_TENANCY_ID")?,
        origin: env::var("ORIGIN").unwrap_or_else(|_| format!("http://localhost:{port}")),
    });
    // One for all requests. Missing settings are an error here, not at the first login.
    let passlock = Data::new(Client::builder().timeout(Duration::from_secs(10)).build()?);
    let secure = settings.origin.starts_with("https://");
    let policy = format!(
        "default-src 'self'; script-src 'self' {0}; connect-src 'self' {0}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        settings.endpoint
    );
    // With several processes: a store that all of them can reach, and a key that all of them have.
    let (store, key) = (sessions::InMemory::default(), Key::generate());
    HttpServer::new(move || {
        let sessions = SessionMiddleware::builder(store.clone(), key.clone())
            .cookie_name(if secure { "__Host-session" } else { "session" }.into())
            .cookie_secure(secure)
            .cookie_same_site(SameSite::Strict)
            .build();
        App::new()
            .app_data(settings.clone())
            .app_data(passlock.clone())
            .wrap(sessions)
            .wrap(from_fn(own_origin))
            .wrap(DefaultHeaders::new().add(("Content-Security-Policy", policy.clone())))
            .service(log_in)
            .service(me)
            .service(change_name)
            .service(log_out)
            .service(config)
            .service(Files::new("/", "../page").index_file("index.html"))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await?;
    Ok(())
}

/// Only this application's own page may change anything: other pages' requests carry its cookie too.
async fn own_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let own = request.app_data::<Data<Settings>>().map(|settings| settings.origin.as_bytes());
    if !request.method().is_safe() && request.headers().get(ORIGIN).map(|origin| origin.as_bytes()) != own {
        return Ok(request.into_response(HttpResponse::Forbidden()).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

#[derive(Deserialize)]
struct Login {
    token: String,
}

#[post("/login")]
async fn log_in(
    passlock: Data<Client>,
    session: Session,
    login: Json<Login>,
) -> Result<impl Responder, Failed> {
    let principal = passlock.exchange_token(&login.token).await?;
    // The previous session ends, and the new one has a new id.
    session.clear();
    session.renew();
    session.insert(SUB, principal.sub).map_err(internal)?;
    Ok(HttpResponse::NoContent())
}

#[post("/logout")]
async fn log_out(session: Session) -> impl Responder {
    session.purge();
    HttpResponse::NoContent()
}

/// The user's id, for requests of logged-in users.
struct LoggedIn(String);

impl FromRequest for LoggedIn {
    type Error = Failed;
    type Future = std::future::Ready<Result<Self, Failed>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sub = request.get_session().get(SUB).map_err(internal);
        let none = Failed { status: StatusCode::UNAUTHORIZED, retry_after: None };
        std::future::ready(sub.and_then(|sub| sub.map(Self).ok_or(none)))
    }
}

#[get("/me")]
async fn me(passlock: Data<Client>, LoggedIn(sub): LoggedIn) -> Result<Json<Value>, Failed> {
    Ok(shown(passlock.get_user(&sub).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    given_name: String,
    family_name: String,
}

#[patch("/me")]
async fn change_name(
    passlock: Data<Client>,
    LoggedIn(sub): LoggedIn,
    Json(name): Json<Name>,
) -> Result<Json<Value>, Failed> {
    let update = UserUpdate::new().given_name(name.given_name).family_name(name.family_name);
    Ok(shown(passlock.update_user(&sub, update).await?))
}

fn shown(user: User) -> Json<Value> {
    Json(json!({
        "sub": user.sub, "email": user.email, "givenName": user.given_name, "familyName": user.family_name,
    }))
}

#[get("/config")]
async fn config(settings: Data<Settings>) -> Json<Value> {
    Json(json!({ "endpoint": settings.endpoint, "tenancyId": settings.tenancy_id }))
}

/// Tells the browser what it can do. The log gets the whole error, which never contains a token or the key.
#[derive(Debug)]
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

fn internal(error: impl fmt::Display) -> Failed {
    tracing::error!("{error}");
    Failed { status: StatusCode::INTERNAL_SERVER_ERROR, retry_after: None }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status.fmt(f)
    }
}

impl ResponseError for Failed {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = self.retry_after.map_or(5, |wait| wait.as_millis().div_ceil(1000));
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response.finish()
    }
}
