//! The outcome of a call, and how it is passed to Kotlin.

use std::any::Any;

use jni::Env;
use jni::errors::ErrorPolicy;
use jni::jni_str;
use jni::objects::{JClass, JThrowable};
use passlock_bindings_shared::{CallReport, Failure, NamingStyle, Value, internal_error};
use passlock_core::Error;

use crate::upcalls;

/// The local references that one outcome needs, and some more.
const REFERENCES: usize = 20;

/// What a call came to, and how it went if that was asked.
pub(crate) struct Outcome {
    result: Result<Value, Error>,
    report: Option<Box<CallReport>>,
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
    /// One of a call that was asked how it went.
    pub(crate) fn with_report(result: Result<Value, Error>, report: CallReport) -> Self {
        Self { result, report: Some(Box::new(report)) }
    }

    /// Gives it to Kotlin, for the call of this number.
    pub(crate) fn give(self, env: &mut Env<'_>, native: &JClass<'_>, call: i64) -> Result<(), Refusal> {
        let given = env.with_local_frame(REFERENCES, |env| {
            if let Some(report) = self.report {
                upcalls::report(env, native, call, &report)?;
            }
            match self.result {
                Ok(value) => upcalls::value(env, native, call, &value),
                Err(error) => {
                    let fields = upcalls::fields(env, failure(&error))?;
                    upcalls::failed(env, native, call, &fields)
                }
            }
        });
        if given.is_err() {
            // On the driving thread nobody catches it, and no function of the JVM's may be called before it is.
            env.exception_clear();
        }
        Ok(given?)
    }
}

/// As Kotlin and Java write names.
fn failure(error: &Error) -> Failure {
    Failure::new(error, NamingStyle::Camel)
}

/// Ends a call whose outcome could not be passed on because memory ran out: without making anything.
pub(crate) fn give_up(env: &mut Env<'_>, native: &JClass<'_>, call: i64) {
    if upcalls::lost(env, native, call).is_err() {
        env.exception_clear();
    }
}

impl From<Result<Value, Error>> for Outcome {
    fn from(result: Result<Value, Error>) -> Self {
        Self { result, report: None }
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
            let native = env.find_class(jni_str!("dev/passlock/internal/Native"))?;
            let fields = upcalls::fields(env, failure(&error))?;
            let exception = upcalls::exception(env, &native, &fields)?;
            // It says that an exception is pending, which is what was wanted.
            let _ = env.throw(env.cast_local::<JThrowable<'_>>(exception)?);
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
