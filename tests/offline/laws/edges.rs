//! Random objects at the edges of workloads and Services: the Gateway API, what scales and guards pods, and what lets them talk.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::worlds::{HOSTS, NAMES, NAMESPACES, labels};

/// The Gateway API, as most write it.
const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";

fn named() -> impl Strategy<Value = Value> {
    (select(&NAMESPACES[..]), select(&NAMES[..])).prop_map(|(namespace, name)| json!({"namespace": namespace, "name": name}))
}

/// A selector: pairs, an expression, both or nothing.
fn selector() -> impl Strategy<Value = Value> {
    let expression =
        (select(&["app", "tier"][..]), select(&["In", "NotIn", "Exists", "DoesNotExist"][..])).prop_map(|(key, operator)| {
            if operator.ends_with("In") {
                json!({"key": key, "operator": operator, "values": ["api", "web"]})
            } else {
                json!({"key": key, "operator": operator})
            }
        });
    (option::of(labels()), option::weighted(0.3, expression)).prop_map(|(labels, expression)| {
        let mut selector = json!({});
        if let Some(labels) = labels {
            selector["matchLabels"] = labels;
        }
        if let Some(expression) = expression {
            selector["matchExpressions"] = json!([expression]);
        }
        selector
    })
}

fn gateway_class() -> impl Strategy<Value = Value> {
    let controllers =
        ["gateway.envoyproxy.io/gatewayclass-controller", "gateway.nginx.org/nginx-gateway-controller", "example.com/other"];
    (select(controllers.to_vec()), select(&["edge", "other"][..])).prop_map(|(controller, name)| {
        json!({"apiVersion": GATEWAY_API, "kind": "GatewayClass", "metadata": {"name": name}, "spec": {"controllerName": controller}})
    })
}

fn listeners() -> impl Strategy<Value = Value> {
    let from = prop_oneof![
        Just(json!({"from": "All"})),
        Just(json!({"from": "Same"})),
        selector().prop_map(|selector| json!({"from": "Selector", "selector": selector})),
    ];
    let listener = (select(&["http", "tls"][..]), select(&["HTTP", "HTTPS", "TLS"][..]), select(&HOSTS[..]), option::of(from));
    let listener = listener.prop_map(|(name, protocol, host, from)| {
        let mut listener = json!({"name": name, "protocol": protocol, "port": 80});
        if !host.is_empty() {
            listener["hostname"] = json!(host);
        }
        if let Some(from) = from {
            listener["allowedRoutes"] = json!({"namespaces": from});
        }
        listener
    });
    (named(), vec(listener, 0..3), any::<bool>(), named(), select(&["edge", "other"][..])).prop_map(
        |(metadata, listeners, is_set, parent, class)| {
            if is_set {
                return json!({"apiVersion": GATEWAY_API, "kind": "ListenerSet", "metadata": metadata,
                "spec": {"parentRef": parent, "listeners": listeners}});
            }
            json!({"apiVersion": GATEWAY_API, "kind": "Gateway", "metadata": metadata,
            "spec": {"gatewayClassName": class, "listeners": listeners, "allowedListeners": {"namespaces": {"from": "All"}}}})
        },
    )
}

fn parent() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![4 => Just("Gateway"), 1 => Just("ListenerSet")];
    (named(), kind, option::weighted(0.3, select(&["http", "tls"][..]))).prop_map(|(mut parent, kind, section)| {
        parent["kind"] = json!(kind);
        if let Some(section) = section {
            parent["sectionName"] = json!(section);
        }
        parent
    })
}

fn gateway_route() -> impl Strategy<Value = Value> {
    let backend = (option::of(select(&NAMESPACES[..])), select(&NAMES[..]), select(&[80_u16, 8080][..]), option::of(0..3_u32));
    let backend = backend.prop_map(|(namespace, name, port, weight)| {
        let mut backend = json!({"name": name, "port": port});
        for (key, value) in [("namespace", namespace.map(Value::from)), ("weight", weight.map(Value::from))] {
            if let Some(value) = value {
                backend[key] = value;
            }
        }
        backend
    });
    let matches = option::of(select(&["/", "/a", "/b"][..]));
    let timeouts = option::of(select(&["10s", "0s", "2h"][..]));
    let rule = (vec(backend, 0..3), matches, timeouts).prop_map(|(backends, path, request)| {
        let mut rule = json!({"backendRefs": backends});
        if let Some(path) = path {
            rule["matches"] = json!([{"path": {"type": "PathPrefix", "value": path}}]);
        }
        if let Some(request) = request {
            rule["timeouts"] = json!({"request": request});
        }
        rule
    });
    let kind = prop_oneof![4 => Just("HTTPRoute"), 1 => Just("GRPCRoute"), 1 => Just("TLSRoute")];
    (kind, named(), vec(parent(), 0..3), select(&HOSTS[..]), vec(rule, 0..3)).prop_map(|(kind, metadata, parents, host, rules)| {
        let mut raw = json!({"apiVersion": GATEWAY_API, "kind": kind, "metadata": metadata, "spec": {"parentRefs": parents, "rules": rules}});
        if !host.is_empty() {
            raw["spec"]["hostnames"] = json!([host]);
        }
        raw
    })
}

