use serde_json::{Value, json};

use super::build::*;

/// Required fields with the type that they have.
const REQUIRED: &[(&str, &str)] = &[
    ("iss", "string"),
    ("aud", "string"),
    ("sub", "string"),
    ("iat", "time"),
    ("nbf", "time"),
    ("exp", "time"),
    ("jti", "string"),
    ("token", "string"),
    ("userVerified", "boolean"),
    ("authType", "string"),
    ("authId", "string"),
];

const OPTIONAL: &[(&str, &str)] =
    &[("givenName", "string"), ("familyName", "string"), ("email", "string"), ("emailVerified", "boolean")];

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = vec![
        sample("principals/required-fields-only", &principal(&[])).gives_principal(&[]),
        sample(
            "principals/all-fields",
            &principal(&[
                ("givenName", json!("Ada")),
                ("familyName", json!("Lovelace")),
                ("email", json!("ada@example.com")),
                ("emailVerified", json!(true)),
            ]),
        )
        .gives_principal(&[
            ("given_name", json!("Ada")),
            ("family_name", json!("Lovelace")),
            ("email", json!("ada@example.com")),
            ("email_verified", json!(true)),
        ]),
        sample(
            "principals/optional-fields-are-null",
            &principal(&[
                ("givenName", Value::Null),
                ("familyName", Value::Null),
                ("email", Value::Null),
                ("emailVerified", Value::Null),
            ]),
        )
        .gives_principal(&[]),
        sample("principals/empty-strings-are-strings", &principal(&[("givenName", json!("")), ("authId", json!(""))]))
            .gives_principal(&[("given_name", json!("")), ("auth_id", json!(""))]),
        sample(
            "principals/email-not-verified",
            &principal(&[("email", json!("ada@example.com")), ("emailVerified", json!(false))]),
        )
        .gives_principal(&[("email", json!("ada@example.com")), ("email_verified", json!(false))]),
        sample(
            "principals/legacy-fields",
            &principal(&[
                (
                    "authStatement",
                    json!({ "authType": "email", "userVerified": false, "authTimestamp": "2024-09-09T11:43:56.000Z" }),
                ),
                ("expireAt", json!("2024-09-09T11:50:04.000Z")),
                ("user", json!({ "id": "another", "email": "another@example.com" })),
            ]),
        )
        .gives_principal(&[]),
        sample(
            "principals/legacy-fields-of-any-type",
            &principal(&[("authStatement", json!(7)), ("expireAt", json!([])), ("user", Value::Null)]),
        )
        .gives_principal(&[]),
        sample(
            "principals/unknown-fields",
            &principal(&[("amr", json!(["hwk", { "a": [null, 1] }])), ("__proto__", json!({})), ("class", json!(1))]),
        )
        .gives_principal(&[]),
        sample("principals/the-issuer-without-a-scheme", &principal(&[("iss", json!("idp.passlock.dev"))]))
            .gives_principal(&[("iss", json!("idp.passlock.dev"))]),
        sample(
            "principals/text-is-kept-as-it-is",
            &principal(&[("sub", json!("e\u{301}\u{0}\n😀 ")), ("givenName", json!("\u{202e}Ada"))]),
        )
        .gives_principal(&[("sub", json!("e\u{301}\u{0}\n😀 ")), ("given_name", json!("\u{202e}Ada"))]),
    ];
    for auth_type in ["passkey", "email", "apple", "google", "github", "Passkey", "", "in person"] {
        let name = if auth_type.is_empty() { "empty".to_owned() } else { auth_type.replace(' ', "-") };
        let name = if name == "Passkey" { "in-upper-case".to_owned() } else { name };
        drafts.push(
            sample(&format!("principals/auth-type/{name}"), &principal(&[("authType", json!(auth_type))]))
                .gives_principal(&[("auth_type", json!(auth_type))]),
        );
    }
    drafts.extend(missing_and_mistyped());
    drafts.extend(times());
    drafts.extend(texts());
    drafts.extend(lone_surrogates());
    drafts
}

