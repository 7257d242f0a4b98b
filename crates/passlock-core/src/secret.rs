//! Secrets: values that no text made for people may hold.

use std::borrow::Cow;
use std::fmt;

use crate::path::percent_encoded;

/// What stands in a text where a secret stood.
const REDACTED: &str = "[redacted]";

/// Shorter strings are not looked for in other people's texts: a token of three letters would blank half of a sentence,
/// and no credential of the service is that short.
const SHORTEST: usize = 8;

/// A string whose `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// A `Debug` value for a field that is hidden in a model's `Debug`.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Takes a call's secrets out of texts that somebody else wrote: a server that echoes what it was sent, a library's
/// error message.
#[derive(Default)]
pub(crate) struct Redactor<'a>(Vec<Cow<'a, str>>);

impl<'a> Redactor<'a> {
    /// Looks for each secret in the forms that it may come back in: as it is, and percent-encoded, in capital digits as we
    /// write them, and in small ones.
    pub(crate) fn new(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            forms.push(Cow::Borrowed(secret));
            if let Cow::Owned(encoded) = percent_encoded(secret) {
                forms.push(Cow::Owned(in_small_digits(&encoded)));
                forms.push(Cow::Owned(encoded));
            }
        }
        // The longer one first, so that one which holds another is replaced whole.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self(forms)
    }

    /// `text` without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(&**secret) {
                text = text.replace(&**secret, REDACTED);
            }
        }
        text
    }

    /// `text` without secrets, at most `limit` bytes of it.
    pub(crate) fn excerpt(&self, text: &str, limit: usize) -> String {
        // Clean first: a cut could leave half a secret that is no longer recognised.
        let text = self.clean(text);
        if text.len() <= limit {
            return text;
        }
        let mut end = limit;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}…", &text[..end])
    }

    /// Like [`excerpt`](Self::excerpt), on one line: control characters become spaces.
    pub(crate) fn line(&self, text: &str, limit: usize) -> String {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.excerpt(&text, limit)
    }
}

/// A percent-encoded text with its hexadecimal digits in lower case.
fn in_small_digits(encoded: &str) -> String {
    let mut digits_left = 0;
    let small = |c: char| match (c, digits_left) {
        ('%', _) => {
            digits_left = 2;
            c
        }
        (_, 0) => c,
        _ => {
            digits_left -= 1;
            c.to_ascii_lowercase()
        }
    };
    encoded.chars().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", Secret::new("k3y-canary".into())), "[redacted]");
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let redactor = Redactor::new(["token-canary", "token-canary%20", "short"]);
        assert_eq!(
            redactor.clean("a token-canary%20 b token-canary c short"),
            "a [redacted] b [redacted] c short"
        );
    }

    #[test]
    fn secrets_are_found_in_the_forms_that_they_may_come_back_in() {
        let redactor = Redactor::new(["KEY=canary/OF"]);
        for form in ["KEY=canary/OF", "KEY%3Dcanary%2FOF", "KEY%3dcanary%2fOF"] {
            assert_eq!(redactor.clean(&format!("<{form}>")), "<[redacted]>");
        }
    }

    #[test]
    fn an_excerpt_is_cleaned_before_it_is_cut() {
        let redactor = Redactor::new(["token-canary"]);
        assert_eq!(redactor.excerpt("0123456789token-canary", 15), "0123456789[reda…");
        assert_eq!(redactor.excerpt("ééé", 3), "é…");
    }

    #[test]
    fn a_line_has_no_control_characters() {
        assert_eq!(Redactor::default().line("a\r\nb\u{1b}[1m", 99), "a  b [1m");
    }
}
