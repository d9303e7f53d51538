//! The examples of the Gateway API itself, from its Go module: what is valid there is no error here, and what is not is no surprise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "it starts one process after another and reads their JSON; what is missing there ends the test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

const MODULE: &str = "sigs.k8s.io/gateway-api@v1.6.1";
/// What the module holds, as `go.sum` would say it.
const SUM: &str = "h1:mock6phZbI6rvZerwrVNk7hVNymQgHo+6sJ81Ia7ftY=";

/// The folder of the module, which Go keeps once it has it.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let empty = tempfile::tempdir().unwrap();
    let mut go = Command::new("go");
    // The sum is compared here.
    go.args(["mod", "download", "-json", MODULE]).env("GOFLAGS", "-mod=mod").env("GONOSUMDB", "*").current_dir(empty.path());
    let output = go.stdin(Stdio::null()).output().expect("go is missing: the examples are in a Go module");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(output.status.success(), "go mod download {MODULE}: {told:#}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told["Sum"], SUM, "{MODULE}");
    told["Dir"].as_str().expect("a folder").into()
});

/// The report on files of the module.
fn check(profile: &str, paths: &[&Path]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    command.args(["check", "--format", "json", "--profile", profile]).args(paths).current_dir(&*FOLDER);
    let output = command.env_remove("NO502_POLICY").stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{paths:?}: {errors}");
    let code = output.status.code().unwrap_or_else(|| panic!("{paths:?}: ended by a signal: {}", output.status));
    (code, serde_json::from_slice(&output.stdout).unwrap())
}

/// The YAML files below a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|own| own == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn count(report: &Value, name: &str) -> u64 {
    report["summary"][name].as_u64().unwrap()
}

fn errors(report: &Value) -> Vec<&Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["level"] == "error").collect()
}

#[test]
fn what_is_valid_is_no_error_in_baseline_and_readable_in_strict() {
    let examples = files(&FOLDER.join("examples"));
    assert!(examples.len() > 70, "only {} examples", examples.len());
    let (mut objects, mut said) = (0, 0);
    // Each for itself, as who tries them out does, and all at once.
    let each = examples.iter().map(|path| vec![path.as_path()]);
    for paths in each.chain([examples.iter().map(PathBuf::as_path).collect()]) {
        let (code, report) = check("baseline", &paths);
        assert_eq!((code, errors(&report)), (0, Vec::<&Value>::new()), "{paths:?}");
        let (_, report) = check("strict", &paths);
        assert_eq!(count(&report, "unreadable"), 0, "{paths:?}: {report:#}");
        objects += count(&report, "objects");
        said += count(&report, "warnings");
    }
    assert!(objects > 100 && said > 0, "{objects} objects, {said} warnings: nothing was judged");
}

#[test]
fn what_is_invalid_is_read_or_noted() {
    let examples = files(&FOLDER.join("hack/invalid-examples"));
    assert!(examples.len() > 30, "only {} examples", examples.len());
    for path in &examples {
        let (code, report) = check("strict", &[path]);
        assert!((0..=2).contains(&code), "{}: {code}", path.display());
        assert!(
            count(&report, "objects") > 0 || !report["notes"].as_array().unwrap().is_empty(),
            "{}: {report:#}",
            path.display()
        );
    }
}
