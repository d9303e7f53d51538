//! The Gateway API as published, and what becomes of a Deployment behind its routes.

use serde_json::Value;

use crate::fault::Result;
use crate::instance::Namespace;
use crate::manifests::{file, healthy, service};
use crate::pods;
use crate::shared::{cluster_with_gateway_api, unlabelled};
use crate::wait::{SOON, until};

const GATEWAY: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  gatewayClassName: nobody
  listeners: [{name: http, protocol: HTTP, port: 80}]
";

/// A route of either kind to port 80 of the Service `web`.
fn route(kind: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: web}}
spec:
  parentRefs: [{{name: web, sectionName: http}}]
  hostnames: [web.example.com]
  rules:
    - backendRefs: [{{name: web, port: 80}}]
"
    )
}

#[test]
fn routes_of_the_gateway_api_are_stored_with_its_defaults() -> Result {
    cluster_with_gateway_api()?;
    let namespace = unlabelled("gateway-api")?;
    namespace.apply(&file(&[GATEWAY, &route("HTTPRoute"), &route("GRPCRoute")]))?.fine()?;
    for kind in ["httproute", "grpcroute"] {
        let stored = namespace.get(&format!("{kind}/web"))?;
        let weight = stored.pointer("/spec/rules/0/backendRefs/0/weight").and_then(Value::as_u64);
        assert_eq!(weight, Some(1), "{stored}");
    }
    // The standard channel knows no retry.
    let unknown = route("HTTPRoute").replace("- backendRefs", "- retry: {attempts: 2}\n      backendRefs");
    let answer = namespace.apply(&unknown)?;
    assert!(answer.code == 1 && answer.stderr.contains("unknown field \"spec.rules[0].retry\""), "{answer:#?}");
    Ok(())
}

#[test]
fn a_deployment_gets_pods_and_its_service_their_addresses() -> Result {
    let namespace = unlabelled("endpoints")?;
    namespace.apply(&file(&[&service("web"), &healthy("web")]))?.fine()?;
    pods::run(&namespace, "web", 2)?;
    let owner = namespace.run(&["get", "pods", "--output=jsonpath={.items[*].metadata.ownerReferences[0].kind}"])?.fine()?;
    assert_eq!(owner.stdout, "ReplicaSet ReplicaSet");
    until("the Service leads to both pods", SOON, || {
        let ready = ready_addresses(&namespace, "web")?;
        Ok(if ready == ["10.9.0.1", "10.9.0.2"] { Ok(()) } else { Err(format!("{ready:?}")) })
    })
}

/// The addresses that the EndpointSlices of a Service give as ready.
fn ready_addresses(namespace: &Namespace, service: &str) -> Result<Vec<String>> {
    let selector = format!("--selector=kubernetes.io/service-name={service}");
    let ready = "--output=jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].addresses[*]}";
    let listed = namespace.run(&["get", "endpointslices", &selector, ready])?.fine()?;
    let mut addresses: Vec<String> = listed.stdout.split_whitespace().map(str::to_owned).collect();
    addresses.sort_unstable();
    Ok(addresses)
}