/// Half a surrogate pair has no character. In a name that is one character lost; in an id it would be another id.
fn lone_surrogates() -> Vec<Draft> {
    let written = |name: &str, field: &str, raw: &str| {
        exchange(format!("principals/lone-surrogate/{name}"))
            .answer(200, verbatim(&principal(&[]), field, &format!("\"{raw}\"")))
            .sent(1)
    };
    let mut drafts = Vec::new();
    for (name, raw, read) in [
        ("high", r"Ada \ud83d", "Ada \u{fffd}"),
        ("low-in-upper-case", r"\uDE00Ada", "\u{fffd}Ada"),
        ("the-wrong-way-round", r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        ("high-before-a-pair", r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        ("after-a-backslash", r"\\\ud83d \\ud83d", "\\\u{fffd} \\ud83d"),
        ("beside-what-stands-for-it", "\u{fdd0}\\ufdd1\\ud83d", "\u{fdd0}\u{fdd1}\u{fffd}"),
        ("beside-a-replacement-character", "\u{fffd}\\ud83d", "\u{fffd}\u{fffd}"),
    ] {
        drafts.push(written(name, "givenName", raw).gives_principal(&[("given_name", json!(read))]));
    }
    for (field, name) in [("familyName", "family_name"), ("email", "email")] {
        let draft = written(&format!("in-{field}"), field, r"Ada \ud83d");
        drafts.push(draft.gives_principal(&[(name, json!("Ada \u{fffd}"))]));
    }
    drafts.push(
        exchange("principals/lone-surrogate/where-nobody-looks")
            .answer(200, verbatim(&principal(&[]), "nickname", r#""\ud83d""#))
            .sent(1)
            .gives_principal(&[]),
    );
    for (field, _) in REQUIRED.iter().filter(|(_, of)| *of == "string") {
        drafts.push(malformed(written(&format!("in-{field}"), field, r"x\ud83d")));
    }
    drafts
}

/// An exchange that is answered with this principal.
fn sample(name: &str, principal: &Value) -> Draft {
    exchange(name).answer(200, json!({ "$json": principal })).sent(1)
}

fn malformed(draft: Draft) -> Draft {
    draft.fails("protocol", 1, &[("status", json!(200)), ("request_id", json!("req-1"))])
}

fn missing_and_mistyped() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (field, of) in REQUIRED {
        drafts
            .push(malformed(sample(&format!("principals/missing/{field}"), &without(principal(&[]), field))));
        drafts.push(malformed(sample(
            &format!("principals/null/{field}"),
            &principal(&[(field, Value::Null)]),
        )));
        drafts.push(malformed(sample(
            &format!("principals/mistyped/{field}"),
            &principal(&[(field, mistyped(of))]),
        )));
    }
    for (field, of) in OPTIONAL {
        drafts.push(malformed(sample(
            &format!("principals/mistyped/{field}"),
            &principal(&[(field, mistyped(of))]),
        )));
    }
    for (name, value) in
        [("a-string", json!("1725882236")), ("a-date", json!("2024-09-09T11:43:56Z")), ("true", json!(true))]
    {
        drafts.push(malformed(sample(&format!("principals/time/{name}"), &principal(&[("iat", value)]))));
    }
    drafts
}

fn mistyped(of: &str) -> Value {
    match of {
        "string" => json!(7),
        "boolean" => json!("true"),
        _ => json!([1_725_882_236]),
    }
}

/// `iat` as it is written, and the outcome. No claim is checked against it.
fn times() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, written, read) in [
        ("zero", "0", Some(0.0)),
        ("minus-zero", "-0.0", Some(0.0)),
        ("a-fraction", "1725882236.5", Some(1_725_882_236.5)),
        ("milliseconds", "1725882236.123", Some(1_725_882_236.123)),
        ("truncated-to-milliseconds", "1725882236.1239", Some(1_725_882_236.123)),
        ("truncated-just-below-a-second", "1725882236.9999", Some(1_725_882_236.999)),
        ("less-than-a-millisecond", "0.0009", Some(0.0)),
        ("an-exponent", "1.725882236e9", Some(1_725_882_236.0)),
        ("a-whole-number-with-a-fraction", "1725882236.0", Some(1_725_882_236.0)),
        ("beyond-2038", "4102444800", Some(4_102_444_800.0)),
        ("the-last-of-9999", "253402300799", Some(253_402_300_799.0)),
        ("the-last-millisecond-of-9999", "253402300799.999", Some(253_402_300_799.999)),
        ("the-year-10000", "253402300800", None),
        ("milliseconds-instead-of-seconds", "1725882236000", None),
        ("before-the-epoch", "-1", None),
        ("a-millisecond-before-the-epoch", "-0.001", None),
        ("more-than-64-bits", "18446744073709551616", None),
        ("huge", "1e300", None),
        ("infinite", "1e400", None),
        ("not-a-number", "NaN", None),
        ("hexadecimal", "0x66dedf3c", None),
        ("a-leading-zero", "01725882236", None),
    ] {
        let draft = exchange(format!("principals/time/{name}"))
            .answer(200, verbatim(&principal(&[]), "iat", written))
            .sent(1);
        drafts.push(match read {
            Some(time) => draft.gives_principal(&[("iat", json!(time))]),
            None => malformed(draft),
        });
    }
    drafts
}

/// The same principal, and texts that are almost JSON.
fn texts() -> Vec<Draft> {
    let text = principal(&[]).to_string();
    let inner = &text[1..text.len() - 1];
    let bytes =
        |name: &str, body: Value| exchange(format!("principals/text/{name}")).answer(200, body).sent(1);
    let nested =
        |depth: u32| json!({ "$concat": ["{\"deep\":", ["[", depth], ["]", depth], ",", inner, "}"] });
    let mut drafts = vec![
        bytes("white-space-around", json!(format!("\r\n\t {text} \n"))).gives_principal(&[]),
        bytes("byte-order-mark", json!(format!("\u{feff}{text}"))).gives_principal(&[]),
        bytes("escaped-names", json!(text.replace("\"iss\"", "\"\\u0069ss\""))).gives_principal(&[]),
        bytes("an-unknown-field-twice", json!(format!("{{\"x\":1,\"x\":2,{inner}}}"))).gives_principal(&[]),
        bytes("nested-100-deep", nested(100)).gives_principal(&[]),
        bytes("nested-10000-deep", nested(10_000)).gives_principal(&[]),
    ];
    for (name, body) in [
        ("empty", json!("")),
        ("white-space", json!("  \n")),
        ("byte-order-mark-twice", json!(format!("\u{feff}\u{feff}{text}"))),
        ("trailing-text", json!(format!("{text}x"))),
        ("trailing-object", json!(format!("{text}{{}}"))),
        ("trailing-nul", json!(format!("{text}\u{0}"))),
        ("cut-short", json!(text[..text.len() - 1])),
        ("a-field-twice", json!(format!("{{\"sub\":\"another\",{inner}}}"))),
        ("a-field-twice-alike", json!(format!("{{\"sub\":\"{SUB}\",{inner}}}"))),
        ("a-trailing-comma", json!(format!("{{{inner},}}"))),
        ("a-comment", json!(format!("/* */{text}"))),
        ("single-quotes", json!(text.replace("\"passkey\"", "'passkey'"))),
        ("a-control-character-in-a-string", json!(text.replace("\"passkey\"", "\"pass\tkey\""))),
        ("html", json!("<!doctype html><title>Log in</title>")),
        ("null", json!("null")),
        ("a-list", json!(format!("[{text}]"))),
        ("a-list-of-values", json!(r#"["https://idp.passlock.dev","tenancy-1","user-1",1725882236]"#)),
        ("a-string", json!(json!(text).to_string())),
        ("an-empty-object", json!("{}")),
        ("wrapped", json!(format!("{{\"principal\":{text}}}"))),
        ("snake-case", json!(text.replace("userVerified", "user_verified"))),
        ("an-unclosed-nesting", json!({ "$concat": ["{\"deep\":", ["[", 10_000]] })),
    ] {
        drafts.push(malformed(bytes(name, body)));
    }
    for (name, base64) in [
        // {"iss":"\xff"}
        ("not-utf-8", "eyJpc3MiOiL/In0="),
        // {} in UTF-16, little endian, with its mark
        ("utf-16", "//57AH0A"),
        ("nul-bytes", "AAAA"),
    ] {
        let fault = json!({ "kind": "status", "status": 200, "headers": { "x-request-id": "req-1" }, "bodyBase64": base64 });
        drafts.push(malformed(exchange(format!("principals/text/{name}")).fault(fault).sent(1)));
    }
    drafts
}
