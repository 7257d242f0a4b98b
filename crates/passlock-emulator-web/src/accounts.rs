//! What the browser asks about users and their email addresses.

use passlock_emulator::ApiError;
use serde_json::{Value, json};
use url::Url;

use crate::config::Settings;
use crate::context::Context;
use crate::requests::{CodeVerification, Resend, Status, VerifyEmail};

pub(crate) fn status(context: &Context<'_, '_>, input: &Status) -> Value {
    json!({ "existingUser": context.accounts.user_by_email(&input.email).is_some() })
}

/// The token says who it is, the code that the email address is theirs.
pub(crate) fn verify_email(
    context: &mut Context<'_, '_>,
    input: &CodeVerification,
) -> Result<Value, ApiError> {
    let user = context.accounts.holder(&input.token).map_err(|error| match error.status() {
        http::StatusCode::NOT_FOUND => ApiError::unauthorized("Invalid token"),
        _ => error,
    })?;
    context.state.mailbox.verify(&user.sub, &input.code, context.now_millis)?;
    context.accounts.verify_email(&user.sub)?;
    Ok(json!({ "principal": context.accounts.renew(&input.token)? }))
}

pub(crate) fn resend(context: &mut Context<'_, '_>, input: &Resend) -> Result<Value, ApiError> {
    check_wish(context.settings, Some(&input.verify_email))?;
    let user = context.accounts.user(&input.user_id)?;
    context.accounts.check_enabled(&user.sub)?;
    let code = context.accounts.next_code();
    context.state.mailbox.send(&user, &input.verify_email, code, context.now_millis);
    Ok(json!({}))
}

/// A link leads back to a page that may log in, and nowhere else.
pub(crate) fn check_wish(settings: &Settings, wish: Option<&VerifyEmail>) -> Result<(), ApiError> {
    let Some(VerifyEmail::Link { redirect_url }) = wish else { return Ok(()) };
    let origin = Url::parse(redirect_url).ok().map(|url| url.origin().ascii_serialization());
    if origin.is_some_and(|origin| settings.origins.iter().any(|own| own.allows(&origin))) {
        Ok(())
    } else {
        Err(ApiError::bad_request("redirectUrl must be a URL of an allowed origin"))
    }
}
