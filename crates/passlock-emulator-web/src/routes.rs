//! Which of the browser's routes a request is. Pure.

use http::{Method, Uri};
use percent_encoding::percent_decode_str;

/// Where the module is that makes the browser's calls, for demo and examples.
pub(crate) const MODULE: &str = "/_emulator/passlock.js";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Module,
    PreConnect,
    WarmUp,
    UserStatus,
    RegistrationOptions,
    RegistrationVerification,
    AuthenticationOptions,
    AuthenticationVerification,
    VerifyEmail,
    ResendEmail,
    SocialRegistration,
    SocialAuthentication,
}

/// Paths after the tenancy, with the names that older clients call.
const ROUTES: [(&str, &str, Route); 15] = [
    ("GET", "connection/pre-connect", Route::PreConnect),
    ("POST", "user/status", Route::UserStatus),
    ("POST", "passkey/registration/options", Route::RegistrationOptions),
    ("POST", "passkey/registration/verification", Route::RegistrationVerification),
    ("POST", "passkey/register/options", Route::RegistrationOptions),
    ("POST", "passkey/register/verify", Route::RegistrationVerification),
    ("POST", "passkey/authentication/options", Route::AuthenticationOptions),
    ("POST", "passkey/authentication/verification", Route::AuthenticationVerification),
    ("POST", "passkey/auth/options", Route::AuthenticationOptions),
    ("POST", "passkey/auth/verify", Route::AuthenticationVerification),
    ("POST", "user/verify-email", Route::VerifyEmail),
    ("POST", "user/verify-email/resend", Route::ResendEmail),
    ("POST", "social/oidc/registration", Route::SocialRegistration),
    ("POST", "social/oidc/authentication", Route::SocialAuthentication),
    // Only with `?warm=true`: otherwise this is the exchange of a token.
    ("GET", "token/token", Route::WarmUp),
];

impl Route {
    /// The route, and the tenancy as it is in the path. A preflight belongs to the route that it asks about.
    pub(crate) fn of<'a>(method: &Method, uri: &'a Uri) -> Option<(Self, &'a str)> {
        let matches = |own: &str| method.as_str() == own || method == Method::OPTIONS;
        if uri.path() == MODULE {
            return matches("GET").then_some((Self::Module, ""));
        }
        // An endpoint with a trailing slash gives two of them.
        let path = uri.path().strip_prefix('/')?;
        let (tenancy_id, rest) = path.strip_prefix('/').unwrap_or(path).split_once('/')?;
        let (_, _, route) = ROUTES.iter().find(|(own, path, _)| *path == rest && matches(own))?;
        let is_warm = || uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "warm=true"));
        (*route != Self::WarmUp || is_warm()).then_some((*route, tenancy_id))
    }

    /// Whether the same request gets the same answer again for a while: the client repeats what it may not have sent.
    pub(crate) fn repeats_for_millis(self) -> Option<i64> {
        match self {
            Self::RegistrationVerification
            | Self::AuthenticationVerification
            | Self::SocialRegistration
            | Self::SocialAuthentication
            | Self::VerifyEmail => Some(10_000),
            // Shorter, since people ask for a second email too.
            Self::ResendEmail => Some(2_000),
            _ => None,
        }
    }
}

/// Whether a segment of the path is this text.
pub(crate) fn is_segment(segment: &str, text: &str) -> bool {
    percent_decode_str(segment).decode_utf8().is_ok_and(|decoded| decoded == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: Method, path: &str) -> Option<(Route, String)> {
        let uri: Uri = path.parse().unwrap();
        Route::of(&method, &uri).map(|(route, tenancy_id)| (route, tenancy_id.to_owned()))
    }

    #[test]
    fn every_row_and_its_aliases() {
        for (method, path, route) in ROUTES {
            let query = if route == Route::WarmUp { "?warm=true" } else { "" };
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            for slash in ["/", "//"] {
                let path = format!("{slash}t%201/{path}{query}");
                assert_eq!(of(method.clone(), &path), Some((route, "t%201".to_owned())), "{path}");
                assert_eq!(of(Method::OPTIONS, &path), Some((route, "t%201".to_owned())), "{path}");
            }
        }
        assert_eq!(of(Method::GET, MODULE), Some((Route::Module, String::new())));
    }

    #[test]
    fn the_operations_are_none_of_them() {
        for (method, path) in [
            (Method::GET, "/t/token/token"),
            (Method::GET, "/t/token/token?warm=false"),
            (Method::GET, "/t/token/x?warm=true"),
            (Method::GET, "/t/user/status"),
            (Method::PATCH, "/t/user/verify-email"),
            (Method::POST, "/t/user/status/"),
            (Method::POST, "/a/t/user/status"),
            (Method::POST, "/_emulator/passlock.js"),
            (Method::GET, "/_emulator/health"),
            (Method::GET, "/"),
        ] {
            assert_eq!(of(method, path), None, "{path}");
        }
    }

    #[test]
    fn a_segment_is_decoded_once() {
        assert!(is_segment("a%20b", "a b") && !is_segment("a%2520b", "a b") && !is_segment("%ff", "a"));
    }
}