fn grant() -> impl Strategy<Value = Value> {
    (named(), select(&NAMESPACES[..]), option::of(select(&NAMES[..]))).prop_map(|(metadata, from, name)| {
        let mut to = json!({"group": "", "kind": "Service"});
        if let Some(name) = name {
            to["name"] = json!(name);
        }
        let from = json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": from});
        json!({"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant", "metadata": metadata,
            "spec": {"from": [from], "to": [to]}})
    })
}

fn backend_tls() -> impl Strategy<Value = Value> {
    (named(), select(&NAMES[..])).prop_map(|(metadata, service)| {
        json!({"apiVersion": GATEWAY_API, "kind": "BackendTLSPolicy", "metadata": metadata, "spec": {
            "targetRefs": [{"group": "", "kind": "Service", "name": service}],
            "validation": {"hostname": "web.example.com", "wellKnownCACertificates": "System"}}})
    })
}

fn autoscaler() -> impl Strategy<Value = Value> {
    (named(), select(&NAMES[..]), option::of(0..3_u32), any::<bool>()).prop_map(|(metadata, target, min, is_keda)| {
        let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": target});
        let (version, kind, least) =
            if is_keda { ("keda.sh/v1alpha1", "ScaledObject", "minReplicaCount") } else { ("autoscaling/v2", "HorizontalPodAutoscaler", "minReplicas") };
        let mut raw = json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"scaleTargetRef": target, "maxReplicas": 5}});
        if let Some(min) = min {
            raw["spec"][least] = json!(min);
        }
        raw
    })
}

fn budget() -> impl Strategy<Value = Value> {
    let amount = select(vec![json!(0), json!(1), json!("50%"), json!("100%")]);
    (named(), selector(), select(&["minAvailable", "maxUnavailable"][..]), amount).prop_map(|(metadata, selector, key, amount)| {
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": {"selector": selector, key: amount}})
    })
}

fn network_policy() -> impl Strategy<Value = Value> {
    let peer = prop_oneof![
        selector().prop_map(|pods| json!({"podSelector": pods})),
        selector().prop_map(|namespaces| json!({"namespaceSelector": namespaces})),
        (selector(), selector()).prop_map(|(namespaces, pods)| json!({"namespaceSelector": namespaces, "podSelector": pods})),
        Just(json!({"ipBlock": {"cidr": "10.0.0.0/8"}})),
    ];
    let port = prop_oneof![
        Just(json!({"port": 8080})),
        Just(json!({"port": "http"})),
        Just(json!({"port": 53, "protocol": "UDP"})),
        Just(json!({"port": 8000, "endPort": 9000})),
    ];
    let rule = (vec(peer, 0..2), vec(port, 0..2));
    let types = option::of(select(vec![json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"])]));
    (named(), selector(), vec(rule, 0..2), types, any::<bool>()).prop_map(|(metadata, pods, rules, types, is_egress)| {
        let (direction, peers) = if is_egress { ("egress", "to") } else { ("ingress", "from") };
        let rules: Vec<Value> = rules.into_iter().map(|(own, ports)| json!({peers: own, "ports": ports})).collect();
        let mut raw = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
            "spec": {"podSelector": pods, direction: rules}});
        if let Some(types) = types {
            raw["spec"]["policyTypes"] = types;
        }
        raw
    })
}

/// What controllers make: endpoints, and pods with and without a controller that no502 reads.
fn made() -> impl Strategy<Value = Value> {
    let slice = (named(), select(&NAMES[..]), any::<bool>()).prop_map(|(metadata, service, ready)| {
        let mut metadata = metadata;
        metadata["labels"] = json!({"kubernetes.io/service-name": service});
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
    });
    let pod = (named(), labels(), any::<bool>()).prop_map(|(metadata, labels, is_owned)| {
        let mut metadata = metadata;
        metadata["labels"] = labels;
        if is_owned {
            metadata["ownerReferences"] =
                json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": true}]);
        }
        let container =
            json!({"name": "web", "image": "registry.example.com/web:1", "ports": [{"name": "http", "containerPort": 8080}]});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    });
    let foreign =
        named().prop_map(|metadata| json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata}));
    prop_oneof![2 => slice, 2 => pod, 1 => foreign]
}

/// An object at an edge. Boxed, as a strategy of strategies is larger than the stack of a test.
pub(crate) fn edge() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => gateway_route().boxed(),
        2 => listeners().boxed(),
        1 => gateway_class().boxed(),
        1 => grant().boxed(),
        1 => backend_tls().boxed(),
        1 => autoscaler().boxed(),
        1 => budget().boxed(),
        2 => network_policy().boxed(),
        2 => made().boxed(),
    ]
    .boxed()
}

/// One that people write, and that is judged when it changes.
pub(crate) fn written_edge() -> BoxedStrategy<Value> {
    prop_oneof![
        4 => gateway_route().boxed(),
        2 => listeners().boxed(),
        1 => grant().boxed(),
        1 => autoscaler().boxed(),
        1 => budget().boxed(),
        2 => network_policy().boxed(),
    ]
    .boxed()
}
