//! What an application adds to each request: its name, and its own headers.

use serde_json::{Map, Value};

use super::settings::Refusal;
use super::text;

/// Headers that an application may not set.
const RESERVED: &str = "accept accept-encoding authorization connection content-encoding content-length content-type expect host \
    keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade user-agent";

/// What the User-Agent ends with.
pub(super) fn app_info(value: Option<&Value>) -> Result<Option<String>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let name = text(value)?;
    let is_printable = name.chars().all(|c| matches!(c, ' '..='~'));
    let is_valid = is_printable && (1..=128).contains(&name.len()) && name.trim() == name;
    if is_valid { Ok(Some(name)) } else { Err(Refusal::Config) }
}

/// At most 32, and 8 KiB in total; each name once, whatever its case.
pub(super) fn headers(value: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
    let given = value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut headers = Map::new();
    let mut length = 0;
    for (name, value) in &given {
        let value = text(value)?;
        length += name.len() + value.len();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let name = name.to_ascii_lowercase();
        let is_named = !name.is_empty() && name.chars().all(is_token);
        let is_own = RESERVED.split(' ').any(|reserved| reserved == name);
        let is_sendable = value.chars().all(|c| matches!(c, '\t' | ' '..='~')) && value.trim() == value;
        if !is_named || is_own || !is_sendable || headers.insert(name, value.into()).is_some() {
            return Err(Refusal::Config);
        }
    }
    if given.len() > 32 || length > 8192 { Err(Refusal::Config) } else { Ok(headers) }
}

/// What must not be shown of them: each value, and what stands in it between separators, from 8 bytes on.
pub(super) fn secrets(headers: &Map<String, Value>) -> Vec<String> {
    let values = headers.values().filter_map(Value::as_str);
    let parts = values.flat_map(|value| std::iter::once(value).chain(value.split([' ', ',', ';', '=', '"'])));
    parts.filter(|part| part.len() >= 8).map(str::to_owned).collect()
}
