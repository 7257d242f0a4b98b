//! Settings and requests, as they cross: values by their names in camel case, numbers and booleans as strings; absent if the user
//! gave none. Times are in seconds. Wrong values are refused by the client.
//!
//! A record with a field for each setting could be made of the core's list too. But every field would be written once more in
//! Swift and once more in Kotlin, whose other bridge, the JNI, has strings by their names anyway: so does this one, and a setting
//! that is added is added in fewer places. For the same reason errors cross as texts by their names (`failure.rs`).

use std::collections::HashMap;
use std::fmt;

use passlock_bindings_shared::{CallOptions, Options, Request, TextSource, read_update};
use passlock_core::Error;

/// A client's settings.
#[derive(Clone, Default, uniffi::Record)]
#[uniffi::export(Debug)]
pub struct NativeOptions {
    /// All except those below.
    pub named: HashMap<String, String>,
    /// The accepted authentication methods.
    pub auth_types: Option<Vec<String>>,
    /// Additional certificate authorities, as PEM.
    pub ca_certificates: Option<Vec<u8>>,
    /// Additional headers for every request.
    pub headers: Option<HashMap<String, String>>,
    /// The environment, or the part of it that settings may come from.
    pub environment: HashMap<String, String>,
}

/// An operation with its arguments.
#[derive(Clone, Default, uniffi::Record)]
#[uniffi::export(Debug)]
pub struct NativeRequest {
    /// The operation's code, or `warm_up`, whose argument is empty.
    pub operation: String,
    /// A token, or the id of a user.
    pub argument: String,
    /// What to change, if the operation changes anything.
    pub fields: HashMap<String, String>,
    /// The settings of this call that differ from the client's, except those below.
    pub named: HashMap<String, String>,
    /// The accepted authentication methods.
    pub auth_types: Option<Vec<String>>,
}

impl NativeOptions {
    pub(crate) fn into_shared(self) -> Result<Options, Error> {
        let source = TextSource::new(self.named).with_auth_types(self.auth_types);
        let source = source.with_ca_certificates(self.ca_certificates);
        let mut source = source.with_headers(self.headers.map(sorted));
        let mut options = Options::read(&mut source)?;
        source.finish()?;
        options.environment = self.environment.into_iter().collect();
        Ok(options)
    }
}

/// Sorted by name, so that the same one of several wrong headers is reported each time.
fn sorted(headers: HashMap<String, String>) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = headers.into_iter().collect();
    pairs.sort_unstable();
    pairs
}

impl NativeRequest {
    pub(crate) fn into_shared(self) -> Result<(Request, CallOptions), Error> {
        let mut source = TextSource::new(self.named).with_auth_types(self.auth_types);
        let options = CallOptions::read(&mut source)?;
        source.finish()?;
        let mut fields = TextSource::new(self.fields);
        let update = read_update(&mut fields)?;
        fields.finish()?;
        Ok((Request::new(&self.operation, self.argument, update)?, options))
    }
}

/// Hand-written: the key, the headers, the proxy and the environment contain secrets. The foreign descriptions are this one.
impl fmt::Debug for NativeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeOptions").finish_non_exhaustive()
    }
}

/// Hand-written: the argument may be a token. The foreign descriptions are this one.
impl fmt::Debug for NativeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeRequest").field("operation", &self.operation).finish_non_exhaustive()
    }
}
