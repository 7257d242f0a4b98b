use serde_json::{Value, json};

use super::build::*;

pub(super) fn all() -> Vec<Draft> {
    let only = json!({ "sub": SUB, "email": "ada@example.com" });
    let nothing =
        [("given_name", Value::Null), ("family_name", Value::Null), ("email_verified", json!(false))];
    let mut drafts = vec![
        sample("users/all-fields", &user(&[])).gives_user(&[]),
        sample("users/required-fields-only", &only).gives_user(&nothing),
        sample(
            "users/optional-fields-are-null",
            &user(&[("givenName", Value::Null), ("familyName", Value::Null), ("emailVerified", Value::Null)]),
        )
        .gives_user(&nothing),
        sample("users/empty-strings-are-strings", &user(&[("givenName", json!("")), ("email", json!(""))]))
            .gives_user(&[("given_name", json!("")), ("email", json!(""))]),
        sample("users/not-verified", &user(&[("emailVerified", json!(false))]))
            .gives_user(&[("email_verified", json!(false))]),
        sample(
            "users/unknown-fields",
            &user(&[("disabled", json!(true)), ("lastLogin", json!({ "at": 1 }))]),
        )
        .gives_user(&[]),
        sample("users/another-sub-than-asked-for", &user(&[("sub", json!("user-2"))]))
            .why("the response is passed on as it is")
            .gives_user(&[("sub", json!("user-2"))]),
        sample(
            "users/unicode",
            &user(&[("givenName", json!("A\u{301}da 漢字 😀")), ("email", json!("ada@bücher.example"))]),
        )
        .gives_user(&[("given_name", json!("A\u{301}da 漢字 😀")), ("email", json!("ada@bücher.example"))]),
        text(
            "users/more-beside-the-user",
            &json!({ "user": user(&[]), "message": "ok", "sub": 7 }).to_string(),
        )
        .gives_user(&[]),
        text("users/byte-order-mark", &format!("\u{feff}{}", json!({ "user": user(&[]) }))).gives_user(&[]),
        surrogate("givenName").gives_user(&[("given_name", json!("Ada \u{fffd}"))]),
        surrogate("familyName").gives_user(&[("family_name", json!("Ada \u{fffd}"))]),
        surrogate("email").gives_user(&[("email", json!("Ada \u{fffd}"))]),
        malformed(surrogate("sub")),
    ];
    for field in ["sub", "email"] {
        drafts.push(malformed(sample(&format!("users/missing/{field}"), &without(user(&[]), field))));
        drafts.push(malformed(sample(&format!("users/null/{field}"), &user(&[(field, Value::Null)]))));
    }
    for (field, value) in [
        ("sub", json!(7)),
        ("email", json!(["ada@example.com"])),
        ("givenName", json!(false)),
        ("familyName", json!({})),
        ("emailVerified", json!("true")),
        ("emailVerified", json!(1)),
    ] {
        let name = if value.is_number() { format!("{field}-a-number") } else { field.to_owned() };
        drafts.push(malformed(sample(&format!("users/mistyped/{name}"), &user(&[(field, value)]))));
    }
    let wrapped = json!({ "user": user(&[]) }).to_string();
    for (name, body) in [
        ("bare", user(&[]).to_string()),
        ("wrapped-twice", json!({ "user": { "user": user(&[]) } }).to_string()),
        ("user-is-null", r#"{"user":null}"#.to_owned()),
        ("user-is-a-list", json!({ "user": [SUB, "ada@example.com"] }).to_string()),
        ("user-twice", format!("{{\"user\":{0},\"user\":{0}}}", user(&[]))),
        ("a-field-twice", wrapped.replace("\"sub\"", "\"sub\":\"another\",\"sub\"")),
        ("empty", String::new()),
        ("an-empty-object", "{}".to_owned()),
        ("a-list", format!("[{wrapped}]")),
        ("trailing-text", format!("{wrapped},")),
        ("an-error-with-status-200", r#"{"_tag":"NotFound","message":"Unknown user"}"#.to_owned()),
        ("html", "<html></html>".to_owned()),
    ] {
        drafts.push(malformed(text(&format!("users/text/{name}"), &body)));
    }
    drafts
}

fn sample(name: &str, user: &Value) -> Draft {
    get_user(name).answer(200, json!({ "$json": { "user": user } })).sent(1)
}

/// A user with half a surrogate pair in a field.
fn surrogate(field: &str) -> Draft {
    let user = verbatim(&user(&[]), field, r#""Ada \ud83d""#);
    text(&format!("users/lone-surrogate/in-{field}"), &format!("{{\"user\":{user}}}"))
}

fn text(name: &str, body: &str) -> Draft {
    get_user(name).answer(200, body).sent(1)
}

fn malformed(draft: Draft) -> Draft {
    draft.fails("protocol", 1, &[("status", json!(200)), ("request_id", json!("req-1"))])
}
