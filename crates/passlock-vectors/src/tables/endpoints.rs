use serde_json::{Value, json};

use super::build::*;

/// Endpoints that are taken: a client can be made.
const TAKEN: &[(&str, &str)] = &[
    ("documented", "https://api.passlock.dev"),
    ("of-version-1", "https://api.v1.passlock.dev"),
    ("trailing-slash", "https://api.passlock.dev/"),
    ("prefix", "https://gw.example.com/passlock"),
    ("prefix-and-slash", "https://gw.example.com/passlock/v1/"),
    ("prefix-with-escapes", "https://gw.example.com/a%20b/c"),
    ("port", "https://gw.example.com:8443"),
    ("port-80-of-https", "https://gw.example.com:80"),
    ("one-label", "https://gateway"),
    ("underscore", "https://my_gateway.example.com"),
    ("punycode", "https://xn--bcher-kva.example"),
    ("ipv4", "https://192.0.2.1"),
    ("ipv6", "https://[2001:db8::1]"),
    ("ipv6-and-port", "https://[2001:db8::1]:8443/passlock"),
    ("http-to-localhost", "http://localhost:8080"),
    ("http-below-localhost", "http://passlock.localhost:8080"),
    ("http-to-127.0.0.1", "http://127.0.0.1:8080"),
    ("http-to-127.1.2.3", "http://127.1.2.3"),
    ("http-to-ipv6-loopback", "http://[::1]:8080"),
];

/// Endpoints that are refused.
const REFUSED: &[(&str, &str)] = &[
    ("empty", ""),
    ("space", " "),
    ("no-scheme", "api.passlock.dev"),
    ("no-scheme-but-a-port", "api.passlock.dev:443"),
    ("protocol-relative", "//api.passlock.dev"),
    ("path-only", "/passlock"),
    ("ftp", "ftp://api.passlock.dev"),
    ("file", "file:///etc/passwd"),
    ("javascript", "javascript:alert(1)"),
    ("websocket", "wss://api.passlock.dev"),
    ("scheme-in-upper-case", "HTTPS://api.passlock.dev"),
    ("host-in-upper-case", "https://API.passlock.dev"),
    ("no-slashes", "https:api.passlock.dev"),
    ("one-slash", "https:/api.passlock.dev"),
    ("three-slashes", "https:///api.passlock.dev"),
    ("backslashes", "https:\\\\api.passlock.dev"),
    ("backslash-in-the-path", "https://api.passlock.dev\\x"),
    ("leading-space", " https://api.passlock.dev"),
    ("trailing-space", "https://api.passlock.dev "),
    ("trailing-line-feed", "https://api.passlock.dev\n"),
    ("tab-inside", "https://api.pass\tlock.dev"),
    ("nul", "https://api.passlock.dev\u{0}"),
    ("user", "https://user@api.passlock.dev"),
    ("user-and-password", "https://user:pw-canary@api.passlock.dev"),
    ("empty-user", "https://@api.passlock.dev"),
    ("empty-user-and-password", "https://:@api.passlock.dev"),
    ("query", "https://api.passlock.dev/?a=b"),
    ("empty-query", "https://api.passlock.dev?"),
    ("fragment", "https://api.passlock.dev/#a"),
    ("empty-fragment", "https://api.passlock.dev#"),
    ("dot-segment", "https://api.passlock.dev/./a"),
    ("dot-dot-segment", "https://api.passlock.dev/a/../b"),
    ("encoded-dot-dot-segment", "https://api.passlock.dev/a/%2e%2e/b"),
    ("half-encoded-dot-dot-segment", "https://api.passlock.dev/a/.%2E/b"),
    ("ends-in-a-dot-segment", "https://api.passlock.dev/a/."),
    ("empty-segment", "https://api.passlock.dev/a//b"),
    ("two-trailing-slashes", "https://api.passlock.dev//"),
    ("space-in-the-path", "https://api.passlock.dev/a b"),
    ("accent-in-the-path", "https://api.passlock.dev/é"),
    ("pipe-in-the-path", "https://api.passlock.dev/a|b"),
    ("at-in-the-path", "https://api.passlock.dev/a@b"),
    ("default-port", "https://api.passlock.dev:443"),
    ("default-port-of-http", "http://localhost:80"),
    ("empty-port", "https://api.passlock.dev:"),
    ("port-with-a-leading-zero", "https://api.passlock.dev:0443"),
    ("port-too-large", "https://api.passlock.dev:65536"),
    ("port-no-number", "https://api.passlock.dev:https"),
    ("no-host", "https://"),
    ("only-a-port", "https://:443"),
    ("trailing-dot", "https://api.passlock.dev."),
    ("empty-label", "https://api..dev"),
    ("not-ascii", "https://bücher.example"),
    ("full-width", "https://ａpi.passlock.dev"),
    ("encoded-host", "https://%61pi.passlock.dev"),
    ("punctuation-in-the-host", "https://api!.passlock.dev"),
    ("star", "https://*.passlock.dev"),
    ("short-ipv4", "https://127.1"),
    ("number-as-ipv4", "https://2130706433"),
    ("hexadecimal-ipv4", "https://0x7f.0.0.1"),
    ("octal-ipv4", "https://0177.0.0.1"),
    ("ipv4-with-a-leading-zero", "https://127.0.0.01"),
    ("ipv4-too-large", "https://256.0.0.1"),
    ("ipv6-not-canonical", "https://[2001:db8:0:0:0:0:0:1]"),
    ("ipv6-in-upper-case", "https://[2001:DB8::1]"),
    ("ipv6-with-a-zone", "https://[fe80::1%25eth0]"),
    ("ipv4-in-ipv6", "https://[::ffff:127.0.0.1]"),
    ("ipv6-not-closed", "https://[::1"),
    ("http", "http://api.passlock.dev"),
    ("http-to-a-name-that-begins-so", "http://localhost.example.com"),
    ("http-to-a-name-that-ends-so", "http://notlocalhost"),
    ("http-to-a-name-with-an-address-in-it", "http://127.0.0.1.example.com"),
    ("http-to-any-address", "http://0.0.0.0:8080"),
    ("http-to-the-local-network", "http://192.168.0.1"),
    ("http-to-ipv6", "http://[2001:db8::1]"),
];

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, endpoint) in TAKEN {
        drafts.push(
            construct(format!("endpoints/taken/{}", plain(name))).set("endpoint", *endpoint).gives(json!({})),
        );
    }
    for (name, endpoint) in REFUSED {
        drafts.push(
            construct(format!("endpoints/refused/{name}"))
                .set("endpoint", *endpoint)
                .refused(&["endpoint", "PASSLOCK_ENDPOINT"]),
        );
    }
    let long = |times: u32| json!({ "$concat": ["https://api.passlock.dev/", ["x", times]] });
    drafts.push(
        construct("endpoints/refused/longer-than-1-kib").set("endpoint", long(1000)).refused(&["endpoint"]),
    );
    drafts.push(construct("endpoints/taken/1-kib").set("endpoint", long(999)).gives(json!({})));
    for (name, endpoint) in [
        ("a-host", "http://api.passlock.dev"),
        ("an-address", "http://192.168.0.1:8080/x"),
        ("ipv6", "http://[2001:db8::1]"),
    ] {
        drafts.push(
            construct(format!("endpoints/taken/http-to-{name}-with-its-switch"))
                .set("endpoint", endpoint)
                .set("allow_http", true)
                .gives(json!({})),
        );
    }
    drafts.push(
        construct("endpoints/refused/the-switch-for-http-allows-nothing-else")
            .set("endpoint", "http://user@api.passlock.dev")
            .set("allow_http", true)
            .refused(&["endpoint"]),
    );
    drafts.push(
        construct("endpoints/refused/http-names-its-switch")
            .set("endpoint", "http://api.passlock.dev")
            .set("allow_http", false)
            .refused(&["endpoint", "allow_http"]),
    );
    drafts.extend(reached());
    drafts.extend(environment());
    drafts
}

