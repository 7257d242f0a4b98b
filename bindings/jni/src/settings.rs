//! Settings as they cross: an array of alternating names and values, of those settings that were given; lists and bytes are
//! separate. Null is an empty array.

use jni::Env;
use jni::objects::{JByteArray, JObjectArray, JString};
use jni::refs::Reference;
use passlock_bindings_shared::{CallOptions, Options, TextSource, read_update};
use passlock_core::UserUpdate;

use crate::outcome::Refusal;

type Texts<'local> = JObjectArray<'local, JString<'local>>;

/// A client's settings.
pub(crate) fn client_options(
    env: &mut Env<'_>,
    settings: &Texts<'_>,
    auth_types: &Texts<'_>,
    ca_certificates: &JByteArray<'_>,
    headers: &Texts<'_>,
    environment: &Texts<'_>,
) -> Result<Options, Refusal> {
    let ca_certificates =
        if ca_certificates.is_null() { None } else { Some(env.convert_byte_array(ca_certificates)?) };
    let source = TextSource::new(pairs(env, settings)?).with_auth_types(list(env, auth_types)?);
    let headers = if headers.is_null() { None } else { Some(pairs(env, headers)?) };
    let mut source = source.with_ca_certificates(ca_certificates).with_headers(headers);
    let mut options = Options::read(&mut source)?;
    source.finish()?;
    options.environment = pairs(env, environment)?;
    Ok(options)
}

/// The settings of one call.
pub(crate) fn call_options(
    env: &mut Env<'_>,
    settings: &Texts<'_>,
    auth_types: &Texts<'_>,
) -> Result<CallOptions, Refusal> {
    let mut source = TextSource::new(pairs(env, settings)?).with_auth_types(list(env, auth_types)?);
    let options = CallOptions::read(&mut source)?;
    source.finish()?;
    Ok(options)
}

/// What an update changes.
pub(crate) fn update(env: &mut Env<'_>, fields: &Texts<'_>) -> Result<UserUpdate, Refusal> {
    let mut source = TextSource::new(pairs(env, fields)?);
    let update = read_update(&mut source)?;
    source.finish()?;
    Ok(update)
}

fn pairs(env: &mut Env<'_>, array: &Texts<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let mut texts = list(env, array)?.unwrap_or_default().into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// Null is none.
fn list(env: &mut Env<'_>, array: &Texts<'_>) -> Result<Option<Vec<String>>, Refusal> {
    if array.is_null() {
        return Ok(None);
    }
    let mut texts = Vec::new();
    for at in 0..array.len(env)? {
        // The reference is let go at once: an environment may have many variables.
        texts.push(env.with_local_frame(2, |env| array.get_element(env, at)?.try_to_string(env))?);
    }
    Ok(Some(texts))
}
