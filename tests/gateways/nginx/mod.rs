//! A real nginx. What ingress-nginx would write for an Ingress is rendered here, and `nginx -t` is asked what it makes of it.

mod f5;
mod poison;
mod render;

use std::path::PathBuf;
use std::process::Command;

/// What `nginx -t` says of a configuration: nothing, or why it refuses it.
fn refusal(configuration: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nginx.conf");
    std::fs::write(&path, configuration).unwrap();
    let program = program();
    let mut nginx = Command::new(&program);
    nginx.arg("-t").arg("-p").arg(folder.path()).arg("-c").arg(&path).args(["-g", "pid nginx.pid; error_log stderr warn;"]);
    if let Some(libraries) = std::env::var_os("NO502_NGINX_LIBRARIES") {
        nginx.env("LD_LIBRARY_PATH", libraries);
    }
    let output = nginx.output().unwrap_or_else(|error| {
        panic!("{} does not start: {error}\nrun `make test-gateways`, or name an nginx in NO502_NGINX", program.display())
    });
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return None;
    }
    assert!(said.contains("[emerg]"), "{said}");
    Some(said)
}

fn program() -> PathBuf {
    std::env::var_os("NO502_NGINX").map_or_else(|| PathBuf::from("nginx"), PathBuf::from)
}
