//! Arguments become exactly one segment each of the request's path, or are refused. Input: three texts, parted by the byte
//! 0xFF, which no UTF-8 holds: the operation's first letter and the endpoint, the tenancy id, the argument.

use std::time::Instant;

use passlock_core::{
    Call, CallSettings, Config, Error, ErrorKind, Operation, OperationName, Step, UserUpdate, operations,
};

pub(crate) fn check(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == 0xFF).map(std::str::from_utf8);
    let (Some(Ok(first)), Some(Ok(tenancy)), Some(Ok(argument))) = (parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let mut chars = first.chars();
    let letter = chars.next().unwrap_or('e');
    let operation = OperationName::ALL.iter().find(|operation| operation.as_str().starts_with(letter));
    request(*operation.unwrap_or(&OperationName::ExchangeToken), chars.as_str(), tenancy, argument);
}

/// Begins a call at an endpoint, and says whether it came to a request.
pub(crate) fn request(operation: OperationName, endpoint: &str, tenancy: &str, argument: &str) -> bool {
    let builder = Config::builder().tenancy_id(tenancy).api_key("any-api-key").endpoint(endpoint);
    let config = match builder.build() {
        Ok(config) => config,
        Err(error) if is_no_segment(tenancy) => {
            assert_refusal(&error, ErrorKind::Config, "tenancy_id", tenancy);
            return false;
        }
        Err(error) => {
            // The endpoint's own rules are tested where they are written.
            assert_refusal(&error, ErrorKind::Config, "endpoint", endpoint);
            return false;
        }
    };
    assert!(!is_no_segment(tenancy), "{tenancy:?} should be refused");

    let (name, uri) = first_request(operation, &config, argument);
    let uri = match uri {
        Ok(uri) => uri,
        Err(error) => {
            assert!(is_no_segment(argument), "{argument:?} should be taken");
            assert_refusal(&error, ErrorKind::InvalidInput, name, argument);
            return false;
        }
    };
    assert!(!is_no_segment(argument), "{argument:?} should be refused");

    let segments = path_segments(&uri, endpoint);
    let [first, second, third] = segments[..] else { panic!("{uri} has other segments") };
    assert_eq!((decoded(first).as_str(), decoded(third).as_str()), (tenancy, argument));
    // The route is the one that any other argument takes.
    let (_, usual) = first_request(operation, &config, "user-1");
    let usual = usual.expect("this argument is fine");
    assert_eq!(path_segments(&usual, endpoint)[..2], [first, second]);

    // A WHATWG parser finds nothing to rewrite, and reads the same segments.
    let url = url::Url::parse(&uri).expect("the request's URI is a URL");
    assert_eq!(url.as_str(), uri);
    let read: Vec<_> = url.path_segments().expect("it has a path").collect();
    assert!(read.ends_with(&segments), "{uri}");
    assert!(url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    true
}

macro_rules! requests {
    ($($operation:ident($argument:ident $(, $update:ident)?),)+) => {
        /// What an operation's argument is called, and the URI of the first request with this one.
        fn first_request(
            operation: OperationName,
            config: &Config,
            argument: &str,
        ) -> (&'static str, Result<String, Error>) {
            match operation {
                $(OperationName::$operation => {
                    (stringify!($argument), uri(config, passlock_core::$operation::new(argument $(, $update())?)))
                })+
                other => panic!("no request of {other} is checked"),
            }
        }
    };
}

operations!(requests);

/// The change of an operation that makes one.
fn update() -> UserUpdate {
    UserUpdate::new().given_name("Ada")
}

/// The URI of the first request.
fn uri<O: Operation>(config: &Config, operation: O) -> Result<String, Error> {
    let settings = CallSettings::of(config);
    let now = Instant::now();
    let mut call = Call::new(config, &settings, operation, now)?;
    match call.step(now) {
        Step::Send(attempt) => Ok(attempt.request.uri().to_string()),
        Step::Wait(_) | Step::Done(_) => panic!("a call begins with a request"),
    }
}

/// The segments of a URI below its endpoint.
fn path_segments<'a>(uri: &'a str, endpoint: &str) -> Vec<&'a str> {
    let base = endpoint.strip_suffix('/').unwrap_or(endpoint);
    let below = uri.strip_prefix(base).and_then(|path| path.strip_prefix('/'));
    below.expect("the endpoint comes first").split('/').collect()
}

/// The rule, stated once more.
fn is_no_segment(value: &str) -> bool {
    matches!(value, "" | "." | "..") || value.len() > 4096 || value.chars().any(char::is_control)
}

fn assert_refusal(error: &Error, kind: ErrorKind, name: &str, value: &str) {
    assert_eq!((error.kind(), error.attempts()), (kind, 0));
    assert!(error.message().starts_with(name), "{error}");
    // A short value may happen to stand in any sentence.
    assert!(value.len() < 24 || !format!("{error:?}").contains(value), "{error:?}");
}

fn decoded(segment: &str) -> String {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
    assert!(segment.bytes().all(unreserved), "{segment} is not encoded");
    percent_encoding::percent_decode_str(segment).decode_utf8().expect("it is encoded as UTF-8").into_owned()
}
