//! `check --changed-since`: git is asked what changed, and the rest is read all the same.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::{Ran, parsed, run_in, run_with};

/// An Ingress with a value that is ignored, and the Service that it leads to.
fn ingress(name: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  annotations: \
         {{nginx.ingress.kubernetes.io/proxy-read-timeout: 61s}}\nspec:\n  ingressClassName: nginx\n  \
         defaultBackend: {{service: {{name: {name}, port: {{number: 80}}}}}}\n"
    )
}

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let who =
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
    let done = command.args(who).args(args).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

/// A repository with a branch that left `main`, which went on: `old`, `gone` and `moved` are on both.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    for name in ["old", "gone", "moved"] {
        write(root, &format!("k8s/{name}.yaml"), &ingress(name));
    }
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "one"]);
    git(root, &["switch", "--quiet", "-c", "work"]);
    git(root, &["switch", "--quiet", "main"]);
    write(root, "k8s/old.yaml", &(ingress("old") + "# later\n"));
    git(root, &["commit", "--quiet", "-am", "two"]);
    git(root, &["switch", "--quiet", "work"]);
    folder
}

fn check(folder: &Path, args: &[&str]) -> Ran {
    run_in(folder, &[&["check", "--rule", "value-ignored", "--changed-since", "main"], args].concat())
}

/// The names of the files of a report.
fn files(ran: &Ran) -> Vec<String> {
    let report = parsed(ran);
    let list = report["findings"].as_array().unwrap().iter();
    list.map(|own| Path::new(own["file"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn only_what_this_branch_changed_is_told() {
    let folder = repository();
    let root = folder.path();
    let ran = check(root, &["k8s"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.starts_with("no502: 0 of 3 files changed since main ("), "{}", ran.err);
    assert!(ran.err.ends_with("); findings elsewhere that are left out: 3\n"), "{}", ran.err);
    // Committed, staged, not staged, new, and under another name.
    git(root, &["mv", "k8s/moved.yaml", "k8s/a name, größer.yaml"]);
    git(root, &["rm", "--quiet", "k8s/gone.yaml"]);
    write(root, "k8s/committed.yaml", &ingress("committed"));
    git(root, &["add", "k8s/committed.yaml"]);
    git(root, &["commit", "--quiet", "-m", "three"]);
    write(root, "k8s/staged.yaml", &ingress("staged"));
    git(root, &["add", "k8s/staged.yaml"]);
    write(root, "k8s/new/untracked.yaml", &ingress("untracked"));
    let expected = ["a name, größer.yaml", "committed.yaml", "untracked.yaml", "staged.yaml"];
    for (at, paths) in [(".", "k8s"), (".", "./k8s/../k8s"), ("k8s", "."), ("k8s/new", "..")] {
        let ran = check(&root.join(at), &[paths, "--format", "json"]);
        assert_eq!((ran.code, files(&ran)), (1, expected.map(str::to_owned).to_vec()), "{at}: {}", ran.err);
        assert!(ran.err.starts_with("no502: 4 of 5 files changed since main ("), "{}", ran.err);
    }
    // What a user prefers of git does not matter.
    git(root, &["config", "diff.relative", "true"]);
    git(root, &["config", "core.quotePath", "true"]);
    git(root, &["config", "diff.noprefix", "true"]);
    assert_eq!(files(&check(&root.join("k8s"), &[".", "--format", "json"])), expected);
    write(root, "k8s/old.yaml", &(ingress("old") + "\n"));
    assert_eq!(files(&check(root, &["k8s", "--format", "json"])).len(), 5);
}

#[test]
fn a_finding_is_told_that_relates_to_what_changed() {
    let folder = repository();
    let root = folder.path();
    let service = |port: u16| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: old}}\nspec: {{selector: {{app: old}}, ports: [{{port: {port}}}]}}\n"
        )
    };
    write(root, "k8s/service.yaml", &service(80));
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "three"]);
    git(root, &["branch", "--force", "main"]);
    let of_port = |args: &[&str]| {
        let rule = ["check", "k8s", "--rule", "backend-port-missing", "--changed-since", "main"];
        run_in(root, &[&rule, args].concat())
    };
    assert_eq!(of_port(&[]).code, 0);
    // The port is missed where the Ingress says it, and that file is as it was.
    write(root, "k8s/service.yaml", &service(81));
    let ran = of_port(&["--format", "json"]);
    assert_eq!((ran.code, files(&ran)), (1, vec!["old.yaml".to_owned()]), "{}{}", ran.out, ran.err);
}

