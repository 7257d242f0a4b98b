//! Sign-up and login with an id token of Apple or Google.

use passlock_emulator::{ApiError, NewToken, NewUser};
use serde_json::{Value, json};

use crate::ceremonies::{check_email, has_login};
use crate::context::Context;
use crate::id_token::{Claims, Provider};
use crate::requests::Social;
use crate::state::SocialLogin;

pub(crate) fn register(context: &mut Context<'_, '_>, input: &Social) -> Result<Value, ApiError> {
    let claims = verify(context, input)?;
    if find(context, input.provider, &claims).is_some() {
        return Err(has_login());
    }
    let email = claims.email.clone().ok_or_else(|| ApiError::bad_request("The id token has no email"))?;
    check_email(&email)?;
    let user = match context.accounts.user_by_email(&email) {
        Some(user) if context.state.has_login(&user.sub) => return Err(has_login()),
        // Added by the control API.
        Some(user) => user,
        None => {
            let mut new = NewUser::new(email);
            new.given_name.clone_from(&claims.given_name);
            new.family_name.clone_from(&claims.family_name);
            context.accounts.add_user(new)?
        }
    };
    context.accounts.check_enabled(&user.sub)?;
    if claims.email_verified() {
        context.accounts.verify_email(&user.sub)?;
    }
    let auth_id = context.accounts.next_auth_id();
    let login = SocialLogin { provider: input.provider, subject: claims.sub, sub: user.sub, auth_id };
    context.state.social_logins.push(login.clone());
    log_in(context, login)
}

pub(crate) fn authenticate(context: &mut Context<'_, '_>, input: &Social) -> Result<Value, ApiError> {
    let claims = verify(context, input)?;
    let login = find(context, input.provider, &claims)
        .ok_or_else(|| ApiError::not_found("Nobody has signed up with this account"))?;
    log_in(context, login)
}

fn verify(context: &Context<'_, '_>, input: &Social) -> Result<Claims, ApiError> {
    let issuer = context.state.issuers.get(&input.provider).ok_or_else(|| {
        ApiError::bad_request(format!(
            "The emulator knows no issuer of id tokens for {:?}: set one by POST /_emulator/issuers, or log in with a passkey",
            input.provider.as_str()
        ))
    })?;
    issuer.verify(&input.id_token, &input.nonce, context.now_millis.div_euclid(1_000))
}

fn find(context: &Context<'_, '_>, provider: Provider, claims: &Claims) -> Option<SocialLogin> {
    let mut logins = context.state.social_logins.iter();
    logins.find(|login| login.provider == provider && login.subject == claims.sub).cloned()
}

fn log_in(context: &mut Context<'_, '_>, login: SocialLogin) -> Result<Value, ApiError> {
    let token = NewToken::new(login.sub)
        .auth_type(login.provider.as_str())
        // Whoever issued the id token may have done so, and does not say.
        .user_verified(false)
        .single_use(context.settings.single_use_tokens);
    Ok(json!({ "principal": context.accounts.log_in(token, login.auth_id)? }))
}
