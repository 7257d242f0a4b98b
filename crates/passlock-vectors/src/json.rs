//! JSON for people: whatever fits on one line is written on one line.

use serde_json::Value;

/// The longest line.
const WIDTH: usize = 120;

/// A value as text, with a newline at its end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, &mut out);
    out.push('\n');
    out
}

/// Writes `value`, of which `column` bytes of its first line are taken and which is indented by `indent`.
fn write(value: &Value, indent: usize, column: usize, out: &mut String) {
    let line = one_line(value);
    if column + line.len() < WIDTH {
        return out.push_str(&line);
    }
    let inner = indent + 2;
    match value {
        Value::Object(fields) if fields.len() == 1 => {
            for (name, value) in fields {
                let name = format!("{{ {}: ", Value::from(name.as_str()));
                out.push_str(&name);
                write(value, indent, column + name.len(), out);
            }
            out.push_str(" }");
        }
        Value::Object(fields) if fields.values().all(is_scalar) => {
            out.push('{');
            let mut width = WIDTH;
            for (index, (name, value)) in in_order(fields).into_iter().enumerate() {
                let field = format!("{}: {value}", Value::from(name));
                width += 2 + field.len();
                if index > 0 {
                    out.push(',');
                }
                if width > WIDTH {
                    out.push_str(&format!("\n{}", " ".repeat(inner)));
                    width = inner + field.len();
                } else {
                    out.push(' ');
                }
                out.push_str(&field);
            }
            out.push_str(&format!("\n{}}}", " ".repeat(indent)));
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (name, value)) in in_order(fields).into_iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                let name = format!("{}{}: ", " ".repeat(inner), Value::from(name));
                out.push_str(&name);
                write(value, inner, name.len(), out);
            }
            out.push_str(&format!("\n{}}}", " ".repeat(indent)));
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&" ".repeat(inner));
                write(item, inner, inner, out);
            }
            out.push_str(&format!("\n{}]", " ".repeat(indent)));
        }
        _ => out.push_str(&line),
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let fields = in_order(fields).into_iter();
            let fields: Vec<_> =
                fields.map(|(name, value)| format!("{}: {}", Value::from(name), one_line(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The fields as people expect them, and all others by their names.
fn in_order(fields: &serde_json::Map<String, Value>) -> Vec<(&str, &Value)> {
    const ORDER: [&str; 47] = [
        "$schema",
        "about",
        "generated_from",
        "name",
        "why",
        "only",
        "languages",
        "settings",
        "environment",
        "now",
        "server",
        "call",
        "wire",
        "result",
        "error",
        "kind",
        "operation",
        "status",
        "times",
        "method",
        "path",
        "headers",
        "body",
        "iss",
        "aud",
        "sub",
        "iat",
        "nbf",
        "exp",
        "jti",
        "token",
        "user_verified",
        "userVerified",
        "auth_type",
        "authType",
        "auth_id",
        "authId",
        "email",
        "given_name",
        "givenName",
        "family_name",
        "familyName",
        "email_verified",
        "emailVerified",
        "update",
        "fault",
        "vectors",
    ];
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
    fields.sort_by_key(|(name, _)| {
        (ORDER.iter().position(|other| other == name).unwrap_or(ORDER.len()), *name)
    });
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits_on_a_line_stands_on_one_and_reads_back() {
        let value =
            json!({ "wire": [], "name": "a", "call": { "token": "t".repeat(100), "operation": "x" } });
        let text = pretty(&value);
        assert!(text.starts_with("{\n  \"name\": \"a\",\n  \"call\": {\n    \"operation\""), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(pretty(&json!({ "a": [1, {}] })), "{ \"a\": [1, {}] }\n");
    }
}
