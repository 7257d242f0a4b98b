//! The functions of Kotlin's `Native` that are called from here. Each is looked up every time: that takes a fraction of a microsecond.

use jni::errors::Result;
use jni::objects::{JClass, JLongArray, JObject, JObjectArray, JString};
use jni::sys::jint;
use jni::{Env, jni_sig, jni_str};
use passlock_bindings_shared::{CallReport, Failure, Value, millis, nanos};
use passlock_core::{Principal, User};

use crate::report;

type Texts<'local> = JObjectArray<'local, JString<'local>>;

/// A call has ended with this.
pub(crate) fn value(env: &mut Env<'_>, native: &JClass<'_>, call: i64, value: &Value) -> Result<()> {
    match value {
        Value::Principal(value) => principal(env, native, call, value),
        Value::User(value) => user(env, native, call, value),
        Value::Done => done(env, native, call),
    }
}

/// A call has ended with a principal.
fn principal(env: &mut Env<'_>, native: &JClass<'_>, call: i64, principal: &Principal) -> Result<()> {
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
fn user(env: &mut Env<'_>, native: &JClass<'_>, call: i64, user: &User) -> Result<()> {
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

/// A call has ended, and gives nothing.
fn done(env: &mut Env<'_>, native: &JClass<'_>, call: i64) -> Result<()> {
    env.call_static_method(native, jni_str!("done"), jni_sig!((jlong) -> void), &[call.into()])?;
    Ok(())
}

/// How a call went, whose outcome comes next.
pub(crate) fn report(env: &mut Env<'_>, native: &JClass<'_>, call: i64, report: &CallReport) -> Result<()> {
    let CallReport { info, attempts, .. } = report;
    let request_id = text(env, info.request_id())?;
    let server_address = env.new_string(&report.server_address)?;
    let texts = Texts::new(env, attempts.len() * 4, JString::null())?;
    for (at, value) in attempts.iter().flat_map(report::texts).enumerate() {
        let Some(value) = value else { continue };
        set_text(env, &texts, at, value)?;
    }
    let each: Vec<_> = attempts.iter().flat_map(report::numbers).collect();
    let numbers = JLongArray::new(env, each.len())?;
    numbers.set_region(env, 0, &each)?;
    let arguments = [
        call.into(),
        jint::try_from(info.attempts).unwrap_or(jint::MAX).into(),
        info.status.map_or(-1, jint::from).into(),
        (&request_id).into(),
        nanos(info.elapsed).into(),
        (&server_address).into(),
        jint::from(report.server_port).into(),
        (&texts).into(),
        (&numbers).into(),
    ];
    let signature = jni_sig!((jlong, jint, jint, JString, jlong, JString, jint, JString[], jlong[]) -> void);
    env.call_static_method(native, jni_str!("report"), signature, &arguments)?;
    Ok(())
}

/// A call has failed.
pub(crate) fn failed(env: &mut Env<'_>, native: &JClass<'_>, call: i64, fields: &Texts<'_>) -> Result<()> {
    let signature = jni_sig!((jlong, JString[]) -> void);
    env.call_static_method(native, jni_str!("failed"), signature, &[call.into(), fields.into()])?;
    Ok(())
}

/// A call has ended, and its outcome can't be made.
pub(crate) fn lost(env: &mut Env<'_>, native: &JClass<'_>, call: i64) -> Result<()> {
    env.call_static_method(native, jni_str!("lost"), jni_sig!((jlong) -> void), &[call.into()])?;
    Ok(())
}

/// The exception for a failure.
pub(crate) fn exception<'local>(
    env: &mut Env<'local>,
    native: &JClass<'_>,
    fields: &Texts<'_>,
) -> Result<JObject<'local>> {
    let signature = jni_sig!("([Ljava/lang/String;)Ldev/passlock/PasslockException;");
    env.call_static_method(native, jni_str!("exception"), signature, &[fields.into()])?.l()
}

/// What is known of a failure: names and values that take turns, as settings cross.
pub(crate) fn fields<'local>(env: &mut Env<'local>, failure: Failure) -> Result<Texts<'local>> {
    let texts: Vec<_> = failure.texts().collect();
    let array = Texts::new(env, texts.len() * 2, JString::null())?;
    for (at, text) in texts.into_iter().flat_map(|(name, value)| [name, value]).enumerate() {
        set_text(env, &array, at, &text)?;
    }
    Ok(array)
}

/// The reference is let go at once: there may be thirty of them.
fn set_text(env: &mut Env<'_>, array: &Texts<'_>, at: usize, text: &str) -> Result<()> {
    env.with_local_frame(2, |env| {
        let text = env.new_string(text)?;
        array.set_element(env, at, &text)
    })
}

/// None is null.
fn text<'local>(env: &mut Env<'local>, text: Option<&str>) -> Result<JString<'local>> {
    text.map_or_else(|| Ok(JString::null()), |text| env.new_string(text))
}
