//! Nothing that the SDK can say or be told is in no vector.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use passlock_core::{Claim, ErrorKind, Hint, Limit, OperationName, Principal, User};
use passlock_emulator::Fault;
use passlock_vectors::{SETTINGS, Suite, folder};
use serde_json::{Value, json};

/// The vectors of all languages, as JSON.
static ALL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut vectors = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            vectors.extend(file["vectors"].as_array().into_iter().flatten().cloned());
        }
    }
    vectors
});

/// Those that Rust runs.
static VECTORS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let for_rust = |vector: &&Value| match vector["only"]["languages"].as_array() {
        Some(languages) => languages.contains(&json!("rust")),
        None => true,
    };
    let vectors: Vec<_> = ALL.iter().filter(for_rust).cloned().collect();
    assert_eq!(vectors.len(), Suite::load(&folder()).unwrap().vectors.len());
    vectors
});

/// All values of one field of the errors.
fn said(vectors: &[Value], field: &str) -> BTreeSet<String> {
    vectors.iter().filter_map(|vector| vector["error"][field].as_str()).map(str::to_owned).collect()
}

fn codes<'a>(codes: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    codes.map(str::to_owned).collect()
}

/// All kinds but the one that stands for a bug of the SDK's own, which nothing in a vector brings about.
fn kinds() -> BTreeSet<String> {
    let kinds = ErrorKind::ALL.iter().filter(|kind| **kind != ErrorKind::Internal);
    codes(kinds.map(|kind| kind.as_str()))
}

#[test]
fn every_code_of_an_error_occurs() {
    assert_eq!(said(&VECTORS, "kind"), kinds());
    assert_eq!(said(&VECTORS, "limit"), codes(Limit::ALL.iter().map(|code| code.as_str())));
    assert_eq!(said(&VECTORS, "claim"), codes(Claim::ALL.iter().map(|code| code.as_str())));
    assert_eq!(said(&VECTORS, "hint"), codes(Hint::ALL.iter().map(|code| code.as_str())));
    let operations = codes(OperationName::ALL.iter().map(|code| code.as_str()));
    assert_eq!(said(&VECTORS, "operation"), operations);
    let mut called: BTreeSet<_> =
        ALL.iter().map(|vector| vector["call"]["operation"].as_str().unwrap().to_owned()).collect();
    // Neither has an error of its own name.
    assert!(called.remove("construct") && called.remove("warm_up"));
    assert_eq!(called, operations);
}

#[test]
fn every_field_of_an_error_is_said_at_least_once() {
    let defaults: Value = serde_json::from_slice(&fs::read(folder().join("defaults.json")).unwrap()).unwrap();
    for (field, default) in defaults["error"].as_object().unwrap() {
        let differs = |vector: &Value| vector["error"].get(field).is_some_and(|value| value != default);
        assert!(VECTORS.iter().any(differs), "{field}");
    }
}

#[test]
fn every_operation_fails_in_every_way_and_succeeds() {
    for operation in OperationName::ALL {
        let own: Vec<_> =
            VECTORS.iter().filter(|v| v["call"]["operation"] == operation.as_str()).cloned().collect();
        assert!(own.iter().any(|vector| !vector["result"].is_null()), "{operation}");
        let mut kinds = kinds();
        // A client that can't be made has no operation, and claims are an exchange's.
        kinds.remove("config");
        if *operation != OperationName::ExchangeToken {
            kinds.remove("claims");
        }
        let missing: Vec<_> = kinds.difference(&said(&own, "kind")).cloned().collect();
        assert!(missing.is_empty(), "{operation} never fails with {missing:?}");
    }
}

/// The emulator has no list of its faults, but names them all when asked for one that it does not know.
#[test]
fn every_fault_occurs() {
    let refusal = serde_json::from_value::<Fault>(json!({ "kind": "?" })).unwrap_err().to_string();
    let known = codes(refusal.split('`').skip(3).step_by(2));
    assert!(known.len() >= 14 && known.contains("closeIdle"), "{refusal}");
    let steps = |vector: &Value| vector["server"].as_array().cloned().unwrap_or_default();
    let kinds = VECTORS.iter().flat_map(steps).filter_map(|step| {
        let kind = step["faults"]["fault"]["kind"].as_str()?;
        Some(kind.to_owned())
    });
    assert_eq!(kinds.collect::<BTreeSet<_>>(), known);
}

