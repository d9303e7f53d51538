//! Fixes in SARIF: stretches of text that an editor writes, held against what the patch of the object says.

use std::path::Path;

use no502::object::yaml::{decode, read};
use serde_json::Value;

use crate::cli::{parsed, run_in};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The byte of a line and a column, both from 1, as a reader of SARIF finds it where columns are characters.
fn byte(text: &str, line: &Value, column: &Value) -> usize {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap() - 1;
    let before: usize = text.split_inclusive('\n').take(number(line)).map(str::len).sum();
    let rest = &text[before..];
    before + rest.char_indices().nth(number(column)).map_or(rest.len(), |(at, _)| at)
}

/// The text with a fix of a result written.
fn written(text: &str, result: &Value) -> String {
    let mut out = text.to_owned();
    for replacement in result["fixes"][0]["artifactChanges"][0]["replacements"].as_array().unwrap().iter().rev() {
        let region = &replacement["deletedRegion"];
        let [start, end] =
            ["start", "end"].map(|edge| byte(text, &region[format!("{edge}Line")], &region[format!("{edge}Column")]));
        out.replace_range(start..end, replacement["insertedContent"]["text"].as_str().unwrap());
    }
    out
}

fn results(folder: &Path, args: &[&str]) -> Vec<Value> {
    let sarif = parsed(&run_in(folder, &[&["check", "--format", "sarif"], args].concat()));
    sarif["runs"][0]["results"].as_array().unwrap().clone()
}

/// Writes each fix of a file alone, and looks whether its finding is gone. How many there are.
fn each_works(name: &str, text: &str) -> usize {
    let folder = folder(&[(name, text)]);
    let path = folder.path().join(name);
    let print = |result: &Value| result["partialFingerprints"]["no502/v1"].as_str().unwrap().to_owned();
    let all = results(folder.path(), &[name]);
    let with_fix: Vec<&Value> = all.iter().filter(|result| result.get("fixes").is_some()).collect();
    for result in &with_fix {
        let fixed = written(text, result);
        assert!(fixed != text && read(&fixed).1.is_empty(), "{fixed}");
        assert!(!result["fixes"][0]["description"]["text"].as_str().unwrap().is_empty());
        std::fs::write(&path, &fixed).unwrap();
        let after: Vec<String> = results(folder.path(), &[name]).iter().map(print).collect();
        assert!(!after.contains(&print(result)), "{}\n{fixed}", result["message"]["text"]);
        assert!(after.len() < all.len(), "{fixed}");
    }
    with_fix.len()
}

const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop # ü
  annotations: {größe: '😀', nginx.ingress.kubernetes.io/proxy-read-timeout: '120s'}  # two minutes
spec:
  ingressClassName: nginx
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

#[test]
fn each_fix_takes_its_finding_away() {
    let many = format!("{INGRESS}---\n# nothing\n---\n{DEPLOYMENT}---\n{}", INGRESS.replace("shop", "other"));
    assert_eq!(each_works("many.yaml", &many), 4);
    assert_eq!(each_works("dos.yaml", &many.replace('\n', "\r\n")), 4);
    assert_eq!(each_works("bom.yaml", &format!("\u{feff}{INGRESS}")), 1);
    // The last line lacks its end, and a fix is appended there.
    let (deployment, service) = DEPLOYMENT.split_once("---\n").unwrap();
    assert_eq!(each_works("end.yaml", format!("{service}---\n{deployment}").trim_end()), 2);
    // What ends a document itself leaves the rest of the text one stretch.
    assert_eq!(each_works("dots.yaml", &many.replace("# nothing\n", "a: 1\n...\n")), 4);
    let list = |text: &str| {
        let items: Vec<Value> = read(text).0.into_iter().map(|document| document.value).collect();
        serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items})
    };
    assert_eq!(each_works("list.json", &serde_json::to_string_pretty(&list(&many)).unwrap()), 4);
    assert_eq!(each_works("line.json", &list(&many).to_string()), 4);
}

#[test]
fn a_fix_replaces_no_more_than_the_value() {
    let folder = folder(&[("ingress.yaml", INGRESS)]);
    let results = results(folder.path(), &["."]);
    let fix = &results[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(fix["artifactLocation"]["uri"], "ingress.yaml");
    let region = &fix["replacements"][0]["deletedRegion"];
    let line = INGRESS.lines().nth(4).unwrap();
    let before = line.split_once("'120s'").unwrap().0.chars().count();
    assert_eq!((&region["startLine"], &region["startColumn"]), (&5.into(), &(before + 1).into()));
    assert_eq!((&region["endLine"], &region["endColumn"]), (&5.into(), &(before + 7).into()));
    assert_eq!(
        (written(INGRESS, &results[0]), fix["replacements"].as_array().unwrap().len()),
        (INGRESS.replace("'120s'", "'120'"), 1)
    );
}

#[test]
fn texts_of_other_encodings_are_told_as_they_are_read() {
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(INGRESS.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let folder = folder(&[]);
    std::fs::write(folder.path().join("wide.yaml"), &wide).unwrap();
    let text = decode(wide).0;
    let fixed = written(&text, &results(folder.path(), &["."])[0]);
    assert!(fixed.contains("'120'") && !fixed.contains("120s"), "{fixed}");
}

#[test]
fn where_fix_writes_nothing_sarif_offers_nothing() {
    let broken = format!("{INGRESS}---\nkind: [\n");
    let shared = INGRESS.replace("'120s'", "&a '120s'").replace("größe: '😀'", "größe: '😀', b: c") + "x: *a\n";
    let returns = INGRESS.replace("# two minutes\n", "# two\rminutes: 1\n");
    for (name, text) in [("broken.yaml", &broken), ("shared.yaml", &shared), ("returns.yaml", &returns)] {
        let folder = folder(&[(name, text)]);
        let results = results(folder.path(), &[name, "--rule", "value-ignored"]);
        assert_eq!((results.len(), results[0].get("fixes")), (1, None), "{name}");
    }
}

#[test]
fn what_was_just_fixed_is_told_by_json_and_text_alone() {
    for format in ["sarif", "junit", "github", "gitlab", "html"] {
        let folder = folder(&[("ingress.yaml", INGRESS)]);
        let ran = run_in(folder.path(), &["check", "ingress.yaml", "--fix", "--format", format, "--format", "json=report.json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
        assert!(report.contains("\"fixed\": 1"), "{report}");
        assert!(!ran.out.contains("proxy-read-timeout"), "{format}: {}", ran.out);
    }
}
