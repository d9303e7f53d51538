//! `check --baseline`: a gate that is put up today counts what comes tomorrow.

use std::path::Path;

use serde_json::Value;

use crate::cli::{Ran, parsed, run_in};

/// A Deployment that cannot become ready, which is an error, and lacks a `preStop` hook, which is a warning.
fn deployment(name: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 2\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n        - name: {name}\n          image: shop:1\n          ports: [{{name: http, containerPort: 80}}]\n          \
         readinessProbe: {{httpGet: {{path: /, port: web}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n\
         spec: {{type: LoadBalancer, selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"
    )
}

fn cured(manifest: &str) -> String {
    manifest.replace("port: web}", "port: http}")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn held(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("known.json")).unwrap()
}

/// A run that fails on warnings, too.
fn check(folder: &Path, args: &[&str]) -> Ran {
    run_in(folder, &[&["check", "--fail-on", "warning", "--baseline", "known.json"], args].concat())
}

fn begin(folder: &Path) {
    let ran = check(folder, &["--write-baseline", "k8s"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// The rule, the object and the state of each finding.
fn states(report: &Value) -> Vec<(&str, &str, &str)> {
    let list = report["findings"].as_array().unwrap().iter();
    list.map(|own| {
        let [rule, name, state] = [&own["rule"], &own["object"]["name"], &own["baseline"]].map(|own| own.as_str().unwrap());
        (rule, name, state)
    })
    .collect()
}

#[test]
fn what_was_there_does_not_count_and_what_comes_does() {
    let folder = folder(&[("k8s/web.yaml", &deployment("web"))]);
    let folder = folder.path();
    let first = check(folder, &["k8s", "--write-baseline"]);
    assert_eq!((first.code, first.err.as_str()), (0, "no502: known.json: findings in it now: 2\n"), "{}", first.out);
    let known = "nothing new found in 2 objects of 1 file (profile baseline); 2 known from known.json\n";
    assert_eq!(first.out, known);
    let ran = check(folder, &["k8s"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, known, ""));
    assert_eq!(check(folder, &["k8s", "--quiet"]).out, "");

    write(folder, "k8s/api.yaml", &deployment("api"));
    let ran = check(folder, &["k8s"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("1 error, 1 warning in 4 objects of 2 files (profile baseline); 2 known from known.json"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("Deployment default/api") && !ran.out.contains("default/web"), "{}", ran.out);
    let report = parsed(&check(folder, &["k8s", "--format", "json"]));
    let probe = "probe-port-unresolvable";
    let expected =
        [("prestop-missing", "api", "new"), (probe, "api", "new"), ("prestop-missing", "web", "known"), (probe, "web", "known")];
    assert_eq!(states(&report), expected);
    assert_eq!((&report["summary"]["known"], &report["baseline"]["gone"]), (&2.into(), &Value::Array(Vec::new())));
}

#[test]
fn it_does_not_matter_where_a_finding_stands_or_from_where_it_is_looked_at() {
    let (web, api) = (deployment("web"), deployment("api"));
    let folder = folder(&[("k8s/all.yaml", &format!("{web}{api}"))]);
    let folder = folder.path();
    begin(folder);
    let before = held(folder);
    // Other lines, another order, and other elements of lists.
    let sidecar = "containers:\n        - {name: side, image: side:1}\n";
    let moved = format!("# head\n\n{api}# between\n{}", web.replace("containers:\n", sidecar));
    write(folder, "k8s/all.yaml", &moved);
    assert_eq!(check(folder, &["k8s"]).code, 0);
    for (at, paths, file) in
        [(".", "./k8s/", "./known.json"), ("k8s", "all.yaml", "../known.json"), ("k8s", ".", "../known.json")]
    {
        let ran = run_in(&folder.join(at), &["check", paths, "--baseline", file, "--write-baseline"]);
        assert_eq!((ran.code, held(folder).as_str()), (0, before.as_str()), "{at} {paths}: {}{}", ran.out, ran.err);
    }
    // A file that is moved takes what is known of it along.
    std::fs::rename(folder.join("k8s/all.yaml"), folder.join("k8s/shop.yaml")).unwrap();
    let ran = check(folder, &["k8s"]);
    assert_eq!((ran.code, ran.out.contains("gone")), (0, false), "{}", ran.out);
}

#[test]
fn one_object_in_two_files_is_known_in_each() {
    let one = deployment("web");
    let folder = folder(&[("k8s/b/web.yaml", &one), ("k8s/c/web.yaml", &one)]);
    let folder = folder.path();
    begin(folder);
    // A third one that comes first in every order is the new one.
    write(folder, "k8s/a/web.yaml", &one);
    let report = parsed(&check(folder, &["k8s", "--format", "json"]));
    let list = report["findings"].as_array().unwrap();
    let new = list.iter().filter(|own| own["baseline"] == "new");
    assert!(new.clone().all(|own| own["file"] == "k8s/a/web.yaml") && new.count() == 2, "{report:#}");
    // And of those that are there, each can go alone.
    std::fs::remove_file(folder.join("k8s/a/web.yaml")).unwrap();
    write(folder, "k8s/b/web.yaml", &cured(&one));
    let report = parsed(&check(folder, &["k8s", "--format", "json"]));
    let gone = report["baseline"]["gone"].as_array().unwrap();
    assert_eq!(gone.len(), 1, "{report:#}");
    assert_eq!((&gone[0]["file"], &gone[0]["rule"]), (&"k8s/b/web.yaml".into(), &"probe-port-unresolvable".into()));
}

#[test]
fn what_got_heavier_counts() {
    let folder = folder(&[("k8s/web.yaml", &deployment("web"))]);
    let folder = folder.path();
    begin(folder);
    write(folder, "known.json", &held(folder).replace("\"error\"", "\"warning\""));
    let report = parsed(&check(folder, &["k8s", "--format", "json"]));
    assert_eq!(states(&report), [("prestop-missing", "web", "known"), ("probe-port-unresolvable", "web", "new")]);
}

#[test]
fn what_is_gone_is_told_and_taken_out_without_taking_in() {
    let folder = folder(&[("k8s/web.yaml", &deployment("web")), ("k8s/api.yaml", &deployment("api"))]);
    let folder = folder.path();
    begin(folder);
    std::fs::remove_file(folder.join("k8s/api.yaml")).unwrap();
    write(folder, "k8s/web.yaml", &cured(&deployment("web")));
    write(folder, "k8s/new.yaml", &deployment("new"));
    let ran = check(folder, &["k8s/web.yaml", "k8s/api.yaml", "--quiet"]);
    assert!(ran.out.contains("1 finding of known.json is gone: --prune-baseline takes it out\n"), "{}", ran.out);
    let ran = check(folder, &["k8s", "--quiet"]);
    assert!(ran.out.contains("3 findings of known.json are gone: --prune-baseline takes them out\n"), "{}", ran.out);
    let ran = check(folder, &["k8s", "--prune-baseline"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "no502: known.json: findings in it now: 1, taken out: 3\n"));
    assert!(!ran.out.contains("gone") && ran.out.contains("default/new"), "{}", ran.out);
    let left: Value = serde_json::from_str(&held(folder)).unwrap();
    assert_eq!(
        (left["findings"].as_array().unwrap().len(), &left["findings"][0]["object"]),
        (1, &"Deployment default/web".into())
    );
}

#[test]
fn a_run_says_nothing_of_what_it_did_not_look_at() {
    let files = [("k8s/web.yaml", deployment("web")), ("k8s/shop/api.yaml", deployment("api"))];
    let folder = folder(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let folder = folder.path();
    begin(folder);
    let before = held(folder);
    for args in [&["k8s/shop"][..], &["k8s/web.yaml"], &["k8s", "--rule", "prestop-missing"]] {
        for more in [&[][..], &["--prune-baseline"], &["--write-baseline"]] {
            let ran = check(folder, &[args, more].concat());
            assert_eq!((ran.code, ran.out.contains("gone")), (0, false), "{args:?}: {}", ran.out);
            assert_eq!(held(folder), before, "{args:?} {more:?}");
        }
    }
    // What cannot be read may hold it still.
    write(folder, "k8s/web.yaml", "kind: [\n");
    let ran = check(folder, &["k8s"]);
    assert_eq!((ran.code, ran.out.contains("gone")), (2, false), "{}", ran.out);
}

#[test]
fn what_is_excepted_stands_on_its_own() {
    let reason = "metadata: {annotations: {no502.dev/allow: prestop-missing, no502.dev/allow-reason: soon, no502.dev/allow-until: 2999-12-31}, name: web}\nspec:\n";
    let excepted = deployment("web").replacen("metadata: {name: web}\nspec:\n", reason, 1);
    let folder = folder(&[("k8s/web.yaml", &excepted)]);
    let folder = folder.path();
    begin(folder);
    assert!(!held(folder).contains("prestop-missing"), "{}", held(folder));
    // When the exception ends, nothing else holds it.
    write(folder, "k8s/web.yaml", &deployment("web"));
    assert_eq!(check(folder, &["k8s"]).code, 1);
    // And what an exception takes out needs no place in the baseline.
    begin(folder);
    write(folder, "k8s/web.yaml", &excepted);
    let ran = check(folder, &["k8s"]);
    assert!(ran.code == 0 && ran.out.contains("1 finding of known.json is gone"), "{}", ran.out);
}

#[test]
fn fixes_are_written_for_what_is_known_and_before_the_baseline() {
    let files = [("k8s/web.yaml", deployment("web"))];
    let folder = folder(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let folder = folder.path();
    begin(folder);
    let fix = ["k8s", "--rule", "prestop-missing", "--fix"];
    let ran = check(folder, &fix);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("; 1 fixed\n1 finding of known.json is gone"), "{}", ran.out);
    write(folder, "k8s/web.yaml", &files[0].1);
    assert_eq!(check(folder, &[&fix[..], &["--write-baseline"]].concat()).code, 0);
    assert!(held(folder).contains("probe-port-unresolvable") && !held(folder).contains("prestop-missing"), "{}", held(folder));
}

#[test]
fn what_is_no_baseline_is_refused() {
    let folder = folder(&[("k8s/web.yaml", &deployment("web"))]);
    let folder = folder.path();
    let ran = check(folder, &["k8s"]);
    let said = "no502: baseline known.json: there is no such file; --write-baseline writes it\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (2, "", said));
    begin(folder);
    let good = held(folder);
    for (text, said) in [
        (
            good.replace("\"findings\"", "<<<<<<< HEAD\n\"findings\""),
            "it is no baseline: key must be a string at line 3 column 3",
        ),
        (good.replace("baseline/v1", "baseline/v2"), "its schema is no502.dev/baseline/v2, not no502.dev/baseline/v1"),
        ("{}".to_owned(), "missing field `schema`"),
        (String::new(), "it is no baseline"),
    ] {
        write(folder, "known.json", &text);
        // It may be another file that somebody needs, so it is not written over either.
        for more in [&[][..], &["--write-baseline"], &["--prune-baseline"]] {
            let ran = check(folder, &[&["k8s"], more].concat());
            assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(said), "{}", ran.err);
            assert!(ran.err.contains("remove the file and run with --write-baseline"), "{}", ran.err);
            assert_eq!(held(folder), text);
        }
    }
    assert_eq!(run_in(folder, &["check", "--write-baseline", "k8s"]).code, 2);
}

#[test]
fn each_format_tells_what_is_known_in_its_own_way() {
    let folder = folder(&[("k8s/web.yaml", &deployment("web"))]);
    let folder = folder.path();
    begin(folder);
    write(folder, "k8s/api.yaml", &deployment("api"));
    let out = |format: &str| check(folder, &["k8s", "--format", format]).out;
    let sarif: Value = serde_json::from_str(&out("sarif")).unwrap();
    let states: Vec<&str> =
        sarif["runs"][0]["results"].as_array().unwrap().iter().map(|own| own["baselineState"].as_str().unwrap()).collect();
    assert_eq!(states, ["new", "new", "unchanged", "unchanged"]);
    let junit = out("junit");
    assert_eq!((junit.matches("<failure").count(), junit.matches("<skipped").count()), (2, 2), "{junit}");
    assert!(junit.contains("message=\"known: container"), "{junit}");
    let github = out("github");
    assert!(github.lines().count() == 2 && !github.contains("web.yaml"), "{github}");
    // GitLab compares with the report of the target branch by itself.
    assert_eq!(serde_json::from_str::<Value>(&out("gitlab")).unwrap().as_array().unwrap().len(), 4);
    let html = out("html");
    let (before, after) = html.split_once("<section id=\"known\"").unwrap();
    assert!(!before.contains("k8s/web.yaml") && after.matches("<article").count() == 2, "{html}");
    assert!(before.contains("2 steps cure everything"), "{before}");
    // Without a baseline no format says a word of it.
    for format in ["json", "sarif", "html"] {
        let out = run_in(folder, &["check", "k8s", "--format", format]).out;
        assert!(!out.contains("\"baseline\":") && !out.contains("baselineState") && !out.contains("id=\"known\""), "{format}");
    }
}
