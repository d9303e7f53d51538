//! Files that change while the server runs.

use std::path::Path;

use super::DENIED;
use super::client::{eventually, full, post, send1, tls};
use super::process::{Server, no502, replace, run};

const HEAD: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\n";

async fn is_denied(server: &Server) -> bool {
    server.post("/validate", DENIED).await.response()["allowed"] == false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_takes_effect_when_its_file_changes_and_a_bad_one_never() {
    let folder = tempfile::tempdir().unwrap();
    // As a volume mounts it: the file is a link into a folder that is swapped.
    let root = folder.path().to_owned();
    let swap = |version: &str, text: &[u8]| {
        std::fs::create_dir(root.join(version)).unwrap();
        std::fs::write(root.join(version).join("policy.yaml"), text).unwrap();
        std::os::unix::fs::symlink(version, root.join("..data_tmp")).unwrap();
        std::fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    };
    swap("1", format!("{HEAD}defaults: {{enforce: baseline}}\n").as_bytes());
    std::os::unix::fs::symlink("..data/policy.yaml", root.join("policy.yaml")).unwrap();
    let server = Server::start_in(folder, &["--policy", "policy.yaml"]);
    assert!(is_denied(&server).await);

    swap("2", format!("{HEAD}mode: warn\ndefaults: {{enforce: baseline}}\n").as_bytes());
    eventually("the new policy holds", async || !is_denied(&server).await).await;
    assert_eq!(server.metric("no502_policy_reload_failures_total").await, Some(0.0));

    let bad: [(&str, &[u8], &str); 3] = [
        ("3", b"apiVersion: no502.dev/v1alpha1\nkind: Policy\nmode: loud\ndefaults: {enforce: basline}\n", "policy.yaml:3:7: "),
        ("4", b"kind: [", "policy.yaml:"),
        ("5", b"kind: Policy\n# \xff\xfe\n", "UTF-8"),
    ];
    for (failures, (version, text, words)) in (1..).zip(bad) {
        swap(version, text);
        let count = f64::from(failures);
        eventually(words, async || server.metric("no502_policy_reload_failures_total").await == Some(count)).await;
        let report = server.get("/readyz?verbose").await;
        assert_eq!(report.status, 200, "the last good policy serves on");
        let line = report.text().lines().find(|line| line.starts_with("[!] policy ")).unwrap().to_owned();
        assert!(line.contains("the newer document was refused") && line.contains(words), "{line}");
        assert!(!is_denied(&server).await, "the last good policy holds");
    }
    server.line(|line| line.contains("ERROR") && line.contains("the last good one stays"));

    swap("6", format!("{HEAD}mode: warn\ndefaults: {{enforce: baseline}}\n").as_bytes());
    eventually("nothing to report", async || !server.get("/readyz?verbose").await.text().contains("[!]")).await;
    swap("7", format!("{HEAD}defaults: {{enforce: baseline}}\n").as_bytes());
    eventually("the first policy holds again", async || is_denied(&server).await).await;
}

fn make_pair(folder: &Path, out: &str) {
    let made = run(no502(folder, &["certs", "make", "--out", out, "--dns", "localhost", "--days", "9"]));
    assert_eq!(made.0, Some(0), "{}", made.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_served_to_new_connections_when_their_files_change() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    for name in ["one", "two", "served"] {
        make_pair(&root, name);
    }
    let put = |from: &str| {
        for file in ["tls.crt", "tls.key"] {
            replace(&root.join("served").join(file), &std::fs::read(root.join(from).join(file)).unwrap());
        }
    };
    put("one");
    let server = Server::start_in(folder, &["--tls-cert", "served/tls.crt", "--tls-key", "served/tls.key"]);
    let trusted = async |name: &str| tls(server.address, &root.join(name).join("ca.crt"), "http/1.1").await.is_ok();
    assert!(trusted("one").await && !trusted("two").await);
    let stream = tls(server.address, &root.join("one/ca.crt"), "http/1.1").await.unwrap();
    let (mut kept, connection) = hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let first_end = server.metric("no502_certificate_expiry_timestamp_seconds").await.unwrap();
    assert!(first_end > 0.0);

    put("two");
    eventually("the second pair is served", async || trusted("two").await).await;
    assert!(!trusted("one").await);
    let answer = send1(&mut kept, post("/validate", full(DENIED))).await.unwrap();
    assert_eq!(answer.response()["allowed"], false, "open connections go on");

    replace(&root.join("served/tls.crt"), b"no certificate");
    server.line(|line| line.contains("ERROR") && line.contains("the last one stays"));
    assert!(trusted("two").await, "the last good pair is served");
    put("one");
    eventually("a good pair is served again", async || trusted("one").await).await;
}
