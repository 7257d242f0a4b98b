//! Settings at and beyond their limits, the environment, the clock.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::{EXP, NBF, NOW, extra, texts};

const ENDPOINTS: &[&str] = &[
    "https://api.passlock.dev",
    "https://api.v1.passlock.dev/",
    "https://gw.example.com:8443/a/b",
    "http://localhost:1/x/",
    "http://127.1.2.3",
    "https://192.0.2.1:1",
    "http://[::1]:9",
    "http://a.localhost",
    "https://xn--bcher-kva.example",
    "http://example.com",
    "http://localhost.example.com",
    "HTTPS://api.passlock.dev",
    "https://API.passlock.dev",
    "https://api.passlock.dev:443",
    "http://localhost:80",
    "https://h:0443",
    "https://h:65536",
    "https://h:",
    "https://",
    "https://h//",
    "https://h/./x",
    "https://h/a//b",
    "https://h/a b",
    "https://h/é",
    "https://h?x",
    "https://h#x",
    "https://u@h",
    "https://u:p@h",
    "https://1.2.3",
    "https://127.0.0.01",
    "https://0x7f.1",
    "https://h.",
    "https://.h",
    "ftp://h",
    "h",
    "",
    " https://h",
    "https://h\n",
    "https://bücher.example",
    "https://h/a|b",
    "https://h\\x",
    "//h",
];

/// Each setting has this chance to be set.
pub(super) fn any(dice: &mut Dice, rarity: u32, is_call: bool) -> Map<String, Value> {
    let mut settings = Map::new();
    let mut set = |name: &str, value: Value| settings.insert(name.to_owned(), value);
    if dice.one_in(rarity * 2) {
        set("tenancy_id", texts::id(dice).into());
    }
    if dice.one_in(rarity * 2) {
        set("api_key", key(dice));
    }
    if dice.one_in(rarity) {
        set("allow_http", json!(dice.one_in(2)));
    }
    if dice.one_in(rarity) {
        set("endpoint", endpoint(dice, is_call));
    }
    for (name, usual) in [("timeout", 20), ("attempt_timeout", 8), ("connect_timeout", 5)] {
        if dice.one_in(rarity * 2) {
            let edges = [
                json!(0),
                json!(-1),
                json!(3600),
                json!(3600.5),
                json!(1e-12),
                json!("NaN"),
                json!("Infinity"),
                json!("-Infinity"),
                json!(1e300),
            ];
            set(name, if dice.one_in(5) { dice.choose(&edges) } else { json!(usual) });
        }
    }
    if dice.one_in(rarity * 2) {
        set("max_retries", json!(dice.choose(&[0, 1, 2, 3, 10, 10, 11, 4_294_967_295_u64])));
    }
    if dice.one_in(rarity) {
        let edges = [0, 1, 2, 100, 250, 1000, 100_000, 1 << 30, (1 << 30) + 1, u64::from(u32::MAX)];
        set(
            "max_response_bytes",
            json!(if dice.one_in(2) { 60 + dice.up_to(400) as u64 } else { dice.choose(&edges) }),
        );
    }
    if dice.one_in(rarity) {
        set(
            "leeway",
            dice.choose(&[
                json!(0),
                json!(0.5),
                json!(1),
                json!(0.001),
                json!(3600),
                json!(3600.5),
                json!(60),
            ]),
        );
    }
    if dice.one_in(rarity) {
        set("verify_claims", json!(dice.one_in(2)));
    }
    if dice.one_in(rarity) {
        set("idle_timeout", dice.choose(&[json!(0), json!(0.5), json!(300), json!(3600), json!(3600.5)]));
    }
    extra::any(dice, rarity * 2, &mut set);
    claims(dice, rarity, &mut set);
    settings
}

/// What the settings of a client and the options of one exchange have in common.
fn claims(dice: &mut Dice, rarity: u32, set: &mut impl FnMut(&str, Value) -> Option<Value>) {
    if dice.one_in(rarity) {
        set(
            "issuer",
            dice.pick(&["https://idp.passlock.dev", "https://idp.passlock.dev", "idp.passlock.dev", "", "é"])
                .into(),
        );
    }
    if dice.one_in(rarity) {
        set("require_user_verified", json!(dice.one_in(2)));
    }
    if dice.one_in(rarity) {
        let lists = [
            json!([]),
            json!(["passkey"]),
            json!(["email", "passkey"]),
            json!(["apple"]),
            json!(["Passkey", ""]),
            json!(["é"]),
        ];
        set("auth_types", dice.choose(&lists));
    }
}

