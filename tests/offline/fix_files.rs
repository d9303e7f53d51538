//! `check --fix` and the file system: whatever a file is, it is written well, or it stays and that is said.

use std::path::Path;
use std::process::{Command, Stdio};

use no502::object::yaml::{Encoding, encode};
use serde_json::Value;

use crate::cli::{parsed, run_in};
use crate::fix::{IGNORED, INGRESS, file, fixed_ingress, folder, with};

/// What comes out of a pipe, and what is said.
fn piped(bytes: &[u8], args: &[&str]) -> (i32, Vec<u8>, String) {
    use std::io::Write as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    command.args(args).env_remove("NO502_POLICY").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

/// Why the fix of a file is left, as a report says.
fn left<'r>(report: &'r Value, name: &str) -> &'r str {
    let own = report["findings"].as_array().unwrap().iter().find(|finding| finding["file"] == name);
    own.and_then(|own| own["fix"]["left"].as_str()).unwrap_or_default()
}

#[test]
fn standard_input_keeps_its_encoding_and_the_bytes_that_are_no_characters() {
    let pipe = with(&IGNORED, &["--fix", "-"]);
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Utf8] {
        let (code, out, said) = piped(&encode(INGRESS, encoding), &pipe);
        assert_eq!((code, out), (0, encode(&fixed_ingress(), encoding)), "{said}");
        assert_eq!(piped(&encode("a: 1\n", encoding), &pipe).1, encode("a: 1\n", encoding));
    }
    // Latin-1 is not read, so it comes out as it went in.
    let latin: Vec<u8> = INGRESS.chars().map(|own| u8::try_from(own).unwrap()).collect();
    let (code, out, said) = piped(&latin, &pipe);
    assert_eq!((code, out), (2, latin), "{said}");
    let odd = [&encode(INGRESS, Encoding::Utf16Le)[..], b"\n"].concat();
    assert_eq!(piped(&odd, &pipe).1, odd);
}

