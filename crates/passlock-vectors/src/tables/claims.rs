use serde_json::{Value, json};

use super::build::*;

/// The principal of the vectors holds from here
const NBF: u64 = 1_725_882_236;
/// until before here.
const EXP: u64 = 1_725_882_604;

pub(super) fn all() -> Vec<Draft> {
    let mut drafts = edges();
    drafts.extend(tenancies());
    drafts.extend(issuers());
    drafts.extend(verification());
    drafts.extend(auth_types());
    drafts.extend(switched_off());
    drafts.push(
        answered("claims/are-checked-before-retries-are-thought-of", &[("aud", json!("tenancy-2"))])
            .set("max_retries", 10)
            .claim("aud"),
    );
    drafts
}

/// An exchange that is answered with such a principal.
fn answered(name: &str, fields: &[(&str, Value)]) -> Draft {
    exchange(name).answer(200, json!({ "$json": principal(fields) })).sent(1)
}

impl Draft {
    fn claim(self, claim: &str) -> Self {
        self.fails(
            "claims",
            1,
            &[("claim", json!(claim)), ("status", json!(200)), ("request_id", json!("req-1"))],
        )
    }
}

/// `nbf - leeway <= now < exp + leeway`, to the second and below.
fn edges() -> Vec<Draft> {
    let mut drafts = Vec::new();
    let at = |second: u64, millis: u16| match millis {
        0 => json!(second),
        // Without the rounding of a floating point sum.
        _ => format!("{second}.{millis:03}").parse::<f64>().map_or(Value::Null, Value::from),
    };
    for (name, leeway, now, claim) in [
        ("at-nbf", None, at(NBF, 0), None),
        ("a-second-before-nbf", None, at(NBF - 1, 0), None),
        ("nbf-and-the-leeway", None, at(NBF - 60, 0), None),
        ("just-before-nbf-and-the-leeway", None, at(NBF - 61, 999), Some("nbf")),
        ("a-second-before-nbf-and-the-leeway", None, at(NBF - 61, 0), Some("nbf")),
        ("at-exp", None, at(EXP, 0), None),
        ("a-second-before-exp-and-the-leeway", None, at(EXP + 59, 0), None),
        ("just-before-exp-and-the-leeway", None, at(EXP + 59, 999), None),
        ("exp-and-the-leeway", None, at(EXP + 60, 0), Some("exp")),
        ("a-second-after-exp-and-the-leeway", None, at(EXP + 61, 0), Some("exp")),
        ("no-leeway-at-nbf", Some(json!(0)), at(NBF, 0), None),
        ("no-leeway-just-before-nbf", Some(json!(0)), at(NBF - 1, 999), Some("nbf")),
        ("no-leeway-just-before-exp", Some(json!(0)), at(EXP - 1, 999), None),
        ("no-leeway-at-exp", Some(json!(0)), at(EXP, 0), Some("exp")),
        ("half-a-second-of-leeway-before-exp", Some(json!(0.5)), at(EXP, 499), None),
        ("half-a-second-of-leeway-at-exp", Some(json!(0.5)), at(EXP, 500), Some("exp")),
        ("an-hour-of-leeway", Some(json!(3600)), at(EXP + 3599, 0), None),
        ("an-hour-of-leeway-and-it-is-over", Some(json!(3600)), at(EXP + 3600, 0), Some("exp")),
        ("an-hour-of-leeway-before", Some(json!(3600)), at(NBF - 3600, 0), None),
        ("an-hour-of-leeway-and-too-early", Some(json!(3600)), at(NBF - 3601, 0), Some("nbf")),
        ("years-later", None, at(4_102_444_800, 0), Some("exp")),
        ("at-the-epoch", None, at(0, 0), Some("nbf")),
    ] {
        let mut draft = answered(&format!("claims/time/{name}"), &[]).now(now);
        if let Some(leeway) = leeway {
            draft = draft.set("leeway", leeway);
        }
        drafts.push(match claim {
            None => draft.gives_principal(&[]),
            Some(claim) => draft.claim(claim),
        });
    }
    let text = |field, raw| verbatim(&principal(&[]), field, raw);
    drafts.push(
        exchange("claims/time/exp-with-a-fraction")
            .now(json!(1_725_882_664.25))
            .answer(200, text("exp", "1725882604.5"))
            .sent(1)
            .gives_principal(&[("exp", json!(1_725_882_604.5))]),
    );
    drafts.push(
        exchange("claims/time/the-fraction-of-exp-is-over")
            .now(json!(1_725_882_664.5))
            .answer(200, text("exp", "1725882604.5"))
            .sent(1)
            .claim("exp"),
    );
    drafts.push(
        answered("claims/time/iat-is-not-checked", &[("iat", json!(NBF + 1_000_000))])
            .gives_principal(&[("iat", json!(NBF + 1_000_000))]),
    );
    drafts.push(answered("claims/time/exp-before-nbf", &[("exp", json!(NBF - 1_000))]).claim("exp"));
    drafts.push(
        answered("claims/time/by-the-machine-it-is-over", &[])
            .why("a machine whose clock is right is past 2024")
            .now(Value::Null)
            .claim("exp"),
    );
    drafts.push(
        answered(
            "claims/time/by-the-machine-it-is-yet-to-come",
            &[("nbf", json!(253_402_300_000_u64)), ("exp", json!(253_402_300_799_u64))],
        )
        .now(Value::Null)
        .claim("nbf"),
    );
    drafts
}

