//! Settings, of a builder and of an environment: taken or refused by name, and never shown if secret. Input: settings, parted
//! by the byte 0xFF: a letter for the name, and the value; a capital one for an environment variable.

use std::time::Duration;

use passlock_core::{Config, ConfigBuilder, ErrorKind};

/// The names of all settings, as messages say them.
const NAMES: [&str; 17] = [
    "tenancy_id",
    "api_key",
    "endpoint",
    "allow_http",
    "timeout",
    "attempt_timeout",
    "connect_timeout",
    "idle_timeout",
    "max_retries",
    "max_response_bytes",
    "proxy",
    "ca_certificates",
    "leeway",
    "verify_claims",
    "issuer",
    "require_user_verified",
    "auth_types",
];
const VARIABLES: [&str; 7] = [
    "PASSLOCK_TENANCY_ID",
    "PASSLOCK_API_KEY",
    "PASSLOCK_ENDPOINT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
];
const KEY: &str = "a-key-that-nobody-else-has";

pub(crate) fn check(input: &[u8]) {
    let mut settings = Vec::new();
    for setting in input.split(|byte| *byte == 0xFF).take(24) {
        let Some((letter, value)) = setting.split_first() else { continue };
        let Ok(value) = std::str::from_utf8(value) else { return };
        settings.push((*letter, value));
    }
    let (first, second) = (built(&settings), built(&settings));
    match (first, second) {
        (Ok(config), Ok(_)) => {
            assert!(!format!("{config:?} {config:#?}").contains(KEY));
            // The innermost limit: none around it is shorter.
            let connect = config.limits().connect();
            assert!(!connect.is_zero() && connect <= Duration::from_secs(3600), "{connect:?}");
        }
        (Err(error), Err(again)) => {
            assert_eq!(error.message(), again.message(), "the same settings, another error");
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
            let says = |name: &&str| error.message().contains(name);
            assert!(NAMES.iter().chain(&VARIABLES).any(says), "{error} names no setting");
            assert!(!format!("{error:?} {error}").contains(KEY));
        }
        _ => panic!("the same settings are taken and refused"),
    }
}

fn built(settings: &[(u8, &str)]) -> Result<Config, passlock_core::Error> {
    let environment = |name: &str| {
        let index = VARIABLES.iter().position(|variable| *variable == name)?;
        let letter = b'A' + u8::try_from(index).ok()?;
        settings.iter().rev().find(|(own, _)| *own == letter).map(|(_, value)| (*value).to_owned())
    };
    let builder = Config::builder().environment(environment).tenancy_id("t").api_key(KEY);
    settings.iter().fold(builder, |builder, (letter, value)| set(builder, *letter, value)).build()
}

fn set(builder: ConfigBuilder, letter: u8, value: &str) -> ConfigBuilder {
    let index = usize::from(letter.wrapping_sub(b'a'));
    let number = value.parse::<f64>().unwrap_or(0.0);
    // What no Duration can be, languages refuse on their side.
    let duration = Duration::try_from_secs_f64(number).unwrap_or(Duration::MAX);
    let flag = value == "1";
    match NAMES.get(index).copied() {
        Some("tenancy_id") => builder.tenancy_id(value),
        Some("api_key") => builder.api_key(format!("{KEY}{value}")),
        Some("endpoint") => builder.endpoint(value),
        Some("allow_http") => builder.allow_http(flag),
        Some("timeout") => builder.timeout(duration),
        Some("attempt_timeout") => builder.attempt_timeout(duration),
        Some("connect_timeout") => builder.connect_timeout(duration),
        Some("idle_timeout") => builder.idle_timeout(duration),
        Some("max_retries") => builder.max_retries(value.parse().unwrap_or(u32::MAX)),
        Some("max_response_bytes") => builder.max_response_bytes(value.parse().unwrap_or(u64::MAX)),
        Some("proxy") => builder.proxy(value),
        Some("ca_certificates") => builder.ca_certificates(value),
        Some("leeway") => builder.leeway(duration),
        Some("verify_claims") => builder.verify_claims(flag),
        Some("issuer") => builder.issuer(value),
        Some("require_user_verified") => builder.require_user_verified(flag),
        Some("auth_types") => builder.auth_types(value.split(',')),
        _ => builder,
    }
}
