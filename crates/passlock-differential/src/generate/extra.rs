//! What an application adds to each request: its name, and its own headers.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// A value that servers echo.
const SECRET: &str = "header-canary-0123456789";

pub(super) fn any(dice: &mut Dice, rarity: u32, set: &mut impl FnMut(&str, Value) -> Option<Value>) {
    if dice.one_in(rarity) {
        set("app_info", app_info(dice));
    }
    if dice.one_in(rarity) {
        set("headers", headers(dice).into());
    }
}

/// The values that may come back in an answer.
pub(super) fn secrets(settings: &Map<String, Value>) -> impl Iterator<Item = String> {
    let values = settings.get("headers").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let values: Vec<_> =
        values.filter_map(Value::as_str).filter(|value| (8..200).contains(&value.len())).collect();
    values
        .into_iter()
        .flat_map(|value| [value, value.rsplit([' ', '=']).next().unwrap_or(value)])
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

fn app_info(dice: &mut Dice) -> Value {
    match dice.up_to(5) {
        0 => json!({ "$concat": [["a", dice.choose(&[127, 128, 129])]] }),
        1 => dice
            .pick(&["", " ", " my-app", "my-app ", "my-äpp", "a\tb", "a\r\nX-Injected: 1", "a\0b", "\u{7f}"])
            .into(),
        _ => dice
            .pick(&["my-app", "my-app/1.2", "my-app/1.2 (https://app.example)", "!\"#$%&'()*+,-./"])
            .into(),
    }
}

fn headers(dice: &mut Dice) -> Map<String, Value> {
    let mut headers = Map::new();
    for _ in 0..dice.choose(&[0, 1, 1, 2]) {
        let name = if dice.one_in(12) {
            dice.pick(&[
                "Authorization",
                "HOST",
                "user-agent",
                "content-length",
                "Content-Type",
                "accept",
                "Accept-Encoding",
                "connection",
                "transfer-encoding",
                "te",
                "upgrade",
                "expect",
                "proxy-authorization",
                "trailer",
                "keep-alive",
                "",
                "x canary",
                "x:y",
                "x\n",
                "é",
            ])
        } else {
            dice.pick(&[
                "x-gateway-key",
                "X-Gateway-Auth",
                "x_under",
                "x-empty",
                "cookie",
                "traceparent",
                "!#$%&'*+.^`|~",
            ])
        };
        headers.insert(name.to_owned(), value(dice));
    }
    if dice.one_in(20) {
        let many = dice.choose(&[32, 33]);
        headers = (0..many).map(|number| (format!("x-{number}"), "v".into())).collect();
    }
    if dice.one_in(20) {
        headers.insert("X-Gateway-Key".to_owned(), "a".into());
    }
    headers
}

fn value(dice: &mut Dice) -> Value {
    match dice.up_to(9) {
        0 => dice
            .pick(&[" canary", "canary ", "canary\r\nX-Injected: 1", "canary-é", "a\0b", "a\u{7f}b", "a\tb"])
            .into(),
        1 => json!({ "$concat": [["v", dice.choose(&[4000, 8192, 8193])]] }),
        2 => dice.pick(&["", "short", "\"\\\""]).into(),
        3 | 4 => json!(format!("Bearer {SECRET}")),
        5 => json!(format!("id=1;key={SECRET}")),
        _ => json!(SECRET),
    }
}
