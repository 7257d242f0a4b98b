//! Settings, of a builder and of an environment: taken or refused by name, and never shown if secret. Input: settings, parted
//! by the byte 0xFF: a letter for the name, and the value; a capital one for an environment variable.

use std::time::Duration;

use passlock_core::{Config, ConfigBuilder, ErrorKind};

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

macro_rules! by_letter {
    ($($setting:ident: $kind:ident,)+) => {
        /// The names of all settings, as messages say them. The first has the letter `a`.
        const NAMES: &[&str] = &[$(stringify!($setting)),+];

        fn set(builder: ConfigBuilder, letter: u8, value: &str) -> ConfigBuilder {
            let Some(name) = NAMES.get(usize::from(letter.wrapping_sub(b'a'))) else { return builder };
            let value = if *name == "api_key" { format!("{KEY}{value}") } else { value.to_owned() };
            match *name {
                $(stringify!($setting) => builder.$setting($kind(&value)),)+
                _ => builder,
            }
        }
    };
}

passlock_core::settings!(by_letter);

fn text(value: &str) -> &str {
    value
}

fn bytes(value: &str) -> &[u8] {
    value.as_bytes()
}

fn texts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',')
}

fn pairs(value: &str) -> impl Iterator<Item = (&str, &str)> {
    texts(value).map(|pair| pair.split_once(':').unwrap_or((pair, "")))
}

fn flag(value: &str) -> bool {
    value == "1"
}

/// What is no number is the greatest.
fn number<T: TryFrom<u64> + From<u32>>(value: &str) -> T {
    let number = value.parse().unwrap_or(u64::MAX);
    number.try_into().unwrap_or(T::from(u32::MAX))
}

/// What no `Duration` can be, languages refuse on their side.
fn seconds(value: &str) -> Duration {
    Duration::try_from_secs_f64(value.parse().unwrap_or(0.0)).unwrap_or(Duration::MAX)
}
