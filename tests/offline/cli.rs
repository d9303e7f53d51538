//! The binary as people and pipelines run it: exit codes, what stands on which stream, and the bytes of reports.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use no502::rule::RULES;
use serde_json::{Value, json};

/// What one run did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The binary in the folder of the example inputs, without what the environment may say.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    command.args(args).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cli"));
    for name in ["NO502_POLICY", "NO_COLOR", "COLUMNS", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or_else(|| panic!("ended by a signal: {output:?}")),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn run(args: &[&str]) -> Ran {
    ran(command(args).stdin(Stdio::null()).output().unwrap())
}

/// A run in another folder.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    ran(command(args).current_dir(folder).stdin(Stdio::null()).output().unwrap())
}

/// A run that gets this on its standard input.
pub(crate) fn run_with(input: &str, args: &[&str]) -> Ran {
    let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    ran(child.wait_with_output().unwrap())
}

fn example(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cli").join(name)).unwrap()
}

/// The rule of each finding of a JSON report.
fn rules_of(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

pub(crate) fn parsed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

#[test]
fn of_a_long_line_what_stands_around_the_place_is_shown() {
    let ingress = |name: usize| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": format!("w{name}"), "annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "120s"}},
            "spec": {"ingressClassName": "nginx"},
        })
    };
    let list = json!({"apiVersion": "v1", "kind": "List", "items": (0..40).map(ingress).collect::<Vec<_>>()});
    let ran = run_with(&list.to_string(), &["check", "--rule", "value-ignored", "-"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let carets: Vec<(&str, &str)> =
        lines.windows(2).filter(|two| two[1].trim_end().ends_with('^')).map(|two| (two[0], two[1])).collect();
    assert_eq!(carets.len(), 40, "{}", ran.out);
    for (shown, caret) in carets {
        assert!(shown.len() < 200, "{shown}");
        assert!(shown.get(caret.len() - 1..).is_some_and(|rest| rest.starts_with("\"120s\"")), "{shown}\n{caret}");
    }
}

#[test]
fn check_ends_with_0_1_or_2() {
    for (args, code) in [
        (&["check", "good.yaml"][..], 0),
        (&["check", "warnings.yaml"], 0),
        (&["check", "--fail-on", "warning", "warnings.yaml"], 1),
        (&["check", "--profile", "strict", "warnings.yaml"], 1),
        (&["check", "--fail-on", "never", "--profile", "strict", "warnings.yaml"], 0),
        (&["check", "shop.yaml"], 1),
        (&["check", "--fail-on", "never", "shop.yaml"], 0),
        (&["check", "--rule", "value-ignored", "warnings.yaml", "--fail-on", "warning"], 0),
        (&["check", "mixed"], 2),
        (&["check", "--fail-on", "never", "mixed"], 2),
        (&["check", "no-such-file.yaml"], 2),
        (&["check", "--profile", "strikt", "good.yaml"], 2),
        (&["check", "--rule", "prestop-mising", "good.yaml"], 2),
        (&["check", "--policy", "bad-policy.yaml", "good.yaml"], 2),
        (&["check", "--no-such-option"], 2),
    ] {
        let ran = run(args);
        assert_eq!(ran.code, code, "{args:?}\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn the_report_as_text() {
    insta::assert_snapshot!("text", run(&["check", "shop.yaml"]).out);
    insta::assert_snapshot!("text_of_broken_input", run(&["check", "mixed"]).out);
    insta::assert_snapshot!("text_of_nothing", run(&["check", "good.yaml"]).out);
}

#[test]
fn where_nothing_was_read_nothing_is_said_to_be_fine() {
    let ran = run_with("", &["check", "-"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "nothing was read: 0 objects in 1 file\n"));
    let ran = run(&["check", "no-such-file.yaml"]);
    assert!(ran.out.starts_with("no-such-file.yaml: unreadable: "), "{}", ran.out);
    assert!(ran.out.ends_with("nothing was read: 0 objects in 0 files; 1 place could not be read\n"), "{}", ran.out);
}

#[test]
fn the_report_as_json() {
    let report = run(&["check", "--format", "json", "--complete", "shop.yaml"]).out;
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(report.contains(&version), "{report}");
    insta::assert_snapshot!("json", report.replace(&version, "\"version\": \"VERSION\""));
}

#[test]
fn what_is_missing_is_pending_until_the_input_is_complete() {
    let level = |args: &[&str]| {
        let report = parsed(&run(args));
        let findings = report["findings"].as_array().unwrap();
        let missing = findings.iter().find(|finding| finding["rule"] == "backend-service-missing").unwrap();
        format!("{} {}", missing["level"], missing["certainty"])
    };
    assert_eq!(level(&["check", "--format", "json", "shop.yaml"]), "\"warning\" \"pending\"");
    assert_eq!(level(&["check", "--format", "json", "--complete", "shop.yaml"]), "\"error\" \"certain\"");
}

#[test]
fn standard_input_is_read_like_a_file() {
    let file = parsed(&run(&["check", "--format", "json", "shop.yaml"]));
    let ran = run_with(&example("shop.yaml"), &["check", "--format", "json", "-"]);
    let stdin: Value = serde_json::from_str(&ran.out.replace("<stdin>", "shop.yaml")).unwrap();
    assert_eq!((ran.code, &stdin), (1, &file));
    assert!(ran.out.contains("<stdin>"), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_is_noted_and_the_rest_is_checked() {
    let ran = run(&["check", "--format", "json", "mixed", "no-such-file.yaml", "shop.yaml"]);
    let report = parsed(&ran);
    let notes: Vec<(&str, u64)> = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| (note["file"].as_str().unwrap(), note["line"].as_u64().unwrap()))
        .collect();
    assert_eq!((ran.code, notes), (2, vec![("mixed/broken.yaml", 5), ("no-such-file.yaml", 1)]));
    let ignored = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "value-ignored");
    let ignored: Vec<&Value> = ignored.map(|finding| &finding["file"]).collect();
    assert_eq!(ignored, ["mixed/broken.yaml", "shop.yaml"]);
    assert_eq!(report["summary"]["unreadable"], 2);
}

#[test]
fn a_closed_pipe_is_quiet() {
    let mut child = command(&["check", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Nothing is written before the input ends, so nobody listens any more by then.
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(example("shop.yaml").repeat(50).as_bytes()).unwrap();
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.err, "");
    assert!(matches!(ran.code, 0 | 1), "{}", ran.code);
}

#[test]
fn results_and_faults_stand_on_their_own_streams() {
    assert_eq!(run(&["check", "shop.yaml"]).err, "");
    assert_eq!(run(&["check", "--quiet", "good.yaml"]).out, "");
    assert_ne!(run(&["check", "--quiet", "shop.yaml"]).out, "");
    for (args, said) in [
        (&["check", "--profile", "strikt"][..], "there is no profile strikt"),
        (&["check", "--rule", "prestop-mising"], "did you mean prestop-missing?"),
        (&["check", "--policy", "bad-policy.yaml"], "bad-policy.yaml:8:7: there is no rule `prestop-mising`"),
        (&["check", "--policy", "no-such-policy.yaml"], "no-such-policy.yaml: "),
        (&["explain", "prestop-mising"], "did you mean prestop-missing?"),
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["text", "json", "sarif", "junit", "gitlab"] {
        let once = run(&["check", "--profile", "strict", "--format", format, "../rules", ".", "--fail-on", "never"]);
        assert!(once.out.len() > 100_000, "{}", once.out.len());
        for _ in 0..2 {
            let again = run(&["check", "--profile", "strict", "--format", format, "../rules", ".", "--fail-on", "never"]);
            assert!(again.out == once.out, "two runs differ in {format}");
        }
    }
}

#[test]
fn check_takes_the_current_folder_and_fills_in_what_objects_leave_out() {
    let folder = tempfile::tempdir().unwrap();
    let classless = example("mixed/broken.yaml").split_once("---\n").unwrap().1.replace("  ingressClassName: nginx\n", "");
    std::fs::write(folder.path().join("ingress.yaml"), classless).unwrap();
    let inside = |args: &[&str]| parsed(&ran(command(args).current_dir(folder.path()).output().unwrap()));
    assert_eq!(rules_of(&inside(&["check", "--format", "json"])), ["backend-service-missing"]);
    let named = inside(&["check", "--format", "json", "--class", "nginx", "--namespace", "shop", "--rule", "value-ignored"]);
    assert_eq!(rules_of(&named), ["value-ignored"]);
    assert_eq!(named["findings"][0]["object"]["namespace"], "shop");
}

#[test]
fn colours_are_for_those_who_ask() {
    let shows_colour = |command: &mut Command| command.output().unwrap().stdout.contains(&0x1b);
    assert!(!shows_colour(&mut command(&["check", "shop.yaml"])));
    assert!(shows_colour(&mut command(&["check", "--color", "always", "shop.yaml"])));
    assert!(!shows_colour(&mut command(&["check", "--color", "never", "shop.yaml"])));
    assert!(!shows_colour(command(&["check", "shop.yaml"]).env("NO_COLOR", "1")));
}

#[test]
fn what_a_terminal_would_take_for_a_command_does_not_reach_it() {
    let manifest = example("mixed/broken.yaml").replace("\"90s\"", "\"\\e[31m120s\\r\\nno502: all is fine\"");
    assert!(manifest.contains("\\e[31m"), "{manifest}");
    for command in [&["check", "-"][..], &["trace", "Ingress/web", "-"]] {
        let ran = run_with(&manifest, command);
        assert!(ran.out.contains("[31m120s  no502: all is") && !ran.out.contains(['\u{1b}', '\r']), "{}", ran.out);
    }
}

#[test]
fn every_rule_is_explained() {
    for entry in RULES {
        let ran = run(&["explain", entry.meta.name]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", entry.meta.name);
        assert!(ran.out.starts_with(&format!("# {}\n", entry.meta.name)), "{}", ran.out);
        // The words that steer tests are nothing for people.
        assert!(ran.out.contains("```yaml\n") && !ran.out.contains("```yaml "), "{}", ran.out);
        assert!(ran.out.contains(entry.meta.file), "{}", ran.out);
    }
    let unlike = run(&["explain", "something-else"]);
    assert_eq!(unlike.code, 2);
    assert!(unlike.err.contains("no502 rules"), "{}", unlike.err);
}

#[test]
fn an_explained_rule_quotes_its_evidence() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let summary = std::fs::read_to_string(root.join("docs/evidence/summary.tsv")).unwrap();
    let lines: Vec<Vec<&str>> = summary.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    for entry in RULES {
        let name = entry.meta.name;
        let out = run(&["explain", name]).out;
        let last = out.lines().last().unwrap_or_default();
        let Some(line) = lines.iter().find(|line| line[0] == name) else {
            assert!(!last.contains("docs/evidence"), "{out}");
            continue;
        };
        let page = format!("docs/evidence/{name}.md");
        assert!(last.starts_with(&format!("Measured behind {}, ", line[2])) && last.contains(&page), "{out}");
        let plain = last.replace(',', "");
        let counts = [format!("{} of {} requests failed before", line[4], line[3]), format!("{} of {} after", line[6], line[7])];
        assert!(counts.iter().all(|count| plain.contains(count.as_str())), "{counts:?}: {out}");
        assert!(root.join(&page).is_file(), "{page}");
    }
}

#[test]
fn rules_are_listed_as_text_and_json() {
    let list = parsed(&run(&["rules", "--format", "json"]));
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names, RULES.iter().map(|entry| entry.meta.name).collect::<Vec<_>>());
    for key in ["family", "baseline", "strict", "fix", "summary"] {
        assert!(list.as_array().unwrap().iter().all(|rule| rule[key].as_str().is_some_and(|text| !text.is_empty())), "{key}");
    }
    let table = run(&["rules"]).out;
    assert_eq!(table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect::<Vec<_>>(), names);
}

#[test]
fn policies_are_checked_and_shown() {
    let good = run(&["policy", "check", "policy.yaml"]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    assert!(good.out.contains("baseline, shop, strict"), "{}", good.out);
    let bad = run(&["policy", "check", "bad-policy.yaml"]);
    assert_eq!(bad.code, 1, "{}{}", bad.out, bad.err);
    insta::assert_snapshot!("faults_of_a_policy", bad.out);
    assert_eq!(run(&["policy", "check", "no-such-policy.yaml"]).code, 2);
    let shown = run(&["policy", "show", "--policy", "policy.yaml", "--profile", "shop"]).out;
    let line = |rule: &str| shown.lines().find(|line| line.split_whitespace().next() == Some(rule)).unwrap().to_owned();
    assert!(line("prestop-missing").contains("20s") && line("prestop-missing").contains("/profiles/shop/"), "{shown}");
    assert!(line("grace-zero").ends_with("shipped"), "{shown}");
    let schema = parsed(&run(&["policy", "schema"]));
    assert_eq!(schema, serde_json::from_str::<Value>(include_str!("../../policies/schema.json")).unwrap());
}

#[cfg(unix)]
#[test]
fn certificates_are_made_and_inspected_and_keys_stay_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("made").display().to_string();
    let made = run(&["certs", "make", "--out", &out, "--dns", "no502.example.com", "--ip", "127.0.0.1", "--days", "30"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let path = |name: &str| format!("{out}/{name}");
    let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("ca.key"), mode("tls.key")), (0o600, 0o600));
    let shown = run(&["certs", "inspect", &path("tls.crt")]).out;
    assert!(shown.contains("no502.example.com, 127.0.0.1"), "{shown}");
    assert!(shown.contains("(30 days left)") || shown.contains("(29 days left)"), "{shown}");
    // A key that lay open before is not left open.
    std::fs::set_permissions(path("tls.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let authority = std::fs::read(path("ca.crt")).unwrap();
    let leaf = std::fs::read(path("tls.crt")).unwrap();
    let again = run(&["certs", "make", "--out", &out, "--ca", &out]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(mode("tls.key"), 0o600);
    assert!(std::fs::read(path("ca.crt")).unwrap() == authority, "the authority was made anew");
    assert!(std::fs::read(path("tls.crt")).unwrap() != leaf, "the certificate was not made anew");
    for args in [
        &["certs", "inspect", "good.yaml"][..],
        &["certs", "inspect", "no-such.crt"],
        &["certs", "make", "--out", &out, "--days", "0"],
    ] {
        assert_eq!(run(args).code, 2, "{args:?}");
    }
}

#[test]
fn completions_are_a_script_that_the_shell_reads() {
    let script = run(&["completions", "bash"]);
    assert_eq!(script.code, 0);
    assert!(script.out.contains("_no502()") && script.out.contains("explain"), "{}", script.out);
    let mut shell = match Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(shell) => shell,
        Err(error) => return eprintln!("bash cannot be asked: {error}"),
    };
    shell.stdin.take().unwrap().write_all(script.out.as_bytes()).unwrap();
    assert_eq!(ran(shell.wait_with_output().unwrap()).err, "");
    assert_eq!(run(&["completions", "basch"]).code, 2);
}

#[test]
fn our_own_manifests_pass_strict_without_a_warning() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/base");
    let path = |name: &str| base.join(name).display().to_string();
    let (deployment, service) = (path("deployment.yaml"), path("service.yaml"));
    let arguments = ["check", &deployment, &service, "--profile", "strict", "--fail-on", "warning", "--format", "json"];
    let checked = run(&arguments);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert_eq!(parsed(&checked)["summary"]["objects"], 2, "both were judged");
    // The same with the hook taken away is seen, so the silence above means something.
    let without = std::fs::read_to_string(&deployment).unwrap().replace("preStop:", "postStart:");
    assert_eq!(run_with(&without, &["check", "-", "--profile", "strict"]).code, 1);
    assert_eq!(run(&["policy", "check", &path("policy.yaml")]).code, 0);
}

#[test]
fn the_shipped_examples_do_what_their_names_say() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let path = |name: &str| examples.join(name).display().to_string();
    let broken = run(&["check", &path("broken.yaml"), "--format", "json"]);
    assert_eq!(broken.code, 1, "{}", broken.err);
    assert!(rules_of(&parsed(&broken)).contains(&"value-ignored"), "{}", broken.out);
    for profile in ["baseline", "strict"] {
        let fixed = run(&["check", &path("fixed.yaml"), "--profile", profile, "--fail-on", "warning"]);
        assert_eq!(fixed.code, 0, "{profile}: {}", fixed.out);
    }
    assert_eq!(run(&["policy", "check", &path("policy.yaml")]).code, 0);
}
