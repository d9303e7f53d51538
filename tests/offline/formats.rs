//! The formats of `no502 check` for machines, and where they are written. What their schemas say is held by `make test-formats`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::{Ran, parsed, run_in, run_with};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A run over the examples, from the root of the checkout, as a pipeline does it.
fn examples(args: &[&str]) -> Ran {
    run_in(root(), &[&["check", "--policy", "examples/policy.yaml", "examples"], args].concat())
}

/// The report without what changes with every version.
fn steady(report: &str) -> String {
    report.replace(&format!("ersion\": \"{}\"", env!("CARGO_PKG_VERSION")), "ersion\": \"VERSION\"")
}

/// SARIF without the pages of the rules, which are told elsewhere.
fn without_pages(sarif: &str) -> String {
    let mut in_help = false;
    let line = |line: &str| {
        let is_page = in_help && line.trim_start().starts_with(['"']);
        in_help = line.trim_start().starts_with("\"help\"") || in_help && !line.trim_start().starts_with('}');
        let start = line.split_once(": \"").filter(|_| is_page).map(|(key, text)| {
            let start: String = text.chars().take(40).collect();
            let end = if line.ends_with(',') { "," } else { "" };
            format!("{key}: \"{start}...\"{end}\n")
        });
        start.unwrap_or_else(|| format!("{line}\n"))
    };
    sarif.lines().map(line).collect()
}

