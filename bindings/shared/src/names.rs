/// Every name of a setting, or of a field of an update, that is written otherwise in camel case.
const NAMES: [&str; 15] = [
    "tenancy_id",
    "api_key",
    "allow_http",
    "attempt_timeout",
    "connect_timeout",
    "max_retries",
    "max_response_bytes",
    "ca_certificates",
    "verify_claims",
    "require_user_verified",
    "auth_types",
    "fixed_now",
    "given_name",
    "family_name",
    "email_verified",
];

/// A message of ours with these names in camel case, and nothing else changed.
pub(crate) fn in_camel_case(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|c| !is_part(c)).unwrap_or(word.len()));
        text.push_str(before);
        if NAMES.contains(&word) {
            push_camel(&mut text, word)
        } else {
            text.push_str(word)
        }
        rest = after;
    }
    text + rest
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn push_camel(text: &mut String, name: &str) {
    for (index, part) in name.split('_').enumerate() {
        let (first, rest) = part.split_at(part.len().min(1));
        if index == 0 {
            text.push_str(first)
        } else {
            text.push_str(&first.to_ascii_uppercase())
        }
        text.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallOptions, Options};

    /// The names of all fields, without a rest: a new one does not compile before it is here.
    macro_rules! fields {
        ($($of:ident { $($field:ident),+ })+) => {{
            $(let $of { $($field: _),+ } = $of::default();)+
            [$($(stringify!($field)),+),+]
        }};
    }

    #[test]
    fn every_setting_is_named_in_camel_case() {
        let names = fields! {
            Options {
                tenancy_id, api_key, endpoint, allow_http, timeout, attempt_timeout, connect_timeout, max_retries,
                max_response_bytes, proxy, ca_certificates, leeway, verify_claims, issuer, require_user_verified,
                auth_types, environment, fixed_now
            }
            CallOptions { timeout, issuer, require_user_verified, auth_types }
        };
        for name in names.into_iter().chain(["given_name", "family_name", "email_verified"]) {
            let camel = in_camel_case(&format!("{name} ({name}), not x{name} or {name}_"));
            assert!(!camel.starts_with(|c: char| c.is_uppercase()), "{camel}");
            let (word, _) = camel.split_once(' ').unwrap();
            assert_eq!(word.to_lowercase(), name.replace('_', ""), "{name}");
            assert_eq!(word.matches(char::is_uppercase).count(), name.matches('_').count(), "{name}");
            assert_eq!(camel, format!("{word} ({word}), not x{name} or {name}_"));
        }
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "",
            "client is closed",
            "endpoint (PASSLOCK_ENDPOINT) is not a valid URL",
            "set PASSLOCK_API_KEY in the environment",
            "höher_als timeout_ _timeout user_verified ",
        ] {
            assert_eq!(in_camel_case(text), text);
        }
        assert_eq!(
            in_camel_case("tenancy_id is missing: pass it, or set PASSLOCK_TENANCY_ID in the environment"),
            "tenancyId is missing: pass it, or set PASSLOCK_TENANCY_ID in the environment"
        );
        assert_eq!(in_camel_case("ä,api_key"), "ä,apiKey");
    }
}
