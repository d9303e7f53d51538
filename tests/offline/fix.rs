//! `check --fix` and `--diff`: what is written, what is left, and what nobody may find changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use no502::collect::files::Input;
use no502::object::yaml::{self, Encoding, encode, read};
use no502::rule::{FixAvailability, RULES};
use serde_json::Value;

use crate::cases::case_files;
use crate::cli::{Ran, parsed, run_in, run_with};
use crate::corpus::{manifests, unpacked};

pub(crate) const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop # ü
  annotations:
    nginx.ingress.kubernetes.io/proxy-read-timeout: '120s'  # two minutes
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: shop, port: {number: 80}}}
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: shop:1
          ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {type: LoadBalancer, selector: {app: shop}, ports: [{port: 80}]}
";

pub(crate) const IGNORED: [&str; 3] = ["check", "--rule", "value-ignored"];

pub(crate) fn fixed_ingress() -> String {
    INGRESS.replace("'120s'", "'120'")
}

pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

pub(crate) fn file(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

pub(crate) fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [base, more].concat()
}

#[test]
fn a_fix_is_written_once_and_reported() {
    let folder = folder(&[("ingress.yaml", INGRESS.as_bytes())]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix", "--format", "json", "--fail-on", "warning"]));
    let report = parsed(&ran);
    assert_eq!((ran.code, &report["summary"]["fixed"], &report["summary"]["warnings"]), (0, &1.into(), &0.into()), "{report:#}");
    let fix = &report["findings"][0]["fix"];
    assert_eq!(
        (&fix["available"], &fix["applied"], fix["patch"][0]["value"].as_str()),
        (&true.into(), &true.into(), Some("120"))
    );
    assert_eq!((report["findings"].as_array().unwrap().len(), ran.err.as_str()), (1, ""));
    assert_eq!(String::from_utf8(file(folder.path(), "ingress.yaml")).unwrap(), fixed_ingress());
    let again = run_in(folder.path(), &with(&IGNORED, &["--fix"]));
    assert_eq!((again.code, file(folder.path(), "ingress.yaml")), (0, fixed_ingress().into_bytes()), "{}", again.out);
    assert!(again.out.starts_with("nothing found"), "{}", again.out);
}

#[test]
fn what_was_fixed_is_a_line_of_the_text() {
    let folder = folder(&[("ingress.yaml", INGRESS.as_bytes())]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix", "--quiet"]));
    assert!(ran.out.starts_with("fixed [value-ignored] Ingress default/shop: "), "{}", ran.out);
    assert!(ran.out.contains("\n  --> ./ingress.yaml:6:53\n\n"), "{}", ran.out);
    assert!(ran.out.contains("(profile baseline); 1 fixed\n"), "{}", ran.out);
}

#[test]
fn a_diff_shows_the_same_and_writes_nothing() {
    let folder = folder(&[("ingress.yaml", INGRESS.as_bytes()), ("good.yaml", fixed_ingress().as_bytes())]);
    for options in [&["--diff"][..], &["--diff", "--fix"]] {
        let ran = run_in(folder.path(), &with(&with(&IGNORED, &["--fail-on", "warning"]), options));
        let lines = |mark: &str| ran.out.lines().filter(|line| line.starts_with(mark)).map(str::to_owned).collect::<Vec<_>>();
        let annotation = |value: &str| format!("    nginx.ingress.kubernetes.io/proxy-read-timeout: '{value}'  # two minutes");
        assert_eq!(lines("-"), ["--- a/ingress.yaml".to_owned(), format!("-{}", annotation("120s"))], "{}", ran.out);
        assert_eq!(lines("+"), ["+++ b/ingress.yaml".to_owned(), format!("+{}", annotation("120"))], "{}", ran.out);
        // What is not written is not fixed.
        assert_eq!((ran.code, ran.err.as_str()), (1, ""));
        assert_eq!(file(folder.path(), "ingress.yaml"), INGRESS.as_bytes());
    }
    let none = run_in(folder.path(), &with(&IGNORED, &["--diff", "good.yaml"]));
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    assert_eq!(run_in(folder.path(), &with(&IGNORED, &["--diff", "--format", "json"])).code, 2);
}

#[test]
fn a_diff_is_one_that_git_applies() {
    let folder = folder(&[("a b.yaml", DEPLOYMENT.as_bytes()), ("ingress.yaml", INGRESS.replace('\n', "\r\n").as_bytes())]);
    let diff = run_in(folder.path(), &["check", "--diff"]).out;
    std::fs::write(folder.path().join("diff"), &diff).unwrap();
    let applied = Command::new("git").args(["apply", "--whitespace=nowarn", "diff"]).current_dir(folder.path()).output();
    let Ok(applied) = applied else { return eprintln!("git cannot be asked") };
    assert!(applied.status.success(), "{}{diff}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(file(folder.path(), "ingress.yaml"), fixed_ingress().replace('\n', "\r\n").as_bytes());
    assert!(String::from_utf8(file(folder.path(), "a b.yaml")).unwrap().contains("preStop"));
}

#[test]
fn standard_input_comes_out_fixed() {
    let ran = run_with(INGRESS, &with(&IGNORED, &["--fix", "-"]));
    assert_eq!((ran.code, ran.out), (0, fixed_ingress()));
    assert!(ran.err.contains("1 fixed"), "{}", ran.err);
    let same = run_with(&fixed_ingress(), &with(&IGNORED, &["--fix", "-"]));
    assert_eq!((same.code, same.out), (0, fixed_ingress()));
}

#[test]
fn only_what_admission_would_apply_is_written_unless_it_is_asked_for() {
    let hooks = |args: &[&str]| {
        let folder = folder(&[("shop.yaml", DEPLOYMENT.as_bytes())]);
        let ran = run_in(folder.path(), &with(&["check", "--fix", "--profile", "strict"], args));
        let text = String::from_utf8(file(folder.path(), "shop.yaml")).unwrap();
        (text.contains("preStop"), text.contains("readinessProbe"), ran.err)
    };
    let (sleep, probe, said) = hooks(&[]);
    assert!(sleep && !probe && said.contains("--rule"), "{said}");
    let (sleep, probe, said) = hooks(&["--rule", "readiness-probe-missing"]);
    assert!(!sleep && probe && said.is_empty(), "{said}");
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions_its_links_and_its_encoding() {
    use std::os::unix::fs::PermissionsExt as _;
    let wide = encode(INGRESS, Encoding::Utf16Be);
    let folder = folder(&[("wide.yaml", &wide), ("own.yaml", format!("\u{feff}{INGRESS}").as_bytes())]);
    let path = |name: &str| folder.path().join(name);
    std::fs::set_permissions(path("own.yaml"), std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("own.yaml", path("link.yaml")).unwrap();
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix", "link.yaml", "wide.yaml", "./own.yaml"]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(file(folder.path(), "wide.yaml"), encode(&fixed_ingress(), Encoding::Utf16Be));
    assert_eq!(file(folder.path(), "own.yaml"), format!("\u{feff}{}", fixed_ingress()).as_bytes());
    assert!(path("link.yaml").is_symlink());
    assert_eq!(std::fs::metadata(path("own.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left behind");
}

#[test]
fn what_cannot_be_edited_is_named_and_left() {
    let shared = INGRESS.replace("annotations:", "annotations: &all").replace("spec:", "  labels: *all\nspec:");
    let broken = format!("{INGRESS}---\na: b: c\n");
    let folder =
        folder(&[("shared.yaml", shared.as_bytes()), ("broken.yaml", broken.as_bytes()), ("z.yaml", INGRESS.as_bytes())]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix", "--format", "json"]));
    assert_eq!(ran.code, 2);
    assert_eq!(file(folder.path(), "shared.yaml"), shared.as_bytes());
    assert_eq!(file(folder.path(), "broken.yaml"), broken.as_bytes());
    assert_eq!(file(folder.path(), "z.yaml"), fixed_ingress().as_bytes());
    let said =
        ["./shared.yaml is left as it is: /metadata/annotations", "./broken.yaml is left as it is: a part of it cannot be read"];
    assert!(said.iter().all(|said| ran.err.contains(said)), "{}", ran.err);
    let report = parsed(&ran);
    let left = report["findings"].as_array().unwrap().iter().filter(|finding| finding["fix"]["left"].is_string()).count();
    assert_eq!((left, &report["summary"]["fixed"]), (2, &1.into()), "{report:#}");
}

/// The objects of a text.
fn objects(name: &str, text: &str) -> Vec<Value> {
    let mut input = Input::default();
    input.add(name, text.as_bytes().to_vec(), "default");
    input.objects.into_iter().map(|entry| entry.object.raw).collect()
}

/// The options that a case asks for in its first comments, and the file of its policy.
fn options(text: &str, folder: &Path) -> Vec<String> {
    let mut options = Vec::new();
    for line in text.lines().take_while(|line| line.starts_with('#')) {
        match line.trim_start_matches('#').trim() {
            "complete" => options.push("--complete".to_owned()),
            words => options.extend(words.strip_prefix("profile:").map(|profile| format!("--profile={}", profile.trim()))),
        }
    }
    let policy = read(text).0.into_iter().map(|document| document.value);
    let policy = policy.into_iter().find(|value| value["apiVersion"].as_str().is_some_and(|own| own.starts_with("no502.dev/")));
    if let Some(policy) = policy {
        let path = folder.join("policy.json");
        std::fs::write(&path, policy.to_string()).unwrap();
        options.push(format!("--policy={}", path.display()));
    }
    options
}

#[test]
fn every_bad_case_with_a_fix_becomes_its_fixed_one_as_text() {
    let mut replaced = 0;
    for rule in RULES.iter().filter(|entry| entry.meta.fix != FixAvailability::None).map(|entry| entry.meta.name) {
        for (name, path) in case_files(rule).iter().filter(|(name, _)| name.ends_with(".fixed.yaml")) {
            let before = std::fs::read_to_string(path.with_file_name(name.replace(".fixed.yaml", ".yaml"))).unwrap();
            let folder = folder(&[("case.yaml", before.as_bytes())]);
            let beside = tempfile::tempdir().unwrap();
            let options = options(&before, beside.path());
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let args = ["check", "--fix", "--rule", rule, "--fail-on", "never", "case.yaml"];
            let ran = run_in(folder.path(), &with(&args, &options));
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{rule}/{name}: {}", ran.out);
            let after = String::from_utf8(file(folder.path(), "case.yaml")).unwrap();
            assert_eq!(objects(name, &after), objects(name, &std::fs::read_to_string(path).unwrap()), "{rule}/{name}:\n{after}");
            let gone: Vec<&str> = before.lines().filter(|line| !after.contains(line)).collect();
            replaced += gone.len();
            let comments = |text: &str| text.matches('#').count();
            assert_eq!(comments(&after), comments(&before), "{rule}/{name}:\n{after}");
        }
    }
    assert!(replaced > 2, "lines that were replaced: {replaced}");
}

/// A run over a folder, or over some files of it, with the fixes of all rules.
fn run_all(folder: &Path, options: &[&str], files: &[&String]) -> (Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    command.args(["check", "--format", "json", "--profile", "strict", "--fail-on", "never"]).args(options);
    command.args(RULES.iter().flat_map(|entry| ["--rule", entry.meta.name])).args(files);
    let output = command.env_remove("NO502_POLICY").current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let ran = Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    (parsed(&ran), ran.err)
}

/// What a finding is about. What is absent is said of another field, once its parent is there.
fn subject(finding: &Value) -> String {
    format!("{} {} {}", finding["file"], finding["rule"], finding["object"])
}

/// How often a rule says something of an object.
fn said_of(report: &Value) -> BTreeMap<String, usize> {
    let mut said = BTreeMap::new();
    report["findings"].as_array().unwrap().iter().for_each(|finding| *said.entry(subject(finding)).or_default() += 1);
    said
}

/// The JSON pointers at which two values differ.
fn differences(pointer: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (before.get(key), after.get(key)) {
                    (Some(before), Some(after)) => differences(&below, before, after, found),
                    _ => found.push(below),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            let pairs = before.iter().zip(after).enumerate();
            pairs.for_each(|(index, (before, after))| differences(&format!("{pointer}/{index}"), before, after, found));
        }
        _ if before == after => {}
        _ => found.push(pointer.to_owned()),
    }
}

/// Whether what was written still stands there, in its order: all but values that a fix replaces.
fn keeps_its_bytes(before: &str, after: &str, replaced: usize) -> bool {
    let mut rest = after.lines();
    let gone = before.lines().filter(|line| {
        let mut ahead = rest.clone();
        let found = ahead.any(|other| other == *line);
        if found {
            rest = ahead;
        }
        !found
    });
    let gone = gone.count();
    // Within brackets, or without an end of its own, a line grows.
    let mut rest = after.chars();
    gone <= replaced || before.chars().all(|own| rest.any(|other| other == own))
}

#[test]
fn over_the_corpus_a_fix_changes_what_it_should_and_nothing_else() {
    let Some(folder) = unpacked("open.txz") else { return };
    let mut files = BTreeSet::new();
    manifests(folder.path(), &mut files);
    let text = |path: &Path| yaml::decode(std::fs::read(path).unwrap()).0;
    let originals: BTreeMap<&PathBuf, String> = files.iter().map(|path| (path, text(path))).collect();
    let (before, _) = run_all(folder.path(), &[], &[]);
    let (report, said) = run_all(folder.path(), &["--fix"], &[]);
    let list = |report: &Value| report["findings"].as_array().unwrap().clone();
    let mut patches: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for finding in list(&report).iter().filter(|finding| finding["fix"]["applied"] == true) {
        let own = finding["fix"]["patch"].as_array().unwrap().iter().cloned();
        patches.entry(finding["file"].as_str().unwrap().to_owned()).or_default().extend(own);
    }
    for (name, patches) in &patches {
        let path = folder.path().join(name.trim_start_matches("./"));
        let (old, new) = (&originals[&path], text(&path));
        let (documents, fixed) = (read(old).0, read(&new).0);
        assert_eq!(documents.len(), fixed.len(), "{name}");
        let mut found = Vec::new();
        documents.iter().zip(&fixed).for_each(|(old, new)| differences("", &old.value, &new.value, &mut found));
        for pointer in &found {
            let is_meant = |patch: &Value| pointer.ends_with(patch["path"].as_str().unwrap());
            let is_below = patches.iter().any(|patch| patch["path"].as_str().unwrap().starts_with(pointer.as_str()));
            assert!(is_below || patches.iter().any(is_meant), "{name}: {pointer} is in no patch: {patches:#?}");
        }
        assert!(!found.is_empty(), "{name}");
        let replaced = patches.iter().filter(|patch| patch["op"] == "replace").count();
        assert!(keeps_its_bytes(old, &new, replaced), "{name}:\n{new}");
    }
    let changed = originals.iter().filter(|(path, old)| text(path) != **old).count();
    assert_eq!(changed, patches.len(), "files that were changed, and those that the report names");
    // What the report says is left holds for the files: their texts were compared with what was judged.
    let (mut said_after, said_before) = (said_of(&report), said_of(&before));
    for finding in list(&report).iter().filter(|finding| finding["fix"]["applied"] == true) {
        *said_after.get_mut(&subject(finding)).unwrap() -= 1;
    }
    let new = said_after.into_iter().filter(|(of, times)| said_before.get(of).unwrap_or(&0) < times);
    let new: Vec<String> = new.map(|(of, _)| of).collect();
    assert!(new.is_empty(), "new findings: {new:#?}");
    // The second time nothing is left to do.
    let texts = || patches.keys().map(|name| std::fs::read(folder.path().join(name)).unwrap()).collect::<Vec<_>>();
    let once = texts();
    let (again, _) = run_all(folder.path(), &["--fix"], &patches.keys().collect::<Vec<_>>());
    assert_eq!((&again["summary"]["fixed"], texts() == once), (&0.into(), true));
    let open = |finding: &&Value| finding["fix"]["available"] == true && finding["fix"]["applied"] == false;
    let findings = list(&report);
    let (left, stuck): (Vec<&Value>, Vec<&Value>) = findings.iter().filter(open).partition(|own| own["fix"]["left"].is_string());
    assert!(stuck.is_empty(), "still there: {stuck:#?}");
    let all = list(&before).iter().filter(open).count();
    let fixed = usize::try_from(report["summary"]["fixed"].as_u64().unwrap()).unwrap();
    eprintln!("{all} findings with a fix: {fixed} fixed in {} files, {} left:\n{said}", patches.len(), left.len());
    // A fix may bring a finding, which is fixed in the same run.
    assert!(all > 1000 && left.len() < all / 20 && fixed + left.len() >= all, "{fixed} of {all}, {said}");
}
