//! Half a surrogate pair in a JSON string, as JavaScript writes a text that was cut in the middle of a character.

/// Where a `\\u` escape has six bytes.
const ESCAPE: usize = 6;

/// A JSON text, with a character that it did not hold wherever it held half a surrogate pair.
pub(super) struct StandIn {
    pub(super) text: String,
    pub(super) stand_in: char,
}

impl StandIn {
    /// None where the text holds no half of a pair, or every character that could stand in for one.
    pub(super) fn for_lone_surrogates(text: &str) -> Option<Self> {
        let found = lone_surrogates(text.as_bytes());
        if found.is_empty() {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        // Noncharacters: no text of anybody's has a use for them.
        let stand_in =
            ('\u{fdd0}'..='\u{fdef}').find(|c| !text.contains(*c) && !lower.contains(&escape(*c)))?;
        let mut bytes = text.as_bytes().to_vec();
        for at in found {
            bytes[at..at + ESCAPE].copy_from_slice(escape(stand_in).as_bytes());
        }
        Some(Self { text: String::from_utf8(bytes).ok()?, stand_in })
    }
}

fn escape(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// Where escapes of lone surrogates begin.
fn lone_surrogates(json: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(skipped) = json.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += skipped;
        match unit(json, at) {
            Some(0xd800..=0xdbff) if matches!(unit(json, at + ESCAPE), Some(0xdc00..=0xdfff)) => {
                at += 2 * ESCAPE
            }
            Some(0xd800..=0xdfff) => {
                found.push(at);
                at += ESCAPE;
            }
            // What is escaped may be a backslash.
            _ => at += 2,
        }
    }
    found
}

/// The UTF-16 code unit that is escaped here.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_found_and_pairs_are_left() {
        for (json, found) in [
            (r"", &[][..]),
            (r"\ud83d", &[0]),
            (r"x\uDE00", &[1]),
            (r"\ud83d\ude00", &[]),
            (r"\ud83d\ud83d\ude00\ud83d", &[0, 18]),
            (r"\ude00\ud83d", &[0, 6]),
            (r"\\ud83d\n\ud83d", &[9]),
            (r"\ud83", &[]),
            (r"\ud83x\u", &[]),
            ("\\é\\ud83d", &[3]),
            (r"\ufdd0", &[]),
        ] {
            assert_eq!(lone_surrogates(json.as_bytes()), found, "{json}");
        }
    }

    #[test]
    fn what_stands_in_was_not_there() {
        let stand_in = |json: &str| StandIn::for_lone_surrogates(json).map(|done| (done.text, done.stand_in));
        assert_eq!(stand_in(r"a\ud83d").unwrap(), (r"a\ufdd0".to_owned(), '\u{fdd0}'));
        assert_eq!(stand_in("\u{fdd0}\\uFDD1\\ud83d").unwrap().1, '\u{fdd2}');
        let all: String = ('\u{fdd0}'..='\u{fdef}').collect();
        assert_eq!(stand_in(&format!(r"{all}\ud83d")), None);
        assert_eq!(stand_in("a"), None);
    }
}
