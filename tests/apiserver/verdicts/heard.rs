//! What dry runs say, what that has in common with what `check` says, and why not all of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::staged::Said;
use super::text;
use crate::http::Reply;

/// What dry runs say of the objects of a case.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The objects, rules and fields of denials.
    causes: BTreeSet<(String, String, String)>,
    /// Lines of warnings, in the words that are said of the object itself.
    warnings: BTreeSet<String>,
    /// Whether some lines were left out.
    is_cut: bool,
}

impl Heard {
    /// Adds what is said of an object; or why the API server did not get as far as asking.
    pub(super) fn add(&mut self, object: &str, reply: &Reply) -> std::result::Result<(), String> {
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let message = text(&answer, "/message");
        match (reply.status, text(&answer, "/reason")) {
            // That it is there already is seen last.
            (200 | 201, _) | (409, "AlreadyExists") => {}
            (403, _) if message.contains("denied the request") => {
                let causes = answer.pointer("/details/causes").and_then(Value::as_array).into_iter().flatten();
                let of = |cause: &Value, at: &str| text(cause, at).to_owned();
                self.causes.extend(causes.map(|cause| (object.to_owned(), of(cause, "/reason"), of(cause, "/field"))));
            }
            _ => return Err(format!("{} {message}", reply.status)),
        }
        let lines = reply.warnings.iter().filter(|line| line.starts_with("no502 ["));
        self.warnings.extend(lines.map(|line| line.replacen("] would route to ", "] ", 1)));
        self.is_cut |= reply.warnings.iter().any(|line| line.contains("more; `no502 check` shows them all"));
        Ok(())
    }

    /// Whether it is said.
    fn has(&self, said: &Said) -> bool {
        match &*said.level {
            "error" => self.causes.contains(&(said.object.clone(), said.rule.clone(), said.field.clone())),
            _ => self.is_cut || self.warnings.iter().any(|warning| is_line_of(warning, said)),
        }
    }

    /// What is said at one gate and not at the other.
    pub(super) fn differences(&self, checked: &[Said]) -> Vec<Difference> {
        let mut found = Vec::new();
        for said in checked.iter().filter(|said| !self.has(said)) {
            let is_same = |other: &&Said| other.place() == said.place() && other.level == said.level;
            let (object, rule) = (said.object.clone(), said.rule.clone());
            let is_said_once = checked.iter().filter(is_same).any(|other| self.has(other));
            let text = format!("{} {} {}: {}", said.level, said.object, said.field, said.message);
            found.push(Difference { is_of_check: true, is_said_once, object, rule, text });
        }
        let (is_of_check, is_said_once) = (false, false);
        for (object, rule, field) in &self.causes {
            let is_this =
                |said: &&Said| said.level == "error" && said.object == *object && said.rule == *rule && said.field == *field;
            if !checked.iter().any(|said| is_this(&said)) {
                let text = format!("error {object} {field}");
                found.push(Difference { is_of_check, is_said_once, object: object.clone(), rule: rule.clone(), text });
            }
        }
        for warning in self.warnings.iter().filter(|warning| !checked.iter().any(|said| is_line_of(warning, said))) {
            let (rule, text) = warning.trim_start_matches("no502 [").split_once("] ").unwrap_or_default();
            let (object, rule) = (text.split(':').next().unwrap_or_default().to_owned(), rule.to_owned());
            found.push(Difference { is_of_check, is_said_once, object, rule, text: text.to_owned() });
        }
        found
    }
}

/// What one gate says and the other does not.
pub(super) struct Difference {
    pub(super) is_of_check: bool,
    /// Whether the other gate says it of another place of the same name.
    is_said_once: bool,
    object: String,
    pub(super) rule: String,
    pub(super) text: String,
}

impl Difference {
    /// Why that is meant.
    pub(super) fn law(&self) -> Option<&'static str> {
        let kind = self.object.split(' ').next().unwrap_or_default();
        match (&*self.rule, self.is_of_check) {
            _ if self.is_said_once => Some("admission says once what it would say of several places of the same name"),
            (_, true) if kind == "Pod" => Some("pods are not asked about: whatever happens to no502, controllers can start them"),
            (_, true) if kind == "ConfigMap" => Some("a ConfigMap is asked about in the namespace that the component names"),
            ("balancer-health-check-differs", true) => Some("only the object at fault is refused: of another one, a warning"),
            ("autoscaler-fights-replicas", true) => {
                Some("who wrote the number is told by managedFields, and here that is nobody known")
            }
            ("key-decided-elsewhere" | "route-conflict", _) => {
                Some("which object is older is only known of those that are stored")
            }
            ("retry-without-effect" | "timeout-without-effect" | "probe-protocol-mismatch", _) => {
                Some("the API server drops fields that its definitions do not have")
            }
            ("path-shadowed" | "route-without-backend", _) if kind == "HTTPRoute" => {
                Some("the definition writes the rule or the match that is absent")
            }
            ("parent-missing", _)
            | (
                "class-unknown"
                | "host-name-unresolvable"
                | "mesh-mtls-excludes-gateway"
                | "policy-blocks-gateway"
                | "readiness-gate-missing"
                | "service-selects-mixed",
                false,
            ) => Some("a cluster is seen whole, with the labels of its namespaces, and files may be a part"),
            _ => None,
        }
    }
}

/// Whether a warning is that of a finding: a long one ends early, and some say that they are pending.
fn is_line_of(warning: &str, said: &Said) -> bool {
    let (kind, name) = said.object.split_once(' ').unwrap_or_default();
    let line = format!("no502 [{}] {kind} {}: {}", said.rule, name.rsplit('/').next().unwrap_or_default(), said.message);
    let shown = [" (pending: `no502 check`)", " (pending)"].iter().find_map(|tail| warning.strip_suffix(tail)).unwrap_or(warning);
    shown.strip_suffix('…').map_or(line == shown, |beginning| line.starts_with(beginning))
}
