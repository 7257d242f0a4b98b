//! Texts: ids, names, numbers, and all that people and attackers write into them.

use super::dice::Dice;

/// Pieces of which texts are made.
const PIECES: &[&str] = &[
    "a", "user", "Ada", "7", "-", "_", ".", "~", "/", "..", "%2e", "%", "?", "#", "&", "+", " ", ";", ":",
    "@", "\\", "\"", "'", "<b>", "{", "}", "$", "é", "e\u{301}", "漢字", "😀", "\u{202e}", "\u{feff}",
    "\u{fffd}", "\u{a0}", "\u{2028}", "\u{fdd0}", "ß", "İ",
];
const CONTROLS: &[&str] = &["\0", "\n", "\r", "\t", "\u{7f}", "\u{85}", "\u{9f}", "\u{1b}"];

/// A text of a few pieces, perhaps of none.
pub(super) fn any(dice: &mut Dice) -> String {
    let pieces = dice.up_to(6);
    let mut text: String = (0..pieces).map(|_| dice.pick(PIECES)).collect();
    if dice.one_in(12) {
        text.push_str(dice.pick(CONTROLS));
    }
    if dice.one_in(40) {
        text = text.repeat(dice.choose(&[10, 200, 600]));
    }
    text
}

/// A text that is an id: mostly plain, sometimes none that is accepted.
pub(super) fn id(dice: &mut Dice) -> String {
    match dice.up_to(9) {
        0 => dice
            .pick(&["", ".", "..", "...", " ", "%2e%2e", "a/../b", "\u{0}", "x\u{7f}", "\u{80}"])
            .to_owned(),
        1 | 2 => any(dice),
        3 => ["x".repeat(4095), dice.pick(&["", "x", "xy", "é"]).to_owned()].concat(),
        _ => format!("id-{}", dice.up_to(99)),
    }
}

/// A number as JSON writes it: seconds since the epoch, most of them.
pub(super) fn time(dice: &mut Dice, around: i64) -> String {
    match dice.up_to(15) {
        0 => dice
            .pick(&[
                "0",
                "-0",
                "0.0",
                "-0.0",
                "-1",
                "-0.001",
                "1e400",
                "-1e400",
                "1e-400",
                "1E9",
                "1.5e+9",
                "253402300799",
                "253402300799.999",
                "253402300800",
                "18446744073709551615",
                "18446744073709551616",
                "1e18",
                "01",
                "1.",
                "NaN",
                "\"1725882236\"",
                "true",
                "null",
                "[1]",
                "{}",
                "0.0009",
                "9223372036854775808",
            ])
            .to_owned(),
        1..=3 => format!("{}.{:0width$}", around, dice.up_to(9), width = dice.choose(&[1, 2, 3, 4, 6])),
        4 => format!("{}.{}", around, dice.choose(&["999", "9999", "5", "0", "0001", "123456"])),
        5 => format!("{}e-3", around * 1000 + dice.between(0, 999)),
        _ => around.to_string(),
    }
}
