//! Escapes that a peer, or a library, may have put into a text that contains a secret.

use memchr::{memchr, memmem};

/// How escapes are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Escapes {
    /// There are none.
    None,
    /// `%2F`, as in a URL.
    Percent,
    /// The same, and `+` for a space, as in a form.
    Form,
    /// `&amp;`, `&#47;` and `&#x2F;`, as in HTML and XML.
    Html,
    /// `\\/` and `\\u002f`, as in JSON.
    Json,
}

impl Escapes {
    pub(super) const ALL: [Self; 5] = [Self::None, Self::Percent, Self::Form, Self::Html, Self::Json];

    /// The longest escape that is understood: `&#x1F511;`, with a zero to spare.
    pub(super) const LONGEST: usize = 10;

    /// The escape that `text` begins with: how long it is, and what it stands for. None for anything else.
    fn read(self, text: &[u8]) -> Option<(usize, Character)> {
        match self {
            Self::None => None,
            Self::Form if text.first() == Some(&b'+') => Some((1, Character::byte(b' '))),
            Self::Percent | Self::Form => {
                let digits = text.strip_prefix(b"%")?.get(..2)?;
                Some((3, Character::byte(number(digits, 16)?.try_into().ok()?)))
            }
            Self::Html => html(text),
            Self::Json => json(text),
        }
    }

    fn begins(self, byte: u8) -> bool {
        match self {
            Self::None => false,
            Self::Percent => byte == b'%',
            Self::Form => byte == b'%' || byte == b'+',
            Self::Html => byte == b'&',
            Self::Json => byte == b'\\',
        }
    }
}

/// A text without its escapes, in small letters, and where each byte of it was.
pub(super) struct Unescaped {
    bytes: Vec<u8>,
    /// Where each byte begins in the text, and the text's end.
    places: Vec<usize>,
}

impl Unescaped {
    /// None where the text has no such escapes, so that there is nothing that was not seen without them.
    pub(super) fn new(text: &str, escapes: Escapes) -> Option<Self> {
        let text = text.as_bytes();
        let (mut bytes, mut places) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        let mut at = 0;
        let mut found = matches!(escapes, Escapes::None);
        while let Some(byte) = text.get(at) {
            let escape = if escapes.begins(*byte) { escapes.read(&text[at..]) } else { None };
            if let Some((length, character)) = escape {
                found = true;
                bytes.extend(character.bytes().iter().map(u8::to_ascii_lowercase));
                places.resize(bytes.len(), at);
                at += length;
            } else {
                bytes.push(byte.to_ascii_lowercase());
                places.push(at);
                at += 1;
            }
        }
        places.push(at);
        found.then_some(Self { bytes, places })
    }

    /// Where in the text this is, which is in small letters. `widen` says of a byte beside it whether it belongs to it.
    pub(super) fn find<'a>(
        &'a self,
        form: &'a [u8],
        widen: fn(u8) -> bool,
    ) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        memmem::find_iter(&self.bytes, form).map(move |start| {
            let end = start + form.len();
            let before = start.checked_sub(1).filter(|before| widen(self.bytes[*before]));
            let after = self.bytes.get(end).is_some_and(|byte| widen(*byte));
            self.places[before.unwrap_or(start)]..self.places[end + usize::from(after)]
        })
    }
}

/// What an escape stands for, in UTF-8.
struct Character {
    utf8: [u8; 4],
    length: usize,
}

impl Character {
    fn byte(byte: u8) -> Self {
        Self { utf8: [byte, 0, 0, 0], length: 1 }
    }

    fn new(c: char) -> Self {
        let mut utf8 = [0; 4];
        let length = c.encode_utf8(&mut utf8).len();
        Self { utf8, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.utf8[..self.length]
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

fn html(text: &[u8]) -> Option<(usize, Character)> {
    let length = memchr(b';', text.get(..Escapes::LONGEST.min(text.len()))?)? + 1;
    let c = match text.get(1..length - 1)? {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((length, Character::new(c)))
}

fn json(text: &[u8]) -> Option<(usize, Character)> {
    let unit = |at: usize| number(text.get(at..at + 6)?.strip_prefix(b"\\u")?, 16);
    let c = match text.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'u' => match (unit(0)?, unit(6)) {
            (high @ 0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                let c = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
                return Some((12, Character::new(c)));
            }
            (unit, _) => return Some((6, Character::new(char::from_u32(unit)?))),
        },
        _ => return None,
    };
    Some((2, Character::new(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str, escapes: Escapes) -> Option<String> {
        Unescaped::new(text, escapes).map(|text| String::from_utf8_lossy(&text.bytes).into_owned())
    }

    #[test]
    fn each_way_of_escaping_is_understood() {
        use Escapes::*;
        for (escapes, text, plain) in [
            (None, "A%2f&amp;", Some("a%2f&amp;")),
            (Percent, "%41%2F%2f%C3%A9+%", Some("a//\u{e9}+%")),
            (Percent, "a+%2 %+1%é", Option::None),
            (Form, "a+%20b", Some("a  b")),
            (
                Html,
                "&amp;&lt;&gt;&quot;&apos;&#47;&#X2f;&#x000002F;&#128273;",
                Some("&<>\"'//&#x000002f;\u{1f511}"),
            ),
            (Html, "& &; &#; &#x; &#xd800; &nbsp; &#+1; &amp", Option::None),
            (Json, r#"\"\\\/\u002F\uD83D\udd11\n"#, Some("\"\\//\u{1f511}\\n")),
            (Json, r"\ud83d \u00 \", Option::None),
        ] {
            assert_eq!(unescaped(text, escapes).as_deref(), plain, "{escapes:?} {text}");
        }
    }

    #[test]
    fn what_is_found_is_where_it_was_written() {
        let text = "x%41b%C3%A9y";
        let found = Unescaped::new(text, Escapes::Percent).unwrap();
        let find = |form: &str, widen| {
            found.find(form.as_bytes(), widen).map(|range| &text[range]).collect::<Vec<_>>()
        };
        assert_eq!(find("ab\u{e9}", |_| false), ["%41b%C3%A9"]);
        assert_eq!(find("b", |byte| byte == b'a'), ["%41b"]);
        assert_eq!(find("xab\u{e9}y", |_| true), [text]);
    }
}
