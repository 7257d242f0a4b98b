//! The two sides of the boundary, by name and type: what Kotlin calls here, and what is called there.

use jni::objects::{JByteArray, JClass, JObjectArray, JString};
use jni::sys::{jboolean, jint, jlong};
use jni::{Env, bind_java_type};
use passlock_bindings_shared::{Failure, Options, Request, catch_unwind};
use passlock_core::{Claim, ErrorKind, Hint, Limit, OperationName};

use crate::outcome::{Outcome, Refusal, Throwing};
use crate::report;
use crate::settings::{call_options, client_options, update};
use crate::{calls, clients, test_hooks, upcalls};

type Texts<'local> = JObjectArray<'local, JString<'local>>;

// Only the functions that Kotlin calls are bound here. Those that are called there (`upcalls.rs`) are looked up each time, by
// the class that each of these functions is given: a reference that was kept would keep the class, its loader and this library.
bind_java_type! {
    pub(crate) Native => dev.passlock.internal.Native,
    native_trait = Functions,
    native_methods_error_policy = Throwing,
    native_methods {
        static fn open(
            settings: JString[], auth_types: JString[], ca_certificates: jbyte[], headers: JString[], environment: JString[]
        ) -> jlong,
        static fn close(client: jlong),
        static fn begin(
            call: jlong, client: jlong, operation: JString, argument: JString, fields: JString[], settings: JString[],
            auth_types: JString[], detail: jint
        ),
        static fn cancel(call: jlong),
        static fn drive(),
        static fn stop() -> jboolean,
        static fn version() -> JString,
        static fn environment_variables() -> JString[],
        static fn codes() -> JString[][],
        static fn failure(
            kind: JString, operation: JString, tag: JString, hint: JString, message: JString
        ) -> JString[],
    },
}

impl Functions for NativeAPI {
    type Error = Refusal;

    fn open<'local>(
        env: &mut Env<'local>,
        _: JClass<'local>,
        settings: Texts<'local>,
        auth_types: Texts<'local>,
        ca_certificates: JByteArray<'local>,
        headers: Texts<'local>,
        environment: Texts<'local>,
    ) -> Result<jlong, Refusal> {
        passlock_bindings_shared::silence_panic_hook();
        let options = client_options(env, &settings, &auth_types, &ca_certificates, &headers, &environment)?;
        Ok(catch_unwind(|| {
            test_hooks::maybe_panic(options.tenancy_id.as_deref().unwrap_or_default());
            clients::open(options)
        })?)
    }

    fn close<'local>(_: &mut Env<'local>, _: JClass<'local>, client: jlong) -> Result<(), Refusal> {
        Ok(catch_unwind(|| {
            clients::close(client);
            Ok(())
        })?)
    }

    fn begin<'local>(
        env: &mut Env<'local>,
        native: JClass<'local>,
        call: jlong,
        client: jlong,
        operation: JString<'local>,
        argument: JString<'local>,
        fields: Texts<'local>,
        settings: Texts<'local>,
        auth_types: Texts<'local>,
        detail: jint,
    ) -> Result<(), Refusal> {
        let operation = operation.try_to_string(env)?;
        let argument = argument.try_to_string(env)?;
        let update = update(env, &fields)?;
        let options = call_options(env, &settings, &auth_types)?;
        let request = Request::new(&operation, argument, update)?;
        let detail = report::detail(detail);
        calls::spawn(env, &native, call, client, options, |client| async move {
            test_hooks::maybe_panic(request.argument());
            Ok(match detail {
                None => Outcome::from(request.call(client).await),
                // In a box of its own: it is larger, and rare.
                Some(detail) => {
                    let (result, report) = Box::pin(request.report(client, detail)).await;
                    Outcome::with_report(result, report)
                }
            })
        })
    }

    fn cancel<'local>(_: &mut Env<'local>, _: JClass<'local>, call: jlong) -> Result<(), Refusal> {
        Ok(catch_unwind(|| {
            calls::cancel(call);
            Ok(())
        })?)
    }

    fn drive<'local>(env: &mut Env<'local>, native: JClass<'local>) -> Result<(), Refusal> {
        calls::drive(env, &native);
        Ok(())
    }

    fn stop<'local>(_: &mut Env<'local>, _: JClass<'local>) -> Result<jboolean, Refusal> {
        Ok(catch_unwind(|| Ok(calls::stop()))?)
    }

    fn version<'local>(env: &mut Env<'local>, _: JClass<'local>) -> Result<JString<'local>, Refusal> {
        Ok(env.new_string(env!("CARGO_PKG_VERSION"))?)
    }

    fn environment_variables<'local>(
        env: &mut Env<'local>,
        _: JClass<'local>,
    ) -> Result<Texts<'local>, Refusal> {
        texts(env, Options::VARIABLES)
    }

    fn codes<'local>(
        env: &mut Env<'local>,
        _: JClass<'local>,
    ) -> Result<JObjectArray<'local, Texts<'local>>, Refusal> {
        let lists = [
            texts(env, ErrorKind::ALL.iter().map(|kind| kind.as_str()))?,
            texts(env, ErrorKind::ALL.iter().filter(|kind| kind.is_api()).map(|kind| kind.as_str()))?,
            texts(env, OperationName::ALL.iter().map(|name| name.as_str()))?,
            texts(env, Limit::ALL.iter().map(|limit| limit.as_str()))?,
            texts(env, Claim::ALL.iter().map(|claim| claim.as_str()))?,
            texts(env, Hint::ALL.iter().map(|hint| hint.as_str()))?,
        ];
        let all = JObjectArray::<Texts<'_>>::new(env, lists.len(), Texts::null())?;
        for (at, list) in lists.iter().enumerate() {
            all.set_element(env, at, list)?;
        }
        Ok(all)
    }

    fn failure<'local>(
        env: &mut Env<'local>,
        _: JClass<'local>,
        kind: JString<'local>,
        operation: JString<'local>,
        tag: JString<'local>,
        hint: JString<'local>,
        message: JString<'local>,
    ) -> Result<Texts<'local>, Refusal> {
        let kind = kind.try_to_string(env)?;
        let operation = known(env, &operation)?;
        let tag = known(env, &tag)?;
        let hint = known(env, &hint)?;
        let message = message.try_to_string(env)?;
        let failure =
            Failure::from_codes(&kind, operation.as_deref(), tag.as_deref(), hint.as_deref(), message);
        Ok(upcalls::fields(env, failure)?)
    }
}

/// Null is none.
fn known(env: &Env<'_>, text: &JString<'_>) -> Result<Option<String>, Refusal> {
    if text.is_null() { Ok(None) } else { Ok(Some(text.try_to_string(env)?)) }
}

fn texts<'local>(
    env: &mut Env<'local>,
    texts: impl IntoIterator<Item = &'static str>,
) -> Result<Texts<'local>, Refusal> {
    let texts: Vec<_> = texts.into_iter().collect();
    let array = JObjectArray::<JString<'_>>::new(env, texts.len(), JString::null())?;
    for (at, text) in texts.into_iter().enumerate() {
        let text = env.new_string(text)?;
        array.set_element(env, at, &text)?;
    }
    Ok(array)
}
