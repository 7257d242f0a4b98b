//! What every answer of the application says to the browser, and which requests it refuses.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::app::App;

pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = if is_own(&app.origin, request.method(), request.headers()) {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    };
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; script-src 'self' {0}; style-src 'self'; img-src 'self'; connect-src 'self' {0}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        app.emulator.endpoint()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a request comes from a page of this application, or from the address bar. The host is checked too: another
/// site's name may have been made to mean this machine.
fn is_own(origin: &str, method: &Method, headers: &HeaderMap) -> bool {
    let is = |name, expected: &str| headers.get(name).is_some_and(|value| value == expected);
    if !is(HOST, origin.trim_start_matches("http://")) {
        return false;
    }
    method == Method::GET || (is(ORIGIN, origin) && is(CONTENT_TYPE, "application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_pages_change_anything() {
        let own = "http://localhost:3000";
        let headers = |host: &'static str, origin: &'static str, kind: &'static str| {
            HeaderMap::from_iter([
                (HOST, HeaderValue::from_static(host)),
                (ORIGIN, HeaderValue::from_static(origin)),
                (CONTENT_TYPE, HeaderValue::from_static(kind)),
            ])
        };
        let json = "application/json";
        assert!(is_own(own, &Method::POST, &headers("localhost:3000", own, json)));
        assert!(!is_own(own, &Method::POST, &headers("localhost:3000", own, "text/plain")));
        assert!(!is_own(own, &Method::POST, &headers("localhost:3000", "http://localhost:3001", json)));
        assert!(!is_own(own, &Method::POST, &headers("evil.test:3000", own, json)));
        assert!(!is_own(own, &Method::GET, &headers("evil.test:3000", own, json)));
        assert!(!is_own(own, &Method::POST, &HeaderMap::new()));
    }
}
