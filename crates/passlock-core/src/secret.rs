//! Secrets: values that no text made for people may hold.

use std::fmt;

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
#[derive(Debug, Default)]
pub(crate) struct Redactor(Vec<Secret>);

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut secrets: Vec<_> =
            secrets.into_iter().filter(|s| s.len() >= SHORTEST).map(|s| Secret::new(s.to_owned())).collect();
        // The longer one first, so that one which holds another is replaced whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self(secrets)
    }

    /// `text` without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), REDACTED);
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
