//! What a call came to, and how Kotlin gets to know.

use std::any::Any;

use jni::Env;
use jni::errors::ErrorPolicy;
use jni::objects::{JString, JThrowable};
use jni::sys::jint;
use passlock_bindings_shared::{Failure, internal_error, millis};
use passlock_core::{Error, Principal, User};

use crate::native::{ErrorFields, Native};

/// The local references that one outcome needs, and some more.
const REFERENCES: usize = 20;

/// What a call came to.
pub(crate) enum Outcome {
    Principal(Box<Principal>),
    User(Box<User>),
    Failed(Box<Error>),
}

/// Why a native function has no result.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It failed.
    Failed(Box<Error>),
    /// The JVM is out of memory, or has an exception to throw.
    Jvm(jni::errors::Error),
}

/// A refusal is thrown, as the exception of Kotlin's that it is.
pub(crate) struct Throwing;

impl Outcome {
    /// Gives it to Kotlin, for the call of this number.
    pub(crate) fn give(self, env: &mut Env<'_>, call: i64) -> Result<(), Refusal> {
        let given = env.with_local_frame(REFERENCES, |env| match self {
            Self::Principal(principal) => give_principal(env, call, &principal),
            Self::User(user) => give_user(env, call, &user),
            Self::Failed(error) => {
                let fields = fields(env, (*error).into())?;
                Native::failed(env, call, fields)
            }
        });
        if given.is_err() {
            // On the driving thread nobody catches it, and no function of the JVM's may be called before it is.
            env.exception_clear();
        }
        Ok(given?)
    }
}

/// Ends a call whose outcome could not be given, for want of memory: without making anything.
pub(crate) fn give_up(env: &mut Env<'_>, call: i64) {
    if Native::lost(env, call).is_err() {
        env.exception_clear();
    }
}

fn give_principal(env: &mut Env<'_>, call: i64, principal: &Principal) -> jni::errors::Result<()> {
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
    let email_verified = principal.email_verified.map_or(-1, jint::from);
    let (iat, nbf, exp) = (millis(principal.iat), millis(principal.nbf), millis(principal.exp));
    let user_verified = principal.user_verified;
    Native::principal(
        env,
        call,
        iss,
        aud,
        sub,
        iat,
        nbf,
        exp,
        jti,
        token,
        user_verified,
        auth_type,
        auth_id,
        given_name,
        family_name,
        email,
        email_verified,
    )
}

fn give_user(env: &mut Env<'_>, call: i64, user: &User) -> jni::errors::Result<()> {
    let sub = env.new_string(&user.sub)?;
    let email = env.new_string(&user.email)?;
    let given_name = text(env, user.given_name.as_deref())?;
    let family_name = text(env, user.family_name.as_deref())?;
    Native::user(env, call, sub, email, given_name, family_name, user.email_verified)
}

/// The failure, as what Kotlin's exceptions are made of. Absent numbers are -1 for the status, and NaN.
fn fields<'local>(env: &mut Env<'local>, failure: Failure) -> jni::errors::Result<ErrorFields<'local>> {
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
    } = failure.in_camel_case();
    let (kind, message) = (env.new_string(kind)?, env.new_string(message)?);
    let operation = text(env, operation)?;
    let status = status.map_or(-1, jint::from);
    let (tag, detail) = (text(env, tag.as_deref())?, text(env, detail.as_deref())?);
    let request_id = text(env, request_id.as_deref())?;
    let retry_after = retry_after.unwrap_or(f64::NAN);
    let attempts = attempts.try_into().unwrap_or(jint::MAX);
    let (limit, claim, hint) = (text(env, limit)?, text(env, claim)?, text(env, hint)?);
    let cause = text(env, cause.as_deref())?;
    Native::fields(
        env,
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
    )
}

/// None is null.
fn text<'local>(env: &mut Env<'local>, text: Option<&str>) -> jni::errors::Result<JString<'local>> {
    text.map_or_else(|| Ok(JString::null()), |text| env.new_string(text))
}

impl From<Principal> for Outcome {
    fn from(principal: Principal) -> Self {
        Self::Principal(Box::new(principal))
    }
}

impl From<User> for Outcome {
    fn from(user: User) -> Self {
        Self::User(Box::new(user))
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<jni::errors::Error> for Refusal {
    fn from(error: jni::errors::Error) -> Self {
        Self::Jvm(error)
    }
}

impl<T: Default> ErrorPolicy<T, Refusal> for Throwing {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        refusal: Refusal,
    ) -> jni::errors::Result<T> {
        if !env.exception_check() {
            let error = match refusal {
                Refusal::Failed(error) => *error,
                Refusal::Jvm(error) => internal_error().with_cause(error.to_string()),
            };
            let fields = fields(env, error.into())?;
            let exception = Native::exception(env, fields)?;
            // It says that an exception is pending, which is what was wanted.
            let _ = env.throw(JThrowable::from(exception));
        }
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        captures: &mut (),
        _: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        Self::on_error(env, captures, internal_error().into())
    }
}
