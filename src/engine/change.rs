//! A change of one object: what it was, and what it will be.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::object::{At, Object};

/// What happens to an object.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// It comes into being.
    Create,
    /// It becomes another.
    Update,
    /// It goes.
    Delete,
}

impl Operation {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A change of one object.
#[derive(Debug)]
pub struct Change {
    /// What happens.
    pub operation: Operation,
    /// The namespace of the request.
    pub namespace: Box<str>,
    /// The object as it will be; `None` when it goes.
    pub after: Option<Object>,
    /// The object as it was, still as text: what concerns no profile is answered without reading it.
    pub before_text: Option<Box<RawValue>>,
}

impl Change {
    /// An object that comes into being.
    #[must_use]
    pub fn create(object: Object) -> Self {
        let namespace = (*object.id.namespace).into();
        Self { operation: Operation::Create, namespace, after: Some(object), before_text: None }
    }

    /// An object that becomes another.
    #[must_use]
    pub fn update(before: &Value, after: Object) -> Self {
        let namespace = (*after.id.namespace).into();
        Self {
            operation: Operation::Update,
            namespace,
            after: Some(after),
            before_text: serde_json::value::to_raw_value(before).ok(),
        }
    }

    /// An object that goes.
    #[must_use]
    pub fn delete(before: &Value, namespace: &str) -> Self {
        let before_text = serde_json::value::to_raw_value(before).ok();
        Self { operation: Operation::Delete, namespace: namespace.into(), after: None, before_text }
    }

    /// The object as it was.
    #[must_use]
    pub fn before(&self) -> Option<Object> {
        let raw: Value = serde_json::from_str(self.before_text.as_ref()?.get()).ok()?;
        Object::new(raw, &self.namespace)
    }

    /// The object that the change is about.
    pub(super) fn subject(&self) -> Option<std::borrow::Cow<'_, Object>> {
        match &self.after {
            Some(after) => Some(std::borrow::Cow::Borrowed(after)),
            None => self.before().map(std::borrow::Cow::Owned),
        }
    }

    /// Whether the object is on its way out already: then nothing may hold it up.
    pub(super) fn is_leaving(&self) -> bool {
        self.operation != Operation::Delete && self.after.as_ref().is_some_and(Object::is_terminating)
    }

    /// Whether a controller owns the object.
    pub(super) fn is_controlled(&self) -> bool {
        self.after.as_ref().is_some_and(Object::is_controlled)
    }

    /// Whether values may be added: when the object comes into being, or when the request itself changes the part that
    /// they belong to, since anything else would start a rollout of its own.
    pub(super) fn may_be_repaired(&self) -> bool {
        let Some(after) = self.after.as_ref().filter(|after| !after.is_controlled() && !after.is_terminating()) else {
            return false;
        };
        match self.operation {
            Operation::Create => true,
            Operation::Delete => false,
            Operation::Update => self.before().is_some_and(|before| {
                if after.id.kind.declares_routes() {
                    let annotations = |object: &Object| object.raw.at(["metadata", "annotations"]).clone();
                    after.raw.at(["spec"]) != before.raw.at(["spec"]) || annotations(after) != annotations(&before)
                } else {
                    after.raw.at(["spec", "template"]) != before.raw.at(["spec", "template"])
                }
            }),
        }
    }
}
