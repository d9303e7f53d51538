//! Whatever is sent: the right status, words that help, and a server that goes on.

use hyper::Request;
use hyper::body::Bytes;
use serde_json::json;

use super::client::{Http1, Http2, eventually, fed, feed, full, post, post2, send1, send2};
use super::process::Server;
use super::{DENIED, denied_with, harmless};

/// A body, its status, and words of the answer.
type Case = (&'static str, Vec<u8>, u16, &'static str);

fn refused() -> Vec<Case> {
    let review = |kind: &str, version: &str| format!("{{\"apiVersion\": \"{version}\", \"kind\": \"{kind}\"}}").into_bytes();
    let deep = DENIED.replacen("\"replicas\": 3", &format!("\"x\": {}{}", "[".repeat(50_000), "]".repeat(50_000)), 1);
    let mut binary = DENIED.as_bytes().to_vec();
    let at = DENIED.find("you@").unwrap();
    binary[at] = 0xff;
    let cut = DENIED.as_bytes()[..DENIED.len() / 2].to_vec();
    vec![
        ("nothing", Vec::new(), 400, "no AdmissionReview in JSON"),
        ("no JSON", b"hello".to_vec(), 400, "no AdmissionReview in JSON"),
        ("YAML", b"kind: AdmissionReview".to_vec(), 400, "no AdmissionReview in JSON"),
        ("a list", b"[]".to_vec(), 400, "no AdmissionReview in JSON"),
        ("a number", b"1".to_vec(), 400, "no AdmissionReview in JSON"),
        ("null", b"null".to_vec(), 400, "no AdmissionReview in JSON"),
        ("half of one", cut, 400, "no AdmissionReview in JSON"),
        ("two of them", [DENIED, DENIED].concat().into_bytes(), 400, "trailing characters"),
        ("no UTF-8", binary, 400, "no AdmissionReview in JSON"),
        ("nothing but brackets", vec![b'['; 1 << 20], 400, "no AdmissionReview in JSON"),
        ("a deep object", deep.into_bytes(), 400, "recursion limit"),
        ("no name", b"{}".to_vec(), 400, "send admission.k8s.io/v1 AdmissionReview"),
        ("another kind", review("Deployment", "apps/v1"), 400, "the body is apps/v1 Deployment; send"),
        ("an old version", review("AdmissionReview", "admission.k8s.io/v1beta1"), 400, "v1beta1 AdmissionReview; send"),
        ("no request", review("AdmissionReview", "admission.k8s.io/v1"), 400, "no request with a uid"),
        ("no uid", denied_with(&[("/uid", json!(""))]).into_bytes(), 400, "no request with a uid"),
        ("a uid of another type", denied_with(&[("/uid", json!(7))]).into_bytes(), 400, "no AdmissionReview in JSON"),
    ]
}

