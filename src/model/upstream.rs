//! Upstreams: the named backends of an object, each with settings of its own.

use serde_json::Value;

use super::json::{list, text};
use crate::object::{Address, At};

/// A named backend of an object that declares routes.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Its name.
    pub name: Box<str>,
    /// Its place among the upstreams of the object.
    pub index: usize,
    /// Whether the object puts lines of its own into the gateway's configuration, which may say more than the fields do.
    pub has_snippets: bool,
    /// Its fields that hold a text, a number or a bool, as texts, sorted by their paths below the upstream:
    /// `read-timeout`, `buffers/size`.
    fields: Box<[(Box<str>, Box<str>)]>,
}

/// Where upstreams stand.
const UPSTREAM: &str = "/spec/upstreams/{}";

impl Upstream {
    /// The upstreams of an object.
    pub(super) fn read_all(spec: &Value, has_snippets: bool) -> Box<[Self]> {
        let read = |(index, value): (usize, &Value)| {
            let mut fields = Vec::new();
            flatten("", value, &mut fields);
            fields.sort_unstable();
            Self { name: text(value.at(["name"])).into(), index, has_snippets, fields: fields.into() }
        };
        list(spec.at(["upstreams"])).map(read).collect()
    }

    /// The text of a field; an empty one counts as absent.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        let found = self.fields.binary_search_by(|(own, _)| (**own).cmp(field)).ok()?;
        self.fields.get(found).map(|(_, text)| &**text).filter(|text| !text.is_empty())
    }

    /// The text of the field at an address.
    #[must_use]
    pub fn text_at(&self, address: &Address) -> Option<&str> {
        match address {
            Address::Field(template, _) => self.text(template.strip_prefix(UPSTREAM)?.strip_prefix('/')?),
            Address::Key { .. } | Address::Annotation(_) | Address::Data(_) => None,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::item(UPSTREAM, self.index)
    }
}

/// The scalars of a mapping and of those below it. Lists hold nothing that is a setting.
fn flatten(above: &str, value: &Value, fields: &mut Vec<(Box<str>, Box<str>)>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = if above.is_empty() { key.clone() } else { format!("{above}/{key}") };
        match value {
            Value::Object(_) => flatten(&path, value, fields),
            Value::String(text) => fields.push((path.into(), text.as_str().into())),
            Value::Number(_) | Value::Bool(_) => fields.push((path.into(), value.to_string().into())),
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
        let upstreams = Upstream::read_all(&raw, false);
        let tea = &upstreams[1];
        assert_eq!(tea.text("buffers/number"), Some("4"));
        assert_eq!(tea.text("type"), None);
        assert_eq!(tea.text_at(&Address::item("/spec/upstreams/{}/buffers/size", 1)), Some("8k"));
        assert_eq!(tea.text_at(&Address::field("/spec")), None);
    }
}
