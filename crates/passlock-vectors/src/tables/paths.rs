use serde_json::{Value, json};

use super::build::*;

/// What is given, what it is on the wire, and what it is called.
const SEGMENTS: &[(&str, &str, &str)] = &[
    ("letters-and-digits", "AZaz09", "AZaz09"),
    ("unreserved", "-._~", "-._~"),
    ("three-dots", "...", "..."),
    ("leading-dot", ".hidden", ".hidden"),
    ("trailing-dots", "a..", "a.."),
    ("dot-slash", "./", ".%2F"),
    ("dot-dot-slash", "../", "..%2F"),
    ("slash-dot-dot", "/..", "%2F.."),
    ("another-route", "../user/user-1", "..%2Fuser%2Fuser-1"),
    ("another-tenancy", "../../tenancy-2/user/user-1", "..%2F..%2Ftenancy-2%2Fuser%2Fuser-1"),
    ("dot-dot-backslash", "..\\user\\user-1", "..%5Cuser%5Cuser-1"),
    ("encoded-dot", "%2e", "%252e"),
    ("encoded-dot-dot", "%2e%2e", "%252e%252e"),
    ("encoded-dot-dot-upper-case", "%2E%2E", "%252E%252E"),
    ("half-encoded-dot-dot", ".%2e", ".%252e"),
    ("encoded-dot-dot-slash", "%2e%2e%2fuser%2fuser-1", "%252e%252e%252fuser%252fuser-1"),
    ("twice-encoded-dot-dot", "%252e%252e", "%25252e%25252e"),
    ("dot-dot-semicolon", "..;", "..%3B"),
    ("dot-dot-semicolon-slash", "..;/user/user-1", "..%3B%2Fuser%2Fuser-1"),
    ("overlong-dot-encoded", "%c0%ae%c0%ae", "%25c0%25ae%25c0%25ae"),
    ("full-width-dots", "．．", "%EF%BC%8E%EF%BC%8E"),
    ("one-dot-leader", "․․", "%E2%80%A4%E2%80%A4"),
    ("slash", "/", "%2F"),
    ("two-slashes", "//", "%2F%2F"),
    ("leading-slash", "/user-1", "%2Fuser-1"),
    ("trailing-slash", "user-1/", "user-1%2F"),
    ("backslash", "a\\b", "a%5Cb"),
    ("encoded-slash", "a%2Fb", "a%252Fb"),
    ("full-width-slash", "a／b", "a%EF%BC%8Fb"),
    ("absolute-url", "https://evil.example/", "https%3A%2F%2Fevil.example%2F"),
    ("other-authority", "//evil.example", "%2F%2Fevil.example"),
    ("at-authority", "@evil.example", "%40evil.example"),
    ("colon", "a:b", "a%3Ab"),
    ("question-mark", "a?b=c", "a%3Fb%3Dc"),
    ("only-question-mark", "?", "%3F"),
    ("fragment", "a#b", "a%23b"),
    ("only-hash", "#", "%23"),
    ("semicolon", "a;b=c", "a%3Bb%3Dc"),
    ("ampersand-and-equals", "a&b=c", "a%26b%3Dc"),
    ("plus", "a+b", "a%2Bb"),
    ("percent", "%", "%25"),
    ("percent-and-one-digit", "%4", "%254"),
    ("percent-and-no-digits", "%zz", "%25zz"),
    ("encoded-nul", "%00", "%2500"),
    ("encoded-line-feed", "%0d%0aX-Injected:%201", "%250d%250aX-Injected%3A%25201"),
    ("space", " ", "%20"),
    ("spaces-around", " a ", "%20a%20"),
    ("no-break-space", "\u{a0}", "%C2%A0"),
    ("sub-delims", "!$&'()*+,;=", "%21%24%26%27%28%29%2A%2B%2C%3B%3D"),
    ("rest-of-ascii", "\"<>[]^`{|}", "%22%3C%3E%5B%5D%5E%60%7B%7C%7D"),
    ("braces-of-a-template", "{token}", "%7Btoken%7D"),
    ("dollar-and-braces", "${jndi:x}", "%24%7Bjndi%3Ax%7D"),
    ("composed", "\u{e9}", "%C3%A9"),
    ("decomposed", "e\u{301}", "e%CC%81"),
    ("compatibility-ligature", "\u{fb01}", "%EF%AC%81"),
    ("greek", "ψ", "%CF%88"),
    ("han", "漢字", "%E6%BC%A2%E5%AD%97"),
    ("emoji", "😀", "%F0%9F%98%80"),
    ("emoji-joined", "👩\u{200d}🚀", "%F0%9F%91%A9%E2%80%8D%F0%9F%9A%80"),
    ("last-code-point", "\u{10ffff}", "%F4%8F%BF%BF"),
    ("replacement-character", "\u{fffd}", "%EF%BF%BD"),
    ("byte-order-mark", "\u{feff}a", "%EF%BB%BFa"),
    ("right-to-left-override", "\u{202e}a", "%E2%80%AEa"),
    ("zero-width-space", "\u{200b}", "%E2%80%8B"),
    ("line-separator", "\u{2028}", "%E2%80%A8"),
    ("soft-hyphen", "\u{ad}", "%C2%AD"),
    ("private-use", "\u{e000}", "%EE%80%80"),
    ("non-character", "\u{ffff}", "%EF%BF%BF"),
    ("token-like-a-jwt", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30."),
    ("number", "0", "0"),
    ("null-as-text", "null", "null"),
    ("quotes", "'\"", "%27%22"),
];

/// Control characters, as code points: none of them may be part of a value.
const CONTROLS: &[(&str, &[u16])] = &[
    ("nul", &[0]),
    ("tab", &[9]),
    ("line-feed", &[10]),
    ("carriage-return-line-feed", &[13, 10]),
    ("escape", &[27]),
    ("unit-separator", &[31]),
    ("delete", &[127]),
    ("next-line", &[0x85]),
    ("first-of-c1", &[0x80]),
    ("last-of-c1", &[0x9f]),
];

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (index, (name, value, encoded)) in SEGMENTS.iter().enumerate() {
        drafts.push(in_user(name, json!(value), json!(format!("/tenancy-1/user/{encoded}"))));
        // The same function encodes tokens and subs; every third token shows it.
        if index % 3 == 0 {
            drafts.push(in_token(name, json!(value), json!(format!("/tenancy-1/token/{encoded}"))));
        }
    }
    let long = |part: &str, times: u32| json!({ "$concat": [[part, times]] });
    let path = |part: &str, times: u32| json!({ "$concat": ["/tenancy-1/user/", [part, times]] });
    drafts.push(in_user("longest", long("x", 4096), path("x", 4096)));
    drafts.push(in_user("longest-encoded", long("é", 2048), path("%C3%A9", 2048)));
    drafts.push(in_user("longest-emoji", long("😀", 1024), path("%F0%9F%98%80", 1024)));

    refuse(&mut drafts, "empty", json!(""));
    refuse(&mut drafts, "dot", json!("."));
    refuse(&mut drafts, "dot-dot", json!(".."));
    refuse(&mut drafts, "one-byte-too-long", long("x", 4097));
    refuse(&mut drafts, "one-byte-too-long-in-utf-8", json!({ "$concat": [["é", 2048], "x"] }));
    for (name, units) in CONTROLS {
        let units = [&[97], *units, &[98]].concat();
        refuse(&mut drafts, name, json!({ "$utf16": units }));
    }
    for (name, units) in [
        ("lone-high-surrogate", json!([97, 0xd83d])),
        ("lone-low-surrogate", json!([0xde00, 97])),
        ("surrogates-the-wrong-way-round", json!([0xde00, 0xd83d])),
    ] {
        for draft in refused(name, &json!({ "$utf16": units })) {
            drafts.push(draft.only(&["python", "node", "kotlin"], "Rust and Swift have no such strings"));
        }
    }
    for (name, value) in [
        ("null", json!(null)),
        ("a-number", json!(1)),
        ("true", json!(true)),
        ("a-list", json!(["user-1"])),
        ("an-object", json!({ "sub": "user-1" })),
    ] {
        for draft in refused(name, &value) {
            drafts.push(draft.only(&["python", "node"], "elsewhere the compiler refuses it"));
        }
    }
    drafts.extend(tenancies());
    drafts
}

