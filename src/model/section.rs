//! Sections: the parts of an object that have settings of their own.

use serde_json::Value;

use super::json::{list, text};
use crate::object::{Address, At};

/// What a section of an object is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sort {
    /// A named backend, as of a `VirtualServer`.
    Upstream,
    /// A rule, as of an `HTTPRoute`.
    Rule,
}

/// A part of an object that declares routes, with settings of its own: a named backend, or a rule.
#[derive(Clone, Debug)]
pub struct Section {
    sort: Sort,
    /// Its name.
    pub name: Box<str>,
    /// Its place among the sections of the object.
    pub index: usize,
    /// Whether the object puts lines of its own into the gateway's configuration, which may say more than the fields do.
    pub has_snippets: bool,
    /// Its fields that hold a text, a number or a bool, as texts, sorted by their paths below the section:
    /// `read-timeout`, `buffers/size`.
    fields: Box<[(Box<str>, Box<str>)]>,
}

impl Sort {
    /// Where sections of this sort stand.
    const fn template(self) -> &'static str {
        match self {
            Self::Upstream => "/spec/upstreams/{}",
            Self::Rule => "/spec/rules/{}",
        }
    }
}

impl Section {
    /// The upstreams of an object.
    pub(super) fn upstreams(spec: &Value, has_snippets: bool) -> Box<[Self]> {
        let read = |(index, value): (usize, &Value)| Self {
            sort: Sort::Upstream,
            name: text(value.at(["name"])).into(),
            index,
            has_snippets,
            fields: fields(value),
        };
        list(spec.at(["upstreams"])).map(read).collect()
    }

    /// A rule under that name.
    pub(super) fn rule(value: &Value, name: &str, index: usize) -> Self {
        Self { sort: Sort::Rule, name: name.into(), index, has_snippets: false, fields: fields(value) }
    }

    /// What people call such a part: `upstream`, `rule`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.sort {
            Sort::Upstream => "upstream",
            Sort::Rule => "rule",
        }
    }

    /// Whether all its routes lead to the same.
    #[must_use]
    pub fn is_one_backend(&self) -> bool {
        self.sort == Sort::Upstream
    }

    /// The text of a field; an empty one counts as absent.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        let found = self.fields.binary_search_by(|(own, _)| (**own).cmp(field)).ok()?;
        self.fields.get(found).map(|(_, text)| &**text).filter(|text| !text.is_empty())
    }

    /// Whether it has a field of this name, or one below it.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        let below = |own: &str| own.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.fields.iter().any(|(own, _)| below(own))
    }

    /// The text of the field at an address.
    #[must_use]
    pub fn text_at(&self, address: &Address) -> Option<&str> {
        match address {
            Address::Field(template, _) => self.text(template.strip_prefix(self.sort.template())?.strip_prefix('/')?),
            Address::Key { .. } | Address::Annotation(_) | Address::Data(_) => None,
        }
    }

    /// The path of a field below the section, of an address without its indexes.
    #[must_use]
    pub fn field_of<'t>(&self, template: &'t str) -> &'t str {
        template.strip_prefix(self.sort.template()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(template)
    }

    /// Where it stands.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::item(self.sort.template(), self.index)
    }
}

/// How many fields of a section are kept, and how long their paths may be. No setting is beyond that, and what is written of others
/// should not fill the memory.
const FIELDS: usize = 512;
const PATH: usize = 256;

fn fields(value: &Value) -> Box<[(Box<str>, Box<str>)]> {
    let mut fields = Vec::new();
    flatten("", value, &mut fields);
    fields.sort_unstable();
    fields.into()
}

/// The scalars of a mapping and of those below it, and lists of numbers with commas between them. Other lists hold nothing that
/// is a setting.
fn flatten(above: &str, value: &Value, fields: &mut Vec<(Box<str>, Box<str>)>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        if fields.len() == FIELDS || above.len() + key.len() > PATH {
            return;
        }
        let path = if above.is_empty() { key.clone() } else { format!("{above}/{key}") };
        match value {
            Value::Object(_) => flatten(&path, value, fields),
            Value::String(text) => fields.push((path.into(), text.as_str().into())),
            Value::Number(_) | Value::Bool(_) => fields.push((path.into(), value.to_string().into())),
            Value::Array(items) if items.iter().all(Value::is_number) => {
                let items: Vec<String> = items.iter().map(Value::to_string).collect();
                fields.push((path.into(), items.join(",").into()));
            }
            Value::Null | Value::Array(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_by_path_and_by_address() {
        let raw = json!({"upstreams": [{}, {"name": "tea", "buffers": {"number": 4, "size": "8k"}, "type": ""}]});
        let upstreams = Section::upstreams(&raw, false);
        let tea = &upstreams[1];
        assert_eq!(tea.text("buffers/number"), Some("4"));
        assert_eq!(tea.text("type"), None);
        assert_eq!(tea.text_at(&Address::item("/spec/upstreams/{}/buffers/size", 1)), Some("8k"));
        assert_eq!(tea.text_at(&Address::field("/spec")), None);
        assert!(tea.has("buffers") && tea.has("buffers/size") && !tea.has("buff"));
    }

    #[test]
    fn a_rule_has_its_codes_as_one_text() {
        let raw = json!({"timeouts": {"request": "10s"}, "retry": {"codes": [502, 503]}, "matches": [{}], "backendRefs": []});
        let rule = Section::rule(&raw, "/cart", 2);
        assert_eq!(rule.text_at(&Address::item("/spec/rules/{}/timeouts/request", 2)), Some("10s"));
        assert_eq!(rule.text("retry/codes"), Some("502,503"));
        assert_eq!(rule.address().pointer(), "/spec/rules/2");
    }
}
