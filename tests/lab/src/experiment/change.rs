//! "Use instead": the lines of a page, merged into the objects that a user has.

use serde_json::Value;

/// Merges each change into the object of its kind and name; one that meets no object is a new object.
pub(crate) fn apply(objects: &mut Vec<Value>, changes: &[Value]) {
    for change in changes {
        match objects.iter_mut().find(|object| is_same(change, object)) {
            Some(object) => merge(object, change),
            None => objects.push(change.clone()),
        }
    }
}

/// Whether a change is one of this object: it has its kind, and its name, if it names one.
pub(crate) fn is_same(change: &Value, object: &Value) -> bool {
    let name = |value: &Value| value.pointer("/metadata/name").cloned();
    object.get("kind") == change.get("kind") && (name(change).is_none() || name(object) == name(change))
}

/// Mappings are merged key by key, `null` removes; lists of named things by name, as `kubectl patch` does; all else is
/// replaced.
fn merge(target: &mut Value, change: &Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (key, value) in change {
                if value.is_null() {
                    target.remove(key);
                } else {
                    merge(target.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(target), Value::Array(change))
            if change.iter().all(|item| item.get("name").is_some()) && !target.is_empty() =>
        {
            for item in change {
                match target.iter_mut().find(|other| other.get("name") == item.get("name")) {
                    Some(other) => merge(other, item),
                    None => target.push(item.clone()),
                }
            }
        }
        (target, change) => {
            *target = Value::Null;
            let mut clean = change.clone();
            strip_nulls(&mut clean);
            *target = clean;
        }
    }
}

fn strip_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(strip_nulls);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn named_things_are_merged_and_null_removes() {
        let mut objects = vec![json!({"kind": "Deployment", "metadata": {"name": "app"}, "spec": {
            "strategy": {"type": "Recreate"}, "containers": [{"name": "app", "image": "a"}, {"name": "side"}],
        }})];
        let changes = [json!({"kind": "Deployment", "spec": {
            "strategy": null, "containers": [{"name": "app", "lifecycle": {"preStop": {}}}],
        }})];
        apply(&mut objects, &changes);
        let expected = json!({"kind": "Deployment", "metadata": {"name": "app"}, "spec": {
            "containers": [{"name": "app", "image": "a", "lifecycle": {"preStop": {}}}, {"name": "side"}],
        }});
        assert_eq!(objects, [expected]);
    }
}
