//! A server that cannot start: why, what to do, and an exit code that tells whose fault it is.

use std::net::TcpListener;

use super::process::{no502, run};

fn serve(folder: &std::path::Path, args: &[&str]) -> (Option<i32>, String) {
    let listen = ["serve", "--no-cluster", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let all: Vec<&str> = listen.into_iter().filter(|arg| !args.contains(arg)).chain(args.iter().copied()).collect();
    run(no502(folder, &all))
}

#[test]
fn all_faults_of_a_bad_policy_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "apiVersion: no502.dev/v1alpha1\nkind: Policy\nmode: loud\ndefaults:\n  enforce: baseline\n  wran: strict\n";
    std::fs::write(folder.path().join("policy.yaml"), text).unwrap();
    let (code, told) = serve(folder.path(), &["--policy", "policy.yaml"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("2 faults in the policy document"), "{told}");
    assert!(told.contains("policy.yaml:3:7: ") && told.contains("enforce, warn or audit"), "{told}");
    assert!(told.contains("policy.yaml:6:3: ") && told.contains("warn"), "{told}");
    assert!(!told.contains("listening"), "{told}");
}

#[test]
fn a_policy_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = serve(folder.path(), &["--policy", "nowhere.yaml"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nowhere.yaml: No such file"), "{told}");
}

#[test]
fn an_address_in_use_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for args in [
        ["serve", "--no-cluster", "--admin-listen", "127.0.0.1:0", "--listen", &address],
        ["serve", "--no-cluster", "--listen", "127.0.0.1:0", "--admin-listen", &address],
    ] {
        let (code, told) = run(no502(folder.path(), &args));
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(&address) && told.contains("in use"), "{told}");
        assert!(told.contains("choose another with --listen or --admin-listen"), "{told}");
        assert!(!told.contains("is listening on"), "{told}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for out in ["one", "two"] {
        let made = run(no502(folder.path(), &["certs", "make", "--out", out, "--dns", "localhost"]));
        assert_eq!(made.0, Some(0), "{}", made.1);
    }
    let (code, told) = serve(folder.path(), &["--tls-cert", "one/tls.crt", "--tls-key", "two/tls.key"]);
    assert_eq!(code, Some(2), "a key of another certificate: {told}");
    assert!(told.contains("one/tls.crt and two/tls.key") && told.contains("no502 certs make"), "{told}");
    let (code, told) = serve(folder.path(), &["--tls-cert", "one/tls.crt", "--tls-key", "nowhere.key"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nowhere.key") && told.contains("No such file"), "{told}");
    let (code, told) = serve(folder.path(), &["--tls-cert", "one/tls.crt"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("--tls-key"), "{told}");
}

#[test]
fn an_unknown_log_level_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = serve(folder.path(), &["--log-level", "no502=loud"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("--log-level"), "{told}");
}
