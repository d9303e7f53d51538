//! A control plane with no502 in front of it, to play with: `make cluster`. Ends with Ctrl-C and leaves nothing.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts processes and waits for them")]
#![allow(dead_code, reason = "the tests use the rest of the harness")]

mod cluster;
mod fault;
mod http;
mod instance;
mod janitor;
mod kubectl;
mod manifests;
mod no502;
mod register;
mod wait;

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use cluster::Cluster;
use fault::{Result, fault};
use instance::Instance;

const POLICY: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\n";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to say it to when this fails.
            let _ = writeln!(stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result {
    let usage = || fault("which no502? Give the path of its binary, such as target/debug/no502");
    let binary = PathBuf::from(std::env::args_os().nth(1).ok_or_else(usage)?).canonicalize()?;
    let cluster = Cluster::start()?;
    let instance = Instance::start(&cluster, &binary, "play", POLICY)?;
    instance.namespace("shop", &[("no502.dev/enforce", "baseline")])?;
    let bad = cluster.folder().join("bad.yaml");
    std::fs::write(&bad, manifests::unresolvable_probe("web"))?;
    writeln!(stdout(), "{}", welcome(&cluster, &instance, &bad.display().to_string()))?;
    // Ctrl-C ends this process; the janitor then ends the others and removes the folder.
    let status = instance.server.wait()?;
    Err(fault(format!("no502 ended with {status}\n{}", instance.server.log())))
}

fn welcome(cluster: &Cluster, instance: &Instance, bad: &str) -> String {
    format!(
        "
The cluster is up at {server}, with no502 in front of it (metrics: http://{admin}/metrics).
In another terminal:

  export KUBECONFIG={kubeconfig}
  export PATH={binaries}:$PATH

  kubectl -n shop apply -f {bad}      # denied: namespace shop has no502.dev/enforce=baseline
  no502 explain probe-port-unresolvable
  kubectl label namespace shop no502.dev/enforce=strict --overwrite --dry-run=server

A namespace of your own is judged when it carries {label}=play.
Ctrl-C ends everything.",
        server = cluster.server(),
        admin = instance.server.admin,
        kubeconfig = cluster.kubeconfig("admin").display(),
        binaries = cluster.binaries().display(),
        label = register::INSTANCE,
    )
}
