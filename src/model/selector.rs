//! Labels, and selectors over them.

use serde_json::Value;

use crate::object::At;

/// The label by which every namespace carries its own name, though no manifest writes it: the API server lays it on.
/// Source: `LabelMetadataName` in `staging/src/k8s.io/api/core/v1/types.go`.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

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

/// Labels that controllers lay upon pods, sorted.
const LAID_ON: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// What the keys of labels begin with that webhooks and the scheduler lay upon pods.
const LAID_ON_UNDER: &[&str] =
    &["linkerd.io/", "security.istio.io/", "service.istio.io/", "sidecar.istio.io/", "topology.kubernetes.io/"];

/// Whether a label may be on pods though no template shows it, since Kubernetes or an extension lays it on them.
#[must_use]
pub fn is_laid_on(key: &str) -> bool {
    LAID_ON.binary_search(&key).is_ok() || LAID_ON_UNDER.iter().any(|prefix| key.starts_with(prefix))
}

/// A selector with expressions. One without any demand selects all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selector {
    /// The pairs that it demands.
    pub labels: Labels,
    expressions: Box<[Expression]>,
}

/// What is known of a label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Known<'l> {
    /// It is not there.
    Absent,
    /// It may be there, with any value.
    Unknown,
    /// It has this value.
    Value(&'l str),
}

/// One demand on a label.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Expression {
    key: Box<str>,
    demand: Demand,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Demand {
    In(Box<[Box<str>]>),
    NotIn(Box<[Box<str>]>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// The `LabelSelector` in a JSON object; `None` where there is no object. An operator that nobody knows, which the API
    /// server refuses, demands nothing.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        value.as_object()?;
        let expressions = value.at(["matchExpressions"]).as_array().into_iter().flatten().filter_map(Expression::read);
        Some(Self { labels: Labels::read(value.at(["matchLabels"])), expressions: expressions.collect() })
    }

    /// The selector that demands one pair.
    #[must_use]
    pub fn of(key: &str, value: &str) -> Self {
        Self { labels: Labels([(key.into(), value.into())].into()), expressions: Box::default() }
    }

    /// Whether it selects an object with these labels.
    #[must_use]
    pub fn selects(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|expression| expression.holds(labels))
    }

    /// Whether it selects an object of which not every label is known; `None` where that depends on those that are not.
    #[must_use]
    pub fn may_select<'l>(&self, label: impl Fn(&str) -> Known<'l>) -> Option<bool> {
        let holds = |key: &str, demand: &dyn Fn(Option<&str>) -> bool| match label(key) {
            Known::Absent => Some(demand(None)),
            Known::Unknown => None,
            Known::Value(own) => Some(demand(Some(own))),
        };
        let pairs = self.labels.iter().map(|(key, value)| holds(key, &|own| own == Some(value)));
        let expressions = self.expressions.iter().map(|own| holds(&own.key, &|value| own.demand.holds(value)));
        let answers: Vec<Option<bool>> = pairs.chain(expressions).collect();
        if answers.contains(&Some(false)) { Some(false) } else { (!answers.contains(&None)).then_some(true) }
    }

    /// Whether it selects a namespace. Without its labels only its name is known, which is a label of every namespace.
    #[must_use]
    pub fn may_select_namespace(&self, name: &str, labels: Option<&Labels>) -> Option<bool> {
        self.may_select(|key| match labels {
            _ if key == NAMESPACE_NAME => Known::Value(name),
            None => Known::Unknown,
            Some(labels) => labels.get(key).map_or(Known::Absent, Known::Value),
        })
    }

    /// Whether it demands one certain value of a label.
    #[must_use]
    pub fn has_one_value(&self, key: &str) -> bool {
        let is_one = |own: &Expression| *own.key == *key && matches!(&own.demand, Demand::In(values) if values.len() == 1);
        self.labels.get(key).is_some() || self.expressions.iter().any(is_one)
    }

    /// Whether it selects everything.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }
}

impl Expression {
    fn read(value: &Value) -> Option<Self> {
        let values =
            || value.at(["values"]).as_array().into_iter().flatten().filter_map(|one| Some(one.as_str()?.into())).collect();
        let demand = match value.at(["operator"]).as_str()? {
            "In" => Demand::In(values()),
            "NotIn" => Demand::NotIn(values()),
            "Exists" => Demand::Exists,
            "DoesNotExist" => Demand::DoesNotExist,
            _ => return None,
        };
        Some(Self { key: value.at(["key"]).as_str()?.into(), demand })
    }

    fn holds(&self, labels: &Labels) -> bool {
        self.demand.holds(labels.get(&self.key))
    }
}

impl Demand {
    fn holds(&self, own: Option<&str>) -> bool {
        match self {
            Self::In(values) => own.is_some_and(|own| values.iter().any(|value| **value == *own)),
            // An absent label is none of the values.
            Self::NotIn(values) => own.is_none_or(|own| values.iter().all(|value| **value != *own)),
            Self::Exists => own.is_some(),
            Self::DoesNotExist => own.is_none(),
        }
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

    #[test]
    fn every_operator_means_what_kubernetes_means() {
        let selector = |raw: Value| Selector::read(&raw).unwrap();
        let one = |operator: &str, values: Value| {
            selector(json!({"matchExpressions": [{"key": "tier", "operator": operator, "values": values}]}))
        };
        let front = Labels::read(&json!({"tier": "front"}));
        let bare = Labels::default();
        let table = [
            ("In", json!(["front", "back"]), true, false),
            ("In", json!(["back"]), false, false),
            ("NotIn", json!(["back"]), true, true),
            ("NotIn", json!(["front"]), false, true),
            ("Exists", json!(null), true, false),
            ("DoesNotExist", json!(null), false, true),
        ];
        for (operator, values, with, without) in table {
            let selector = one(operator, values);
            assert_eq!((selector.selects(&front), selector.selects(&bare)), (with, without), "{operator}");
        }
        assert!(selector(json!({})).selects(&bare) && selector(json!({})).is_all());
        assert!(!selector(json!({"matchLabels": {"a": "b"}})).selects(&front));
        assert_eq!(Selector::read(&json!(null)), None);
    }

    #[test]
    fn of_labels_that_are_not_all_known_a_selector_says_what_is_certain() {
        let selector = |raw: Value| Selector::read(&raw).unwrap();
        let label = |key: &str| match key {
            "tier" => Known::Value("front"),
            "gone" => Known::Absent,
            _ => Known::Unknown,
        };
        let other = json!({"key": "other", "operator": "Exists"});
        let table = [
            (json!({}), Some(true)),
            (json!({"matchLabels": {"tier": "front"}}), Some(true)),
            (json!({"matchLabels": {"tier": "front", "other": "x"}}), None),
            (json!({"matchLabels": {"other": "x"}, "matchExpressions": [{"key": "gone", "operator": "Exists"}]}), Some(false)),
            (json!({"matchLabels": {"tier": "back"}, "matchExpressions": [other.clone()]}), Some(false)),
            (json!({"matchLabels": {"tier": "front"}, "matchExpressions": [other]}), None),
            (json!({"matchExpressions": [{"key": "gone", "operator": "DoesNotExist"}]}), Some(true)),
        ];
        for (raw, expected) in table {
            assert_eq!(selector(raw.clone()).may_select(label), expected, "{raw}");
        }
    }
}
