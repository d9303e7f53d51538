//! The first minute: it starts at once, and what it prints works when it is pasted.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::process::Server;
use super::{DENIED, PATCHED};

/// A second on an idle machine; a busy one, without optimisation, gets ten.
const START: Duration = Duration::from_secs(10);

/// Path and body of the commands that were printed.
fn commands(server: &Server) -> Vec<(String, String)> {
    let commands = ["validate", "mutate"].map(|path| server.line(|line| line.contains("curl ") && line.ends_with(path)));
    let parse = |command: &String| {
        assert!(command.contains(&format!("--cacert '{}'", server.ca().display())), "{command}");
        let file = command.split("--data @'").nth(1).unwrap().split('\'').next().unwrap();
        let url = command.split("https://").nth(1).unwrap();
        let (host, path) = url.split_once('/').unwrap();
        assert_eq!(host, format!("localhost:{}", server.address.port()));
        (format!("/{path}"), std::fs::read_to_string(server.folder.path().join(file)).unwrap())
    };
    commands.iter().map(parse).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_at_once_and_the_printed_commands_show_a_denial_and_a_patch() {
    let server = Server::start(&[]);
    assert!(server.took < START, "{:?}", server.took);
    let commands = commands(&server);
    let bodies: Vec<&str> = commands.iter().map(|(_, body)| body.as_str()).collect();
    assert_eq!(bodies, [DENIED, PATCHED]);

    let denial = server.post(&commands[0].0, commands[0].1.clone()).await;
    assert_eq!(denial.header("content-type"), "application/json");
    let denial = denial.response();
    assert_eq!(denial["allowed"], false);
    assert_eq!(denial["status"]["code"], 403);
    let message = denial["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("no502 refuses Deployment shop/web: 1 error"), "{message}");
    assert!(message.contains("[probe-port-unresolvable]"), "{message}");

    let answer = server.post(&commands[1].0, commands[1].1.clone()).await.response();
    assert_eq!(answer["allowed"], true);
    assert_eq!(answer["patchType"], "JSONPatch");
    let patch = STANDARD.decode(answer["patch"].as_str().unwrap()).unwrap();
    let patch: json_patch::Patch = serde_json::from_slice(&patch).unwrap();
    let mut object = serde_json::from_str::<Value>(PATCHED).unwrap()["request"]["object"].take();
    json_patch::patch(&mut object, &patch).unwrap();
    assert!(object.pointer("/spec/template/spec/containers/0/lifecycle/preStop").is_some(), "{object}");
}

#[test]
fn the_commands_of_a_checkout_name_its_samples() {
    let folder = tempfile::tempdir().unwrap();
    let samples = folder.path().join("examples/reviews");
    std::fs::create_dir_all(&samples).unwrap();
    std::fs::write(samples.join("denied.json"), "mine").unwrap();
    let server = Server::start_in(folder, &[]);
    assert_eq!(commands(&server)[0].1, "mine");
    assert_eq!(commands(&server)[1].1, PATCHED);
}
