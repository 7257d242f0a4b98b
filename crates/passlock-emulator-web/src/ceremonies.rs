//! Sign-up and login.

use passlock_emulator::{ApiError, NewToken, NewUser};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::accounts::check_wish;
use crate::context::Context;
use crate::relying_party::{CEREMONY_TIME, Registrant};
use crate::requests::{
    AuthenticationOptions, AuthenticationVerification, RegistrationOptions, RegistrationVerification,
};
use crate::state::{Ceremony, CeremonyKind, Passkey, Registration};

/// The longest name that WebAuthn allows for a user.
const HANDLE_LIMIT: usize = 64;

pub(crate) fn registration_options(
    context: &mut Context<'_, '_>,
    input: RegistrationOptions,
) -> Result<Value, ApiError> {
    let RegistrationOptions { email, given_name, family_name, user_verification, verify_email } = input;
    check_email(&email)?;
    check_wish(context.settings, verify_email.as_ref())?;
    let sub = match context.accounts.user_by_email(&email) {
        Some(user) if context.state.has_login(&user.sub) => return Err(has_login()),
        // Added by the control API, or without the passkeys that it once had.
        Some(user) => user.sub,
        None => context.accounts.next_sub(),
    };
    let names = [given_name.as_deref(), family_name.as_deref()];
    let display_name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let (public_key, state) = context.relying_party.begin_registration(
        &Registrant {
            handle: &handle(&sub),
            email: &email,
            display_name: if display_name.trim().is_empty() { &email } else { &display_name },
        },
        user_verification.into(),
    )?;
    let registration = Registration { sub, email, given_name, family_name, verify_email, state };
    Ok(begin(context, public_key, CeremonyKind::Registration(Box::new(registration))))
}

pub(crate) fn registration_verification(
    context: &mut Context<'_, '_>,
    input: RegistrationVerification,
) -> Result<Value, ApiError> {
    check_wish(context.settings, input.verify_email.as_ref())?;
    let CeremonyKind::Registration(begun) = context.state.end(&input.session, context.now_millis)? else {
        return Err(ApiError::bad_request("The session is one of a login"));
    };
    let credential = context.relying_party.finish_registration(&input.credential, &begun.state)?;
    if context.state.passkeys.iter().any(|passkey| passkey.credential.cred_id == credential.cred_id) {
        return Err(ApiError::duplicate("This passkey is already registered"));
    }
    let user = match context.accounts.user_by_email(&begun.email) {
        // Another ceremony was faster.
        Some(user) if context.state.has_login(&user.sub) || user.sub != begun.sub => {
            return Err(has_login());
        }
        Some(user) => user,
        None => {
            let mut new = NewUser::new(begun.email).sub(begun.sub);
            new.given_name = begun.given_name;
            new.family_name = begun.family_name;
            context.accounts.add_user(new)?
        }
    };
    context.accounts.check_enabled(&user.sub)?;
    let auth_id = context.accounts.next_auth_id();
    let user_verified = credential.user_verified;
    context.state.passkeys.push(Passkey {
        sub: user.sub.clone(),
        auth_id: auth_id.clone(),
        credential,
        disabled: false,
    });
    if let Some(wish) = input.verify_email.or(begun.verify_email) {
        let code = context.accounts.next_code();
        context.state.mailbox.send(&user, &wish, code, context.now_millis);
    }
    log_in(context, user.sub, auth_id, user_verified)
}

pub(crate) fn authentication_options(
    context: &mut Context<'_, '_>,
    input: AuthenticationOptions,
) -> Result<Value, ApiError> {
    let sub = match input.email {
        None => None,
        Some(email) => {
            let user = context.accounts.user_by_email(&email).map(|user| user.sub);
            Some(
                user.filter(|sub| context.state.has_passkey(sub))
                    .ok_or_else(|| ApiError::not_found("There is no passkey for this email address"))?,
            )
        }
    };
    let credentials = context
        .state
        .passkeys
        .iter()
        .filter(|passkey| sub.as_ref() == Some(&passkey.sub))
        .map(|passkey| passkey.credential.clone())
        .collect();
    let (public_key, state) =
        context.relying_party.begin_authentication(credentials, input.user_verification.into())?;
    Ok(begin(context, public_key, CeremonyKind::Authentication { sub, state: Box::new(state) }))
}

pub(crate) fn authentication_verification(
    context: &mut Context<'_, '_>,
    input: AuthenticationVerification,
) -> Result<Value, ApiError> {
    let AuthenticationVerification { session, credential: assertion } = input;
    let CeremonyKind::Authentication { sub, state } = context.state.end(&session, context.now_millis)? else {
        return Err(ApiError::bad_request("The session is one of a sign-up"));
    };
    let unknown = || ApiError::unauthorized("This passkey is not known, or not this user's");
    let passkey = context
        .state
        .passkeys
        .iter_mut()
        .find(|passkey| passkey.credential.cred_id.as_slice() == assertion.raw_id.as_slice())
        .filter(|passkey| sub.as_ref().is_none_or(|sub| *sub == passkey.sub))
        .ok_or_else(unknown)?;
    // Who was not named before must be named by the passkey; whoever is named must be its owner.
    match assertion.get_user_unique_id() {
        Some(named) if named == handle(&passkey.sub) => {}
        None if sub.is_some() => {}
        _ => return Err(unknown()),
    }
    let result = context.relying_party.finish_authentication(&assertion, &state, &mut passkey.credential)?;
    if passkey.disabled {
        return Err(ApiError::disabled("The passkey is disabled"));
    }
    let (sub, auth_id) = (passkey.sub.clone(), passkey.auth_id.clone());
    log_in(context, sub, auth_id, result.user_verified())
}

fn begin(context: &mut Context<'_, '_>, public_key: Value, kind: CeremonyKind) -> Value {
    let session = context.accounts.next_session();
    let time = i64::try_from(CEREMONY_TIME.as_millis()).unwrap_or(i64::MAX);
    let expires_millis = context.now_millis.saturating_add(time);
    context.state.begin(session.clone(), Ceremony { expires_millis, kind });
    json!({ "session": session, "publicKey": public_key })
}

fn log_in(
    context: &mut Context<'_, '_>,
    sub: String,
    auth_id: String,
    user_verified: bool,
) -> Result<Value, ApiError> {
    let token = NewToken::new(sub)
        .auth_type("passkey")
        .user_verified(user_verified)
        .single_use(context.settings.single_use_tokens);
    Ok(json!({ "principal": context.accounts.log_in(token, auth_id)? }))
}

/// The name by which an authenticator knows a user.
fn handle(sub: &str) -> Vec<u8> {
    if sub.len() <= HANDLE_LIMIT { sub.as_bytes().to_vec() } else { Sha256::digest(sub).to_vec() }
}

pub(crate) fn has_login() -> ApiError {
    ApiError::duplicate("There is already a user with this email address and an authentication method")
}

/// No more than what every email address has.
pub(crate) fn check_email(email: &str) -> Result<(), ApiError> {
    let is_plain = email.len() <= 254 && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    match email.rsplit_once('@') {
        Some((name, host)) if is_plain && !name.is_empty() && !host.is_empty() => Ok(()),
        _ => Err(ApiError::bad_request("email is not an email address")),
    }
}