async fn still_answers(sender: &mut Http1) {
    let answer = send1(sender, post("/validate", full(DENIED))).await.unwrap();
    assert_eq!(answer.response()["allowed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_review_is_refused_in_words_and_the_connection_goes_on() {
    let mut server = Server::start(&[]);
    let mut kept = server.http1().await;
    let mut streams: Http2 = server.http2().await;
    for (name, body, status, words) in refused() {
        for path in ["/validate", "/mutate"] {
            let answer = send1(&mut kept, post(path, full(body.clone()))).await.unwrap();
            assert_eq!(answer.status, status, "{name} to {path}: {}", answer.text());
            assert!(answer.text().contains(words), "{name} to {path}: {}", answer.text());
            assert!(answer.text().lines().count() == 1 && answer.body.len() < 300, "{name}: {}", answer.text());
        }
        still_answers(&mut kept).await;
        let answer = send2(&mut streams, post2("/validate", full(body))).await.unwrap();
        assert_eq!(answer.status, status, "{name} over HTTP/2");
    }
    let refused = server.metric("no502_admission_rejected_total{reason=\"malformed\"}").await;
    assert_eq!(refused, Some(3.0 * 17.0));
    assert!(server.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_eight_mebibytes_is_too_large() {
    let mut server = Server::start(&[]);
    let padded = |size: usize| Bytes::from(format!("{DENIED}{}", " ".repeat(size - DENIED.len())));
    let largest = server.post("/validate", padded(8 << 20)).await;
    assert_eq!(largest.response()["allowed"], false, "8 MiB are judged");
    for size in [(8 << 20) + 1, 20 << 20] {
        let mut streams = server.http2().await;
        let answer = send2(&mut streams, post2("/validate", full(padded(size)))).await.unwrap();
        assert_eq!((answer.status, answer.text()), (413, "the body is larger than 8388608 bytes\n"));
        let answer = send2(&mut streams, post2("/validate", full(DENIED))).await.unwrap();
        assert_eq!(answer.response()["allowed"], false, "other streams go on");
    }
    // One byte too many is all read, so that the answer cannot be lost with the connection.
    let answer = server.post("/validate", padded((8 << 20) + 1)).await;
    assert_eq!(answer.status, 413);
    // The server may close while the client still sends: then there is no answer, but never a good one.
    let lost = send1(&mut server.http1().await, post("/validate", full(padded(64 << 20)))).await;
    assert!(lost.is_err() || lost.is_ok_and(|answer| answer.status == 413));
    still_answers(&mut server.http1().await).await;
    let refused = server.metric("no502_admission_rejected_total{reason=\"too_large\"}").await;
    assert_eq!(refused, Some(4.0));
    assert!(server.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_early_costs_its_connection_only() {
    let mut server = Server::start(&[]);
    for _ in 0..3 {
        let (half, body) = fed();
        let mut request = post("/validate", body);
        request.headers_mut().insert("content-length", DENIED.len().into());
        feed(&half, &DENIED[..1000]);
        drop(half);
        let answer = send1(&mut server.http1().await, request).await;
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 400));
    }
    eventually("nobody waits for the rest", async || server.metric("no502_inflight_requests").await == Some(0.0)).await;
    still_answers(&mut server.http1().await).await;
    assert!(server.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_that_are_not_judged_are_let_pass() {
    let server = Server::start(&[]);
    let mut kept = server.http1().await;
    let old = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}});
    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 0}});
    let kind = |kind: &str| json!({"group": "", "version": "v1", "kind": kind});
    let null = json!(null);
    let deployment = json!("UPDATE");
    let reviews = [
        ("a scale", denied_with(&[("/subResource", json!("scale")), ("/object", scale), ("/operation", deployment)]), ""),
        ("a status", denied_with(&[("/subResource", json!("status")), ("/oldObject", old.clone())]), ""),
        ("a connection", denied_with(&[("/operation", json!("CONNECT")), ("/kind", kind("PodExecOptions"))]), ""),
        ("an unknown operation", denied_with(&[("/operation", json!("PATCH"))]), ""),
        ("no object", denied_with(&[("/object", null.clone())]), "the request holds no object"),
        ("no old object", denied_with(&[("/operation", json!("DELETE")), ("/object", null)]), "the request holds no object"),
        ("another kind", harmless("4"), ""),
        ("an object without fields", denied_with(&[("/object", json!({}))]), ""),
        ("an object that is a text", denied_with(&[("/object", json!("web"))]), ""),
        ("an object whose fields are of other types", denied_with(&[("/object/spec", json!([1, "a", null]))]), ""),
        ("a pod that is null", denied_with(&[("/object/spec/template", json!(null))]), ""),
    ];
    for (name, body, words) in reviews {
        for path in ["/validate", "/mutate"] {
            let response = send1(&mut kept, post(path, full(body.clone()))).await.unwrap().response();
            assert_eq!(response["allowed"], true, "{name} to {path}: {response}");
            assert!(response["patch"].is_null(), "{name} to {path}: {response}");
            let warnings = response["warnings"].to_string();
            assert!(if words.is_empty() { warnings == "null" } else { warnings.contains(words) }, "{name}: {warnings}");
        }
        still_answers(&mut kept).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_paths_say_what_is_served() {
    let mut server = Server::start(&[]);
    let mut kept = server.http1().await;
    let ask = |method: &str, path: &str| Request::builder().method(method).uri(path).header("host", "x").body(full("")).unwrap();
    for (method, path, status, words) in [
        ("GET", "/validate", 405, "send a POST with an AdmissionReview"),
        ("PUT", "/mutate", 405, "send a POST with an AdmissionReview"),
        ("GET", "/", 404, "POST /validate and POST /mutate"),
        ("POST", "/validate/", 404, "POST /validate and POST /mutate"),
        ("POST", "/%00../../etc/passwd", 404, "POST /validate and POST /mutate"),
        ("GET", "/metrics", 404, "POST /validate and POST /mutate"),
    ] {
        let answer = send1(&mut kept, ask(method, path)).await.unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.text().contains(words), "{method} {path}: {}", answer.text());
        assert!(status != 405 || answer.header("allow") == "POST", "{:?}", answer.headers);
        still_answers(&mut kept).await;
    }
    let tunnel = Request::connect("localhost:443").header("host", "x").body(full("")).unwrap();
    let answer = send1(&mut server.http1().await, tunnel).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status >= 400), "no tunnel is opened");
    still_answers(&mut server.http1().await).await;
    assert!(server.is_running());
}
