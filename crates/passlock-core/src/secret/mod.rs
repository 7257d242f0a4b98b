//! Secrets: values that no text made for people may hold.

mod base64;
mod escapes;

use std::fmt;
use std::ops::Range;

use escapes::{Escapes, Unescaped};

/// What stands in a text where a secret stood.
const REDACTED: &str = "[redacted]";

/// Shorter strings are not looked for in other people's texts: a token of three letters would blank half of a sentence,
/// and no credential of the service is that short. A key that is shorter is refused.
pub(crate) const SHORTEST: usize = 8;

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
pub(crate) struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Takes a call's secrets out of texts that somebody else wrote: a server that echoes what it was sent, a library's
/// error message.
#[derive(Default)]
pub(crate) struct Redactor<'a>(Vec<&'a str>);

impl<'a> Redactor<'a> {
    pub(crate) fn new(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).collect())
    }

    /// `text` without secrets, at most `limit` bytes of it.
    pub(crate) fn excerpt(&self, text: &str, limit: usize) -> String {
        let forms: Vec<_> = self.0.iter().flat_map(|secret| forms(secret, text.len())).collect();
        // Cut last: half a secret is not recognized. Nor is one that the end of what is looked at cuts, so that much of
        // the end is left out again. What is looked at is bounded, since the text may be as long as a peer likes.
        let longest = forms.iter().map(|form| form.text.len()).max();
        let margin = longest.map_or(0, |longest| (longest + 1) * Escapes::LONGEST);
        let seen = prefix(text, limit.saturating_add(margin));
        let mut cleaned = blanked(seen, &forms);
        if seen.len() < text.len() {
            cleaned.truncate(prefix(&cleaned, cleaned.len().saturating_sub(margin)).len());
        } else if cleaned.len() <= limit {
            return cleaned;
        }
        format!("{}…", prefix(&cleaned, limit))
    }

    /// Like [`excerpt`](Self::excerpt), on one line: what would disturb it becomes a space.
    pub(crate) fn line(&self, text: &str, limit: usize) -> String {
        let text: String = text.chars().map(|c| if disturbs_a_line(c) { ' ' } else { c }).collect();
        self.excerpt(&text, limit)
    }
}

/// Whether a character ends a line, commands a terminal, or changes the direction of the text around it.
#[must_use]
pub fn disturbs_a_line(c: char) -> bool {
    const ENDS_OF_LINES_AND_PARAGRAPHS: [char; 2] = ['\u{2028}', '\u{2029}'];
    let directs = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || directs || ENDS_OF_LINES_AND_PARAGRAPHS.contains(&c)
}

