//! Reads bodies as servers really write them: a JSON object, perhaps with a byte order mark before it and half a surrogate
//! pair in it.

mod object;
mod surrogates;

use serde::de::DeserializeOwned;

pub(crate) use object::JsonObject;

use surrogates::StandIn;

/// What a body may hold.
pub(crate) trait FromJson: DeserializeOwned {
    /// Puts U+FFFD wherever `stand_in` is: it stands for half a surrogate pair, which has no character. That is done to texts
    /// for people alone; another text would become another one, so its field's name is the error.
    fn replace(&mut self, stand_in: char) -> Result<(), &'static str>;

    /// Parses the text of a body.
    fn from_text(text: &str) -> serde_json::Result<JsonObject<Self>> {
        serde_json::from_str(text)
    }
}

/// Parses a JSON object, or says what is wrong with it in words that hold nothing of it: it may contain tokens.
pub(crate) fn parse<T: FromJson>(body: &[u8]) -> Result<T, String> {
    // One look at the whole body is cheaper than one at each string in it.
    let text = std::str::from_utf8(body).map_err(|_| "text that is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let error = match T::from_text(text) {
        Ok(JsonObject(value)) => return Ok(value),
        Err(error) => error,
    };
    let Some(StandIn { text, stand_in }) = StandIn::for_lone_surrogates(text) else {
        return Err(complaint(&error));
    };
    let JsonObject(mut value) = T::from_text(&text).map_err(|error| complaint(&error))?;
    match value.replace(stand_in) {
        Ok(()) => Ok(value),
        Err(field) => Err(format!("a lone surrogate in `{field}`")),
    }
}

/// [`FromJson::replace`] for a struct: the texts for people among its fields, and the others with their names.
pub(crate) fn replace_in<'a>(
    stand_in: char,
    shown: impl IntoIterator<Item = &'a mut String>,
    exact: impl IntoIterator<Item = (&'static str, &'a str)>,
) -> Result<(), &'static str> {
    if let Some((field, _)) = exact.into_iter().find(|(_, text)| text.contains(stand_in)) {
        return Err(field);
    }
    for text in shown {
        *text = text.replace(stand_in, "\u{fffd}");
    }
    Ok(())
}

fn complaint(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // These two name a field of ours. Every other text of category Data quotes what it met.
    if text.starts_with("missing field `") || text.starts_with("duplicate field `") {
        return text;
    }
    let what = match error.classify() {
        serde_json::error::Category::Data => "a value of the wrong type",
        serde_json::error::Category::Eof => "truncated JSON",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "invalid JSON",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Principal, User};

    fn why(body: &str) -> String {
        parse::<Principal>(body.as_bytes()).unwrap_err()
    }

    fn user(body: &str) -> Result<User, String> {
        parse(body.as_bytes())
    }

    #[test]
    fn a_complaint_names_our_fields_and_quotes_nothing() {
        assert!(why(r#"{"iss":"x"}"#).starts_with("missing field `aud`"));
        assert!(why(r#"{"iss":"x","iss":"y"}"#).starts_with("duplicate field `iss`"));
        for body in
            [r#"{"iat":"token-canary"}"#, r#"{"jti":["token-canary"]}"#, r#""token-canary""#, "token-canary"]
        {
            let why = why(body);
            assert!(!why.contains("canary") && why.contains("line 1 column"), "{why}");
        }
    }

    #[test]
    fn an_array_is_no_object() {
        assert!(user(r#"["sub","email"]"#).unwrap_err().starts_with("a value of the wrong type"));
    }

    #[test]
    fn half_a_surrogate_pair_is_lost_in_a_name_and_named_in_an_id() {
        let read = user(r#"{"sub":"s","email":"e","givenName":"Ada \ud83d"}"#).unwrap();
        assert_eq!(read.given_name.as_deref(), Some("Ada \u{fffd}"));
        let why = user(r#"{"sub":"s\ud83d","email":"e"}"#).unwrap_err();
        assert_eq!(why, "a lone surrogate in `sub`");
        // What else is wrong is said as ever.
        let why = user(r#"{"sub":"s","givenName":"\ud83d"}"#).unwrap_err();
        assert!(why.starts_with("missing field `email`"), "{why}");
    }

    #[test]
    fn one_byte_order_mark_is_passed_over() {
        let user = user("\u{feff}{\"sub\":\"\u{feff}\",\"email\":\"e\"}").unwrap();
        assert_eq!(user.sub, "\u{feff}");
        assert!(parse::<User>("\u{feff}\u{feff}{}".as_bytes()).unwrap_err().starts_with("invalid JSON"));
    }
}
