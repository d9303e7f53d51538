//! Values as text.

use serde_json::{Map, Value};

use crate::object::yaml::read;

/// How far a block is indented in the one around it.
pub(super) const STEP: usize = 2;

/// How what stands within brackets is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Quotes only where they are needed.
    Yaml,
    /// As JSON.
    Json,
    /// As JSON without blanks.
    Tight,
}

impl Form {
    /// The form that a text has which begins with a key.
    pub(super) fn of(text: &str) -> Self {
        if !text.starts_with('"') {
            Self::Yaml
        } else if text.contains("\":") && !text.contains("\": ") {
            Self::Tight
        } else {
            Self::Json
        }
    }

    fn gap(self) -> &'static str {
        if self == Self::Tight { "" } else { " " }
    }

    /// What stands between two entries.
    pub(super) fn comma(self) -> &'static str {
        if self == Self::Tight { "," } else { ", " }
    }
}

/// Fields as lines of a block.
pub(super) fn block(fields: &Map<String, Value>, column: usize, eol: &str) -> String {
    let mut out = String::new();
    for (key, value) in fields {
        out.push_str(&" ".repeat(column));
        out.push_str(&text(key, Form::Yaml));
        match value {
            Value::Object(below) if !below.is_empty() => {
                out.push(':');
                out.push_str(eol);
                out.push_str(&block(below, column + STEP, eol));
            }
            _ => {
                out.push_str(": ");
                out.push_str(&flow(value, Form::Yaml));
                out.push_str(eol);
            }
        }
    }
    out
}

/// A value within a line.
pub(super) fn flow(value: &Value, form: Form) -> String {
    match value {
        Value::String(own) => text(own, form),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| flow(item, form)).collect::<Vec<_>>().join(form.comma()))
        }
        Value::Object(fields) => format!("{{{}}}", entries(fields, form)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Fields within a line.
pub(super) fn entries(fields: &Map<String, Value>, form: Form) -> String {
    fields.iter().map(|(key, value)| entry(key, value, form)).collect::<Vec<_>>().join(form.comma())
}

fn entry(key: &str, value: &Value, form: Form) -> String {
    format!("{}:{}{}", text(key, form), form.gap(), flow(value, form))
}

/// Fields one below the other within brackets. Mappings in them are laid out as JSON mostly is; in YAML they stay on their line.
pub(super) fn pretty(fields: &Map<String, Value>, form: Form, lead: &str, step: &str, eol: &str) -> String {
    let fields = fields.iter().map(|(key, value)| match value {
        Value::Object(below) if form != Form::Yaml && !below.is_empty() => {
            let deeper = format!("{lead}{step}");
            let below = pretty(below, form, &deeper, step, eol);
            format!("{}:{}{{{eol}{deeper}{below}{eol}{lead}}}", text(key, form), form.gap())
        }
        _ => entry(key, value, form),
    });
    fields.collect::<Vec<_>>().join(&format!(",{eol}{lead}"))
}

/// A value in place of a scalar, in the quotes that this had.
pub(super) fn scalar(before: &str, value: &Value, form: Form) -> String {
    match value {
        Value::String(own) if before.starts_with('\'') && !own.contains(char::is_control) => {
            format!("'{}'", own.replace('\'', "''"))
        }
        Value::String(_) if before.starts_with('"') => value.to_string(),
        _ => flow(value, form),
    }
}

/// A text, in quotes where it would be read as something else without.
fn text(own: &str, form: Form) -> String {
    let is_word = own.starts_with(|first: char| first.is_ascii_alphabetic())
        && own.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-'));
    let is_text = || read(own).0.first().is_some_and(|document| document.value == Value::String(own.to_owned()));
    if form == Form::Yaml && is_word && is_text() { own.to_owned() } else { Value::from(own).to_string() }
}
