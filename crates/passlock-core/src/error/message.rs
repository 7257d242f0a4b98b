//! Messages for humans, in which names are slots: every language writes a setting's name in its own style.

use std::borrow::Cow;

use super::Limit;

/// How a language writes the names of settings and fields.
// Exhaustive: every name has a spelling in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamingStyle {
    /// `tenancy_id`: Rust and Python.
    Snake,
    /// `tenancyId`: Node and Kotlin.
    Camel,
    /// `tenancyID`: Swift, which keeps initialisms in capitals.
    Swift,
}

/// The name of a setting, or of a field of an update, in snake case.
// Exhaustive: it is nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub &'static str);

impl Name {
    /// The name as a language of this style writes it.
    #[must_use]
    pub fn in_style(self, style: NamingStyle) -> Cow<'static, str> {
        if style == NamingStyle::Snake {
            return self.0.into();
        }
        let mut parts = self.0.split('_');
        let first = parts.next().unwrap_or_default().to_owned();
        let name = parts.fold(first, |name, part| match part {
            "id" | "http" if style == NamingStyle::Swift => name + &part.to_uppercase(),
            _ => name + &part[..1].to_uppercase() + &part[1..],
        });
        name.into()
    }
}

/// A message, made of strings and names by [`message!`](crate::message). Strings are never changed, so that text from
/// elsewhere stays as it is in every style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The message in snake case.
    text: String,
    /// Where in it each name begins, in order.
    names: Vec<(usize, Name)>,
}

impl Message {
    /// The message followed by `part`.
    #[must_use]
    pub fn with(mut self, part: impl Into<Self>) -> Self {
        let part = part.into();
        let start = self.text.len();
        self.text.push_str(&part.text);
        self.names.extend(part.names.into_iter().map(|(at, name)| (start + at, name)));
        self
    }

    /// The message in snake case.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The message as languages of this style show it.
    pub(crate) fn in_style(&self, style: NamingStyle) -> String {
        let mut rendered = String::with_capacity(self.text.len());
        for (text, name) in self.pieces() {
            rendered.push_str(text);
            rendered.push_str(&name.map(|name| name.in_style(style)).unwrap_or_default());
        }
        rendered
    }

    /// The message with every text in it changed by `change`, and the names as they are.
    pub(crate) fn map_texts(&self, change: impl Fn(&str) -> String) -> Self {
        self.pieces().fold(Self::default(), |changed, (text, name)| {
            let changed = changed.with(change(text));
            match name {
                Some(name) => changed.with(name),
                None => changed,
            }
        })
    }

    /// Each text with the name that follows it. None follows the last.
    fn pieces(&self) -> impl Iterator<Item = (&str, Option<Name>)> {
        let mut begin = 0;
        let names = self.names.iter().map(|(at, name)| (*at, Some(*name)));
        names.chain([(self.text.len(), None)]).map(move |(at, name)| {
            let text = &self.text[begin..at];
            begin = at + name.map_or(0, |name| name.0.len());
            (text, name)
        })
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text, names: Vec::new() }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Name> for Message {
    fn from(name: Name) -> Self {
        Self { text: name.0.to_owned(), names: vec![(0, name)] }
    }
}

impl From<Limit> for Message {
    fn from(limit: Limit) -> Self {
        Name(limit.as_str()).into()
    }
}

/// A [`Message`] of texts, names and other messages: `message!["check ", Name("api_key")]`.
#[doc(hidden)]
#[macro_export]
macro_rules! message {
    ($($part:expr),+ $(,)?) => { $crate::Message::default()$(.with($part))+ };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelt_by_its_style_s_rule() {
        for (snake, camel, swift) in [
            ("proxy", "proxy", "proxy"),
            ("api_key", "apiKey", "apiKey"),
            ("tenancy_id", "tenancyId", "tenancyID"),
            ("allow_http", "allowHttp", "allowHTTP"),
            ("http_client", "httpClient", "httpClient"),
            ("max_response_bytes", "maxResponseBytes", "maxResponseBytes"),
        ] {
            assert_eq!(Name(snake).in_style(NamingStyle::Snake), snake);
            assert_eq!(Name(snake).in_style(NamingStyle::Camel), camel);
            assert_eq!(Name(snake).in_style(NamingStyle::Swift), swift);
        }
    }

    #[test]
    fn names_are_rendered_and_texts_are_not() {
        let theirs = "no tenancy_id, tenancyId or api_key in `allow_http`".to_owned();
        let inner = message![Name("tenancy_id"), "é ", Limit::AttemptTimeout];
        let message = message!["api_key: check ", inner, Name("allow_http"), ": ", theirs];
        let rendered = |style| message.in_style(style);
        let with =
            |names| format!("api_key: check {names}: no tenancy_id, tenancyId or api_key in `allow_http`");
        assert_eq!(rendered(NamingStyle::Snake), with("tenancy_idé attempt_timeoutallow_http"));
        assert_eq!(rendered(NamingStyle::Snake), message.as_str());
        assert_eq!(rendered(NamingStyle::Camel), with("tenancyIdé attemptTimeoutallowHttp"));
        assert_eq!(rendered(NamingStyle::Swift), with("tenancyIDé attemptTimeoutallowHTTP"));
        assert_eq!(Message::default().in_style(NamingStyle::Camel), "");
    }

    #[test]
    fn what_changes_texts_leaves_names_in_their_slots() {
        let changed = message!["a ", Name("api_key"), " b ", Name("proxy")].map_texts(str::to_uppercase);
        assert_eq!(changed.in_style(NamingStyle::Camel), "A apiKey B proxy");
        assert_eq!(changed, message!["A ", Name("api_key"), " B ", Name("proxy")]);
    }
}