fn tenancies() -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (name, aud) in [
        ("another", "tenancy-2"),
        ("in-upper-case", "TENANCY-1"),
        ("longer", "tenancy-12"),
        ("shorter", "tenancy-"),
        ("with-a-space", "tenancy-1 "),
        ("empty", ""),
    ] {
        let mut draft = answered(&format!("claims/aud/{name}"), &[("aud", json!(aud))]).claim("aud");
        draft = draft.says(&["verify_claims", "tenancy_id"]);
        drafts.push(draft);
    }
    drafts
}

fn issuers() -> Vec<Draft> {
    let iss = "https://idp.passlock.dev";
    vec![
        answered("claims/iss/any-by-default", &[("iss", json!("https://elsewhere.example"))])
            .gives_principal(&[("iss", json!("https://elsewhere.example"))]),
        answered("claims/iss/the-one", &[]).set("issuer", iss).gives_principal(&[]),
        answered("claims/iss/another", &[]).set("issuer", "https://elsewhere.example").claim("iss"),
        answered("claims/iss/without-its-scheme", &[("iss", json!("idp.passlock.dev"))])
            .set("issuer", iss)
            .claim("iss"),
        answered("claims/iss/with-a-slash", &[]).set("issuer", "https://idp.passlock.dev/").claim("iss"),
        answered("claims/iss/of-this-call", &[])
            .given("options", json!({ "issuer": "https://elsewhere.example" }))
            .claim("iss"),
        answered("claims/iss/of-this-call-over-the-client-s", &[])
            .set("issuer", "https://elsewhere.example")
            .given("options", json!({ "issuer": iss }))
            .gives_principal(&[]),
        exchange("claims/iss/of-this-call-and-empty")
            .given("options", json!({ "issuer": "" }))
            .fails("config", 0, &[])
            .says(&["issuer"]),
    ]
}

fn verification() -> Vec<Draft> {
    let not_verified = [("userVerified", json!(false))];
    let given = [("user_verified", json!(false))];
    vec![
        answered("claims/user-verified/not-asked-for", &not_verified).gives_principal(&given),
        answered("claims/user-verified/asked-for", &not_verified)
            .set("require_user_verified", true)
            .claim("user_verified"),
        answered("claims/user-verified/asked-for-and-so", &[])
            .set("require_user_verified", true)
            .gives_principal(&[]),
        answered("claims/user-verified/asked-for-by-this-call", &not_verified)
            .given("options", json!({ "require_user_verified": true }))
            .claim("user_verified"),
        answered("claims/user-verified/not-asked-for-by-this-call", &not_verified)
            .set("require_user_verified", true)
            .given("options", json!({ "require_user_verified": false }))
            .gives_principal(&given),
    ]
}

fn auth_types() -> Vec<Draft> {
    let github = [("authType", json!("github"))];
    let given = [("auth_type", json!("github"))];
    let named = |name: &str, fields: &[(&str, Value)], list: &[&str]| {
        answered(&format!("claims/auth-type/{name}"), fields).set("auth_types", list)
    };
    vec![
        named("one-of-them", &[], &["apple", "passkey"]).gives_principal(&[]),
        named("none-of-them", &[], &["apple", "google", "email"]).claim("auth_type"),
        named("no-list-is-any", &github, &[]).gives_principal(&given),
        named("one-that-this-version-does-not-know", &github, &["github"]).gives_principal(&given),
        named("another-that-this-version-does-not-know", &github, &["gitlab"]).claim("auth_type"),
        named("in-upper-case", &[], &["Passkey"]).claim("auth_type"),
        answered("claims/auth-type/of-this-call", &[])
            .given("options", json!({ "auth_types": ["email"] }))
            .claim("auth_type"),
        named("of-this-call-over-the-client-s", &[], &["email"])
            .given("options", json!({ "auth_types": ["passkey"] }))
            .gives_principal(&[]),
    ]
}

fn switched_off() -> Vec<Draft> {
    let off = |name: &str, fields: &[(&str, Value)]| {
        answered(&format!("claims/switched-off/{name}"), fields).set("verify_claims", false)
    };
    vec![
        off("aud", &[("aud", json!("tenancy-2"))]).gives_principal(&[("aud", json!("tenancy-2"))]),
        off("nbf", &[]).now(0).gives_principal(&[]),
        off("exp", &[]).now(4_102_444_800_u64).gives_principal(&[]),
        off("iss", &[]).set("issuer", "https://elsewhere.example").gives_principal(&[]),
        off("user-verified", &[("userVerified", json!(false))])
            .set("require_user_verified", true)
            .gives_principal(&[("user_verified", json!(false))]),
        off("auth-type", &[]).set("auth_types", json!(["email"])).gives_principal(&[]),
        off("what-can-not-be-read-is-still-refused", &[("exp", json!("never"))]).fails(
            "protocol",
            1,
            &[("status", json!(200)), ("request_id", json!("req-1"))],
        ),
    ]
}
