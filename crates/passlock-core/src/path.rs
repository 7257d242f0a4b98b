//! Values that callers and attackers choose, as exactly one segment of a URL's path.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest value that is taken, in bytes of UTF-8.
const LONGEST: usize = 4096;

/// Everything but RFC 3986's unreserved characters, which [`is_unreserved`] names.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as one path segment: not empty, no dot segment, percent-encoded.
///
/// No slash, question mark or percent sign of the value survives as such, so the segment can't reach another route.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Segment<'a>(Cow<'a, str>);

impl<'a> Segment<'a> {
    /// Encodes `value`, or says what is wrong with it, without repeating it.
    pub(crate) fn new(value: &'a str) -> Result<Self, &'static str> {
        if value.is_empty() {
            return Err("is empty");
        }
        if value == "." || value == ".." {
            return Err("is a dot segment");
        }
        if value.len() > LONGEST {
            return Err("is longer than 4096 bytes");
        }
        if value.bytes().all(is_unreserved) {
            return Ok(Self(value.into()));
        }
        if value.chars().any(char::is_control) {
            return Err("contains a control character");
        }
        Ok(Self(percent_encoded(value)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 3986, 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `value` as it stands in a path.
pub(crate) fn percent_encoded(value: &str) -> Cow<'_, str> {
    utf8_percent_encode(value, RESERVED).into()
}

/// Hand-written: a segment may be a token.
impl std::fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Segment([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unreserved_characters_stay_and_all_others_are_encoded() {
        for (value, encoded) in [
            ("AZaz09-._~", "AZaz09-._~"),
            ("../user/x", "..%2Fuser%2Fx"),
            ("...", "..."),
            ("%2e%2e", "%252e%252e"),
            ("a b?c#d\\e", "a%20b%3Fc%23d%5Ce"),
            ("é", "%C3%A9"),
            ("e\u{301}", "e%CC%81"),
        ] {
            assert_eq!(Segment::new(value).unwrap().as_str(), encoded);
        }
    }

    #[test]
    fn what_can_be_no_segment_is_refused() {
        for value in ["", ".", "..", "a\nb", "\0", "\u{7f}", "\u{85}", &"x".repeat(4097), &"é".repeat(2049)]
        {
            assert!(Segment::new(value).is_err(), "{value:?}");
        }
        assert!(Segment::new(&"x".repeat(4096)).is_ok());
    }

    #[test]
    fn both_statements_of_what_is_unreserved_agree() {
        for byte in 0..=127u8 {
            let encoded = percent_encoding::percent_encode(&[byte], RESERVED).to_string();
            assert_eq!(is_unreserved(byte), encoded.len() == 1, "{byte}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn an_encoded_segment_is_one_segment_and_decodes_to_its_value(value in any::<String>()) {
            if let Ok(segment) = Segment::new(&value) {
                prop_assert!(segment.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
                let decoded = percent_encoding::percent_decode_str(segment.as_str()).decode_utf8().unwrap();
                prop_assert_eq!(decoded, value.as_str());
            }
        }
    }
}
