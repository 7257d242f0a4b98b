//! One request of a browser, and its way to an answer.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use passlock_emulator::{Accounts, ApiError, Extension, StartError};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::config::{BrowserConfig, Settings};
use crate::context::Context;
use crate::mail::Mail;
use crate::relying_party::RelyingParty;
use crate::requests::parse;
use crate::routes::{Route, is_segment};
use crate::state::{PasskeyInfo, State};
use crate::{accounts, ceremonies, control, cors, social};

/// Makes the browser's calls, for demo and examples.
const MODULE: &str = include_str!("passlock.js");

/// The browser API of one emulator: hand it to
/// [`EmulatorConfig::extension`](passlock_emulator::EmulatorConfig::extension).
pub struct Browser {
    settings: Settings,
    relying_party: RelyingParty,
    state: Mutex<State>,
}

impl Browser {
    /// Creates the browser API of one emulator.
    ///
    /// # Errors
    /// An origin is invalid, or the relying party id does not match it.
    pub fn new(config: BrowserConfig) -> Result<Arc<Self>, StartError> {
        let settings = config.check()?;
        let relying_party = RelyingParty::new(&settings);
        Ok(Arc::new(Self { settings, relying_party, state: Mutex::default() }))
    }

    /// The emails that Passlock would have sent, in order; the last 1,000 of them.
    pub fn mailbox(&self) -> Vec<Mail> {
        self.lock().mailbox.mails()
    }

    /// The passkeys that exist, in the order in which they were registered.
    pub fn passkeys(&self) -> Vec<PasskeyInfo> {
        control::passkeys(&self.lock())
    }

    fn answer(
        &self,
        accounts: &mut Accounts<'_>,
        state: &mut State,
        route: Route,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        let now_millis = accounts.now_millis();
        let repeats = route.repeats_for_millis();
        let digest = repeats.map(|_| digest(request));
        if let Some(given) = digest.and_then(|digest| state.given_answer(&digest, now_millis)) {
            return given;
        }
        let mut context = Context {
            settings: &self.settings,
            relying_party: &self.relying_party,
            accounts,
            state,
            now_millis,
        };
        let result = carry_out(&mut context, route, request);
        // A refused ceremony is over, so that its refusal is to be repeated too; what else was refused may be right soon.
        let is_ceremony =
            matches!(route, Route::RegistrationVerification | Route::AuthenticationVerification);
        let keeps = result.is_ok() || is_ceremony;
        let response = cors::answer(result);
        if let (Some(digest), Some(millis), true) = (digest, repeats, keeps) {
            state.keep_answer(digest, &response, now_millis.saturating_add(millis));
        }
        response
    }

    /// A panic elsewhere is no reason to stop answering.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Extension for Browser {
    fn is_route(&self, method: &Method, uri: &Uri) -> bool {
        Route::of(method, uri).is_some()
    }

    fn serve(&self, accounts: &mut Accounts<'_>, request: &Request<Bytes>) -> Response<Bytes> {
        let origin = match cors::allowed_origin(&self.settings.origins, request.headers()) {
            Ok(origin) => origin,
            Err(error) => return cors::readable_by(cors::answer(Err(error)), None),
        };
        let response = match Route::of(request.method(), request.uri()) {
            None => cors::answer(Err(ApiError::not_found("There is no such route"))),
            Some(_) if request.method() == Method::OPTIONS => cors::preflight(request.headers()),
            Some((Route::Module, _)) => module(),
            Some((_, tenancy_id)) if !is_segment(tenancy_id, accounts.tenancy_id()) => {
                cors::answer(Err(ApiError::unauthorized("Invalid tenancy id")))
            }
            Some((route, _)) if accounts.is_preview() => {
                let mut copy = self.lock().clone();
                self.answer(accounts, &mut copy, route, request)
            }
            Some((route, _)) => self.answer(accounts, &mut self.lock(), route, request),
        };
        cors::readable_by(response, origin)
    }

    fn control(&self, accounts: &mut Accounts<'_>, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        control::answer(&mut self.lock(), accounts.now_millis(), request).map(cors::answer)
    }

    fn reset(&self) {
        *self.lock() = State::default();
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn carry_out(
    context: &mut Context<'_, '_>,
    route: Route,
    request: &Request<Bytes>,
) -> Result<Value, ApiError> {
    let (headers, body) = (request.headers(), request.body());
    match route {
        Route::PreConnect => Ok(json!({ "warmed": true })),
        Route::WarmUp | Route::Module => Err(ApiError::not_found("Invalid token")),
        Route::UserStatus => Ok(accounts::status(context, &parse(headers, body)?)),
        Route::RegistrationOptions => ceremonies::registration_options(context, parse(headers, body)?),
        Route::RegistrationVerification => {
            ceremonies::registration_verification(context, parse(headers, body)?)
        }
        Route::AuthenticationOptions => ceremonies::authentication_options(context, parse(headers, body)?),
        Route::AuthenticationVerification => {
            ceremonies::authentication_verification(context, parse(headers, body)?)
        }
        Route::VerifyEmail => accounts::verify_email(context, &parse(headers, body)?),
        Route::ResendEmail => accounts::resend(context, &parse(headers, body)?),
        Route::SocialRegistration => social::register(context, &parse(headers, body)?),
        Route::SocialAuthentication => social::authenticate(context, &parse(headers, body)?),
    }
}

/// The module that makes the browser's calls. It contains no secret.
fn module() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(MODULE.as_bytes()));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    response
}

/// Tells one request from another one. Lengths keep path and body apart.
fn digest(request: &Request<Bytes>) -> [u8; 32] {
    let path = request.uri().path();
    Sha256::new()
        .chain_update((path.len() as u64).to_be_bytes())
        .chain_update(path)
        .chain_update(request.body())
        .finalize()
        .into()
}