#[test]
fn nobody_is_told_of_what_cannot_be_read_elsewhere() {
    let folder = repository();
    let root = folder.path();
    write(root, "k8s/template.yaml", "kind: {{ .Values.kind }}\n");
    assert_eq!(check(root, &["k8s"]).code, 2);
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "three"]);
    git(root, &["branch", "--force", "main"]);
    let ran = check(root, &["k8s"]);
    assert_eq!((ran.code, ran.out.contains("unreadable")), (0, false), "{}", ran.out);
}

#[test]
fn fixes_are_written_into_changed_files_only() {
    let folder = repository();
    let root = folder.path();
    write(root, "k8s/new.yaml", &ingress("new"));
    let ran = check(root, &["k8s", "--fix"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("; 1 fixed"), "{}", ran.out);
    assert!(!std::fs::read_to_string(root.join("k8s/new.yaml")).unwrap().contains("61s"));
    assert_eq!(std::fs::read_to_string(root.join("k8s/old.yaml")).unwrap(), ingress("old"));
}

#[test]
fn what_is_known_and_what_is_elsewhere_go_together() {
    let folder = repository();
    let root = folder.path();
    assert_eq!(
        run_in(root, &["check", "k8s", "--rule", "value-ignored", "--baseline", "known.json", "--write-baseline"]).code,
        0
    );
    write(root, "k8s/old.yaml", &(ingress("old") + "# later\n"));
    write(root, "k8s/new.yaml", &ingress("new"));
    let ran = check(root, &["k8s", "--baseline", "known.json"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("1 error, 0 warnings in 4 objects of 4 files (profile baseline); 1 known from known.json\n"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("gone"), "{}", ran.out);
    // A baseline is written of everything.
    assert_eq!(check(root, &["k8s", "--baseline", "known.json", "--write-baseline"]).code, 2);
}

#[test]
fn what_git_does_not_keep_counts_as_changed() {
    let folder = repository();
    let root = folder.path();
    write(root, ".gitignore", "/out\n");
    write(root, "out/rendered.yaml", &ingress("rendered"));
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), "other.yaml", &ingress("other"));
    let other = elsewhere.path().join("other.yaml").display().to_string();
    let ran = check(root, &["k8s", "out", &other, "--format", "json"]);
    assert_eq!(
        files(&ran).iter().filter(|name| ["rendered.yaml", "other.yaml"].contains(&name.as_str())).count(),
        2,
        "{}",
        ran.out
    );
    assert_eq!(files(&ran).len(), 2);
    // Standard input, too. It runs in this repository, which has a commit.
    let ran =
        run_with(&ingress("piped"), &["check", "-", "--rule", "value-ignored", "--changed-since", "HEAD", "--format", "json"]);
    if !ran.err.contains("git is of no help") {
        assert_eq!(parsed(&ran)["findings"].as_array().map(Vec::len), Some(1), "{}", ran.err);
    }
}

#[test]
fn where_git_cannot_tell_the_remedy_is_told() {
    let folder = repository();
    let root = folder.path();
    let refused = |folder: &Path, reference: &str, said: &[&str]| {
        let ran = run_in(folder, &["check", &format!("--changed-since={reference}")]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(said.iter().all(|said| ran.err.contains(said)), "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    };
    refused(root, "origin/none", &["--changed-since origin/none: git knows no such commit", "git fetch", "fetch-depth: 0"]);
    refused(root, "--output=x", &["git knows no such commit"]);
    git(root, &["switch", "--quiet", "--orphan", "alone"]);
    write(root, "a.yaml", "a: 1\n");
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "alone"]);
    refused(root, "main", &["no commit in common"]);

    let clones = tempfile::tempdir().unwrap();
    let url = format!("file://{}", root.display());
    git(clones.path(), &["clone", "--quiet", "--depth", "1", "--no-single-branch", &url, "shallow"]);
    refused(&clones.path().join("shallow"), "origin/main", &["this clone is shallow", "fetch-depth: 0", "git fetch --unshallow"]);
    refused(clones.path(), "main", &["git is of no help here", "not a git repository"]);
}

#[test]
fn every_form_of_the_report_leaves_out_the_same() {
    let folder = repository();
    let root = folder.path();
    write(root, "k8s/new.yaml", &ingress("new"));
    for format in ["text", "json", "sarif", "junit", "github", "gitlab", "html"] {
        let out = check(root, &["k8s", "--format", format]).out;
        assert!(out.contains("Ingress default/new") || out.contains("new.yaml"), "{format}: {out}");
        // The routes of a page are those of the world.
        let told = out.split("<section id=\"routes\"").next().unwrap();
        assert!(!told.contains("old.yaml:") && !told.contains("default/old: ") && told.contains("61s"), "{format}: {out}");
    }
    let sarif: Value = parsed(&check(root, &["k8s", "--format", "sarif"]));
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(1));
}
