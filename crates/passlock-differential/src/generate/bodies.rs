//! Bodies: principals, users and errors as the API writes them, and mutations of them.

use super::dice::Dice;
use super::{EXP, NBF, texts};

/// Members of an object, each name and value as JSON text.
type Members = Vec<(String, String)>;

/// A JSON string, written in one of the ways in which that can be done.
fn written(dice: &mut Dice, text: &str) -> String {
    if !dice.one_in(8) {
        return serde_json::Value::from(text).to_string();
    }
    let units = text.encode_utf16().map(|unit| match unit {
        0x22 | 0x5c | 0..0x20 | 0x80.. => format!("\\u{unit:04x}"),
        _ if unit % 3 == 0 => format!("\\u{unit:04X}"),
        _ => char::from_u32(u32::from(unit)).map(String::from).unwrap_or_default(),
    });
    format!("\"{}\"", units.collect::<String>())
}

fn text(dice: &mut Dice, usual: &str) -> String {
    match dice.up_to(11) {
        0 => {
            let any = texts::any(dice);
            written(dice, &any)
        }
        1 if dice.one_in(3) => dice
            .pick(&[
                "null",
                "7",
                "true",
                "{}",
                "[]",
                r#""\ud83d""#,
                r#""Ada \uDE00x""#,
                r#""\ud83d\ude00""#,
                "\"\"",
            ])
            .to_owned(),
        _ => written(dice, usual),
    }
}

fn flag(dice: &mut Dice) -> String {
    if dice.one_in(10) {
        return dice.pick(&["null", "1", "0", "\"true\"", "\"\"", "{}", "True"]).to_owned();
    }
    dice.pick(&["true", "false"]).to_owned()
}

/// The value of a member that nothing reads.
fn unread(dice: &mut Dice) -> (String, String) {
    let name = dice.pick(&[
        "x",
        "amr",
        "authStatement",
        "expireAt",
        "__proto__",
        "given_name",
        "message",
        "_tag",
        "\\ud83d",
    ]);
    let value = dice.pick(&[
        "1",
        "null",
        "[1,[2,{\"a\":null}]]",
        "{\"sub\":\"another\"}",
        "1e400",
        "-1E-7",
        "\"\\ud83d\"",
        "\"\\u0000\"",
        "123456789012345678901234567890",
        "[]",
        "\"x\"",
    ]);
    (format!("\"{name}\""), value.to_owned())
}

fn named(members: Vec<(&str, String)>) -> Members {
    members.into_iter().map(|(name, value)| (format!("\"{name}\""), value)).collect()
}

fn principal(dice: &mut Dice) -> Members {
    let mut members = named(vec![
        ("iss", text(dice, "https://idp.passlock.dev")),
        ("aud", text(dice, "tenancy-1")),
        ("sub", text(dice, "user-1")),
        ("iat", texts::time(dice, NBF)),
        ("nbf", texts::time(dice, NBF)),
        ("exp", texts::time(dice, EXP)),
        ("jti", text(dice, "jti-canary-1")),
        ("token", text(dice, "token-canary-1")),
        ("userVerified", flag(dice)),
        ("authType", text(dice, "passkey")),
        ("authId", text(dice, "auth-1")),
    ]);
    if dice.one_in(3) {
        members.extend(named(vec![("email", text(dice, "ada@example.com")), ("emailVerified", flag(dice))]));
    }
    members.extend(names(dice));
    members
}

fn names(dice: &mut Dice) -> Members {
    let mut members = Vec::new();
    for (name, usual) in [("givenName", "Ada"), ("familyName", "Lovelace")] {
        if dice.one_in(2) {
            members.push((name, text(dice, usual)));
        }
    }
    named(members)
}

fn user(dice: &mut Dice) -> Members {
    let mut members = named(vec![("sub", text(dice, "user-1")), ("email", text(dice, "ada@example.com"))]);
    members.extend(names(dice));
    if dice.one_in(2) {
        members.extend(named(vec![("emailVerified", flag(dice))]));
    }
    members
}

/// Puts an object together, not always from exactly these members.
fn object(dice: &mut Dice, mut members: Members) -> String {
    for _ in 0..dice.up_to(1) {
        members.push(unread(dice));
    }
    if dice.one_in(25) {
        members.remove(dice.up_to(members.len() - 1));
    }
    if dice.one_in(30) && !members.is_empty() {
        let again = dice.choose(&members);
        members.insert(dice.up_to(members.len()), again);
    }
    if dice.one_in(4) && members.len() > 1 {
        let (one, other) = (dice.up_to(members.len() - 1), dice.up_to(members.len() - 1));
        members.swap(one, other);
    }
    if dice.one_in(150) {
        members.push(("\"deep\"".to_owned(), ["[".repeat(9_000), "]".repeat(9_000)].concat()));
    }
    let space = if dice.one_in(6) { dice.pick(&[" ", "\n", "\r\n\t"]) } else { "" };
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}{space}:{value}")).collect();
    format!("{{{space}{}{space}}}", members.join(&format!(",{space}")))
}

