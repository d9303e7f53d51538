//! Manifests that nobody here wrote: whatever they hold, `check` says what it cannot read, and never crashes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use no502::object::yaml;
use serde_json::Value;

/// A file of the corpus, whether there is one or not.
pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name)
}

/// Unpacks an archive of the corpus; none where there is no corpus beside the checkout.
pub(crate) fn unpacked(archive: &str) -> Option<tempfile::TempDir> {
    let archive = beside(archive);
    if !archive.is_file() {
        eprintln!("left out: there is no {}", archive.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(status.success(), "tar: {status}");
    Some(folder)
}

/// The manifests below a folder.
pub(crate) fn manifests(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_manifest = path.extension().is_some_and(|own| ["json", "yaml", "yml"].iter().any(|known| own == *known));
        if path.is_dir() && !path.is_symlink() {
            manifests(&path, found);
        } else if is_manifest && path.is_file() {
            found.insert(path);
        }
    }
}

/// The JSON report of a folder, and the exit code; in `strict` unless the options say otherwise.
pub(crate) fn check(folder: &Path, options: &[&str], paths: &[PathBuf]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    let profile: &[&str] = if options.contains(&"--profile") { &[] } else { &["--profile", "strict"] };
    command.args(["check", "--format", "json"]).args(profile).args(options).args(paths).current_dir(folder);
    let output = command.env_remove("NO502_POLICY").stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");
    let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {}", output.status));
    (code, serde_json::from_slice(&output.stdout).unwrap())
}

/// The exit code that a report stands for.
pub(crate) fn documented(report: &Value) -> i32 {
    let count = |name: &str| report["summary"][name].as_u64().unwrap();
    if count("unreadable") > 0 { 2 } else { i32::from(count("errors") > 0) }
}

#[test]
fn open_manifests_are_judged_without_a_crash() {
    let Some(folder) = unpacked("open.txz") else { return };
    let (code, report) = check(folder.path(), &[], &[]);
    assert_eq!(code, documented(&report));
    let count = |name: &str| report["summary"][name].as_u64().unwrap();
    assert!(count("files") > 1000 && count("objects") > 1000 && count("warnings") > 100, "{}", report["summary"]);
    // Places are places: no finding stands outside of its file.
    for finding in report["findings"].as_array().unwrap() {
        let file = std::fs::read_to_string(folder.path().join(finding["file"].as_str().unwrap())).unwrap();
        let line = finding["line"].as_u64().unwrap();
        assert!((1..=file.lines().count() as u64).contains(&line), "{finding:#}");
    }
}

#[test]
fn every_broken_file_has_its_note() {
    let Some(folder) = unpacked("broken.txz") else { return };
    let mut files = BTreeSet::new();
    manifests(folder.path(), &mut files);
    assert!(files.len() > 10, "{files:?}");
    let (code, report) = check(folder.path(), &[], &[]);
    assert_eq!(code, 2);
    let notes = report["notes"].as_array().unwrap();
    let noted: BTreeSet<PathBuf> = notes.iter().map(|note| folder.path().join(note["file"].as_str().unwrap())).collect();
    let silent: Vec<&PathBuf> = files.difference(&noted).collect();
    assert!(silent.is_empty(), "read without a word: {silent:#?}");
    for note in notes {
        assert!(note["line"].as_u64().unwrap() > 0 && !note["message"].as_str().unwrap().is_empty(), "{note}");
    }
    // Each alone ends the same way.
    for file in &files {
        assert_eq!(check(folder.path(), &[], std::slice::from_ref(file)).0, 2, "{}", file.display());
    }
}

#[test]
fn every_error_in_baseline_was_read_and_none_is_wrong() {
    let list = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/errors.yaml")).unwrap();
    let read: Vec<Value> =
        yaml::read(&list).0.into_iter().filter_map(|document| document.value.as_array().cloned()).flatten().collect();
    for entry in &read {
        assert!(entry["verdict"] == "right" && entry["because"].as_str().is_some_and(|text| text.len() > 20), "{entry:#}");
    }
    let Some(folder) = unpacked("open.txz") else { return };
    let (_, report) = check(folder.path(), &["--profile", "baseline"], &[]);
    let text = |value: &Value| value.as_str().unwrap().trim_start_matches("./").to_owned();
    let entry = |own: &Value| (text(&own["file"]), own["line"].as_u64(), text(&own["rule"]), text(&own["object"]));
    let mut listed: Vec<_> = read.iter().map(entry).collect();
    let errors = report["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == "error");
    let mut said: Vec<_> = errors
        .map(|own| {
            let of = |key: &str| own["object"][key].as_str().unwrap();
            let object = format!("{} {}/{}", of("kind"), of("namespace"), of("name"));
            (text(&own["file"]), own["line"].as_u64(), text(&own["rule"]), object)
        })
        .collect();
    listed.sort();
    said.sort();
    let new: Vec<_> = said.iter().filter(|own| !listed.contains(own)).collect();
    let gone: Vec<_> = listed.iter().filter(|own| !said.contains(own)).collect();
    assert!(new.is_empty() && gone.is_empty(), "errors that nobody read: {new:#?}\nerrors that are said no more: {gone:#?}");
}
