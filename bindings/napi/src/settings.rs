//! Settings as JavaScript hands them over: objects without a prototype. The TypeScript half has checked their types, and the names
//! in them; times are still milliseconds.

use std::collections::HashMap;

use napi::bindgen_prelude::{Buffer, FromNapiValue, Object};
use passlock_bindings_shared::{Options, Pairs, Source, camel_case};

/// A client's settings.
pub(crate) fn client_options(settings: Object<'_>) -> napi::Result<Options> {
    let mut options = Options::read(&mut ObjectSource(&settings))?;
    let environment: Option<HashMap<String, String>> = settings.get("environment")?;
    options.environment = environment.into_iter().flatten().collect();
    Ok(options)
}

/// Values by their names in camel case.
pub(crate) struct ObjectSource<'a, 'env>(pub(crate) &'a Object<'env>);

impl ObjectSource<'_, '_> {
    fn get<T: FromNapiValue>(&self, name: &'static str) -> napi::Result<Option<T>> {
        self.0.get(&camel_case(name))
    }
}

impl Source for ObjectSource<'_, '_> {
    type Error = napi::Error;

    fn text(&mut self, name: &'static str) -> napi::Result<Option<String>> {
        self.get(name)
    }

    fn flag(&mut self, name: &'static str) -> napi::Result<Option<bool>> {
        self.get(name)
    }

    fn number(&mut self, name: &'static str) -> napi::Result<Option<f64>> {
        self.get(name)
    }

    fn seconds(&mut self, name: &'static str) -> napi::Result<Option<f64>> {
        let milliseconds: Option<f64> = self.get(name)?;
        Ok(milliseconds.map(|milliseconds| milliseconds / 1000.0))
    }

    fn texts(&mut self, name: &'static str) -> napi::Result<Option<Vec<String>>> {
        self.get(name)
    }

    fn bytes(&mut self, name: &'static str) -> napi::Result<Option<Vec<u8>>> {
        let bytes: Option<Buffer> = self.get(name)?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    /// As one list: a name, its value, the next name.
    fn pairs(&mut self, name: &'static str) -> napi::Result<Option<Pairs>> {
        let texts: Option<Vec<String>> = self.get(name)?;
        let mut texts = texts.map(Vec::into_iter);
        Ok(texts.as_mut().map(|texts| std::iter::from_fn(|| texts.next().zip(texts.next())).collect()))
    }
}
