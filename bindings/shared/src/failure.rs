use std::borrow::Cow;
use std::fmt;

use passlock_core::Error;

use crate::{camel_case, names};

/// A field of a failure that is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A text, or a code of the errors table.
    Text(Cow<'static, str>),
    /// A whole number.
    Integer(u32),
    /// Any number.
    Number(f64),
    /// A boolean.
    Flag(bool),
}

/// The fields of an error in one list: name, type, and where it comes from. Of an entry such as
/// `status: Option<u16> = error.status()` are made
///
/// ```text
/// pub status: Option<u16>,                           // in `Failure`
/// status: error.status(),                            // in `From<&Error>`
/// each("status", self.status.into_field());          // in `fields`, by which the bindings carry it across, if it is known
/// ```
macro_rules! error_fields {
    ($error:ident: $($(#[$meta:meta])* $field:ident: $type:ty = $value:expr;)+) => {
        /// An error, flat: what every language's own error class is made of. Codes are the ones of the errors table.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Failure { $($(#[$meta])* pub $field: $type,)+ }

        impl From<&Error> for Failure {
            fn from($error: &Error) -> Self {
                Self { $($field: $value,)+ }
            }
        }

        impl Failure {
            /// Every field by its name, but those that are not known.
            #[must_use]
            pub fn fields(self) -> Vec<(&'static str, Field)> {
                let fields = [$((stringify!($field), self.$field.into_field()),)+];
                fields.into_iter().filter_map(|(name, field)| Some((name, field?))).collect()
            }
        }
    };
}

error_fields! { error:
    /// One of the thirteen kinds.
    kind: &'static str = error.kind().as_str();
    /// One line for humans.
    message: String = error.message().to_owned();
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
    /// How long the service asks to wait, in seconds.
    retry_after: Option<f64> = error.retry_after().map(|wait| wait.as_secs_f64());
    /// How many requests were made.
    attempts: u32 = error.attempts();
    /// Whether trying again later is safe and may help.
    retryable: bool = error.is_retryable();
    /// The time limit that passed.
    limit: Option<&'static str> = error.limit().map(|limit| limit.as_str());
    /// The claim that did not hold.
    claim: Option<&'static str> = error.claim().map(|claim| claim.as_str());
    /// A likely cause, if recognised.
    hint: Option<&'static str> = error.hint().map(|hint| hint.as_str());
    /// Whether an update was accepted although the call failed.
    applied: bool = error.is_applied();
    /// The cause, as text.
    cause: Option<String> = error.cause().map(str::to_owned);
}

impl Failure {
    /// For languages that write names in camel case: the message names settings, and fields of an update, as its readers
    /// write them. What others said, quoted in the message, stays as it is.
    #[must_use]
    pub fn in_camel_case(mut self) -> Self {
        let quoted = self.message.find('`');
        let detail = self.detail.as_ref().and_then(|detail| self.message.find(&format!("): {detail}")));
        let ours = quoted.into_iter().chain(detail).min().unwrap_or(self.message.len());
        let theirs = self.message.split_off(ours);
        self.message = names::in_camel_case(&self.message) + &theirs;
        self
    }

    /// The known fields as texts, by their names in camel case: for languages that are handed over texts.
    pub fn texts(self) -> impl Iterator<Item = (String, String)> {
        self.fields().into_iter().map(|(name, field)| (camel_case(name), field.to_string()))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
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

/// What a caller meets instead of a panic. The panic's own text stays out: nobody has checked it for secrets.
#[must_use]
pub fn internal_error() -> Error {
    Error::internal()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant, SystemTime};

    use passlock_core::blocking::{Client, Transport};
    use passlock_core::{
        Attempt, ClockReading, Config, Response, TransportError, TransportErrorKind, UserUpdate,
    };

    use super::*;

    /// A transport that has one answer, and after it the same transport error for ever.
    struct Script(std::sync::Mutex<Option<Response>>, TransportErrorKind);

    impl Transport for Script {
        fn send(&self, _: Attempt) -> Result<Response, TransportError> {
            let answer = self.0.lock().unwrap().take();
            answer.ok_or_else(|| TransportError::new(self.1, "because"))
        }

        fn wait(&self, _: Duration) {}

        fn clock(&self) -> ClockReading {
            ClockReading { now: Instant::now(), wall_clock: SystemTime::UNIX_EPOCH, random: 0 }
        }
    }

    fn client(
        answer: Option<http::response::Builder>,
        body: &str,
        fault: TransportErrorKind,
    ) -> Client<Script> {
        let config = Config::builder().tenancy_id("t").api_key("any-api-key").max_retries(0).build().unwrap();
        let answer = answer.map(|answer| answer.body(Ok(body.to_owned().into())).unwrap());
        Client::new(Arc::new(config), Script(std::sync::Mutex::new(answer), fault))
    }

    fn nothing_known(kind: &'static str, failure: &Failure) -> Failure {
        Failure {
            kind,
            message: failure.message.clone(),
            operation: None,
            status: None,
            tag: None,
            detail: None,
            request_id: None,
            retry_after: None,
            attempts: 1,
            retryable: false,
            limit: None,
            claim: None,
            hint: None,
            applied: false,
            cause: None,
        }
    }

    #[test]
    fn nothing_of_an_error_is_lost_on_the_way() {
        let error = Error::config("why").with_cause("because");
        let failure = Failure::from(error);
        assert_eq!(failure.message, "why");
        let expected =
            Failure { attempts: 0, cause: Some("because".into()), ..nothing_known("config", &failure) };
        assert_eq!(failure, expected);

        let refused =
            http::Response::builder().status(429).header("x-request-id", "id-1").header("retry-after", "2");
        let body = r#"{"_tag": "@error/Slow", "message": "m", "detail": "d"}"#;
        let failure = Failure::from(
            client(Some(refused), body, TransportErrorKind::Interrupted).get_user("u").unwrap_err(),
        );
        let expected = Failure {
            operation: Some("get_user"),
            status: Some(429),
            tag: Some("@error/Slow".into()),
            detail: Some("d".into()),
            request_id: Some("id-1".into()),
            retry_after: Some(2.0),
            retryable: true,
            hint: Some("wrong_endpoint"),
            ..nothing_known("rate_limited", &failure)
        };
        assert_eq!(failure, expected);
        let text =
            |name: &str| failure.clone().texts().find(|(known, _)| known == name).map(|(_, text)| text);
        for (name, expected) in
            [("status", "429"), ("requestId", "id-1"), ("retryAfter", "2"), ("retryable", "true")]
        {
            assert_eq!(text(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!((text("limit"), text("applied").as_deref()), (None, Some("false")));

        // Accepted, and then not read back.
        let accepted = http::Response::builder().status(204);
        let update = UserUpdate::new().given_name("Ada");
        let late = client(Some(accepted), "", TransportErrorKind::ConnectTimeout)
            .update_user("u", update)
            .unwrap_err();
        let failure = Failure::from(late);
        let expected = Failure {
            operation: Some("update_user"),
            attempts: 2,
            retryable: true,
            limit: Some("connect_timeout"),
            applied: true,
            cause: Some("because".into()),
            ..nothing_known("timeout", &failure)
        };
        assert_eq!(failure, expected);

        let principal = r#"{"iss": "i", "aud": "other", "sub": "s", "iat": 0, "nbf": 0, "exp": 9, "jti": "j", "token": "t",
            "userVerified": true, "authType": "passkey", "authId": "a"}"#;
        let answer = http::Response::builder().status(200);
        let failure = client(Some(answer), principal, TransportErrorKind::Interrupted)
            .exchange_token("token")
            .unwrap_err();
        let failure = Failure::from(failure);
        let expected = Failure {
            operation: Some("exchange_token"),
            status: Some(200),
            claim: Some("aud"),
            ..nothing_known("claims", &failure)
        };
        assert_eq!(failure, expected);
    }

    /// Names with a `_` in them, but for environment variables.
    fn snake(message: &str) -> Vec<&str> {
        let words = message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        words.filter(|word| word.contains('_') && *word == word.to_lowercase()).collect()
    }

    #[test]
    fn no_message_has_a_name_in_snake_case_where_camel_case_is_asked_for() {
        let settings = Config::builder;
        let valid = || settings().tenancy_id("t").api_key("any-api-key");
        let refused = || http::Response::builder().status(401);
        let foreign = r#"{"iss": "i", "aud": "max_retries", "sub": "s", "iat": 0, "nbf": 0, "exp": 9, "jti": "j",
            "token": "t", "userVerified": true, "authType": "passkey", "authId": "a"}"#;
        let foreign =
            || client(Some(http::Response::builder().status(200)), foreign, TransportErrorKind::Interrupted);
        let fault = |kind| client(None, "", kind).get_user("u").unwrap_err();
        for (error, names) in [
            (settings().build().unwrap_err(), &["tenancyId"][..]),
            (settings().tenancy_id("t").build().unwrap_err(), &["apiKey"]),
            (valid().endpoint("http://example.com").build().unwrap_err(), &["allowHttp"]),
            (valid().attempt_timeout(Duration::ZERO).build().unwrap_err(), &["attemptTimeout"]),
            (valid().connect_timeout(Duration::ZERO).build().unwrap_err(), &["connectTimeout"]),
            (valid().max_retries(11).build().unwrap_err(), &["maxRetries"]),
            (valid().max_response_bytes(0).build().unwrap_err(), &["maxResponseBytes"]),
            (
                client(Some(refused()), "", TransportErrorKind::Interrupted).get_user("u").unwrap_err(),
                &["apiKey", "tenancyId"],
            ),
            (foreign().exchange_token("t").unwrap_err(), &["tenancyId", "verifyClaims", "`max_retries`"]),
            (fault(TransportErrorKind::ConnectTimeout), &["connectTimeout"]),
            (fault(TransportErrorKind::AttemptTimeout), &["attemptTimeout"]),
            (fault(TransportErrorKind::CertificateRefused), &["caCertificates"]),
            (fault(TransportErrorKind::TooLarge), &["maxResponseBytes"]),
            (
                client(None, "", TransportErrorKind::Interrupted)
                    .update_user("u", UserUpdate::new())
                    .unwrap_err(),
                &["givenName", "familyName", "emailVerified"],
            ),
        ] {
            let failure = Failure::from(&error);
            assert!(!snake(&failure.message).is_empty(), "nothing to translate: {error}");
            let camel = failure.in_camel_case().message;
            assert!(names.iter().all(|name| camel.contains(name)), "{camel}");
            assert_eq!(snake(camel.split('`').next().unwrap()), [""; 0], "{camel}");
        }
    }

    #[test]
    fn what_the_service_says_stays_as_it_is_said() {
        let body = r#"{"_tag": "Unauthorized", "message": "no such api_key, or tenancy_id"}"#;
        let answer = http::Response::builder().status(401);
        let error = client(Some(answer), body, TransportErrorKind::Interrupted).get_user("u").unwrap_err();
        let failure = Failure::from(error).in_camel_case();
        let (ours, theirs) = failure.message.split_once(" (401): ").unwrap();
        assert!(ours.ends_with("check apiKey and tenancyId"), "{ours}");
        assert!(theirs.starts_with("no such api_key, or tenancy_id"), "{theirs}");
    }
}
