use std::str::FromStr;

use passlock_core::Error;

use crate::camel_case;

/// Where a language's named values are read from: settings, and the fields of an update. One method for each kind of value
/// that the tables in `options.rs` and `update.rs` name; absent is `None`.
///
/// Names are the core's, as in `max_retries`. A source that has them in camel case translates them.
#[expect(clippy::missing_errors_doc, reason = "`Error` says when: a value can't be read")]
pub trait Source {
    /// Why a value can't be read.
    type Error;

    /// A string.
    fn text(&mut self, name: &'static str) -> Result<Option<String>, Self::Error>;

    /// A boolean.
    fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Self::Error>;

    /// A number.
    fn number(&mut self, name: &'static str) -> Result<Option<f64>, Self::Error>;

    /// A time or a duration, in seconds.
    fn seconds(&mut self, name: &'static str) -> Result<Option<f64>, Self::Error>;

    /// Any number of texts.
    fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, Self::Error>;

    /// Bytes.
    fn bytes(&mut self, name: &'static str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Strings, each with a name.
    fn pairs(&mut self, name: &'static str) -> Result<Option<Pairs>, Self::Error>;
}

/// Strings, each with a name.
pub type Pairs = Vec<(String, String)>;

/// The type of a setting or a field, by the method of [`Source`] that reads it.
macro_rules! type_read_by {
    (text) => { String };
    (flag) => { bool };
    (number) => { f64 };
    (seconds) => { f64 };
    (texts) => { Vec<String> };
    (bytes) => { Vec<u8> };
    (pairs) => { $crate::source::Pairs };
}

pub(crate) use type_read_by;

/// Values as they cross if a language passes strings: by their names in camel case, numbers and booleans as strings too.
/// Values that are not a single string are separate.
#[derive(Default)]
pub struct TextSource {
    named: Pairs,
    auth_types: Option<Vec<String>>,
    ca_certificates: Option<Vec<u8>>,
    headers: Option<Pairs>,
}

impl TextSource {
    /// These values. Each name may be there once.
    #[must_use]
    pub fn new(named: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { named: named.into_iter().collect(), ..Self::default() }
    }

    /// With the one setting that is a list.
    #[must_use]
    pub fn with_auth_types(mut self, auth_types: Option<Vec<String>>) -> Self {
        self.auth_types = auth_types;
        self
    }

    /// With the one setting that is bytes.
    #[must_use]
    pub fn with_ca_certificates(mut self, pem: Option<Vec<u8>>) -> Self {
        self.ca_certificates = pem;
        self
    }

    /// With the one setting that consists of strings with names.
    #[must_use]
    pub fn with_headers(mut self, headers: Option<Pairs>) -> Self {
        self.headers = headers;
        self
    }

    /// A name that nothing was read under, if there is one.
    #[must_use]
    pub fn unread(&self) -> Option<&str> {
        self.named.first().map(|(name, _)| name.as_str())
    }

    /// Refuses names that nothing read: those that one side has and the other does not.
    ///
    /// # Errors
    ///
    /// `config` for the first such name.
    pub fn finish(&self) -> Result<(), Error> {
        self.unread().map_or(Ok(()), |name| Err(Error::config(format!("unknown option {name}"))))
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        // Most calls have no settings of their own.
        if self.named.is_empty() {
            return None;
        }
        let name = camel_case(name);
        let at = self.named.iter().position(|(known, _)| *known == name)?;
        Some(self.named.swap_remove(at).1)
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, Error> {
        let Some(text) = self.take(name) else { return Ok(None) };
        // The language wrote it from a value of the right type.
        text.parse().map(Some).map_err(|_| Error::config(format!("{} can't be read", camel_case(name))))
    }
}

impl Source for TextSource {
    type Error = Error;

    fn text(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        Ok(self.take(name))
    }

    fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Error> {
        self.parsed(name)
    }

    fn number(&mut self, name: &'static str) -> Result<Option<f64>, Error> {
        self.parsed(name)
    }

    fn seconds(&mut self, name: &'static str) -> Result<Option<f64>, Error> {
        self.parsed(name)
    }

    fn texts(&mut self, _: &'static str) -> Result<Option<Vec<String>>, Error> {
        Ok(self.auth_types.take())
    }

    fn bytes(&mut self, _: &'static str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.ca_certificates.take())
    }

    fn pairs(&mut self, _: &'static str) -> Result<Option<Pairs>, Error> {
        Ok(self.headers.take())
    }
}

/// Hand-written: the values contain secrets.
impl std::fmt::Debug for TextSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextSource").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallOptions, Options};

    fn source(named: &[(&str, &str)]) -> TextSource {
        TextSource::new(named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn settings_are_read_by_their_names() {
        let mut given = source(&[
            ("tenancyId", "t"),
            ("allowHttp", "true"),
            ("attemptTimeout", "5e-05"),
            ("maxRetries", "3"),
            ("leeway", "NaN"),
            ("fixedNow", "1767225600.5"),
        ])
        .with_auth_types(Some(vec!["passkey".to_owned()]))
        .with_ca_certificates(Some(vec![7]))
        .with_headers(Some(vec![("x-app".to_owned(), "a".to_owned())]));
        let options = Options::read(&mut given).unwrap();
        given.finish().unwrap();
        assert_eq!((options.tenancy_id.as_deref(), options.allow_http), (Some("t"), Some(true)));
        assert_eq!((options.attempt_timeout, options.max_retries), (Some(0.000_05), Some(3.0)));
        assert!(options.leeway.unwrap().is_nan());
        assert_eq!(options.fixed_now, Some(1_767_225_600.5));
        assert_eq!(options.auth_types.unwrap(), ["passkey"]);
        assert_eq!(options.headers.unwrap(), [("x-app".to_owned(), "a".to_owned())]);
        assert_eq!((options.ca_certificates, options.timeout), (Some(vec![7]), None));
    }

    #[test]
    fn what_is_none_or_unknown_is_refused_by_name() {
        let refused = CallOptions::read(&mut source(&[("requireUserVerified", "canary")])).unwrap_err();
        assert_eq!(refused.message(), "requireUserVerified can't be read");
        let mut given = source(&[("timeout", "1"), ("require_user_verified", "true")]);
        assert_eq!(CallOptions::read(&mut given).unwrap().require_user_verified, None);
        assert_eq!(given.finish().unwrap_err().message(), "unknown option require_user_verified");
        assert!(!format!("{given:?}").contains("true"));
    }
}