fn in_user(name: &str, value: Value, path: Value) -> Draft {
    get_user(format!("paths/sub/{name}"))
        .given("sub", value)
        .answer_user()
        .saw(json!({ "method": "GET", "path": path }))
        .gives_user(&[])
}

fn in_token(name: &str, value: Value, path: Value) -> Draft {
    exchange(format!("paths/token/{name}"))
        .given("token", value)
        .answer_principal()
        .saw(json!({ "method": "GET", "path": path }))
        .gives_principal(&[])
}

fn refuse(drafts: &mut Vec<Draft>, name: &str, value: Value) {
    drafts.extend(refused(name, &value));
}

fn refused(name: &str, value: &Value) -> Vec<Draft> {
    let refused = |operation| {
        let draft = call(operation, format!("paths/refused-by-{operation}/{name}"));
        let argument = draft.argument();
        draft.given(argument, value.clone()).fails("invalid_input", 0, &[("says", json!([argument]))])
    };
    OPERATIONS.into_iter().map(refused).collect()
}

/// A tenancy id is one segment too, and a claim is compared with it as it was given.
fn tenancies() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, value, encoded) in [
        ("slash-and-space", "a/b c", "a%2Fb%20c"),
        ("dot-dot-slash", "../x", "..%2Fx"),
        ("composed", "\u{e9}", "%C3%A9"),
        ("decomposed", "e\u{301}", "e%CC%81"),
        ("percent", "a%2Fb", "a%252Fb"),
    ] {
        drafts.push(
            exchange(format!("paths/tenancy/{name}"))
                .set("tenancy_id", value)
                .answer(200, json!({ "$json": principal(&[("aud", json!(value))]) }))
                .saw(json!({ "method": "GET", "path": format!("/{encoded}/token/{TOKEN}") }))
                .gives_principal(&[("aud", json!(value))]),
        );
    }
    for (name, value) in [
        ("empty", json!("")),
        ("dot", json!(".")),
        ("dot-dot", json!("..")),
        ("line-feed", json!("a\nb")),
        ("trailing-line-feed", json!("tenancy-1\n")),
        ("one-byte-too-long", json!({ "$concat": [["x", 4097]] })),
    ] {
        drafts.push(
            construct(format!("paths/tenancy/{name}")).set("tenancy_id", value).refused(&["tenancy_id"]),
        );
    }
    drafts
}
