//! Values that a vector can't state literally.
//!
//! - `${name}` in a string is a value that the run has: `${endpoint}`, `${port}`, `${silent}`, `${user_agent}`,
//!   and what the emulator generated: `${token}`, `${exp}`. Names that the run does not have stay as they are.
//! - A string that is nothing but `${exp}`, `${exp-360}` or `${exp+1}` is a number.
//! - `{"$concat": ["a", ["b", 3]]}` is the string `abbb`.
//! - `{"$json": value}` is that value as JSON text.
//! - `{"$utf16": [55296]}` is a string by its UTF-16 code units.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The values that the run has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(pub(crate) BTreeMap<&'static str, Value>);

/// The longest text that is put together: more than any vector needs, and less than a mistake in one could ask for.
const LONGEST: usize = 16 << 20;

/// The names of all that a run may have.
const NAMES: [&str; 6] = ["endpoint", "port", "silent", "user_agent", "token", "exp"];

impl Variables {
    /// What a runner of another language says that it has.
    pub(crate) fn of(known: &Map<String, Value>) -> Self {
        Self(NAMES.into_iter().filter_map(|name| Some((name, known.get(name)?.clone()))).collect())
    }

    /// A value without placeholders.
    pub(crate) fn expand(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => self.text(text)?,
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.expand(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => match special(fields) {
                Some(("$concat", Value::Array(parts))) => Value::String(self.concat(parts)?),
                Some(("$json", value)) => Value::String(self.expand(value)?.to_string()),
                Some(("$utf16", Value::Array(units))) => Value::String(utf16(units)?),
                _ => Value::Object(self.object(fields)?),
            },
            other => other.clone(),
        })
    }

    pub(crate) fn object(&self, fields: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        fields.iter().map(|(name, value)| Ok((name.clone(), self.expand(value)?))).collect()
    }

    fn text(&self, text: &str) -> Result<Value, String> {
        if let Some(number) = self.time(text) {
            return Ok(number);
        }
        let mut text = text.to_owned();
        for (name, value) in &self.0 {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&format!("${{{name}}}"), &value);
        }
        Ok(Value::String(text))
    }

    /// `${exp-360}` as a number.
    fn time(&self, text: &str) -> Option<Value> {
        let shift = text.strip_prefix("${exp")?.strip_suffix('}')?;
        let shift = if shift.is_empty() { 0 } else { shift.parse::<i64>().ok()? };
        Some(self.0.get("exp")?.as_i64()?.checked_add(shift)?.into())
    }

    fn concat(&self, parts: &[Value]) -> Result<String, String> {
        let mut out = String::new();
        for part in parts {
            let (part, times) = match part {
                Value::Array(pair) => match &pair[..] {
                    [part, times] => (part, times.as_u64()),
                    _ => (part, None),
                },
                part => (part, Some(1)),
            };
            let (Value::String(part), Some(times)) = (self.expand(part)?, times) else {
                return Err("$concat takes strings and pairs of a string and a number".to_owned());
            };
            let times = usize::try_from(times).map_err(|error| error.to_string())?;
            if part.len().saturating_mul(times) > LONGEST - out.len() {
                return Err(format!("$concat makes no text of more than {LONGEST} bytes"));
            }
            out.push_str(&part.repeat(times));
        }
        Ok(out)
    }
}

fn special(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, value) = fields.iter().next().filter(|_| fields.len() == 1)?;
    name.starts_with('$').then_some((name.as_str(), value))
}

fn utf16(units: &[Value]) -> Result<String, String> {
    let units: Option<Vec<u16>> = units.iter().map(|unit| u16::try_from(unit.as_u64()?).ok()).collect();
    String::from_utf16(&units.ok_or("$utf16 takes numbers below 65536")?).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_become_what_they_stand_for() {
        let variables = Variables(BTreeMap::from([("port", json!("7")), ("exp", json!(1000))]));
        let expand = |value| variables.expand(&value);
        for (value, expected) in [
            (json!(["http://h:${port}/${other}", 1, null]), json!(["http://h:7/${other}", 1, null])),
            (
                json!({"a": "${exp-360}", "b": "${exp}", "c": "${exp+1}"}),
                json!({"a": 640, "b": 1000, "c": 1001}),
            ),
            (json!("x${exp}"), json!("x1000")),
            (json!({"$concat": ["a", ["b${port}", 2], {"$utf16": [0xe9]}]}), json!("ab7b7é")),
            (json!({"$json": {"a": [1]}}), json!(r#"{"a":[1]}"#)),
            (json!({"$utf16": [0xd83d, 0xde00, 10]}), json!("😀\n")),
            (json!({"$any": 1}), json!({"$any": 1})),
        ] {
            assert_eq!(expand(value).unwrap(), expected);
        }
        for value in [
            json!({"$utf16": [0xd800]}),
            json!({"$concat": [1]}),
            json!({"$concat": [["a", -1]]}),
            json!({"$concat": ["a", ["a", u64::MAX]]}),
        ] {
            assert!(expand(value).is_err());
        }
        // What is no number stays a text.
        assert_eq!(expand(json!("${exp+9223372036854775807}")).unwrap(), "${exp+9223372036854775807}");
    }
}
