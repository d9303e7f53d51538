//! The admin listener: alive, ready, and what was counted.

use serde_json::json;

use super::process::{Server, replace};
use super::{DENIED, PATCHED, denied_with, harmless};

/// What a server without a cluster counts once it was asked everything that the test asks.
const METRICS: [&str; 13] = [
    "no502_admission_requests_total",
    "no502_admission_duration_seconds",
    "no502_findings_total",
    "no502_fixes_total",
    "no502_exceptions_expiring",
    "no502_exceptions_used_total",
    "no502_admission_rejected_total",
    "no502_policy_loaded_timestamp_seconds",
    "no502_policy_reload_failures_total",
    "no502_inventory_objects",
    "no502_certificate_expiry_timestamp_seconds",
    "no502_inflight_requests",
    "no502_build_info",
];

/// The labels that metrics may have.
const LABELS: [&str; 14] = [
    "path",
    "operation",
    "kind",
    "verdict",
    "dry_run",
    "rule",
    "level",
    "mode",
    "days",
    "reason",
    "version",
    "le",
    "policy",
    "quantile",
];

#[tokio::test(flavor = "multi_thread")]
async fn alive_and_ready() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/livez").await.status, 200);
    let ready = server.get("/readyz").await;
    assert_eq!((ready.status, ready.text()), (200, "ok\n"));
    let verbose = server.get("/readyz?verbose").await;
    let lines: Vec<&str> = verbose.text().lines().collect();
    assert_eq!(verbose.status, 200);
    assert_eq!(lines[0], "[+] serving");
    assert!(lines.iter().any(|line| line.starts_with("[+] policy ")), "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with("[+] ")), "{lines:?}");
    let unknown = server.get("/healthz").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("/readyz?verbose"), "{}", unknown.text());
}

fn excepted() -> String {
    let annotations = json!({"no502.dev/allow": "probe-port-unresolvable", "no502.dev/allow-reason": "secret-reason",
        "no502.dev/allow-until": "2999-12-31"});
    denied_with(&[("/object/metadata/annotations", annotations)])
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happens_and_name_no_object() {
    let server = Server::start(&[]);
    server.post("/validate", DENIED).await;
    server.post("/validate", excepted()).await;
    server.post("/mutate", PATCHED).await;
    server.post("/validate", "no review").await;
    let strange = [("/kind/kind", json!("shop-kind")), ("/operation", json!("shop-operation")), ("/dryRun", json!(true))];
    server.post("/validate", denied_with(&strange)).await;
    server.post("/validate", harmless("shop-uid")).await;
    let answer = server.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"), "{:?}", answer.headers);
    let text = answer.text();
    for name in METRICS {
        assert!(text.contains(&format!("# TYPE {name} ")), "{name} is missing in\n{text}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} is not explained");
    }
    for line in [
        "no502_admission_requests_total{dry_run=\"false\",kind=\"Deployment\",operation=\"CREATE\",path=\"validate\",verdict=\"deny\"} 1",
        "no502_admission_requests_total{dry_run=\"true\",kind=\"other\",operation=\"other\",path=\"validate\",verdict=\"allow\"} 1",
        "no502_findings_total{level=\"error\",mode=\"enforce\",rule=\"probe-port-unresolvable\"} 1",
        "no502_exceptions_used_total{rule=\"probe-port-unresolvable\"} 1",
        "no502_fixes_total{rule=\"prestop-missing\"} 1",
        "no502_admission_rejected_total{reason=\"malformed\"} 1",
        "no502_admission_duration_seconds_count{path=\"mutate\"} 1",
        "no502_admission_duration_seconds_bucket{path=\"validate\",le=\"0.00005\"}",
        "no502_admission_duration_seconds_bucket{path=\"validate\",le=\"5\"}",
        "no502_policy_reload_failures_total 0",
        "no502_inflight_requests 0",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("no502_"), "{line}");
        for word in ["shop", "web", "example.com", "secret"] {
            assert!(!line.contains(word), "{line} names what it should not");
        }
        let labels = line.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(labels, _)| labels);
        for label in labels.split("\",").filter(|label| !label.is_empty()) {
            let name = label.split('=').next().unwrap();
            assert!(LABELS.contains(&name), "{line}: an unknown label {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_in_metrics_are_of_now() {
    let folder = tempfile::tempdir().unwrap();
    replace(&folder.path().join("policy.yaml"), b"apiVersion: no502.dev/v1alpha1\nkind: Policy\n");
    let server = Server::start_in(folder, &["--policy", "policy.yaml"]);
    let loaded = server.metric("no502_policy_loaded_timestamp_seconds").await.unwrap();
    let ends = server.metric("no502_certificate_expiry_timestamp_seconds").await.unwrap();
    let now = jiff::Timestamp::now().as_duration().as_secs_f64();
    assert!((now - loaded).abs() < 60.0, "loaded at {loaded}, now {now}");
    assert!(ends > now + 86_400.0, "ends at {ends}, now {now}");
}