/// Dots are for people, names have none.
fn plain(name: &str) -> String {
    name.replace('.', "-")
}

/// The emulator, under other names.
fn reached() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, endpoint, prefix) in [
        ("trailing-slash", "${endpoint}/", ""),
        ("prefix", "${endpoint}/passlock", "/passlock"),
        ("prefix-and-slash", "${endpoint}/passlock/", "/passlock"),
        ("two-segments", "${endpoint}/a/b", "/a/b"),
        ("escapes-stay", "${endpoint}/a%20b/%C3%A9", "/a%20b/%C3%A9"),
        ("sub-delims-stay", "${endpoint}/a;b=c,d+e!'()*", "/a;b=c,d+e!'()*"),
        ("localhost", "http://localhost:${port}", ""),
    ] {
        drafts.push(
            exchange(format!("endpoints/reached/{name}"))
                .set("endpoint", endpoint)
                .answer_principal()
                .saw(json!({ "method": "GET", "path": format!("{prefix}/tenancy-1/token/{TOKEN}") }))
                .gives_principal(&[]),
        );
    }
    drafts.push(
        update_user("endpoints/reached/the-read-after-an-update-keeps-the-prefix")
            .set("endpoint", "${endpoint}/passlock/")
            .answer(200, "")
            .answer_user()
            .saw(json!({
                "method": "PATCH",
                "path": "/passlock/tenancy-1/user/user-1",
                "headers": { "content-type": "application/json" },
                "body": { "givenName": "Ada" },
            }))
            .saw(json!({ "method": "GET", "path": "/passlock/tenancy-1/user/user-1" }))
            .gives_user(&[]),
    );
    drafts
}

fn environment() -> Vec<Draft> {
    vec![
        get_user("endpoints/environment/is-used")
            .set("endpoint", Value::Null)
            .env("PASSLOCK_ENDPOINT", "${endpoint}/from-env")
            .answer_user()
            .saw(json!({ "method": "GET", "path": "/from-env/tenancy-1/user/user-1" }))
            .gives_user(&[]),
        get_user("endpoints/environment/explicit-beats-it")
            .env("PASSLOCK_ENDPOINT", "http://127.0.0.1:1")
            .answer_user()
            .sent(1)
            .gives_user(&[]),
        construct("endpoints/environment/empty-is-unset")
            .set("endpoint", Value::Null)
            .env("PASSLOCK_ENDPOINT", "")
            .gives(json!({})),
        construct("endpoints/environment/is-checked")
            .set("endpoint", Value::Null)
            .env("PASSLOCK_ENDPOINT", "https://user:pw-canary@api.passlock.dev")
            .refused(&["endpoint", "PASSLOCK_ENDPOINT"]),
        construct("endpoints/environment/none-is-the-documented-one")
            .set("endpoint", Value::Null)
            .gives(json!({})),
    ]
}
