//! Kinds that a gateway brings: no502 runs without them, and judges them as soon as they are there.

use std::time::Duration;

use crate::fault::Result;
use crate::manifests::service;
use crate::shared::{cluster, enforced};
use crate::wait::until;

/// A watch of a kind that is not there is tried again after half a minute at most.
const FOUND: Duration = Duration::from_mins(2);

/// The kind as far as a test needs it: the real one has a schema of some thousand lines.
const KIND: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: virtualservers.k8s.nginx.org}
spec:
  group: k8s.nginx.org
  scope: Namespaced
  names: {kind: VirtualServer, plural: virtualservers, singular: virtualserver}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
";

fn virtual_server(field: &str) -> String {
    format!(
        "apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {{name: web}}
spec:
  host: virtual.example.com
  upstreams:
    - {{name: web, service: web, port: 80, {field}}}
  routes:
    - {{path: /, action: {{pass: web}}}}
"
    )
}

#[test]
fn a_kind_that_comes_later_is_judged_and_its_routes_are_known() -> Result {
    let namespace = enforced("virtual", "baseline")?;
    cluster()?.admin().feed(&["apply", "-f", "-"], KIND)?.fine()?;
    until("the API server serves the kind", FOUND, || {
        let answer = namespace.run(&["get", "virtualservers.k8s.nginx.org"])?;
        Ok(answer.fine().map(drop).map_err(|error| error.to_string()))
    })?;

    namespace.apply(&service("web"))?.fine()?;
    let refused = namespace.apply(&virtual_server("read-timeout: 60sec"))?.denied()?;
    for word in ["value-rejected", "60sec", "(upstream web)", "/spec/upstreams/0/read-timeout (web read-timeout)"] {
        assert!(refused.stderr.contains(word), "{word} is missing: {}", refused.stderr);
    }
    let poison = namespace.apply(&virtual_server("send-timeout: 2y"))?.denied()?;
    assert!(poison.stderr.contains("poison-value"), "{}", poison.stderr);
    namespace.apply(&virtual_server("read-timeout: 60s"))?.fine()?;

    // Nobody started anything again.
    until("the watch has brought the routes", FOUND, || {
        let answer = namespace.run(&["delete", "service", "web", "--dry-run=server"])?.fine()?;
        let is_told = answer.warns_of("backend-service-missing") && answer.stderr.contains("VirtualServer");
        Ok(if is_told { Ok(()) } else { Err(answer.stderr) })
    })
}