#[test]
fn the_examples_in_each_format() {
    for format in ["sarif", "junit", "github", "gitlab"] {
        let ran = examples(&["--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{format}");
        insta::assert_snapshot!(format, without_pages(&steady(&ran.out)));
    }
}

#[test]
fn what_cannot_be_read_is_told_in_each_format() {
    for format in ["sarif", "junit", "github", "gitlab"] {
        let ran =
            run_in(&root().join("tests/cases/cli"), &["check", "mixed/broken.yaml", "--rule", "grace-zero", "--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{format}");
        insta::assert_snapshot!(format!("{format}_of_broken_input"), steady(&ran.out));
    }
}

#[test]
fn nothing_found_is_a_whole_report_too() {
    let healthy = |format: &str| {
        let ran = run_in(root(), &["check", "tests/cases/formats/healthy.json", "--format", format]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{format}");
        ran
    };
    assert_eq!(parsed(&healthy("sarif"))["runs"][0]["results"], Value::Array(Vec::new()));
    assert_eq!(parsed(&healthy("gitlab")), Value::Array(Vec::new()));
    assert_eq!(healthy("github").out, "");
    let junit = healthy("junit").out;
    assert!(junit.contains("name=\"Service default/web\"/>") && junit.contains("tests=\"1\" failures=\"0\""), "{junit}");
}

#[test]
fn several_reports_come_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let formats = ["json", "sarif", "junit", "github", "gitlab"];
    let outputs: Vec<String> =
        formats.iter().flat_map(|name| ["--format".to_owned(), format!("{name}={}", file(name))]).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    // A file that is there already is replaced.
    std::fs::write(file("json"), "of an earlier run, and longer".repeat(10_000)).unwrap();
    let ran = examples(&[&outputs[..], &["--format", "text"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert_eq!(ran.out, examples(&[]).out);
    for format in formats {
        assert!(std::fs::read_to_string(file(format)).unwrap() == examples(&["--format", format]).out, "{format}");
    }
    let left: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left.len(), formats.len(), "{left:?}");
    // Without one for standard output nothing stands there.
    assert_eq!(examples(&outputs).out, "");
}

#[test]
fn files_are_written_where_a_quiet_run_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root().join("tests/cases/formats/healthy.json"), folder.path().join("healthy.json")).unwrap();
    let ran = run_in(folder.path(), &["check", "healthy.json", "--quiet", "--format", "text", "--format", "sarif=a.sarif"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    assert!(folder.path().join("a.sarif").is_file());
}

#[test]
fn outputs_that_cannot_be_written_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    for (outputs, said) in [
        (&["sraif"][..], "there is no format sraif; did you mean sarif?"),
        (&["xml=a.xml"], "there is no format xml; there are text, json, sarif, junit, github, gitlab"),
        (&["sarif="], "names no file"),
        (&["json", "text"], "json and text would both be written to standard output"),
        (&["json=a", "sarif=b", "junit=a"], "json and junit would both be written to a"),
        (&["json=no/such/folder/a.json"], "no/such/folder/a.json: "),
        (&["json=taken"], "taken: "),
        #[cfg(target_os = "linux")]
        (&["sarif=/dev/full"], "/dev/full: "),
    ] {
        let args: Vec<&str> = outputs.iter().flat_map(|output| ["--format", output]).collect();
        let broken = root().join("examples/broken.yaml").display().to_string();
        let ran = run_in(folder.path(), &[&["check", &broken][..], &args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{outputs:?}: {}", ran.err);
        assert!(ran.err.contains(said), "{outputs:?}: {}", ran.err);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["taken"], "{outputs:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_or_a_device_stays_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("real"), "").unwrap();
    std::os::unix::fs::symlink("real", path("link")).unwrap();
    let link = format!("gitlab={}", path("link").display());
    assert_eq!(examples(&["--format", &link, "--format", "json=/dev/null"]).code, 1);
    assert!(path("link").is_symlink());
    assert!(std::fs::read_to_string(path("real")).unwrap().starts_with('['));
    assert!(!Path::new("/dev/null").is_file());
}

/// An Ingress with a value that is ignored.
fn ignoring(name: &str) -> String {
    let annotations = "{nginx.ingress.kubernetes.io/proxy-read-timeout: 61s}";
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, annotations: {annotations}}}\n\
         spec: {{ingressClassName: nginx}}\n"
    )
}

#[test]
fn annotations_beyond_what_github_shows_are_counted() {
    let input: String = (0..12).map(|number| ignoring(&format!("w{number}"))).collect();
    let args = ["check", "-", "--rule", "value-ignored", "--format", "github"];
    let ran = run_with(&format!("{input}---\nkind: [\n"), &args);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 11, "{}", ran.out);
    assert!(lines[..10].iter().all(|line| line.starts_with("::error file=<stdin>,")), "{}", ran.out);
    assert!(
        lines[10].starts_with("::notice ") && lines[10].contains("not shown: 2 errors, 1 unreadable place;"),
        "{}",
        lines[10]
    );
    let ten: String = (0..10).map(|number| ignoring(&format!("w{number}"))).collect();
    assert_eq!(run_with(&ten, &args).out.lines().count(), 10);
}

#[test]
fn warnings_fail_tests_where_they_fail_the_run() {
    let counts = |fail_on: &str| {
        let out =
            run_in(&root().join("tests/cases/cli"), &["check", "warnings.yaml", "--format", "junit", "--fail-on", fail_on]).out;
        (out.matches("<failure ").count(), out.matches("<skipped ").count())
    };
    let (failures, skipped) = counts("error");
    assert!(failures == 0 && skipped > 0, "{failures} {skipped}");
    assert_eq!(counts("warning"), (skipped, 0));
    assert_eq!(counts("never"), (0, skipped));
}

#[test]
fn paths_are_those_of_the_checkout_however_they_are_named() {
    let absolute = root().join("tests/cases/formats").display().to_string();
    for format in ["sarif", "junit", "github", "gitlab"] {
        let named = |path: &str| run_in(root(), &["check", path, "--format", format]).out;
        let relative = named("tests/cases/formats");
        assert!(!relative.contains("file://"), "{relative}");
        assert_eq!(named("./tests/cases/formats").replace("./tests", "tests"), relative);
        // The text of a test case names the file as it was named.
        assert_eq!(named(&absolute).replace(&format!("{absolute}/"), "tests/cases/formats/"), relative, "{format}");
    }
    let sarif = parsed(&run_in(root(), &["check", "tests/cases/formats", "--format", "sarif"]));
    let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "tests/cases/formats/a%20b%23c%25d/gr%C3%B6%C3%9Fe%20%26%20co%2C%20%27x%27.yaml");
}

#[test]
fn columns_are_counted_in_characters() {
    let text = std::fs::read_to_string(root().join("tests/cases/formats/nasty.yaml")).unwrap();
    // Characters of two and of four bytes stand before the value.
    let before = text.lines().find_map(|line| line.split_once("5m")).unwrap().0;
    let sarif = parsed(&run_in(root(), &["check", "tests/cases/formats/nasty.yaml", "--format", "sarif"]));
    assert_eq!(sarif["runs"][0]["columnKind"], "unicodeCodePoints");
    let region = &sarif["runs"][0]["results"].as_array().unwrap().last().unwrap()["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], before.chars().count() + 1);
}

#[test]
fn the_pipelines_of_the_examples_run() {
    for (file, code, reports) in [
        ("examples/ci/github.yaml", 1, &["no502.sarif"][..]),
        ("examples/ci/gitlab.yaml", 1, &["gl-code-quality-report.json", "no502.xml"]),
        (".pre-commit-hooks.yaml", 1, &[]),
    ] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let arguments = text.lines().find_map(|line| line.split_once(": no502 ").or(line.split_once("- no502 "))).unwrap().1;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("k8s")).unwrap();
        std::fs::copy(root().join("examples/broken.yaml"), folder.path().join("k8s/broken.yaml")).unwrap();
        let ran = run_in(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>());
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{file}: {arguments}");
        assert!(ran.out.contains("value-ignored") && ran.out.contains("k8s/broken.yaml"), "{file}: {}", ran.out);
        assert!(reports.iter().all(|report| folder.path().join(report).is_file()), "{file}");
        // What is written is what is uploaded.
        assert!(reports.iter().all(|report| text.matches(report).count() >= 2), "{file}");
    }
}
