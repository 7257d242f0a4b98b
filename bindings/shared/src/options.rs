use passlock_core::{Build, Builder, Error, Name, duration_from_seconds, message, settings};

use crate::source::{Source, type_read_by};
use crate::time::from_seconds;

/// The settings in one list: name, how it is read (a method of [`Source`]), docs. An entry such as `max_retries: number`
/// generates
///
/// ```text
/// pub max_retries: Option<f64>,                   // in the structure
/// max_retries: source.number("max_retries")?,     // in `read`
/// ```
macro_rules! options {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$setting_meta:meta])* $setting:ident: $kind:ident,)+
    } $(beside { $($(#[$beside_meta:meta])* $beside:ident: $beside_type:ty,)+ })?) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$setting_meta])* pub $setting: Option<type_read_by!($kind)>,)+
            $($($(#[$beside_meta])* pub $beside: $beside_type,)+)?
        }

        impl $name {
            /// Reads what is given.
            ///
            /// # Errors
            ///
            /// Those of the source, for the first value that can't be read.
            pub fn read<S: Source>(source: &mut S) -> Result<Self, S::Error> {
                Ok(Self {
                    $($setting: source.$kind(stringify!($setting))?,)+
                    $($($beside: Default::default(),)+)?
                })
            }
        }
    };
}

/// A client's settings, from the core's list of them. Its entry `max_retries: number` generates what `options!` generates,
/// and
///
/// ```text
/// if let Some(value) = self.max_retries { builder = builder.max_retries(whole(Name("max_retries"), value)?) }     // in `set`
/// ```
macro_rules! client_options {
    ($($setting:ident: $kind:ident,)+) => {
        options! {
            /// A client's settings as a language passes them: absent if the user gave none, times in seconds, every
            /// number as the language's widest kind, so that a bad one is refused here and nowhere else.
            #[derive(Clone, Default)]
            Options {
                $(#[doc = concat!("The `", stringify!($setting), "` setting.")] $setting: $kind,)+
                /// A frozen wall clock, in seconds since the Unix epoch: for the contract's vectors.
                fixed_now: seconds,
            } beside {
                /// The language's environment, or the part of it that settings may come from.
                environment: Vec<(String, String)>,
            }
        }

        impl Options {
            /// Applies the given settings to a builder.
            fn set<C: Build>(self, mut builder: Builder<C>) -> Result<Builder<C>, Error> {
                $(if let Some(value) = self.$setting {
                    builder = builder.$setting(converted!($kind, Name(stringify!($setting)), value));
                })+
                Ok(builder)
            }
        }
    };
}

/// A value as the builder takes it, by how it is read.
macro_rules! converted {
    (seconds, $name:expr, $value:expr) => {
        duration_from_seconds($name, $value)?
    };
    (number, $name:expr, $value:expr) => {
        whole($name, $value)?
    };
    ($kind:ident, $name:expr, $value:expr) => {
        $value
    };
}

settings!(client_options);

options! {
    /// The settings of one call that differ from the client's.
    #[derive(Clone, Debug, Default)]
    CallOptions {
        /// The limit on the whole call, in seconds.
        timeout: seconds,
        /// The only accepted issuer.
        issuer: text,
        /// Whether the user must have been verified.
        require_user_verified: flag,
        /// The accepted authentication methods.
        auth_types: texts,
        /// The maximum number of retries.
        max_retries: number,
    }
}

impl Options {
    /// The variables that settings may come from: a language needs to pass no others from its environment.
    pub const VARIABLES: [&'static str; 13] = [
        "PASSLOCK_TENANCY_ID",
        "PASSLOCK_API_KEY",
        "PASSLOCK_ENDPOINT",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
        "REQUEST_METHOD",
        // The same variable where names have no case, which is how that shows.
        "request_method",
    ];

    /// Checks every setting. `user_agent` names the package and its version, as in `passlock-python/1.2.3`.
    ///
    /// # Errors
    ///
    /// `config` for the first setting that is missing or wrong, naming it.
    pub fn build<C: Build>(mut self, user_agent: &str) -> Result<C, Error> {
        let environment = std::mem::take(&mut self.environment);
        let lookup = |name: &str| {
            environment.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.clone())
        };
        let mut builder = Builder::<C>::default().user_agent(user_agent).environment(lookup);
        if let Some(seconds) = self.fixed_now {
            let now = from_seconds(seconds)
                .ok_or_else(|| Error::config(message![Name("fixed_now"), " is not a valid time"]))?;
            builder = builder.fixed_now(now);
        }
        self.set(builder)?.build()
    }
}

/// A whole number, as the builder counts. The core checks its range, and names it: what is outside of all that the builder
/// counts is passed on as a number that no setting accepts.
fn whole<T: TryFrom<u64>>(setting: Name, number: f64) -> Result<T, Error> {
    const REFUSED: u32 = u32::MAX;
    let refusal = || Error::config(message![setting, " must be a whole number"]);
    if number.fract() != 0.0 {
        return Err(refusal());
    }
    let within = (0.0..f64::from(REFUSED)).contains(&number);
    T::try_from(if within { number as u64 } else { u64::from(REFUSED) }).map_err(|_| refusal())
}

/// Applies the settings of one call to a client of either flavour.
macro_rules! apply {
    ($flavour:ident) => {
        impl<T> Apply for passlock_core::$flavour::Client<T> {
            fn apply(mut self, options: CallOptions) -> Result<Self, Error> {
                if let Some(seconds) = options.timeout {
                    self = self.with_timeout(duration_from_seconds(Name("timeout"), seconds)?)?;
                }
                if let Some(number) = options.max_retries {
                    self = self.with_max_retries(whole(Name("max_retries"), number)?)?;
                }
                if let Some(issuer) = options.issuer {
                    self = self.with_issuer(issuer);
                }
                if let Some(require) = options.require_user_verified {
                    self = self.with_require_user_verified(require);
                }
                if let Some(auth_types) = options.auth_types {
                    self = self.with_auth_types(auth_types);
                }
                Ok(self)
            }
        }
    };
}

trait Apply: Sized {
    fn apply(self, options: CallOptions) -> Result<Self, Error>;
}

apply!(asynchronous);
apply!(blocking);

impl CallOptions {
    /// The client with these settings.
    ///
    /// # Errors
    ///
    /// `config` for a setting that is wrong.
    #[expect(private_bounds, reason = "the two clients are all there are")]
    pub fn apply<C: Apply>(self, client: C) -> Result<C, Error> {
        client.apply(self)
    }
}

/// Hand-written: the key, the proxy and the environment contain secrets.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("tenancy_id", &self.tenancy_id)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use passlock_core::Config;

    use super::*;

    fn valid() -> Options {
        Options { tenancy_id: Some("t".into()), api_key: Some("key-canary".into()), ..Options::default() }
    }

    #[test]
    fn the_environment_stands_behind_what_is_given() {
        let environment = vec![
            ("PASSLOCK_TENANCY_ID".to_owned(), "from-env".to_owned()),
            ("PASSLOCK_ENDPOINT".to_owned(), "http://localhost:1".to_owned()),
        ];
        let config: Config = Options { environment, ..valid() }.build("test/1").unwrap();
        assert_eq!((config.tenancy_id(), config.endpoint().as_str()), ("t", "http://localhost:1"));
    }

    #[test]
    fn an_invalid_number_is_refused_and_named() {
        type Set = fn(&mut Options, f64);
        let settings: [(&str, Set, &[f64]); 7] = [
            ("timeout", |o, n| o.timeout = Some(n), &[0.0, -1.0, f64::NAN, 3600.1]),
            ("attempt_timeout", |o, n| o.attempt_timeout = Some(n), &[0.0, f64::INFINITY]),
            ("connect_timeout", |o, n| o.connect_timeout = Some(n), &[-0.0, 1e300]),
            ("idle_timeout", |o, n| o.idle_timeout = Some(n), &[-1.0, f64::NAN, 3601.0]),
            ("leeway", |o, n| o.leeway = Some(n), &[-1.0, f64::NAN, 3601.0]),
            ("max_retries", |o, n| o.max_retries = Some(n), &[-1.0, 1.5, 11.0, f64::NAN]),
            (
                "max_response_bytes",
                |o, n| o.max_response_bytes = Some(n),
                &[0.0, -1.0, 0.5, 1_073_741_825.0, 1e20, f64::NAN],
            ),
        ];
        for (name, set, numbers) in settings {
            for number in numbers {
                let mut options = valid();
                set(&mut options, *number);
                let error = options.build::<Config>("test/1").unwrap_err();
                assert!(error.message().starts_with(name), "{name} = {number}: {error}");
                if number.fract() == 0.0 {
                    let ranges = ["one hour", "0 to 10", "1 to 1073741824"];
                    assert!(ranges.iter().any(|range| error.message().contains(range)), "{number}: {error}");
                }
            }
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", valid()).contains("canary"));
    }
}
