use std::borrow::Cow;
use std::fmt;

use passlock_core::{Error, ErrorKind, Hint, NamingStyle, OperationName};

use crate::camel_case;

/// A field of a failure that is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A string, or a code from the table of errors.
    Text(Cow<'static, str>),
    /// A whole number.
    Integer(u32),
    /// Any number.
    Number(f64),
    /// A boolean.
    Flag(bool),
}

/// The fields of an error in one list: name, type, and where it comes from. An entry such as
/// `status: Option<u16> = error.status()` becomes
///
/// ```text
/// pub status: Option<u16>,                           // in `Failure`
/// status: error.status(),                            // in `Failure::new`
/// each("status", self.status.into_field());          // in `fields`, by which the bindings carry it across, if it is known
/// ```
macro_rules! error_fields {
    ($error:ident, $style:ident: $($(#[$meta:meta])* $field:ident: $type:ty = $value:expr;)+) => {
        /// An error, flat: what every language's own error class is made of. Codes are those of the table of errors.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Failure { $($(#[$meta])* pub $field: $type,)+ }

        impl Failure {
            /// An error for a language that writes names in this style.
            #[must_use]
            pub fn new($error: &Error, $style: NamingStyle) -> Self {
                Self { $($field: $value,)+ }
            }

            /// Every known field by its name.
            #[must_use]
            pub fn fields(self) -> Vec<(&'static str, Field)> {
                let fields = [$((stringify!($field), self.$field.into_field()),)+];
                fields.into_iter().filter_map(|(name, field)| Some((name, field?))).collect()
            }
        }
    };
}

error_fields! { error, style:
    /// One of the thirteen kinds.
    kind: &'static str = error.kind().as_str();
    /// One line for humans.
    message: String = error.message_in(style);
    /// The operation that failed.
    operation: Option<&'static str> = error.operation().map(|name| name.as_str());
    /// The HTTP status.
    status: Option<u16> = error.status();
    /// The API's own name for the error.
    tag: Option<String> = error.tag().map(str::to_owned);
    /// What the API says about it.
    detail: Option<String> = error.detail().map(str::to_owned);
    /// The request's id.
    request_id: Option<String> = error.request_id().map(str::to_owned);
    /// How long the service asks you to wait, in seconds.
    retry_after: Option<f64> = error.retry_after().map(|wait| wait.as_secs_f64());
    /// How many requests were attempted.
    attempts: u32 = error.attempts();
    /// Whether the same call may succeed later and is safe to repeat.
    retryable: bool = error.is_retryable();
    /// The time limit that was exceeded.
    limit: Option<&'static str> = error.limit().map(|limit| limit.as_str());
    /// The claim that failed its check.
    claim: Option<&'static str> = error.claim().map(|claim| claim.as_str());
    /// A likely cause, if recognized.
    hint: Option<&'static str> = error.hint().map(|hint| hint.as_str());
    /// Whether an update was accepted even though the call failed.
    applied: bool = error.is_applied();
    /// The cause, as text.
    cause: Option<String> = error.cause().map(str::to_owned);
    /// The HTTP status to return to your own caller.
    suggested_status: u16 = error.suggested_status();
    /// Whether the login itself was refused.
    is_login_refused: bool = error.is_login_refused();
}

impl Failure {
    /// An error that a language creates itself, such as one that an application's tests raise. The core decides what follows
    /// from kind, operation, tag and hint, as for any other error. An unknown kind is a bug.
    #[must_use]
    pub fn from_codes(
        kind: &str,
        operation: Option<&str>,
        tag: Option<&str>,
        hint: Option<&str>,
        message: String,
    ) -> Self {
        let kind = ErrorKind::ALL.iter().find(|known| known.as_str() == kind);
        let operation = OperationName::ALL.iter().find(|known| Some(known.as_str()) == operation);
        let error = Error::new(kind.copied().unwrap_or(ErrorKind::Internal), message);
        let hint = Hint::ALL.iter().find(|known| Some(known.as_str()) == hint).copied();
        let error = error.with_body(tag.map(str::to_owned), None).with_hint(hint);
        let error = operation.copied().into_iter().fold(error, Error::with_operation);
        Self::new(&error, NamingStyle::Snake)
    }

    /// The known fields as strings, by their names in camel case: for languages that exchange strings.
    pub fn texts(self) -> impl Iterator<Item = (String, String)> {
        self.fields().into_iter().map(|(name, field)| (camel_case(name).into_owned(), field.to_string()))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// How a field of each type crosses; `None` where it is not known.
trait IntoField {
    fn into_field(self) -> Option<Field>;
}

macro_rules! into_field {
    ($($type:ty: |$value:ident| $field:expr;)+) => {
        $(impl IntoField for $type {
            fn into_field(self) -> Option<Field> {
                let $value = self;
                Some($field)
            }
        })+
    };
}

into_field! {
    &'static str: |text| Field::Text(text.into());
    String: |text| Field::Text(text.into());
    u16: |number| Field::Integer(number.into());
    u32: |number| Field::Integer(number);
    f64: |number| Field::Number(number);
    bool: |flag| Field::Flag(flag);
}

impl<T: IntoField> IntoField for Option<T> {
    fn into_field(self) -> Option<Field> {
        self.and_then(T::into_field)
    }
}

/// What a caller gets instead of a panic. The panic's own text stays out: nobody has checked it for secrets.
#[must_use]
pub fn internal_error() -> Error {
    Error::internal()
}

#[cfg(test)]
mod tests;
