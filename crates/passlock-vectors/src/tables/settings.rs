use serde_json::{Value, json};

use super::build::*;

/// A certificate authority whose key nobody has.
const CERTIFICATE: &str = include_str!("../../../passlock-net/src/certificate.pem");

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = keys();
    drafts.extend(limits());
    drafts.extend(counts());
    drafts.extend(proxies());
    drafts.extend(certificates());
    drafts.extend(claims());
    drafts.extend(wrong_types());
    drafts.extend(all_at_once());
    drafts
}

fn taken(name: &str, setting: &str, value: impl Into<Value>) -> Draft {
    construct(format!("settings/{}/{name}", path(setting))).set(setting, value).gives(json!({}))
}

fn refused(name: &str, setting: &str, value: impl Into<Value>) -> Draft {
    construct(format!("settings/{}/{name}", path(setting))).set(setting, value).refused(&[setting])
}

fn path(setting: &str) -> String {
    setting.replace('_', "-")
}

/// `tenancy_id` and `api_key`: explicit overrides environment.
fn keys() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (setting, variable, value) in [
        ("tenancy_id", "PASSLOCK_TENANCY_ID", "tenancy-1"),
        ("api_key", "PASSLOCK_API_KEY", "key-canary-0123456789"),
    ] {
        let name = |name: &str| format!("settings/{}/{name}", path(setting));
        let unset =
            |what: &str| construct(name(what)).set(setting, Value::Null).refused(&[setting, variable]);
        let works = |draft: Draft| draft.answer_user().sent(1).gives_user(&[]);
        drafts.extend([
            unset("missing"),
            unset("missing-and-empty-in-the-environment").env(variable, ""),
            works(get_user(name("of-the-environment")).set(setting, Value::Null).env(variable, value)),
            works(get_user(name("explicit-beats-environment")).env(variable, "another")),
            construct(name("empty")).set(setting, "").refused(&[setting]),
            construct(name("empty-does-not-fall-back"))
                .set(setting, "")
                .env(variable, value)
                .refused(&[setting]),
            construct(name("bad-in-the-environment"))
                .set(setting, Value::Null)
                .env(variable, "a\u{1}b")
                .refused(&[setting, variable]),
        ]);
    }
    let works = |draft: Draft| draft.answer_user().sent(1).gives_user(&[]);
    drafts.extend([
        works(get_user("settings/api-key/trailing-line-feed").set("api_key", "key-canary-0123456789\n")),
        works(
            get_user("settings/api-key/trailing-line-feeds").set("api_key", "key-canary-0123456789\r\n\r\n"),
        ),
        works(
            get_user("settings/api-key/trailing-line-feed-in-the-environment")
                .set("api_key", Value::Null)
                .env("PASSLOCK_API_KEY", "key-canary-0123456789\r\n"),
        ),
        refused("only-a-line-feed", "api_key", "\n"),
        refused("a-space-inside", "api_key", "key canary"),
        refused("a-trailing-space", "api_key", "key-canary "),
        refused("a-header-in-it", "api_key", "key-canary\r\nX-Injected: 1"),
        refused("a-tab", "api_key", "key\tcanary"),
        refused("nul", "api_key", "key-canary\u{0}"),
        refused("delete", "api_key", "key-canary\u{7f}"),
        refused("not-ascii", "api_key", "key-cänary"),
        refused("shorter-than-8-bytes", "api_key", "canary7"),
        refused("shorter-than-8-bytes-without-its-line-feed", "api_key", "canary7\n"),
        taken("8-bytes", "api_key", "canary-8"),
        refused("longer-than-4-kib", "api_key", json!({ "$concat": [["k", 4097]] })),
        taken("4-kib", "api_key", json!({ "$concat": [["k", 4096]] })),
        taken("every-visible-character", "api_key", "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"),
    ]);
    drafts
}

/// More than zero, and at most one hour.
fn limits() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for setting in ["timeout", "attempt_timeout", "connect_timeout"] {
        for (name, seconds) in [
            ("zero", json!(0)),
            ("negative", json!(-1)),
            ("more-than-an-hour", json!(3600.5)),
            ("a-day", json!(86_400)),
            ("too-small-to-be-any-time", json!(1e-12)),
        ] {
            drafts.push(refused(name, setting, seconds));
        }
        let numbers = ["rust", "python", "node"];
        drafts
            .push(refused("not-a-number", setting, "NaN").only(&numbers, "elsewhere a duration is a number"));
        drafts.push(
            refused("infinite", setting, "Infinity")
                .only(&["rust", "python", "node", "kotlin"], "Swift has no such duration"),
        );
        drafts.push(taken("an-hour", setting, 3600));
        drafts.push(taken("a-millisecond", setting, 0.001));
    }
    drafts.push(
        construct("settings/timeout/larger-limits-are-clamped-to-it")
            .set("timeout", 1)
            .set("attempt_timeout", 3600)
            .set("connect_timeout", 3600)
            .gives(json!({})),
    );
    drafts.extend(durations("idle_timeout"));
    drafts.push(taken("a-millisecond", "idle_timeout", 0.001));
    drafts
}

