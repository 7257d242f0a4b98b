//! What an application adds to each request: its name, and its own headers.

use http::header::{HeaderName, HeaderValue};

use crate::error::{Error, Name};
use crate::message;
use crate::secret::{SHORTEST, Secret};

const LONGEST_APP_INFO: usize = 128;
const MOST_HEADERS: usize = 32;
/// Of all names and values together. What a server takes is little more.
const LONGEST_HEADERS: usize = 8 * 1024;

/// Headers that are the SDK's own, or that a connection lives by.
const RESERVED: [&str; 17] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The value of `User-Agent`: the package, and the application that uses it.
pub(super) fn user_agent(package: &str, app_info: Option<&str>) -> Result<HeaderValue, Error> {
    let Some(app_info) = app_info else {
        return HeaderValue::from_str(package)
            .map_err(|_| Error::config(message![Name("user_agent"), " is not a valid header value"]));
    };
    let is_printable = app_info.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let refusal = match app_info {
        "" => "is empty",
        text if text.len() > LONGEST_APP_INFO => "is longer than 128 bytes",
        text if !is_printable || text.trim() != text => {
            "must be printable ASCII, such as my-app/1.2, without spaces around it"
        }
        text => match HeaderValue::try_from(format!("{package} {text}")) {
            Ok(value) => return Ok(value),
            Err(_) => "is not a valid header value",
        },
    };
    Err(Error::config(message![Name("app_info"), " ", refusal]))
}

/// The application's headers, whose values may be secrets.
pub(super) fn headers(given: &[(String, Secret)]) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let refusal = |why: &str| Error::config(message![Name("headers"), " ", why]);
    let length: usize = given.iter().map(|(name, value)| name.len() + value.expose().len()).sum();
    if given.len() > MOST_HEADERS || length > LONGEST_HEADERS {
        return Err(refusal("must contain at most 32 headers, and at most 8 KiB in total"));
    }
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::with_capacity(given.len());
    for (name, value) in given {
        // Neither is repeated: a value that was mistaken for a name may be a secret.
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| refusal("contains a name that is not a valid header name"))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(refusal(&format!("must not contain {name}, which is the SDK's own")));
        }
        if headers.iter().any(|(known, _)| *known == name) {
            return Err(refusal(&format!("contains {name} more than once")));
        }
        let text = value.expose();
        let value = HeaderValue::from_str(text).ok().filter(|_| text.trim() == text && text.is_ascii());
        let mut value = value.ok_or_else(|| refusal(&format!("contains an invalid value for {name}")))?;
        value.set_sensitive(true);
        headers.push((name, value));
    }
    Ok(headers)
}

/// What may be a secret in a header's value: the whole of it, and each of its parts, such as what follows `Bearer` or `key=`.
/// Whoever repeats it may repeat that alone.
pub(super) fn secrets_of(value: &Secret) -> Vec<Secret> {
    let whole = value.expose();
    let parts = whole.split([' ', ',', ';', '=', '"']).filter(|part| part.len() >= SHORTEST);
    let others = parts.filter(|part| *part != whole);
    std::iter::once(whole).chain(others).map(|text| Secret::new(text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use crate::config::ConfigBuilder;

    fn valid() -> ConfigBuilder {
        Config::builder().tenancy_id("t").api_key("any-api-key").user_agent("passlock-test/1")
    }

    #[test]
    fn an_application_tells_its_name_after_the_packages() {
        let agent = |app_info: &str| {
            let config = valid().app_info(app_info).build()?;
            Ok::<_, crate::Error>(config.headers()["user-agent"].to_str().unwrap().to_owned())
        };
        for name in ["my-app", "my-app/1.2", "my-app/1.2 (https://app.example)", &"a".repeat(128)] {
            assert_eq!(agent(name).unwrap(), format!("passlock-test/1 {name}"));
        }
        for name in
            ["", " ", "a ", " a", "a\nb", "a\r\nX-Injected: 1", "é", "a\tb", "\u{7f}", &"a".repeat(129)]
        {
            assert!(agent(name).unwrap_err().message().starts_with("app_info"), "{name:?}");
        }
    }

    #[test]
    fn headers_are_sent_and_hidden() {
        let config = valid().headers([("X-Gateway-Key", "value-canary"), ("x-empty", "")]).build().unwrap();
        assert_eq!(config.headers()["x-gateway-key"], "value-canary");
        assert_eq!(config.headers()["x-empty"], "");
        assert_eq!(config.headers().len(), 6);
        let builder = valid().headers([("x-gateway-key", "value-canary")]);
        assert!(!format!("{config:?} {config:#?} {builder:?} {builder:#?}").contains("canary"));
    }

    #[test]
    fn headers_that_are_reserved_or_not_valid_are_refused_without_their_value() {
        let many: Vec<_> = (0..33).map(|number| (format!("x-{number}"), "v".to_owned())).collect();
        let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let mut refused = vec![
            many,
            one("x-large", &"canary".repeat(2000)),
            one("", "canary"),
            one("x canary", "v"),
            one("canary:", "v"),
            one("x", "canary\r\nX-Injected: 1"),
            one("x", "canary\0"),
            one("x", " canary"),
            one("x", "canary-é"),
            [one("X-Twice", "canary"), one("x-twice", "canary")].concat(),
        ];
        refused.extend(super::RESERVED.map(|name| one(&name.to_uppercase(), "canary")));
        for headers in refused {
            let error = valid().headers(headers.clone()).build().unwrap_err();
            assert!(error.message().starts_with("headers "), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        assert!(valid().headers((0..32).map(|number| (format!("x-{number}"), "v"))).build().is_ok());
    }
}
