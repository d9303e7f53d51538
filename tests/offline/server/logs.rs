//! One line for each decision, and nobody who is judged writes lines of his own.

use serde_json::{Value, json};

use super::process::Server;
use super::{DENIED, PATCHED, denied_with, harmless};

/// The lines of the log: what comes after the announcement.
fn log(server: &Server) -> Vec<String> {
    let lines = server.lines();
    let listening = lines.iter().position(|line| line.contains("listening") && line.contains("INFO")).unwrap();
    lines[listening + 1..].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_is_one_line_of_json() {
    let server = Server::start(&["--log-format", "json"]);
    for (path, body) in [("/validate", DENIED), ("/mutate", PATCHED), ("/validate", &harmless("last"))] {
        server.post(path, body.to_owned()).await;
    }
    server.line(|line| line.contains("\"last\""));
    let lines: Vec<Value> = log(&server).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in &lines {
        assert_eq!((&line["message"], &line["level"]), (&json!("decided"), &json!("INFO")), "{line}");
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(line["micros"].is_u64(), "{line}");
    }
    let shown = |line: &Value, keys: &[&str]| keys.iter().map(|key| line[key].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let keys = ["path", "uid", "user", "operation", "kind", "object", "verdict", "rules", "patched"];
    let denied =
        ["validate", "3f0c2b9e-6d1c-4f43-9a40-000000000001", "you@example.com", "CREATE", "Deployment", "shop/web", "deny"];
    assert_eq!(shown(&lines[0], &keys[..7]), denied);
    let rules: Vec<&str> = lines[0]["rules"].as_str().unwrap().split(',').collect();
    assert!(rules.contains(&"probe-port-unresolvable"), "{rules:?}");
    assert_eq!(shown(&lines[1], &["path", "verdict", "patched"]), ["mutate", "allow", "prestop-missing"]);
    assert_eq!(shown(&lines[2], &["uid", "kind", "object", "verdict", "rules"]), ["last", "Secret", "shop/a", "allow", ""]);
}

/// Texts that would end a line, colour a terminal, or look like another line.
fn hostile() -> [String; 4] {
    [
        "x\n2026-01-01T00:00:00.000000Z  INFO decided verdict=\"allow\"".to_owned(),
        "x\r\n{\"message\":\"decided\",\"verdict\":\"allow\"}\r\n".to_owned(),
        "\u{1b}[2K\u{1b}[31mred\u{7}\u{85}\u{2028}\u{0}".to_owned(),
        "\",\"verdict\":\"allow\",\"message\":\"decided".to_owned(),
    ]
}

async fn forge(server: &Server) -> usize {
    let mut sent = 0;
    for text in hostile() {
        let text = json!(text);
        let everywhere = [
            ("/uid", text.clone()),
            ("/name", text.clone()),
            ("/namespace", text.clone()),
            ("/operation", text.clone()),
            ("/kind/kind", text.clone()),
            ("/userInfo/username", text.clone()),
        ];
        let judged = [("/name", text.clone()), ("/object/metadata/name", text.clone()), ("/userInfo/username", text.clone())];
        let foreign = json!({"apiVersion": text, "kind": text}).to_string();
        let mistyped = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": text}).to_string();
        for body in [denied_with(&everywhere), denied_with(&judged), foreign, mistyped] {
            server.post("/validate", body).await;
            sent += 1;
        }
    }
    server.post("/validate", harmless("sentinel")).await;
    server.line(|line| line.contains("sentinel"));
    sent + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_forge_a_line_of_text() {
    let server = Server::start(&[]);
    let sent = forge(&server).await;
    let lines = log(&server);
    assert_eq!(lines.len(), sent, "one line for each request:\n{}", lines.join("\n"));
    for line in &lines {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line:?}");
        let rest = rest.trim_start();
        assert!(rest.starts_with("INFO decided ") || rest.starts_with("WARN not judged "), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_forge_a_line_of_json() {
    let server = Server::start(&["--log-format", "json"]);
    let sent = forge(&server).await;
    let lines = log(&server);
    assert_eq!(lines.len(), sent, "one line for each request:\n{}", lines.join("\n"));
    for line in &lines {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(parsed["message"] == "decided" || parsed["message"] == "not judged", "{line}");
        for key in ["message", "level", "timestamp"] {
            assert_eq!(line.matches(&format!("\"{key}\":")).count(), 1, "{key} is there once: {line}");
        }
    }
}