/// From zero to one hour.
fn durations(setting: &str) -> Vec<Draft> {
    let signed = ["python", "node", "swift", "kotlin"];
    vec![
        taken("none", setting, 0),
        taken("an-hour", setting, 3600),
        refused("more-than-an-hour", setting, 3600.5),
        refused("negative", setting, -1).only(&signed, "Rust's durations have no sign"),
        refused("not-a-number", setting, "NaN").only(&["python", "node"], "elsewhere a duration is a number"),
    ]
}

fn counts() -> Vec<Draft> {
    let whole = ["python", "node"];
    let signed = ["python", "node", "swift", "kotlin"];
    vec![
        taken("none", "max_retries", 0),
        taken("the-most", "max_retries", 10),
        refused("more-than-the-most", "max_retries", 11),
        refused("negative", "max_retries", -1).only(&signed, "Rust's number of retries has no sign"),
        refused("a-fraction", "max_retries", 1.5).only(&whole, "elsewhere it is a whole number"),
        refused("not-a-number", "max_retries", "NaN").only(&whole, "elsewhere it is a whole number"),
        taken("one", "max_response_bytes", 1),
        taken("1-gib", "max_response_bytes", 1_u64 << 30),
        refused("more-than-1-gib", "max_response_bytes", (1_u64 << 30) + 1),
        refused("zero", "max_response_bytes", 0),
        refused("negative", "max_response_bytes", -1).only(&signed, "Rust's number of bytes has no sign"),
        refused("a-fraction", "max_response_bytes", 0.5).only(&whole, "elsewhere it is a whole number"),
    ]
}

fn proxies() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, proxy) in [
        ("a-url", "http://proxy.example.com:3128"),
        ("a-url-with-a-slash", "http://proxy.example.com:3128/"),
        ("without-a-port", "http://proxy.example.com"),
        ("without-a-scheme", "proxy.example.com:3128"),
        ("with-credentials", "http://user:pw-canary@proxy.example.com:3128"),
        ("with-a-user", "http://user@proxy.example.com"),
        ("ipv6", "http://[2001:db8::1]:3128"),
    ] {
        drafts.push(taken(name, "proxy", proxy).set("endpoint", Value::Null));
    }
    for (name, proxy) in [
        ("socks5", "socks5://user:pw-canary@proxy.example.com:1080"),
        ("socks5h", "socks5h://proxy.example.com"),
        ("socks4", "socks4://proxy.example.com"),
        ("https", "https://user:pw-canary@proxy.example.com"),
        ("ftp", "ftp://proxy.example.com"),
        ("empty", ""),
        ("no-host", "http://"),
        ("no-host-but-credentials", "http://user:pw-canary@"),
        ("a-path", "http://user:pw-canary@proxy.example.com/path"),
        ("a-query", "http://proxy.example.com/?a"),
        ("port-too-large", "http://proxy.example.com:65536"),
        ("nonsense", "::"),
    ] {
        drafts.push(refused(name, "proxy", proxy));
    }
    // Key and token would leave the machine in the clear.
    let to_this_machine = |name: &str, proxy: &str| {
        construct(format!("settings/proxy/of-another-machine-for-plain-http/{name}"))
            .set("endpoint", "http://localhost:8080")
            .set("proxy", proxy)
    };
    drafts.extend([
        to_this_machine("refused", "http://user:pw-canary@proxy.example.com:3128")
            .refused(&["proxy", "allow_http"]),
        to_this_machine("refused-by-address", "http://192.0.2.1:3128").refused(&["proxy", "allow_http"]),
        to_this_machine("refused-where-the-name-looks-like-this-machine", "http://localhost.example.com")
            .refused(&["proxy", "allow_http"]),
        to_this_machine("allowed", "http://proxy.example.com:3128").set("allow_http", true).gives(json!({})),
        to_this_machine("on-this-machine", "http://127.0.0.2:3128").gives(json!({})),
        to_this_machine("on-this-machine-by-name", "http://proxy.localhost:3128").gives(json!({})),
        to_this_machine("on-this-machine-by-its-v6-address", "http://[::1]:3128").gives(json!({})),
        to_this_machine("through-a-tunnel", "http://proxy.example.com:3128")
            .set("endpoint", "https://localhost:8443")
            .gives(json!({})),
    ]);
    // The environment's proxy is checked when it would serve the endpoint, here the documented one.
    for (name, variable, value) in [
        ("socks-of-the-environment", "HTTPS_PROXY", "socks5://user:pw-canary@proxy.example.com"),
        ("socks-of-the-environment-for-all", "ALL_PROXY", "socks5h://user:pw-canary@proxy.example.com"),
        ("nonsense-of-the-environment", "https_proxy", "http://user:pw-canary@"),
    ] {
        drafts.push(
            construct(format!("settings/proxy/{name}"))
                .set("endpoint", Value::Null)
                .env(variable, value)
                .refused(&["proxy"]),
        );
    }
    drafts.push(
        construct("settings/proxy/socks-of-the-environment-for-others")
            .why("http requests only, and the endpoint is https")
            .set("endpoint", Value::Null)
            .env("HTTP_PROXY", "socks5://proxy.example.com")
            .gives(json!({})),
    );
    drafts.push(
        construct("settings/proxy/socks-of-the-environment-that-is-not-asked")
            .set("endpoint", Value::Null)
            .env("HTTPS_PROXY", "socks5://proxy.example.com")
            .env("NO_PROXY", "passlock.dev")
            .gives(json!({})),
    );
    drafts
}