/// What answers an exchange well, or nearly.
pub(super) fn of_exchange(dice: &mut Dice) -> Vec<u8> {
    let members = principal(dice);
    let text = object(dice, members);
    mutated(dice, text)
}

/// What answers a read well, or nearly; for an update sometimes without its wrapping.
pub(super) fn of_user(dice: &mut Dice, is_update: bool) -> Vec<u8> {
    if is_update && dice.one_in(5) {
        return dice
            .pick(&[
                "",
                "{}",
                "{\"message\":\"Updated\"}",
                "null",
                "[]",
                "OK",
                "{\"user\":null}",
                "{\"user\":{}}",
                "true",
            ])
            .as_bytes()
            .to_vec();
    }
    let members = user(dice);
    let mut text = object(dice, members);
    if !dice.one_in(if is_update { 2 } else { 20 }) {
        text = object(dice, vec![("\"user\"".to_owned(), text)]);
    }
    mutated(dice, text)
}

/// An error's body.
pub(super) fn of_error(dice: &mut Dice, secrets: &[String]) -> Vec<u8> {
    if dice.one_in(6) {
        return dice
            .pick(&[
                "",
                "<html>",
                "{\"message\":\"Not Found\"}",
                "{\"message\":\"Missing Authentication Token\"}",
                "[]",
                "\"NotFound\"",
                "{",
            ])
            .as_bytes()
            .to_vec();
    }
    let tag = dice.pick(&[
        "BadRequest",
        "Duplicate",
        "NotFound",
        "Disabled",
        "Unauthorized",
        "Forbidden",
        "InternalServerError",
        "@error/NotFound",
        "@error/Unauthorized",
        "@error/",
        "notfound",
        "",
        "NotFound ",
        "Nothing",
    ]);
    let message = match dice.up_to(9) {
        0 => "x".repeat(dice.choose(&[1023, 1024, 1025, 5000])),
        1 => format!("é{}", "é".repeat(dice.choose(&[511, 512, 600]))),
        2 => format!("No {} here", dice.choose(secrets)),
        3 => "Missing Authentication Token".to_owned(),
        4 => texts::any(dice),
        _ => "It failed".to_owned(),
    };
    let mut members = Vec::new();
    if !dice.one_in(6) {
        members.push(("_tag", text(dice, tag)));
    }
    if !dice.one_in(6) {
        members.push(("message", text(dice, &message)));
    }
    if dice.one_in(4) {
        let value = match dice.up_to(3) {
            0 => dice
                .pick(&["1e400", "-1e400", "[1e400]", "1", "null", "{\"a\":1,\"a\":2}", "[\"\\ud83d\"]"])
                .to_owned(),
            _ => text(dice, "The detail"),
        };
        members.push(("detail", value));
    }
    if members.is_empty() {
        members.push(("x", "1".to_owned()));
    }
    let text = object(dice, named(members));
    mutated(dice, text)
}

/// Mostly as it was; else with something that another reader may see in another way.
fn mutated(dice: &mut Dice, mut text: String) -> Vec<u8> {
    match dice.up_to(29) {
        0 => text.insert(0, '\u{feff}'),
        1 => text.insert_str(
            0,
            dice.pick(&["\u{feff}\u{feff}", " ", "\r\n", "\u{a0}", "\0", "/**/", "\u{feff} ", " \u{feff}"]),
        ),
        2 => text.push_str(dice.pick(&[" ", "\n", "x", "{}", "\0", ",", "\u{a0}", "\u{feff}", "//"])),
        3 => {
            let end = dice.up_to(text.len());
            let end = (0..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
        }
        4 => text = text.replacen(',', dice.pick(&[",,", ";", " ", ",\u{b}"]), 1),
        5 => text = text.replacen(':', dice.pick(&["=", "::", " :\t"]), 1),
        6 => text = text.replace('"', "'"),
        7 => text = format!("[{text}]"),
        8 => text = text.replacen('}', ",}", 1),
        // Half a secret is none, and may be shown. What is escaped may be one.
        9 if !(text.contains("canary") || text.contains("\\u")) || text.contains("jti-canary-1") => {
            let mut bytes = text.into_bytes();
            let at = dice.up_to(bytes.len());
            let byte = dice.choose(&[0xff, 0xc0, 0x80, 0xed, 0x00, 0x1f, 0x7f, b'"', b'\\', b'{', b'}']);
            bytes.insert(at, byte);
            return bytes;
        }
        10 if dice.one_in(3) => return text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => {}
    }
    text.into_bytes()
}
