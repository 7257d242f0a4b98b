//! JSON as RFC 8259 has it, with all that other parsers throw away: repeated names, and halves of surrogate pairs.

/// A JSON value. Numbers stay as they are written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(Text),
    List(Vec<Json>),
    Object(Vec<(Text, Json)>),
}

impl Json {
    /// Whether a reader may give up on it: a number that is out of reach, or lists in lists in lists.
    pub(super) fn is_excessive(&self) -> bool {
        self.is_excessive_below(120)
    }

    fn is_excessive_below(&self, depth: usize) -> bool {
        let Some(deeper) = depth.checked_sub(1) else { return true };
        match self {
            Self::Number(written) => written.parse::<f64>().is_ok_and(f64::is_infinite),
            Self::List(items) => items.iter().any(|item| item.is_excessive_below(deeper)),
            Self::Object(members) => members.iter().any(|(_, value)| value.is_excessive_below(deeper)),
            Self::Null | Self::Bool(_) | Self::Text(_) => false,
        }
    }
}

/// A string. A half of a surrogate pair is U+FFFD in it, and noted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) is_whole: bool,
}

/// Reads a body. One byte order mark before it is passed over.
pub(super) fn read(body: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(body).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text };
    let value = reader.value()?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn takes(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.rest.bytes().next()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => Some(Json::Text(self.text()?)),
            b't' => self.takes("true").then_some(Json::Bool(true)),
            b'f' => self.takes("false").then_some(Json::Bool(false)),
            b'n' => self.takes("null").then_some(Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Option<Json> {
        self.takes("{");
        let mut members = Vec::new();
        self.space();
        if self.takes("}") {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.space();
            if !self.takes(":") {
                return None;
            }
            members.push((name, self.value()?));
            self.space();
            if self.takes("}") {
                return Some(Json::Object(members));
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn list(&mut self) -> Option<Json> {
        self.takes("[");
        let mut items = Vec::new();
        self.space();
        if self.takes("]") {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.takes("]") {
                return Some(Json::List(items));
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (mantissa, exponent) = match word.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
            None => (word, "0"),
        };
        let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let plain = whole == "0" || !whole.starts_with('0');
        if !(plain && digits(whole) && digits(fraction) && digits(exponent)) {
            return None;
        }
        self.rest = rest;
        Some(Json::Number(word.to_owned()))
    }

    fn text(&mut self) -> Option<Text> {
        if !self.takes("\"") {
            return None;
        }
        let mut units: Vec<u16> = Vec::new();
        loop {
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            match c {
                '"' => break,
                '\\' => units.push(self.escaped()?),
                '\0'..='\u{1f}' => return None,
                c => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            }
        }
        let mut is_whole = true;
        let text = char::decode_utf16(units).map(|unit| {
            unit.unwrap_or_else(|_| {
                is_whole = false;
                '\u{fffd}'
            })
        });
        let text = text.collect();
        Some(Text { text, is_whole })
    }

    fn escaped(&mut self) -> Option<u16> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits =
                    self.rest.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
                let unit = u16::from_str_radix(digits, 16).ok();
                self.rest = &self.rest[4..];
                return unit;
            }
            _ => return None,
        };
        u16::try_from(u32::from(plain)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, is_whole: bool) -> Json {
        Json::Text(Text { text: text.to_owned(), is_whole })
    }

    #[test]
    fn what_is_json_is_read_and_nothing_else() {
        for (json, value) in [
            ("null", Json::Null),
            ("\u{feff} true\r\n", Json::Bool(true)),
            ("-0.50e+1", Json::Number("-0.50e+1".into())),
            ("[null, []]", Json::List(vec![Json::Null, Json::List(Vec::new())])),
            (r#""\u0041\n\ud83d\ude00""#, text("A\n\u{1f600}", true)),
            (r#""\ud83d-\ude00""#, text("\u{fffd}-\u{fffd}", false)),
        ] {
            assert_eq!(read(json.as_bytes()), Some(value), "{json}");
        }
        for json in [
            "",
            "\u{feff}\u{feff}{}",
            "{} {}",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "\"\t\"",
            r#""\x""#,
            r#""\u12g4""#,
            r#""\u+123""#,
            "\"a",
            "'a'",
            "nul",
            "NaN",
            "[1 2]",
            "{\"a\" 1}",
        ] {
            assert_eq!(read(json.as_bytes()), None, "{json}");
        }
        assert_eq!(read(b"\"\xff\""), None);
    }

    #[test]
    fn a_name_may_be_there_twice() {
        let Some(Json::Object(members)) = read(br#"{"a":1,"\u0061":2}"#) else { unreachable!() };
        assert_eq!(members[0].0, members[1].0);
    }
}