#[test]
fn a_file_that_is_called_as_standard_input_is_in_reports_is_a_file() {
    let folder = folder(&[("<stdin>", INGRESS.as_bytes())]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix", "<stdin>"]));
    assert_eq!((ran.code, file(folder.path(), "<stdin>")), (0, fixed_ingress().into_bytes()), "{}", ran.err);
    assert!(ran.out.contains("1 fixed"), "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn one_file_that_cannot_be_written_stops_no_other_and_no_report() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("a.yaml", INGRESS.as_bytes()), ("b.yaml", INGRESS.as_bytes()), ("z.yaml", INGRESS.as_bytes())]);
    std::fs::set_permissions(folder.path().join("a.yaml"), std::fs::Permissions::from_mode(0o440)).unwrap();
    std::fs::hard_link(folder.path().join("b.yaml"), folder.path().join("other")).unwrap();
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix", "--format", "json", "--format", "text=report"]));
    for name in ["a.yaml", "b.yaml", "other"] {
        assert_eq!(file(folder.path(), name), INGRESS.as_bytes(), "{name}");
    }
    assert_eq!(file(folder.path(), "z.yaml"), fixed_ingress().as_bytes());
    assert!(ran.err.contains("./a.yaml is left as it is: it cannot be written: "), "{}", ran.err);
    let report = parsed(&ran);
    assert_eq!((ran.code, &report["summary"]["fixed"], report["findings"].as_array().unwrap().len()), (2, &1.into(), 3));
    assert!(left(&report, "./a.yaml").contains("denied"), "{report:#}");
    assert!(left(&report, "./b.yaml").contains("a hard link"), "{report:#}");
    assert!(String::from_utf8(file(folder.path(), "report")).unwrap().contains("1 fixed"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5, "nothing else is left behind");
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_owner_and_is_left_by_who_may_not_write_it() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    const OTHER: u32 = 65534;
    let folder = folder(&[("theirs.yaml", INGRESS.as_bytes()), ("own.yaml", INGRESS.as_bytes())]);
    let path = |name: &str| folder.path().join(name);
    if chown(path("theirs.yaml"), Some(OTHER), Some(OTHER)).is_err() {
        return eprintln!("left out: only root can give files away");
    }
    std::fs::set_permissions(path("theirs.yaml"), std::fs::Permissions::from_mode(0o4750)).unwrap();
    assert_eq!(run_in(folder.path(), &with(&IGNORED, &["--fix", "theirs.yaml"])).code, 0);
    let theirs = std::fs::metadata(path("theirs.yaml")).unwrap();
    assert_eq!((theirs.uid(), theirs.gid(), theirs.mode() & 0o7777), (OTHER, OTHER, 0o4750));
    assert_eq!(file(folder.path(), "theirs.yaml"), fixed_ingress().as_bytes());
    // In a folder of everybody's, whoever may not write a file could still replace it.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
    command.args(with(&IGNORED, &["--fix", "own.yaml"])).env_remove("NO502_POLICY").stdin(Stdio::null());
    let Ok(output) = command.current_dir(folder.path()).uid(OTHER).gid(OTHER).output() else {
        return eprintln!("left out: the binary is out of the reach of others");
    };
    assert_eq!((output.status.code(), file(folder.path(), "own.yaml")), (Some(2), INGRESS.as_bytes().to_vec()));
    assert_ne!(std::fs::metadata(path("own.yaml")).unwrap().uid(), OTHER);
}

#[cfg(target_os = "linux")]
#[test]
fn names_may_be_long_and_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder(&[(&format!("{}.yaml", "a".repeat(250)), INGRESS.as_bytes())]);
    let odd = folder.path().join(OsStr::from_bytes(b"\xff.yaml"));
    std::fs::write(&odd, INGRESS).unwrap();
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix"]));
    assert!(ran.code == 0 && ran.out.contains("2 fixed"), "{}{}", ran.out, ran.err);
    assert_eq!(std::fs::read_to_string(odd).unwrap(), fixed_ingress());
}

/// What `git apply` makes of a diff there.
fn applied(folder: &Path, diff: &str) -> Option<()> {
    std::fs::write(folder.join("diff"), diff).unwrap();
    let applied = Command::new("git").args(["apply", "--whitespace=nowarn", "diff"]).current_dir(folder).output().ok()?;
    assert!(applied.status.success(), "{}{diff}", String::from_utf8_lossy(&applied.stderr));
    Some(())
}

#[test]
fn a_diff_is_about_lines_as_git_divides_them() {
    // Each carriage return of its own is part of its line.
    let odd = INGRESS.replace("# ü\n", "# ü\r  # more\n");
    let bare = INGRESS.trim_end();
    let folder = folder(&[("odd.yaml", odd.as_bytes()), ("bare.yaml", bare.replace("  # two", "\r  # two").as_bytes())]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--diff"]));
    if applied(folder.path(), &ran.out).is_none() {
        return eprintln!("git cannot be asked");
    }
    assert_eq!(String::from_utf8(file(folder.path(), "odd.yaml")).unwrap(), odd.replace("'120s'", "'120'"));
    let fixed = String::from_utf8(file(folder.path(), "bare.yaml")).unwrap();
    assert!(fixed.contains("'120'\r  # two") && !fixed.ends_with('\n'), "{fixed:?}");
}

#[test]
fn a_diff_is_told_from_where_it_can_be_applied() {
    let folder = folder(&[("a.yaml", INGRESS.as_bytes())]);
    let (here, below) = (folder.path(), folder.path().join("sub/deep"));
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(below.join("b.yaml"), INGRESS).unwrap();
    let absolute = below.join("b.yaml");
    let names = |folder: &Path, path: &str| {
        let ran = run_in(folder, &with(&IGNORED, &["--diff", path]));
        (ran.out.lines().find(|line| line.starts_with("+++ ")).unwrap_or_default().to_owned(), ran.err)
    };
    for path in ["./sub/./deep/b.yaml", "sub/../sub/deep/b.yaml", absolute.to_str().unwrap()] {
        assert_eq!(names(here, path), ("+++ b/sub/deep/b.yaml".to_owned(), String::new()), "{path}");
    }
    let (name, said) = names(&below, "../../a.yaml");
    assert_eq!(name, "+++ b/a.yaml");
    assert!(said.contains(&format!("applied in {}", here.canonicalize().unwrap().display())), "{said}");
    let both = run_in(&below, &with(&IGNORED, &["--diff", "b.yaml", "../../a.yaml"])).out;
    if applied(here, &both).is_some() {
        assert!(file(here, "a.yaml") == fixed_ingress().as_bytes() && file(&below, "b.yaml") == fixed_ingress().as_bytes());
    }
}

#[test]
fn a_diff_that_can_only_be_read_says_so() {
    let folder = folder(&[("wide.yaml", &encode(INGRESS, Encoding::Utf16Le))]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--diff"]));
    assert!(ran.out.contains("+    nginx.ingress") && ran.err.contains("wide.yaml is UTF-16"), "{}{}", ran.out, ran.err);
}

#[test]
fn fixed_is_what_was_written_and_nothing_else() {
    let bare = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: shop, port: {number: 80}}}
";
    let folder = folder(&[("bare.yaml", bare.as_bytes())]);
    let ran = run_in(folder.path(), &["check", "--profile", "strict", "--fix", "--format", "json", "--fail-on", "never"]);
    let report = parsed(&ran);
    let told = |rule: &str| {
        let own = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
        own.map(|own| own["fix"]["applied"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    // Its place is another one once the annotations are there.
    assert_eq!((told("timeout-unset"), told("upload-limit-unset")), (vec![true; 3], vec![false]), "{report:#}");
}

#[test]
fn a_fix_that_is_asked_for_alone_brings_no_finding_of_another_rule() {
    let never = INGRESS.replace("120s", "0s");
    let folder = folder(&[("shop.yaml", never.as_bytes())]);
    let ran = run_in(folder.path(), &with(&IGNORED, &["--fix"]));
    assert_eq!((ran.code, file(folder.path(), "shop.yaml")), (1, never.into_bytes()), "{}", ran.out);
    assert!(ran.err.contains("its fix would bring timeout-out-of-range"), "{}", ran.err);
}

#[test]
fn what_a_value_that_holds_now_shows_of_others_is_told() {
    let objects = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: controller, namespace: ingress-nginx}
data: {upstream-keepalive-timeout: 600s}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: \"shop:1\", args: [gunicorn, --keep-alive, \"75\"], ports: [{containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: shop, port: {number: 80}}}}
";
    let policy = r#"{"apiVersion": "no502.dev/v1alpha1", "kind": "Policy", "gateways":
        [{"class": "nginx", "dialect": "ingress-nginx", "version": "1.13.1", "configMap": "ingress-nginx/controller"}]}"#;
    let folder = folder(&[("shop.yaml", objects.as_bytes()), ("policy", policy.as_bytes())]);
    let args = ["check", "--profile", "strict", "--policy", "policy", "--format", "json", "--fail-on", "never"];
    let told = |more: &[&str]| {
        let report = parsed(&run_in(folder.path(), &with(&args, more)));
        let own = report["findings"].as_array().unwrap().iter().filter(|own| own["object"]["kind"] == "Deployment").cloned();
        own.map(|own| own["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (before, after) = (told(&[]), told(&["--fix"]));
    let unstated = |told: &[String]| told.iter().any(|rule| rule == "keepalive-unstated");
    assert!(!unstated(&before) && unstated(&after), "{before:?} {after:?}");
}
