//! The function in JavaScript that settles calls.

use napi::bindgen_prelude::{FromNapiValue, Function, JsValue};
use napi::threadsafe_function::UnknownReturnValue;
use napi::{Env, check_status, sys};

use crate::outcome::Arguments;

pub(crate) type Settle<'env> = Function<'env, Arguments, UnknownReturnValue>;

/// A reference to it, which holds it only while calls are in flight: it holds the realm that it is from, and a test runner
/// makes one for each file.
pub(crate) struct SettleReference {
    env: sys::napi_env,
    reference: sys::napi_ref,
}

impl SettleReference {
    /// Does not hold it yet.
    pub(crate) fn new(env: &Env, settle: &Settle<'_>) -> napi::Result<Self> {
        let mut reference = std::ptr::null_mut();
        // SAFETY: the value is of this environment, and still in scope.
        check_status!(unsafe { sys::napi_create_reference(env.raw(), settle.raw(), 0, &mut reference) })?;
        Ok(Self { env: env.raw(), reference })
    }

    /// What [`hold`] takes.
    pub(crate) fn raw(&self) -> sys::napi_ref {
        self.reference
    }

    /// The function, held for as long as the environment's scope. None if nobody held it.
    pub(crate) fn get<'env>(&self, env: &'env Env) -> napi::Result<Option<Settle<'env>>> {
        let mut value = std::ptr::null_mut();
        // SAFETY: the reference is of this environment, and deleted only with this.
        check_status!(unsafe { sys::napi_get_reference_value(env.raw(), self.reference, &mut value) })?;
        if value.is_null() {
            return Ok(None);
        }
        // SAFETY: it is the function that this was created with.
        unsafe { Settle::from_napi_value(env.raw(), value) }.map(Some)
    }
}

impl Drop for SettleReference {
    fn drop(&mut self) {
        // SAFETY: the threadsafe function that has this drops it on the environment's own thread, while it keeps the
        // environment.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

/// Holds the function, or no longer.
///
/// # Safety
///
/// The reference must exist and be of this environment, whose thread this must be.
pub(crate) unsafe fn hold(env: &Env, reference: sys::napi_ref, hold: bool) {
    let mut count = 0;
    // SAFETY: the caller's promise.
    unsafe {
        if hold {
            sys::napi_reference_ref(env.raw(), reference, &mut count);
        } else {
            sys::napi_reference_unref(env.raw(), reference, &mut count);
        }
    }
}
