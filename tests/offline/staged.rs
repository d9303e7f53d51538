//! The case files of the rules as small worlds for other gates than their own test: what is in them, and what `check` says of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a case that is not what it should be ends the test"
)]
// Whoever runs a command for a case waits for it.
#![allow(clippy::disallowed_methods, reason = "tests start processes and wait for them")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use no502::object::yaml;
use serde_json::Value;

/// A case file.
pub(crate) struct Case {
    /// `rule/file.yaml`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The profile that it is judged by.
    pub(crate) profile: String,
    /// The policy document that it brings.
    pub(crate) policy: Option<Value>,
    /// All other documents, in their order.
    pub(crate) objects: Vec<Value>,
    /// Whether its first object is what one of the others was before, or one that goes.
    pub(crate) is_change: bool,
}

/// What a gate says of one object.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Said {
    /// The object under review, or at fault.
    pub(crate) object: String,
    pub(crate) rule: String,
    pub(crate) level: String,
    pub(crate) field: String,
    pub(crate) message: String,
    /// Whether an object that was never seen may still cure it.
    pub(crate) is_pending: bool,
}

impl Said {
    /// Where it is said, without the indexes of lists.
    pub(crate) fn place(&self) -> (&str, &str, String) {
        let named = self.field.split('/').filter(|token| token.parse::<usize>().is_err()).collect::<Vec<_>>().join("/");
        (&self.object, &self.rule, named)
    }
}

/// All cases, in the order of their names.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rules");
    let below = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut paths: Vec<PathBuf> = below(&root).iter().flat_map(|folder| below(folder)).collect();
    paths.sort();
    let cases: Vec<Case> = paths.into_iter().map(|path| read(&root, path)).collect();
    assert!(cases.len() > 500, "{} cases", cases.len());
    cases
}

fn read(root: &Path, path: PathBuf) -> Case {
    let text = std::fs::read_to_string(&path).unwrap();
    let name = path.strip_prefix(root).unwrap().display().to_string();
    let documents = yaml::read(&text).0.into_iter().map(|document| document.value);
    let is_policy = |value: &Value| value["apiVersion"].as_str().is_some_and(|version| version.starts_with("no502.dev/"));
    let (policy, objects): (Vec<Value>, Vec<Value>) = documents.partition(is_policy);
    let said: Vec<&str> = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
    let profile = said.iter().find_map(|line| line.strip_prefix("profile:")).map_or("baseline", str::trim);
    let is_change = said.contains(&"before");
    Case { name, profile: profile.to_owned(), policy: policy.into_iter().next(), objects, is_change, path }
}

/// `Deployment default/web`, as a report names it.
pub(crate) fn object_name(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

impl Case {
    /// Whether one of its objects is there in several states.
    pub(crate) fn has_alternatives(&self) -> bool {
        let id = |raw: &Value| {
            let namespace = raw["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
            (raw["kind"].to_string(), namespace, raw["metadata"]["name"].to_string())
        };
        let mut ids: Vec<_> = self.objects.iter().map(id).collect();
        ids.sort();
        ids.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// What the binary's `check` says of the file.
    pub(crate) fn checked(&self, binary: &Path) -> Vec<Said> {
        let mut command = Command::new(binary);
        command.args(["check", "--format", "json", "--fail-on", "never", "--profile", &self.profile]).arg(&self.path);
        let policy = tempfile::NamedTempFile::new().unwrap();
        if let Some(document) = &self.policy {
            std::fs::write(policy.path(), document.to_string()).unwrap();
            command.arg("--policy").arg(policy.path());
        }
        let output = command.env_remove("NO502_POLICY").stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["exception"].is_null());
        let mut said: Vec<Said> = findings
            .map(|finding| {
                let of = |key: &str| finding["object"][key].as_str().unwrap_or_default();
                Said {
                    object: object_name(of("kind"), of("namespace"), of("name")),
                    rule: text(&finding["rule"]),
                    level: text(&finding["level"]),
                    field: text(&finding["field"]),
                    message: text(&finding["message"]),
                    is_pending: finding["certainty"] == "pending",
                }
            })
            .collect();
        said.sort();
        said
    }
}
