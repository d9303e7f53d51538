//! Labels, and selectors over them.

use serde_json::Value;

/// Labels in the order of their keys, or the pairs that a selector demands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Labels(Box<[(Box<str>, Box<str>)]>);

impl Labels {
    /// The string pairs of a JSON object, sorted by key.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let pairs = value.as_object().into_iter().flatten();
        let pairs = pairs.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into())));
        let mut pairs: Vec<(Box<str>, Box<str>)> = pairs.collect();
        pairs.sort_unstable();
        Self(pairs.into())
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let index = self.0.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        self.0.get(index).map(|(_, value)| &**value)
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether these pairs, as a selector, select an object with those labels. Nothing is selected by no pairs.
    #[must_use]
    pub fn select(&self, labels: &Self) -> bool {
        !self.is_empty() && self.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_selector_wants_all_its_pairs_and_an_empty_one_selects_nothing() {
        let labels = Labels::read(&json!({"app": "web", "tier": "front"}));
        assert!(Labels::read(&json!({"app": "web"})).select(&labels));
        assert!(!Labels::read(&json!({"app": "web", "tier": "back"})).select(&labels));
        assert!(!Labels::default().select(&labels));
        assert!(Labels::read(&json!(["not", "labels"])).is_empty());
    }
}
