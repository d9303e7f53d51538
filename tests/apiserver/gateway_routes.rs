//! What the gate does for Ingresses it does for routes of the Gateway API: HTTPRoutes and GRPCRoutes.

use std::time::Duration;

use crate::fault::Result;
use crate::instance::Namespace;
use crate::kubectl::Answer;
use crate::manifests::{file, healthy, service};
use crate::shared::{cluster_with_gateway_api, enforced, unlabelled};
use crate::wait::until;

/// Kinds that come after the server are found within half a minute.
const FOUND: Duration = Duration::from_mins(2);

const CLASS: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
";

fn gateway(listener: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec:
  gatewayClassName: eg
  listeners: [{{name: {listener}, protocol: HTTP, port: 80}}]
"
    )
}

/// A route of either kind to a backend, as `{name: web, port: 80}`.
fn route(kind: &str, backend: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: web}}
spec:
  parentRefs: [{{name: edge, sectionName: http}}]
  hostnames: [web.example.com]
  rules:
    - backendRefs: [{backend}]
"
    )
}

fn grant(kind: &str, from: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {{name: routes}}
spec:
  from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: {from}}}]
  to: [{{group: \"\", kind: Service}}]
"
    )
}

const WEB: &str = "{name: web, port: 80}";

/// A namespace with a Deployment, its Service, a Gateway and a route to it.
fn whole(name: &str, profile: &str, kind: &str) -> Result<Namespace> {
    cluster_with_gateway_api()?.admin().feed(&["apply", "-f", "-"], CLASS)?.fine()?;
    let namespace = enforced(name, profile)?;
    namespace.apply(&file(&[&healthy("web"), &service("web"), &gateway("http"), &route(kind, WEB)]))?.fine()?;
    Ok(namespace)
}

/// Runs a dry run until the watches have brought what its answer depends on.
fn once_seen(namespace: &Namespace, arguments: &[&str], wanted: impl Fn(&Answer) -> bool) -> Result {
    let preview = [arguments, &["--dry-run=server"]].concat();
    until("what stands around it is seen", FOUND, || {
        let answer = namespace.run(&preview)?;
        Ok(if wanted(&answer) { Ok(()) } else { Err(format!("{answer:?}")) })
    })
}

/// The same for a manifest that would be applied.
fn previewed(namespace: &Namespace, manifest: &str, wanted: impl Fn(&Answer) -> bool) -> Result<Answer> {
    until("what stands around it is seen", FOUND, || {
        let answer = namespace.preview(manifest)?;
        Ok(if wanted(&answer) { Ok(answer) } else { Err(format!("{answer:?}")) })
    })
}

#[test]
fn a_route_to_a_port_that_is_not_there_is_denied_and_its_dry_run_says_the_same() -> Result {
    for kind in ["HTTPRoute", "GRPCRoute"] {
        let name = format!("port-of-{}", kind.to_lowercase());
        let namespace = whole(&name, "baseline", kind)?;
        let wrong = route(kind, "{name: web, port: 81}");
        once_seen(&namespace, &["delete", "service/web"], |answer| answer.warns_of("backend-service-missing"))?;
        let preview = namespace.preview(&wrong)?.denied()?;
        let denied = namespace.apply(&wrong)?.denied()?;
        assert_eq!(preview.stderr, denied.stderr);
        for word in ["backend-port-missing", "/spec/rules/0/backendRefs/0/port", kind] {
            assert!(denied.stderr.contains(word), "{word} is missing: {}", denied.stderr);
        }
        namespace.apply(&route(kind, WEB))?.fine()?;
    }
    Ok(())
}

#[test]
fn a_route_that_comes_before_its_service_and_its_gateway_is_warned() -> Result {
    cluster_with_gateway_api()?;
    let namespace = enforced("route-first", "strict")?;
    for kind in ["HTTPRoute", "GRPCRoute"] {
        let answer = namespace.apply(&route(kind, WEB))?.fine()?;
        assert!(answer.warns_of("backend-service-missing") && answer.warns_of("parent-missing"), "{answer:?}");
    }
    Ok(())
}

#[test]
fn taking_a_service_or_its_port_away_names_the_route() -> Result {
    for (profile, kind) in [("baseline", "HTTPRoute"), ("strict", "GRPCRoute")] {
        let namespace = whole(&format!("takes-away-{profile}"), profile, kind)?;
        let delete = ["delete", "service/web"];
        once_seen(&namespace, &delete, |answer| answer.warns_of("backend-service-missing") && answer.stderr.contains(kind))?;
        let moved = r#"[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]"#;
        let answer = namespace.run(&["patch", "service/web", "--type=json", "-p", moved])?;
        if profile == "baseline" {
            assert!(answer.fine()?.warns_of("backend-port-missing"));
        } else {
            let denied = answer.denied()?;
            assert!(denied.stderr.contains("add the new one beside the old one") && denied.stderr.contains(kind), "{denied:?}");
        }
        let gone = namespace.run(&delete)?.fine()?;
        assert!(gone.warns_of("backend-service-missing"), "{gone:?}");
    }
    Ok(())
}

#[test]
fn a_grant_that_goes_while_a_route_needs_it_names_the_route() -> Result {
    cluster_with_gateway_api()?;
    let (front, back) = (enforced("grants-front", "baseline")?, enforced("grants-back", "baseline")?);
    let across = route("HTTPRoute", "{name: web, namespace: grants-back, port: 80}");
    let early = front.apply(&across)?.fine()?;
    assert!(early.warns_of("reference-not-granted"), "{early:?}");
    back.apply(&file(&[&healthy("web"), &service("web"), &grant("HTTPRoute", "grants-front")]))?.fine()?;
    let granted = previewed(&front, &across, |answer| !answer.warns_of("reference-not-granted"))?;
    assert!(!granted.stderr.contains("denied"), "{granted:?}");
    let delete = ["delete", "referencegrant/routes"];
    let names_it = |answer: &Answer| answer.warns_of("reference-not-granted") && answer.stderr.contains("HTTPRoute");
    once_seen(&back, &delete, names_it)?;
    // One that lets another kind in takes as much away.
    let narrowed = back.apply(&grant("GRPCRoute", "grants-front"))?.fine()?;
    assert!(names_it(&narrowed), "{narrowed:?}");
    back.apply(&grant("HTTPRoute", "grants-front"))?.fine()?;
    once_seen(&back, &delete, names_it)?;
    let gone = back.run(&delete)?.fine()?;
    assert!(names_it(&gone), "{gone:?}");
    Ok(())
}

#[test]
fn a_listener_that_goes_names_the_routes_that_hang_on_it() -> Result {
    let namespace = whole("listener-goes", "strict", "HTTPRoute")?;
    let renamed = gateway("web");
    let seen = previewed(&namespace, &renamed, |answer| answer.stderr.contains("parent-missing"))?;
    assert!(seen.stderr.contains("HTTPRoute"), "{seen:?}");
    let gone = namespace.run(&["delete", "gateway/edge"])?.fine()?;
    assert!(gone.warns_of("parent-missing"), "{gone:?}");
    Ok(())
}

#[test]
fn nothing_is_said_where_nobody_asked() -> Result {
    cluster_with_gateway_api()?;
    let namespace = unlabelled("routes-unlabelled")?;
    let answer = namespace.apply(&route("HTTPRoute", "{name: web, port: 81}"))?.fine()?;
    assert!(!answer.stderr.contains("no502"), "{answer:?}");
    Ok(())
}