/// The languages that have such values, if not all do.
pub(super) fn only(settings: &Map<String, Value>) -> Option<Value> {
    let has = |what: &dyn Fn(&Value) -> bool| settings.values().any(what);
    if has(&|value| value == "NaN") {
        Some(json!(["rust", "python", "node"]))
    } else if has(&|value| {
        value == "Infinity" || value == "-Infinity" || value.as_f64().is_some_and(|n| n > 1e18)
    }) {
        Some(json!(["rust", "python", "node", "kotlin"]))
    } else {
        None
    }
}

/// The options of one call.
pub(super) fn options(dice: &mut Dice, operation: &str) -> Map<String, Value> {
    let mut options = Map::new();
    let mut set = |name: &str, value: Value| options.insert(name.to_owned(), value);
    if dice.one_in(3) {
        set("timeout", json!(dice.choose(&[5, 20, 3600])));
    }
    if dice.one_in(3) {
        set("max_retries", json!(dice.choose(&[0, 0, 1, 1, 2, 10, 11])));
    }
    if operation == "exchange_token" {
        claims(dice, 4, &mut set);
    }
    options
}

fn key(dice: &mut Dice) -> Value {
    match dice.up_to(7) {
        0 => json!("key-canary-0123456789\n"),
        1 => json!("another-canary-key\r\n\r\n"),
        2 => json!({ "$concat": [["k", dice.choose(&[4095, 4096, 4097])]] }),
        3 => dice
            .pick(&[
                "",
                "canary7",
                "canary-8",
                "key canary",
                "key-cänary",
                "key-canary\t",
                "\n",
                "key\0canary",
            ])
            .into(),
        4 => json!("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        _ => json!("another-canary-key"),
    }
}

fn endpoint(dice: &mut Dice, is_call: bool) -> Value {
    let here = [
        "${endpoint}/",
        "${endpoint}/prefix",
        "${endpoint}/a/b.c/",
        "${endpoint}/%",
        "${endpoint}//",
        "${endpoint}/x?y",
    ];
    if is_call {
        if dice.one_in(6) { "http://127.0.0.1:1".into() } else { dice.choose(&here[..3]).into() }
    } else if dice.one_in(4) {
        dice.choose(&here).into()
    } else {
        dice.pick(ENDPOINTS).into()
    }
}

/// What the environment says, and which settings it is to replace.
pub(super) fn environment(dice: &mut Dice, settings: &mut Map<String, Value>) -> Map<String, Value> {
    let mut environment = Map::new();
    for (setting, variable, values) in [
        ("tenancy_id", "PASSLOCK_TENANCY_ID", ["tenancy-1", "", "a/b", ".."]),
        ("api_key", "PASSLOCK_API_KEY", ["key-canary-0123456789\n", "", "short", "another-canary-key"]),
        ("endpoint", "PASSLOCK_ENDPOINT", ["${endpoint}", "", "${endpoint}/", "http://example.com"]),
    ] {
        if dice.one_in(3) {
            environment.insert(variable.to_owned(), dice.choose(&values).into());
        }
        if dice.one_in(4) {
            settings.insert(setting.to_owned(), Value::Null);
        }
    }
    // No proxy of the environment is for this machine.
    for variable in ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY"] {
        if dice.one_in(6) {
            environment.insert(variable.to_owned(), dice.pick(&["http://127.0.0.1:1", "*", ""]).into());
        }
    }
    environment
}

/// The clock: now and then at the very edges of the principal's time.
pub(super) fn now(dice: &mut Dice) -> Value {
    if !dice.one_in(3) {
        return if dice.one_in(4) {
            json!(NOW as f64 + dice.choose(&[0.25, 0.5, 0.999]))
        } else {
            json!(NOW)
        };
    }
    let edge = dice.choose(&[NBF, EXP]) + dice.choose(&[0, 60, -60, 3600, -3600, 1, -1]);
    match dice.up_to(3) {
        0 => json!(dice.choose(&[0, 1, 4_102_444_800_i64, 253_402_300_799])),
        1 => json!((edge as f64 * 1000.0 + dice.choose(&[-1.0, 1.0, 500.0, 999.0])) / 1000.0),
        _ => json!(edge + dice.between(-1, 1)),
    }
}
