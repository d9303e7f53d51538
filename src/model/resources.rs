//! Resources: what a container or a pod asks for, and what it may take at most.

use serde_json::Value;

use super::json::{list, text};
use crate::object::{At, ObjectId};

/// What is said of one resource.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Bounds {
    /// Whether some of it is asked for. A limit alone is a request too: the API server makes one of it.
    pub has_request: bool,
    /// Whether it is limited.
    pub has_limit: bool,
}

/// What is said of processor and memory.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Resources {
    /// Of the processor.
    pub cpu: Bounds,
    /// Of memory.
    pub memory: Bounds,
}

impl Resources {
    /// Reads the field `resources` of a container or a pod.
    pub(super) fn read(value: &Value) -> Self {
        let bounds = |name: &str| {
            let has_limit = !value.at(["limits", name]).is_null();
            Bounds { has_request: has_limit || !value.at(["requests", name]).is_null(), has_limit }
        };
        Self { cpu: bounds("cpu"), memory: bounds("memory") }
    }

    /// What is said of the resource of this name; `None` of one that is neither processor nor memory.
    #[must_use]
    pub fn of(&self, resource: &str) -> Option<Bounds> {
        match resource {
            "cpu" => Some(self.cpu),
            "memory" => Some(self.memory),
            _ => None,
        }
    }
}

/// A `LimitRange`.
#[derive(Clone, Debug)]
pub struct LimitRange {
    /// Which one.
    pub id: ObjectId,
    /// What it gives to containers of its namespace that say nothing themselves.
    pub defaults: Resources,
}

impl LimitRange {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let items =
            || list(raw.at(["spec", "limits"])).map(|(_, item)| item).filter(|item| text(item.at(["type"])) == "Container");
        // What is not written follows from the bounds (`SetDefaults_LimitRangeItem`).
        let bounds = |name: &str| {
            let says = |field: &str| items().any(|item| !item.at([field, name]).is_null());
            let has_limit = says("default") || says("max");
            Bounds { has_request: has_limit || says("defaultRequest") || says("min"), has_limit }
        };
        Self { id: id.clone(), defaults: Resources { cpu: bounds("cpu"), memory: bounds("memory") } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Kind;

    #[test]
    fn a_limit_alone_is_a_request_too() {
        let read = Resources::read(&json!({"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}}));
        assert_eq!(read.of("cpu"), Some(Bounds { has_request: true, has_limit: false }));
        assert_eq!(read.of("memory"), Some(Bounds { has_request: true, has_limit: true }));
        assert_eq!(read.of("nvidia.com/gpu"), None);
        assert_eq!(Resources::read(&json!({"requests": null, "limits": {"cpu": null}})), Resources::default());
    }

    #[test]
    fn only_what_is_for_containers_is_a_default_of_theirs() {
        let id = ObjectId::new(Kind::LimitRange, "shop", "defaults");
        let limits = json!([{"type": "Pod", "max": {"memory": "1Gi"}}, {"type": "Container", "defaultRequest": {"cpu": "50m"}}]);
        let range = LimitRange::read(&id, &json!({"spec": {"limits": limits}}));
        assert!(range.defaults.cpu.has_request && !range.defaults.cpu.has_limit && !range.defaults.memory.has_request);
    }
}
