//! A network policy that locks the gateway out is named with its pods and their port, whichever of the ends comes last.

use std::process::Stdio;
use std::time::Duration;

use crate::fault::{Context, Result, fault};
use crate::instance::Namespace;
use crate::janitor::Owned;
use crate::kubectl::Answer;
use crate::manifests::{file, healthy, ingress, service};
use crate::shared::{binary, cluster_with_gateway_api, enforced};
use crate::wait::until;

/// Kinds that come after the server are found within half a minute.
const FOUND: Duration = Duration::from_mins(2);
const RULE: &str = "policy-blocks-gateway";

/// A class whose pods stand beside each Gateway, and carry its name.
const CLASS: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: mesh}
spec: {controllerName: istio.io/gateway-controller}
";

const ROUTE: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: mesh
  listeners: [{name: http, protocol: HTTP, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge}]
  hostnames: [web.example.com]
  rules:
    - backendRefs: [{name: web, port: 80}]
";

/// A policy for the pods of `web`, with what its one rule lets in.
fn policy(name: &str, from: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}}}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  ingress: [{{from: [{from}]}}]
"
    )
}

const LOCKED: &str = "{podSelector: {matchLabels: {app: shop}}}";
const OPEN: &str = "{podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: edge}}}";

/// The pods of a gateway of the Gateway API, as its controller makes them.
fn gateway_pods() -> String {
    healthy("edge").replace("labels: {app: edge}", "labels: {app: edge, gateway.networking.k8s.io/gateway-name: edge}")
}

fn names_it(answer: &Answer) -> bool {
    answer.warns_of(RULE) && ["closed", "Deployment web", "port 8080"].iter().all(|word| answer.stderr.contains(word))
}

/// Asks for a preview until it says that the gateway is locked out.
fn once_warned(ask: impl Fn() -> Result<Answer>) -> Result<Answer> {
    until("the gateway and its route are seen", FOUND, || {
        let answer = ask()?;
        Ok(if names_it(&answer) { Ok(answer) } else { Err(format!("{answer:?}")) })
    })
}

/// What `no502 check --complete` says of all that stands in a namespace, as the API server has it.
fn judged_as_a_whole(namespace: &Namespace) -> Result<(i32, String)> {
    let kinds = "gateways,httproutes,ingresses,services,deployments,networkpolicies";
    let mut all = namespace.run(&["get", kinds, "-o", "yaml"])?.fine()?.stdout;
    let classes = cluster_with_gateway_api()?.admin().run(&["get", "gatewayclass", "mesh", "-o", "yaml"])?.fine()?;
    all.push_str("---\n");
    all.push_str(&classes.stdout);
    let mut command = std::process::Command::new(binary());
    command.args(["check", "--complete", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = Owned::start(&mut command)?;
    let mut input = process.child().stdin.take().ok_or_else(|| fault("no standard input"))?;
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, all.as_bytes()));
    let mut report = String::new();
    let mut output = process.child().stdout.take().ok_or_else(|| fault("no standard output"))?;
    std::io::Read::read_to_string(&mut output, &mut report)?;
    writer.join().map_err(|_| fault("the writer died"))?.context(|| "no502 check reads no input".to_owned())?;
    let status = process.end_within(Duration::from_mins(1))?.ok_or_else(|| fault("no502 check hangs"))?;
    Ok((status.code().unwrap_or(-1), report))
}

#[test]
fn a_policy_that_locks_the_gateway_out_is_warned_and_is_an_error_in_the_whole() -> Result {
    cluster_with_gateway_api()?.admin().feed(&["apply", "-f", "-"], CLASS)?.fine()?;
    let namespace = enforced("locked-out", "baseline")?;
    let whole = file(&[&gateway_pods(), &healthy("web"), &service("web"), ROUTE]);
    namespace.apply(&whole)?.fine()?;
    let locked = policy("only-shop", LOCKED);
    let preview = once_warned(|| namespace.preview(&locked))?;
    // Policies add up, so one that lets the gateway in may still follow: it is never denied.
    let applied = namespace.apply(&locked)?.fine()?;
    assert_eq!(preview.warnings(), applied.warnings());
    assert!(applied.stderr.contains("only-shop"), "{applied:?}");

    let (code, report) = judged_as_a_whole(&namespace)?;
    assert_eq!(code, 1, "{report}");
    for word in [RULE, "error", "only-shop", "Deployment web", "port 8080"] {
        assert!(report.contains(word), "{word} is missing: {report}");
    }

    // The other end: pods that come under a policy, and one that let the gateway in and goes.
    let open = policy("from-edge", OPEN);
    assert!(!namespace.apply(&open)?.fine()?.warns_of(RULE));
    let (code, report) = judged_as_a_whole(&namespace)?;
    assert_eq!(code, 0, "{report}");
    let delete = ["delete", "networkpolicy/from-edge"];
    once_warned(|| namespace.run(&[&delete[..], &["--dry-run=server"]].concat()))?;
    assert!(names_it(&namespace.run(&delete)?.fine()?));
    Ok(())
}

#[test]
fn a_policy_that_was_there_first_is_named_by_the_pods_and_the_route_that_come() -> Result {
    cluster_with_gateway_api()?;
    let namespace = enforced("locked-before", "strict")?;
    // Who serves an Ingress is only known by the policy document here, and its pods are not seen: still a warning.
    namespace.apply(&file(&[&policy("only-shop", LOCKED), &service("web"), &ingress("web")]))?.fine()?;
    let preview = once_warned(|| namespace.preview(&healthy("web")))?;
    let applied = namespace.apply(&healthy("web"))?.fine()?;
    assert_eq!(preview.warnings(), applied.warnings());
    Ok(())
}
