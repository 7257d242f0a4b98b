//! The functions of Kotlin's `Native` that are called from here. Each is looked up anew: it takes a fraction of a microsecond.

use jni::errors::Result;
use jni::objects::{JClass, JObject, JString};
use jni::sys::jint;
use jni::{Env, JValue, jni_sig, jni_str};
use passlock_bindings_shared::{Failure, NamingStyle, millis};
use passlock_core::{Error, Principal, User};

/// A call has ended with a principal.
pub(crate) fn principal(
    env: &mut Env<'_>,
    native: &JClass<'_>,
    call: i64,
    principal: &Principal,
) -> Result<()> {
    let iss = env.new_string(&principal.iss)?;
    let aud = env.new_string(&principal.aud)?;
    let sub = env.new_string(&principal.sub)?;
    let jti = env.new_string(&principal.jti)?;
    let token = env.new_string(&principal.token)?;
    let auth_type = env.new_string(principal.auth_type.as_str())?;
    let auth_id = env.new_string(&principal.auth_id)?;
    let given_name = text(env, principal.given_name.as_deref())?;
    let family_name = text(env, principal.family_name.as_deref())?;
    let email = text(env, principal.email.as_deref())?;
    let arguments = [
        call.into(),
        (&iss).into(),
        (&aud).into(),
        (&sub).into(),
        millis(principal.iat).into(),
        millis(principal.nbf).into(),
        millis(principal.exp).into(),
        (&jti).into(),
        (&token).into(),
        principal.user_verified.into(),
        (&auth_type).into(),
        (&auth_id).into(),
        (&given_name).into(),
        (&family_name).into(),
        (&email).into(),
        principal.email_verified.map_or(-1, jint::from).into(),
    ];
    let signature = jni_sig!(
        (jlong, JString, JString, JString, jlong, jlong, jlong, JString, JString, jboolean, JString, JString, JString,
         JString, JString, jint) -> void
    );
    env.call_static_method(native, jni_str!("principal"), signature, &arguments)?;
    Ok(())
}

/// A call has ended with a user.
pub(crate) fn user(env: &mut Env<'_>, native: &JClass<'_>, call: i64, user: &User) -> Result<()> {
    let sub = env.new_string(&user.sub)?;
    let email = env.new_string(&user.email)?;
    let given_name = text(env, user.given_name.as_deref())?;
    let family_name = text(env, user.family_name.as_deref())?;
    let arguments = [
        call.into(),
        (&sub).into(),
        (&email).into(),
        (&given_name).into(),
        (&family_name).into(),
        user.email_verified.into(),
    ];
    let signature = jni_sig!((jlong, JString, JString, JString, JString, jboolean) -> void);
    env.call_static_method(native, jni_str!("user"), signature, &arguments)?;
    Ok(())
}

/// A call has failed.
pub(crate) fn failed(env: &mut Env<'_>, native: &JClass<'_>, call: i64, fields: &JObject<'_>) -> Result<()> {
    let signature = jni_sig!("(JLdev/passlock/internal/ErrorFields;)V");
    env.call_static_method(native, jni_str!("failed"), signature, &[call.into(), fields.into()])?;
    Ok(())
}

/// A call has ended, and its outcome can't be made.
pub(crate) fn lost(env: &mut Env<'_>, native: &JClass<'_>, call: i64) -> Result<()> {
    env.call_static_method(native, jni_str!("lost"), jni_sig!((jlong) -> void), &[call.into()])?;
    Ok(())
}

/// The exception that is made of a failure.
pub(crate) fn exception<'local>(
    env: &mut Env<'local>,
    native: &JClass<'_>,
    fields: &JObject<'_>,
) -> Result<JObject<'local>> {
    let signature = jni_sig!("(Ldev/passlock/internal/ErrorFields;)Ldev/passlock/PasslockException;");
    env.call_static_method(native, jni_str!("exception"), signature, &[fields.into()])?.l()
}

/// The error, as what Kotlin's exceptions are made of. Absent numbers are -1 for the status, and NaN.
pub(crate) fn fields<'local>(
    env: &mut Env<'local>,
    native: &JClass<'_>,
    error: &Error,
) -> Result<JObject<'local>> {
    // Taken apart by name, without a rest, so that a new field can't be forgotten here.
    let Failure {
        kind,
        message,
        operation,
        status,
        tag,
        detail,
        request_id,
        retry_after,
        attempts,
        retryable,
        limit,
        claim,
        hint,
        applied,
        cause,
    } = Failure::new(error, NamingStyle::Camel);
    let (kind, message) = (env.new_string(kind)?, env.new_string(message)?);
    let operation = text(env, operation)?;
    let (tag, detail) = (text(env, tag.as_deref())?, text(env, detail.as_deref())?);
    let request_id = text(env, request_id.as_deref())?;
    let (limit, claim, hint) = (text(env, limit)?, text(env, claim)?, text(env, hint)?);
    let cause = text(env, cause.as_deref())?;
    let arguments: [JValue<'_>; 15] = [
        (&kind).into(),
        (&message).into(),
        (&operation).into(),
        status.map_or(-1, jint::from).into(),
        (&tag).into(),
        (&detail).into(),
        (&request_id).into(),
        retry_after.unwrap_or(f64::NAN).into(),
        attempts.try_into().unwrap_or(jint::MAX).into(),
        retryable.into(),
        (&limit).into(),
        (&claim).into(),
        (&hint).into(),
        applied.into(),
        (&cause).into(),
    ];
    let signature = jni_sig!(
        "(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;ILjava/lang/String;Ljava/lang/String;Ljava/lang/String;DIZ\
         Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;ZLjava/lang/String;)Ldev/passlock/internal/ErrorFields;"
    );
    env.call_static_method(native, jni_str!("fields"), signature, &arguments)?.l()
}

/// None is null.
fn text<'local>(env: &mut Env<'local>, text: Option<&str>) -> Result<JString<'local>> {
    text.map_or_else(|| Ok(JString::null()), |text| env.new_string(text))
}
