//! What findings say of a gateway and of a protocol: the status that clients get, and what to write.

use no502::report::Item;

use crate::cases::Stage;

/// What one rule says of these objects.
fn said(rule: &str, objects: &[&str]) -> Vec<Item> {
    Stage::read("words.yaml", &objects.join("\n---\n")).report(rule).findings
}

const SERVICE: &str =
    "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}";
const OFF: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 0, selector: {matchLabels: {app: web}}, \
                   template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 'shop/web:1'}]}}}}";
const DENY: &str = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, spec: {podSelector: {}}}";

fn route(kind: &str, rules: &str) -> String {
    format!(
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind}, metadata: {{name: web}}, spec: {{parentRefs: [{{name: edge}}], \
         hostnames: [web.example.com], rules: {rules}}}}}"
    )
}

fn gateway(controller: &str, protocol: &str) -> [String; 2] {
    [
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {{name: edge}}, spec: {{controllerName: {controller}}}}}"
        ),
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: edge}}, spec: {{gatewayClassName: edge, listeners: \
             [{{name: one, port: 80, protocol: {protocol}}}]}}}}"
        ),
    ]
}

#[test]
fn what_has_no_status_is_told_without_one() {
    for (kind, status, comes) in [
        ("HTTPRoute", "503", "every request of web.example.com/ gets 503"),
        ("GRPCRoute", "503", "every call of web.example.com/ gets UNAVAILABLE"),
        ("TLSRoute", "none", "every connection of web.example.com gets a closed connection"),
    ] {
        let items = said("backend-scaled-to-zero", &[SERVICE, OFF, &route(kind, "[{backendRefs: [{name: web, port: 80}]}]")]);
        assert_eq!(items.len(), 1, "{kind}");
        assert_eq!(items[0].status, status, "{kind}");
        assert!(items[0].why.contains(comes), "{kind}: {}", items[0].why);
    }
    let [class, edge] = gateway("gateway.envoyproxy.io/gatewayclass-controller", "HTTP");
    let items = said("parent-missing", &[&class, &edge, &route("TLSRoute", "[{backendRefs: [{name: web, port: 80}]}]")]);
    assert_eq!(items[0].status, "none");
    assert!(items[0].why.contains("connections for it are closed"), "{}", items[0].why);
    // No list of kinds lets a listener of another protocol take it.
    assert!(!items[0].help.contains("allowedRoutes"), "{}", items[0].help);
}

#[test]
fn a_backend_beside_others_only_takes_its_share_down() {
    let shared = "[{backendRefs: [{name: web, port: 80}, {name: new, port: 80, weight: 9}]}]";
    let items = said("backend-scaled-to-zero", &[SERVICE, OFF, &route("HTTPRoute", shared)]);
    assert!(items[0].message.contains("gets 1 of 10 requests"), "{}", items[0].message);
    assert!(items[0].why.contains("its share (1 of 10) of the requests"), "{}", items[0].why);
    // The rule is what counts, not the whole object.
    let rules = "[{backendRefs: [{name: web, port: 80}]}, {matches: [{path: {value: /v2}}], backendRefs: [{name: a, namespace: b, port: 80}]}]";
    let items = said("reference-not-granted", &[&route("HTTPRoute", rules)]);
    assert!(items[0].why.contains("every request of web.example.com/v2 gets 500"), "{}", items[0].why);
}

#[test]
fn a_load_balancer_of_a_cloud_is_let_in_by_its_addresses() {
    let on = OFF.replace("replicas: 0", "replicas: 2");
    let to_web = route("HTTPRoute", "[{backendRefs: [{name: web, port: 80}]}]");
    for (controller, is_cloud, status) in [
        ("networking.gke.io/gateway", true, "502"),
        ("gateway.k8s.aws/alb", true, "504"),
        ("gateway.envoyproxy.io/gatewayclass-controller", false, "503"),
    ] {
        let [class, edge] = gateway(controller, "HTTP");
        let items = said("policy-blocks-gateway", &[&class, &edge, SERVICE, &on, DENY, &to_web]);
        // What a connection comes to that times out.
        assert_eq!(items[0].status, status, "{controller}");
        assert_eq!(items[0].help.contains("ipBlock"), is_cloud, "{controller}: {}", items[0].help);
        assert_eq!(items[0].why.contains("pods were not seen"), !is_cloud, "{controller}: {}", items[0].why);
    }
}
