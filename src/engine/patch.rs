//! From fixes to a JSON patch (RFC 6902), built against the raw object and applied to it before anybody sends it.

use json_patch::{AddOperation, PatchOperation, ReplaceOperation, jsonptr::PointerBuf};
use serde_json::{Value, json};

use crate::finding::Fix;
use crate::object::{At, escape};

/// The annotation that names the rules whose fixes were applied.
const INJECTED: &str = "no502.dev/injected";

/// A patch that is known to apply.
#[derive(Debug)]
pub struct Patch {
    /// The operations, in order.
    pub operations: json_patch::Patch,
    /// The rules whose fixes they apply.
    pub rules: Vec<&'static str>,
    /// What changes, in words: `/spec/...: 30 -> 45`.
    pub summary: Vec<String>,
    /// The object with the patch applied.
    pub patched: Value,
}

impl Patch {
    /// The patch that applies these fixes; `None` where there is nothing to change.
    #[must_use]
    pub fn build<'f>(raw: &Value, fixes: impl IntoIterator<Item = (&'static str, &'f Fix)>) -> Option<Self> {
        let mut fixes = fixes.into_iter().peekable();
        fixes.peek()?;
        let operations = json_patch::Patch(Vec::new());
        let mut patch = Self { operations, rules: Vec::new(), summary: Vec::new(), patched: raw.clone() };
        patch.add(fixes).then_some(patch)
    }

    /// Applies more fixes. Whether they change anything.
    pub(super) fn add<'f>(&mut self, fixes: impl IntoIterator<Item = (&'static str, &'f Fix)>) -> bool {
        let before = self.operations.0.len();
        for (rule, fix) in fixes {
            let writes = fix.writes.iter().map(|write| self.write(&write.address.pointer(), &write.value));
            // All writes are tried: a fix may consist of several.
            if writes.fold(false, |changed, wrote| changed | wrote) && !self.rules.contains(&rule) {
                self.rules.push(rule);
            }
        }
        self.operations.0.len() > before
    }

    /// Gives the field at a pointer a value. Whether anything changed.
    fn write(&mut self, pointer: &str, value: &Value) -> bool {
        let present = self.patched.pointer(pointer).filter(|present| !present.is_null());
        // Several fixes may raise the same number: the highest holds.
        let is_enough = present.is_some_and(|present| match (present.as_u64(), value.as_u64()) {
            (Some(present), Some(wanted)) => present >= wanted,
            _ => present == value,
        });
        if is_enough {
            return false;
        }
        let (path, value) =
            if present.is_some() { (pointer.to_owned(), value.clone()) } else { self.with_parents(pointer, value) };
        let Ok(target) = PointerBuf::parse(path) else { return false };
        let operation = if present.is_some() {
            PatchOperation::Replace(ReplaceOperation { path: target, value: value.clone() })
        } else {
            PatchOperation::Add(AddOperation { path: target, value: value.clone() })
        };
        let summary =
            present.map_or_else(|| format!("{pointer}: added {value}"), |present| format!("{pointer}: {present} -> {value}"));
        if json_patch::patch(&mut self.patched, std::slice::from_ref(&operation)).is_err() {
            return false;
        }
        self.operations.0.push(operation);
        self.summary.push(summary);
        true
    }

    /// The nearest parent that has to be added, and the value with everything between.
    fn with_parents(&self, pointer: &str, value: &Value) -> (String, Value) {
        let mut path = pointer.to_owned();
        let mut value = value.clone();
        while let Some((parent, token)) = path.rsplit_once('/') {
            if self.patched.pointer(parent).is_some_and(|parent| !parent.is_null()) {
                break;
            }
            let key = token.replace("~1", "/").replace("~0", "~");
            value = json!({ key: value });
            path = parent.to_owned();
        }
        (path, value)
    }

    /// The same patch, which also names its rules in an annotation, beside those that were named before: what admission
    /// adds can be told from what an author wrote.
    #[must_use]
    pub fn signed(mut self) -> Self {
        let before = self.patched.at(["metadata", "annotations", INJECTED]).as_str().unwrap_or_default().to_owned();
        let mut names: Vec<&str> = before.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        names.extend(self.rules.iter().copied());
        names.sort_unstable();
        names.dedup();
        let signature = Value::from(names.join(","));
        let summary = std::mem::take(&mut self.summary);
        self.write(&format!("/metadata/annotations/{}", escape(INJECTED)), &signature);
        Self { summary, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FixKind;
    use crate::model::Write;
    use crate::object::Address;

    fn fix(address: Address, value: Value) -> Fix {
        Fix { kind: FixKind::Add, writes: vec![Write { address, value }] }
    }

    #[test]
    fn missing_parents_are_added_and_the_result_applies() {
        let raw = json!({"metadata": {"name": "web", "annotations": null}, "spec": {"template": {"spec": {"containers": [{"name": "web"}]}}}});
        let sleep =
            fix(Address::item("/spec/template/spec/containers/{}/lifecycle/preStop", 0), json!({"sleep": {"seconds": 10}}));
        let patch = Patch::build(&raw, [("prestop-missing", &sleep)]).unwrap().signed();
        let mut applied = raw;
        json_patch::patch(&mut applied, &patch.operations).unwrap();
        assert_eq!(applied, patch.patched);
        assert_eq!(applied["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"], 10);
        assert_eq!(applied["metadata"]["annotations"]["no502.dev/injected"], "prestop-missing");
    }

    #[test]
    fn a_number_is_only_raised_and_nothing_to_do_is_no_patch() {
        let address = Address::field("/spec/template/spec/terminationGracePeriodSeconds");
        let raw = json!({"metadata": {}, "spec": {"template": {"spec": {"terminationGracePeriodSeconds": 60}}}});
        assert!(Patch::build(&raw, [("a", &fix(address.clone(), json!(45)))]).is_none());
        let raised = Patch::build(&raw, [("a", &fix(address.clone(), json!(70))), ("b", &fix(address, json!(65)))]).unwrap();
        assert_eq!(raised.rules, ["a"]);
        assert_eq!(raised.summary, ["/spec/template/spec/terminationGracePeriodSeconds: 60 -> 70"]);
        assert!(Patch::build(&json!({}), []).is_none());
    }

    #[test]
    fn a_timeout_of_a_rule_comes_with_the_mapping_it_stands_in() {
        let raw = json!({"spec": {"rules": [{}, {"timeouts": {"request": "30s"}}, {"matches": []}]}});
        let at = |index| fix(Address::item("/spec/rules/{}/timeouts/backendRequest", index), json!("10s"));
        let (first, second) = (at(0), at(1));
        let patch = Patch::build(&raw, [("timeout-unset", &first), ("timeout-unset", &second)]).unwrap();
        let operations = json!([
            {"op": "add", "path": "/spec/rules/0/timeouts", "value": {"backendRequest": "10s"}},
            {"op": "add", "path": "/spec/rules/1/timeouts/backendRequest", "value": "10s"}
        ]);
        assert_eq!(serde_json::to_value(&patch.operations).unwrap(), operations);
        assert_eq!(first.writes[0].line().unwrap(), "timeouts: {backendRequest: 10s}");
    }
}