/// As the API's own field names, in snake_case.
fn fields(value: &Value) -> Vec<String> {
    let snake = |name: &String| {
        name.chars()
            .flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
            .collect()
    };
    value.as_object().unwrap().keys().map(snake).collect()
}

#[test]
fn every_field_of_a_principal_and_a_user_occurs() {
    let principal = json!({
        "iss": "", "aud": "", "sub": "", "iat": 0, "nbf": 0, "exp": 0, "jti": "", "token": "", "userVerified": true,
        "authType": "", "authId": "", "givenName": "", "familyName": "", "email": "", "emailVerified": true,
    });
    let user = json!({ "sub": "", "email": "", "givenName": "", "familyName": "", "emailVerified": true });
    // What core writes has all the fields that core has: with another one, this list would be wrong.
    let principal = serde_json::to_value(serde_json::from_value::<Principal>(principal).unwrap()).unwrap();
    let user = serde_json::to_value(serde_json::from_value::<User>(user).unwrap()).unwrap();
    let optional = ["given_name", "family_name", "email", "email_verified"];
    for (operations, value) in [(&["exchange_token"][..], principal), (&["get_user", "update_user"], user)] {
        for field in fields(&value) {
            let own: Vec<_> = VECTORS
                .iter()
                .filter(|vector| operations.iter().any(|name| vector["call"]["operation"] == *name))
                .filter_map(|vector| vector["result"].get(&field).cloned())
                .collect();
            let distinct = own.iter().map(Value::to_string).collect::<BTreeSet<_>>();
            assert!(distinct.len() > 1, "{field} is always {distinct:?}");
            let may_be_null = operations.len() == 1 || field.ends_with("_name");
            if optional.contains(&field.as_str()) && may_be_null {
                assert!(own.iter().any(Value::is_null), "{field} is never absent");
            }
        }
    }
}

#[test]
fn every_setting_is_taken_and_refused() {
    let set = |vector: &Value| vector["settings"].as_object().cloned().unwrap_or_default();
    let known: BTreeSet<_> = ALL.iter().flat_map(set).map(|(setting, _)| setting).collect();
    assert_eq!(known, codes(SETTINGS.iter().copied()));
    for setting in SETTINGS {
        let sets = |vector: &Value| vector["settings"].get(*setting).is_some_and(|value| !value.is_null());
        let taken = |vector: &Value| sets(vector) && !vector["result"].is_null();
        let refused = |vector: &Value| {
            let says = vector["error"]["says"].as_array().cloned().unwrap_or_default();
            sets(vector) && vector["error"]["kind"] == "config" && says.contains(&json!(setting))
        };
        assert!(VECTORS.iter().any(taken), "{setting} is never taken");
        // Some can't be wrong where a compiler reads them.
        assert!(ALL.iter().any(refused), "{setting} is never refused");
    }
    for option in ["timeout", "max_retries", "issuer", "require_user_verified", "auth_types"] {
        let given = |vector: &Value| !vector["call"]["options"][option].is_null();
        assert!(VECTORS.iter().any(given), "{option} is never set for one call");
    }
    for variable in [
        "PASSLOCK_TENANCY_ID",
        "PASSLOCK_API_KEY",
        "PASSLOCK_ENDPOINT",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ] {
        assert!(VECTORS.iter().any(|vector| !vector["environment"][variable].is_null()), "{variable}");
    }
}

#[test]
fn there_are_as_many_as_were_asked_for() {
    assert!(VECTORS.len() >= 250);
    let segments: BTreeSet<_> = VECTORS
        .iter()
        .filter(|vector| vector["name"].as_str().unwrap().starts_with("paths/"))
        .map(|vector| [&vector["call"]["token"], &vector["call"]["sub"]].map(Value::to_string))
        .collect();
    assert!(segments.len() >= 60, "{}", segments.len());
}

#[test]
fn every_placeholder_and_every_form_occurs() {
    let text = VECTORS.iter().map(Value::to_string).collect::<String>();
    for placeholder in [
        "${endpoint}",
        "${port}",
        "${silent}",
        "${token}",
        "${exp}",
        "${exp-360}",
        "${any}",
        "{\"$concat\":",
        "{\"$json\":",
        "{\"$utf16\":",
        "{\"$at_least\":",
        "\"gap\":",
    ] {
        assert!(text.contains(placeholder), "{placeholder}");
    }
    for step in ["users", "tokens", "clock", "behaviour", "faults"] {
        assert!(text.contains(&format!("{{\"{step}\":")), "{step}");
    }
}