/// At most `limit` bytes of `text`, whole characters.
fn prefix(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A form that a secret may come back in.
struct Form {
    /// In small letters.
    text: Vec<u8>,
    /// Of Base64: the characters next to it may hold bits of the secret too.
    frayed: bool,
}

/// The forms of a secret that fit into a text of this length: as it is, in hexadecimal and in Base64. Each may be escaped.
fn forms(secret: &str, length: usize) -> Vec<Form> {
    let mut forms = Vec::new();
    // No form has fewer bytes than the secret has characters: a short text, such as a request id, costs nothing.
    if secret.chars().count() > length {
        return forms;
    }
    let mut add = |text: String, frayed| {
        if text.len() <= length {
            forms.push(Form { text: text.to_ascii_lowercase().into(), frayed });
        }
    };
    add(secret.to_owned(), false);
    if !secret.is_ascii() {
        // Letters beyond ASCII have other bytes in capitals.
        add(secret.to_lowercase(), false);
        add(secret.to_uppercase(), false);
    }
    add(secret.bytes().map(|byte| format!("{byte:02x}")).collect(), false);
    for alphabet in [base64::STANDARD, base64::URL_SAFE] {
        for offset in 0..3 {
            add(base64::core_of(secret.as_bytes(), offset, alphabet), true);
        }
    }
    forms
}

/// `text` with [`REDACTED`] wherever one of the forms stands, however it is escaped, in capital or small letters.
fn blanked(text: &str, forms: &[Form]) -> String {
    let mut found: Vec<Range<usize>> = Vec::new();
    if forms.is_empty() {
        return text.to_owned();
    }
    for unescaped in Escapes::ALL.iter().filter_map(|escapes| Unescaped::new(text, *escapes)) {
        for form in forms {
            let widen = if form.frayed { base64::is_character } else { |_| false };
            found.extend(unescaped.find(&form.text, widen));
        }
    }
    found.sort_by_key(|range| range.start);
    let mut blanked = String::with_capacity(text.len());
    let mut done = 0;
    let mut ranges = found.into_iter().peekable();
    while let Some(Range { start, mut end }) = ranges.next() {
        // One that overlaps with it is another form of the same, or a secret that holds this one.
        while let Some(next) = ranges.next_if(|next| next.start < end) {
            end = end.max(next.end);
        }
        blanked.push_str(&text[done..start]);
        blanked.push_str(REDACTED);
        done = end;
    }
    blanked.push_str(&text[done..]);
    blanked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(redactor: &Redactor<'_>, text: &str) -> String {
        redactor.excerpt(text, usize::MAX)
    }

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", Secret::new("k3y-canary".into())), "[redacted]");
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let redactor = Redactor::new(["token-canary", "token-canary%20", "short"]);
        assert_eq!(
            clean(&redactor, "a token-canary%20 b token-canary c short"),
            "a [redacted] b [redacted] c short"
        );
    }

    #[test]
    fn secrets_are_found_in_the_forms_that_they_may_come_back_in() {
        let redactor = Redactor::new(["KEY=canary/OF"]);
        for form in [
            "KEY=canary/OF",
            "key=CANARY/of",
            "KEY%3Dcanary%2FOF",
            "key%3dcanary%2fof",
            "KEY&#61;canary&#x2F;OF",
            r"KEY=canary\/OF",
            r"\u004bEY\u003Dcanary\u002fOF",
            "4b45593d63616e6172792f4f46",
            "4B45593D63616E6172792F4F46",
        ] {
            assert_eq!(clean(&redactor, &format!("<{form}>")), "<[redacted]>", "{form}");
        }
        let redactor = Redactor::new(["a <canary> \"\u{1f511}\" & 7 %"]);
        for form in [
            "a+%3Ccanary%3E+%22%F0%9F%94%91%22+%26+7+%25",
            "a &lt;canary&gt; &quot;\u{1f511}&quot; &amp; 7 %",
            "a &#60;canary&#62; &#34;&#128273;&#34; &#38; 7 %",
            r#"a <canary> \"\uD83D\uDD11\" & 7 %"#,
            r#"a \u003ccanary\u003e \u0022\ud83d\udd11\u0022 \u0026 7 %"#,
        ] {
            assert_eq!(clean(&redactor, &format!("[{form}]")), "[[redacted]]", "{form}");
        }
    }

    #[test]
    fn secrets_are_found_in_base64_wherever_they_begin_in_it() {
        let redactor = Redactor::new(["\u{1f511}~?>canary"]);
        for (form, cleaned) in [
            // The secret alone, and then with `:`, `u:` and `ab:` before it and `!` after it.
            ("8J+UkX4/PmNhbmFyeQ==", "[redacted]=="),
            ("8J-UkX4_PmNhbmFyeQ", "[redacted]"),
            ("8J%2BUkX4%2FPmNhbmFyeQ%3D%3D", "[redacted]%3D%3D"),
            ("8J%2bUkX4%2fPmNhbmFyeQ%3d%3d", "[redacted]%3d%3d"),
            ("OvCflJF+Pz5jYW5hcnkh", "O[redacted]h"),
            ("dTrwn5SRfj8+Y2FuYXJ5IQ==", "dT[redacted]Q=="),
            ("YWI68J+UkX4/PmNhbmFyeSE=", "YWI[redacted]E="),
        ] {
            assert_eq!(clean(&redactor, form), cleaned, "{form}");
        }
    }

    #[test]
    fn an_excerpt_is_cleaned_before_it_is_cut() {
        let redactor = Redactor::new(["token-canary"]);
        assert_eq!(redactor.excerpt("0123456789token-canary", 15), "0123456789[reda…");
        assert_eq!(redactor.excerpt("ééé", 3), "é…");
    }

    #[test]
    fn an_excerpt_shows_no_half_of_a_secret_however_much_was_hidden_before_it() {
        let redactor = Redactor::new(["token-canary"]);
        // Each one that is hidden makes room for more of what follows.
        for filling in 0..40 {
            let text = format!("{}{}", "x".repeat(filling), "token-canary".repeat(1000));
            for limit in 0..100 {
                let excerpt = redactor.excerpt(&text, limit);
                assert!(excerpt.len() <= limit + '…'.len_utf8() && excerpt.ends_with('…'), "{excerpt}");
                assert!(!excerpt.contains("tok") && !excerpt.contains("can"), "{excerpt}");
            }
        }
    }

    #[test]
    fn a_line_is_one_line_that_reads_as_it_is_written() {
        assert_eq!(Redactor::default().line("a\r\nb\u{1b}[1m", 99), "a  b [1m");
        assert_eq!(
            Redactor::default().line("a\u{2028}b\u{2029}c\u{202e}d\u{2067}e\u{61c}f é 李", 99),
            "a b c d e f é 李"
        );
    }
}
