//! The report, for people and for machines.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::check::{Report, Setting, Status};
use crate::output::{self, Entries, GOOD, NAME, TITLE, printable};

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const FAILED: Style = AnsiColor::Red.on_default().bold();

/// What stands for a check that came after a failure.
const NOT_REACHED: &str = "not reached";

impl Report {
    /// One line of JSON.
    pub(crate) fn json(&self) -> String {
        let settings = self
            .settings
            .iter()
            .map(|Setting { name, value, origin }| json!({ "name": name, "value": value, "origin": origin }));
        let checks = self.all().map(|(name, check)| match check {
            None => json!({ "name": name, "status": Status::Skipped.as_str(), "detail": NOT_REACHED }),
            Some(check) => {
                let mut fields =
                    json!({ "name": name, "status": check.status.as_str(), "detail": check.detail });
                if let Some(advice) = &check.advice {
                    fields["advice"] = json!(advice);
                }
                for (name, value) in &check.facts {
                    fields[*name] = value.clone();
                }
                fields
            }
        });
        output::json(&Entries::new([
            ("ok", json!(self.is_good())),
            ("settings", settings.collect()),
            ("checks", checks.collect()),
        ]))
    }

    /// Tables for people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{TITLE}Settings{TITLE:#}\n");
        let width = |of: fn(&Setting) -> &str| self.settings.iter().map(|it| of(it).chars().count()).max();
        let (names, values) = (width(|it| it.name), width(|it| &it.value));
        let (names, values) = (names.unwrap_or_default(), values.unwrap_or_default());
        for Setting { name, value, origin } in &self.settings {
            let (value, origin) = (printable(value), printable(origin));
            let _ = writeln!(text, "  {NAME}{name:names$}{NAME:#}  {value:values$}  {NAME}{origin}{NAME:#}");
        }
        let _ = writeln!(text, "\n{TITLE}Checks{TITLE:#}");
        for (name, check) in self.all() {
            let (status, detail) = match check {
                None => (Status::Skipped, NOT_REACHED),
                Some(check) => (check.status, check.detail.as_str()),
            };
            let style = match status {
                Status::Ok => GOOD,
                Status::Warning => WARNING,
                Status::Failed => FAILED,
                Status::Skipped => NAME,
            };
            let status = status.as_str();
            let _ = writeln!(text, "  {style}{status:7}{style:#}  {name:8}  {}", printable(detail));
            let Some(check) = check else { continue };
            for line in check.facts.iter().flat_map(|(name, value)| lines(name, value)) {
                let _ = writeln!(text, "  {:7}  {:8}  {NAME}{}{NAME:#}", "", "", printable(&line));
            }
            if let Some(advice) = &check.advice {
                let _ = writeln!(text, "  {:7}  {:8}  {style}>{style:#} {}", "", "", printable(advice));
            }
        }
        text
    }
}

/// A fact as lines: a list has one for each member.
fn lines(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Array(members) => members.iter().flat_map(|member| lines(name, member)).collect(),
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
            vec![format!("{name}: {}", fields.join(", "))]
        }
        value => vec![format!("{name}: {}", plain(value))],
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
