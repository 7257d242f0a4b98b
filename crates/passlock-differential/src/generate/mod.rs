//! Random vectors, without an expectation. The same seed and number give the same vector.

mod answers;
mod bodies;
mod dice;
mod extra;
mod settings;
mod texts;

use serde_json::{Map, Value, json};

use answers::Scene;
use dice::Dice;

/// The operations, as often as each is chosen.
const OPERATIONS: &[&str] = &[
    "exchange_token",
    "exchange_token",
    "exchange_token",
    "exchange_token",
    "get_user",
    "get_user",
    "update_user",
    "update_user",
    "warm_up",
];
/// The clock of most vectors.
const NOW: i64 = 1_725_882_300;
/// The principal of most vectors holds from here
const NBF: i64 = 1_725_882_236;
/// until before here.
const EXP: i64 = 1_725_882_604;

/// A vector without `wire` and an end.
#[must_use]
pub fn vector(seed: u64, number: u64) -> Value {
    let mut dice = Dice::new(seed, number);
    let dice = &mut dice;
    let mut vector = json!({ "name": format!("random/{seed}-{number}") });
    if dice.one_in(10) {
        let mut settings = settings::any(dice, 3, false);
        if dice.one_in(2) {
            vector["environment"] = settings::environment(dice, &mut settings).into();
        }
        if let Some(languages) = settings::only(&settings) {
            vector["only"] = json!({ "languages": languages, "why": "elsewhere there is no such value" });
        }
        vector["settings"] = settings.into();
        vector["now"] = json!(NOW);
        vector["call"] = json!({ "operation": "construct" });
        return vector;
    }
    let operation = dice.choose(OPERATIONS);
    let mut settings = settings::any(dice, 14, true);
    if dice.one_in(20) {
        vector["environment"] = settings::environment(dice, &mut settings).into();
    }
    // Retries wait: most calls make none.
    if !settings.contains_key("max_retries") && dice.one_in(2) {
        settings.insert("max_retries".to_owned(), json!(dice.choose(&[0, 0, 1])));
    }
    let is_quick = !dice.one_in(25);
    if !is_quick {
        settings.insert("attempt_timeout".to_owned(), json!(1));
        settings.insert("max_retries".to_owned(), json!(dice.choose(&[0, 0, 1])));
        if dice.one_in(4) {
            settings.insert("timeout".to_owned(), json!(dice.choose(&[1, 2, 4])));
        }
    }
    let call = call(dice, operation);
    // What the environment says may not count, so it is not echoed either.
    let key = settings.get("api_key").map_or(Some("key-canary-0123456789"), Value::as_str);
    let mut secrets = vec![key.unwrap_or("No secret").trim_end().to_owned()];
    if let Some(token) =
        call.get("token").and_then(Value::as_str).filter(|token| (8..200).contains(&token.len()))
    {
        secrets.push(token.to_owned());
    }
    secrets.extend(extra::secrets(&settings));
    let scene = Scene { operation, secrets, is_quick };
    let server = answers::all(dice, &scene);
    if !server.is_empty() {
        vector["server"] = server.into();
    }
    if let Some(languages) = settings::only(&settings) {
        vector["only"] = json!({ "languages": languages, "why": "elsewhere there is no such value" });
    }
    vector["settings"] = settings.into();
    vector["now"] = settings::now(dice);
    vector["call"] = call.into();
    vector
}

fn call(dice: &mut Dice, operation: &str) -> Map<String, Value> {
    let mut call = Map::from_iter([("operation".to_owned(), operation.into())]);
    if operation == "warm_up" {
        return call;
    }
    let (name, usual) =
        if operation == "exchange_token" { ("token", "token-canary-1") } else { ("sub", "user-1") };
    let argument = if dice.one_in(6) { texts::id(dice) } else { usual.to_owned() };
    call.insert(name.to_owned(), argument.into());
    if operation == "update_user" {
        let mut update = Map::new();
        for name in ["given_name", "family_name"] {
            if dice.one_in(2) {
                update.insert(
                    name.to_owned(),
                    if dice.one_in(8) { Value::Null } else { texts::any(dice).into() },
                );
            }
        }
        if dice.one_in(2) {
            update.insert("email_verified".to_owned(), json!(dice.one_in(2)));
        }
        call.insert("update".to_owned(), update.into());
    }
    if dice.one_in(8) {
        let options = settings::options(dice, operation);
        if !options.is_empty() {
            call.insert("options".to_owned(), options.into());
        }
    }
    call
}
