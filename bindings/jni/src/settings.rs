//! Settings as they cross: an array of names and values that take turns, where only what was given is; lists and bytes beside
//! it.

use std::str::FromStr;

use jni::Env;
use jni::objects::{JByteArray, JObjectArray, JString};
use jni::refs::Reference;
use passlock_bindings_shared::{CallOptions, Options};
use passlock_core::Error;

use crate::outcome::Refusal;

type Texts<'local> = JObjectArray<'local, JString<'local>>;

/// Texts by name.
pub(crate) struct OptionMap(Vec<(String, String)>);

impl OptionMap {
    /// Reads them. Null is an array without any.
    pub(crate) fn read(env: &mut Env<'_>, array: &Texts<'_>) -> Result<Self, Refusal> {
        let mut texts = list(env, array)?.unwrap_or_default().into_iter();
        let mut pairs = Vec::new();
        while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// Takes out the text of this name.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes out a boolean.
    pub(crate) fn bool(&mut self, name: &str) -> Result<Option<bool>, Error> {
        self.parsed(name)
    }

    /// Takes out a number.
    fn number(&mut self, name: &str) -> Result<Option<f64>, Error> {
        self.parsed(name)
    }

    /// A name that was not taken out, if there is one.
    pub(crate) fn unknown_key(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }

    fn parsed<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name) else { return Ok(None) };
        // Kotlin wrote it from a value of the right type.
        text.parse().map(Some).map_err(|_| Error::config(format!("{name} can't be read")))
    }

    /// Refuses what nobody took out: a name that one side has and the other has not.
    fn reject_unknown(self) -> Result<(), Error> {
        self.unknown_key().map_or(Ok(()), |name| Err(Error::config(format!("unknown option {name}"))))
    }
}

/// A client's settings.
pub(crate) fn client_options(
    env: &mut Env<'_>,
    mut settings: OptionMap,
    auth_types: &Texts<'_>,
    ca_certificates: &JByteArray<'_>,
    environment: OptionMap,
) -> Result<Options, Refusal> {
    let ca_certificates =
        if ca_certificates.is_null() { None } else { Some(env.convert_byte_array(ca_certificates)?) };
    let options = Options {
        tenancy_id: settings.text("tenancyId"),
        api_key: settings.text("apiKey"),
        endpoint: settings.text("endpoint"),
        allow_http: settings.bool("allowHttp")?,
        timeout: settings.number("timeout")?,
        attempt_timeout: settings.number("attemptTimeout")?,
        connect_timeout: settings.number("connectTimeout")?,
        max_retries: settings.number("maxRetries")?,
        max_response_bytes: settings.number("maxResponseBytes")?,
        proxy: settings.text("proxy"),
        ca_certificates,
        leeway: settings.number("leeway")?,
        verify_claims: settings.bool("verifyClaims")?,
        issuer: settings.text("issuer"),
        require_user_verified: settings.bool("requireUserVerified")?,
        auth_types: list(env, auth_types)?,
        environment: environment.0,
        fixed_now: settings.number("fixedNow")?,
    };
    settings.reject_unknown()?;
    Ok(options)
}

/// The settings of one call.
pub(crate) fn call_options(
    env: &mut Env<'_>,
    settings: &Texts<'_>,
    auth_types: &Texts<'_>,
) -> Result<CallOptions, Refusal> {
    let mut settings = OptionMap::read(env, settings)?;
    let options = CallOptions {
        timeout: settings.number("timeout")?,
        issuer: settings.text("issuer"),
        require_user_verified: settings.bool("requireUserVerified")?,
        auth_types: list(env, auth_types)?,
    };
    settings.reject_unknown()?;
    Ok(options)
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