fn certificates() -> Vec<Draft> {
    let broken = CERTIFICATE.replace('\n', "\n!");
    vec![
        taken("one", "ca_certificates", CERTIFICATE),
        taken("two", "ca_certificates", format!("{CERTIFICATE}{CERTIFICATE}")),
        taken("with-text-around-it", "ca_certificates", format!("# Our authority\n{CERTIFICATE}\n\n")),
        refused("empty", "ca_certificates", ""),
        refused("no-pem", "ca_certificates", "no certificate"),
        refused("not-base64", "ca_certificates", broken),
        refused(
            "without-its-end",
            "ca_certificates",
            CERTIFICATE.lines().take(4).collect::<Vec<_>>().join("\n"),
        ),
        refused(
            "no-certificate-inside",
            "ca_certificates",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
        refused("of-another-kind", "ca_certificates", CERTIFICATE.replace("CERTIFICATE", "PUBLIC KEY")),
        refused(
            "a-good-one-and-a-bad-one",
            "ca_certificates",
            format!("{CERTIFICATE}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ),
    ]
}

fn claims() -> Vec<Draft> {
    let mut drafts = durations("leeway");
    drafts.extend([
        refused("empty", "issuer", ""),
        taken("any-text", "issuer", "urn:passlock"),
        taken("none", "auth_types", json!([])),
        taken("any-text", "auth_types", json!(["passkey", "by carrier pigeon"])),
    ]);
    drafts
}

/// Where no compiler refuses them.
fn wrong_types() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (setting, values) in [
        ("tenancy_id", json!([7, true, ["tenancy-1"]])),
        ("api_key", json!([7, {}])),
        ("endpoint", json!([7, true])),
        ("allow_http", json!(["true", 1])),
        ("timeout", json!(["30", true, [30]])),
        ("attempt_timeout", json!(["10"])),
        ("connect_timeout", json!(["5"])),
        ("idle_timeout", json!(["300", true])),
        ("max_retries", json!(["2", true])),
        ("max_response_bytes", json!(["1000", [1000]])),
        ("proxy", json!([false, 3128])),
        ("ca_certificates", json!([7, true])),
        ("leeway", json!(["60"])),
        ("verify_claims", json!(["false", 0])),
        ("issuer", json!([7, ["https://idp.passlock.dev"]])),
        ("require_user_verified", json!(["true", 1])),
        ("auth_types", json!([7, [7], { "passkey": true }])),
    ] {
        for (index, value) in values.as_array().into_iter().flatten().enumerate() {
            drafts.push(
                refused(&format!("mistyped-{}", index + 1), setting, value.clone())
                    .only(&["python", "node"], "elsewhere the compiler refuses it"),
            );
        }
    }
    drafts
}

fn all_at_once() -> Vec<Draft> {
    let draft = exchange("settings/all-at-once")
        .set("endpoint", "${endpoint}/")
        .set("allow_http", true)
        .set("timeout", 20)
        .set("attempt_timeout", 8.5)
        .set("connect_timeout", 2.25)
        .set("idle_timeout", 12.5)
        .set("max_retries", 3)
        .set("max_response_bytes", 100_000)
        .set("ca_certificates", CERTIFICATE)
        .set("leeway", 30)
        .set("verify_claims", true)
        .set("issuer", "https://idp.passlock.dev")
        .set("require_user_verified", true)
        .set("auth_types", json!(["passkey"]));
    vec![draft.answer_principal().sent(1).gives_principal(&[])]
}
