//! Exceptions that an object carries in its own annotations.

use crate::object::At;
use jiff::civil::Date;
use serde_json::Value;

/// Findings that the author of an object accepts, for a reason and for a time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allow {
    /// Which rules.
    pub rules: Box<[Box<str>]>,
    /// Why; empty where nobody said so, and then it does not hold.
    pub reason: Box<str>,
    /// The last day on which it holds; `None` where nobody said so, and then it does not hold.
    pub until: Option<Date>,
}

impl Allow {
    /// Reads the annotations `no502.dev/allow`, `-reason` and `-until`; `None` where there is no `allow`.
    #[must_use]
    pub fn read(raw: &Value) -> Option<Box<Self>> {
        let annotations = raw.at(["metadata", "annotations"]).as_object()?;
        let say = |key: &str| annotations.get(key).and_then(Value::as_str).map(str::trim);
        let rules = say("no502.dev/allow")?.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        Some(Box::new(Self {
            rules: rules.map(Into::into).collect(),
            reason: say("no502.dev/allow-reason").unwrap_or_default().into(),
            until: say("no502.dev/allow-until").and_then(|day| day.parse().ok()),
        }))
    }
}
