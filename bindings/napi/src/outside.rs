//! Out of the asynchronous context that runs.

use std::cell::Cell;
use std::rc::Rc;

use napi::bindgen_prelude::{JsValue, Object};
use napi::{Env, check_status, sys};

/// Does something outside of any asynchronous context, such as the one of a request. What is created there keeps nothing
/// of the context, and so not what an `AsyncLocalStorage` holds in it.
pub(crate) fn outside_of_contexts<T: 'static>(
    env: &Env,
    act: impl FnOnce(&Env) -> T + 'static,
) -> napi::Result<Option<T>> {
    let act = Cell::new(Some(act));
    let done = Rc::new(Cell::new(None));
    let function = env.create_function_from_closure::<(), (), _>("outside", {
        let done = Rc::clone(&done);
        move |context| {
            done.set(act.take().map(|act| act(context.env)));
            Ok(())
        }
    })?;
    let this = Object::new(env)?;
    let mut result = std::ptr::null_mut();
    // Without a context of its own, that is a call from none.
    // SAFETY: the values are of this environment, and in scope.
    check_status!(unsafe {
        sys::napi_make_callback(
            env.raw(),
            std::ptr::null_mut(),
            this.raw(),
            function.raw(),
            0,
            std::ptr::null(),
            &mut result,
        )
    })?;
    Ok(done.take())
}
