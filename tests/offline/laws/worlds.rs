//! Random objects in few namespaces with few names, so that they meet.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// The namespaces in which objects live.
pub(crate) const NAMESPACES: [&str; 2] = ["lab", "shop"];
/// The names that objects have.
pub(crate) const NAMES: [&str; 4] = ["api", "cart", "pay", "web"];

/// The hosts that Ingresses name.
pub(crate) const HOSTS: [&str; 3] = ["", "pay.example.com", "shop.example.com"];

/// Labels or a selector: mostly of an app, so that many selectors select something.
pub(super) fn labels() -> impl Strategy<Value = Value> {
    let app = option::weighted(0.8, select(&["api", "web"][..]));
    let others = btree_map(select(&["tier", "track"][..]), select(&["api", "stable"][..]), 0..2);
    (app, others).prop_map(|(app, others)| {
        let mut labels = json!(others);
        if let Some(app) = app {
            labels["app"] = json!(app);
        }
        labels
    })
}

fn metadata() -> impl Strategy<Value = Value> {
    (select(&NAMESPACES[..]), select(&NAMES[..]), annotations()).prop_map(|(namespace, name, annotations)| {
        let mut metadata = json!({"namespace": namespace, "name": name});
        if let Some(annotations) = annotations {
            metadata["annotations"] = annotations;
        }
        metadata
    })
}

/// Annotations that some rule or dialect reads, with values that fit and values that do not.
fn annotations() -> impl Strategy<Value = Option<Value>> {
    let nginx = |name: &str| format!("nginx.ingress.kubernetes.io/{name}");
    let keys = vec![
        nginx("proxy-read-timeout"),
        nginx("proxy-connect-timeout"),
        nginx("proxy-next-upstream"),
        nginx("backend-protocol"),
        nginx("proxy-raed-timeout"),
        nginx("rewrite-target"),
        nginx("use-regex"),
        nginx("service-upstream"),
        "no502.dev/longest-request".to_owned(),
        "no502.dev/start-up".to_owned(),
        "no502.dev/protocol".to_owned(),
    ];
    let values = &["30", "120s", "0", "2h", "error timeout", "GRPC", "HTTPS", "grpc", "true", "/$1", "", "90s", "\u{7}bell"][..];
    option::weighted(0.4, btree_map(select(keys), select(values), 0..4).prop_map(|map| json!(map)))
}

fn probe() -> impl Strategy<Value = Option<Value>> {
    let port = select(vec![json!("http"), json!("grpc"), json!("gone"), json!(8080), json!("8080"), json!(9)]);
    let handler = (port, any::<bool>()).prop_map(|(port, is_http)| {
        if is_http { json!({"httpGet": {"path": "/ready", "port": port}}) } else { json!({"tcpSocket": {"port": port}}) }
    });
    let times = (option::of(0..20_u32), option::of(0..20_u32), option::of(0..5_u32));
    option::of((handler, times).prop_map(|(mut probe, (period, timeout, failures))| {
        for (key, value) in [("periodSeconds", period), ("timeoutSeconds", timeout), ("failureThreshold", failures)] {
            if let Some(value) = value {
                probe[key] = json!(value);
            }
        }
        probe
    }))
}

fn pre_stop() -> impl Strategy<Value = Option<Value>> {
    let hooks = [
        json!({"sleep": {"seconds": 5}}),
        json!({"sleep": {"seconds": 45}}),
        json!({"exec": {"command": ["sleep", "20"]}}),
        json!({"exec": {"command": ["/bin/sh", "-c", "sleep 100 && nginx -s quit"]}}),
        json!({"exec": {"command": ["/drain"]}}),
        json!({"httpGet": {"path": "/drain", "port": 8080}}),
    ];
    option::of(select(hooks.to_vec()))
}

fn container(name: &'static str) -> impl Strategy<Value = Value> {
    let port = (option::of(select(&["http", "grpc", "metrics", "https"][..])), select(&[8080_u16, 8443, 9090][..]));
    let port = port.prop_map(|(name, number)| match name {
        Some(name) => json!({"name": name, "containerPort": number}),
        None => json!({"containerPort": number}),
    });
    (vec(port, 0..3), probe(), probe(), pre_stop()).prop_map(move |(ports, readiness, liveness, pre_stop)| {
        let mut container = json!({"name": name, "image": "registry.example.com/web:1", "ports": ports});
        for (key, value) in [("readinessProbe", readiness), ("livenessProbe", liveness)] {
            if let Some(value) = value {
                container[key] = value;
            }
        }
        if let Some(hook) = pre_stop {
            container["lifecycle"] = json!({"preStop": hook});
        }
        container
    })
}

fn strategy() -> impl Strategy<Value = Option<Value>> {
    let amount = || option::of(select(vec![json!(0), json!(1), json!(3), json!("25%"), json!("100%")]));
    let rolling = (amount(), amount()).prop_map(|(unavailable, surge)| {
        let mut strategy = json!({"type": "RollingUpdate", "rollingUpdate": {}});
        for (key, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
            if let Some(value) = value {
                strategy["rollingUpdate"][key] = value;
            }
        }
        strategy
    });
    option::of(prop_oneof![rolling, Just(json!({"type": "Recreate"}))])
}

fn workload() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![4 => Just("Deployment"), 1 => Just("StatefulSet"), 1 => Just("DaemonSet")];
    let grace = option::of(select(&[0_u32, 3, 10, 30, 60][..]));
    let containers = (container("web"), option::weighted(0.3, container("proxy")));
    (kind, metadata(), labels(), option::of(0..5_u32), strategy(), grace, containers).prop_map(
        |(kind, metadata, labels, replicas, strategy, grace, (first, second))| {
            let containers: Vec<Value> = [first].into_iter().chain(second).collect();
            let pod = json!({"containers": containers});
            let template = json!({"metadata": {"labels": labels}, "spec": pod});
            let mut raw = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata,
                "spec": {"selector": {"matchLabels": labels}, "template": template}});
            if let Some(replicas) = replicas {
                raw["spec"]["replicas"] = json!(replicas);
            }
            if let Some(grace) = grace {
                raw["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(grace);
            }
            if let Some(strategy) = strategy {
                raw["spec"]["strategy"] = strategy;
            }
            raw
        },
    )
}

fn service() -> impl Strategy<Value = Value> {
    let target = option::of(select(vec![json!("http"), json!("grpc"), json!("gone"), json!(8080), json!(9)]));
    let port = (select(&["http", "grpc", "https"][..]), select(&[80_u16, 443, 8080][..]), target);
    let port = port.prop_map(|(name, number, target)| match target {
        Some(target) => json!({"name": name, "port": number, "targetPort": target}),
        None => json!({"name": name, "port": number}),
    });
    let exposure = prop_oneof![4 => Just("ClusterIP"), 1 => Just("LoadBalancer"), 1 => Just("ExternalName")];
    (metadata(), labels(), vec(port, 0..3), exposure).prop_map(|(metadata, selector, ports, exposure)| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {"type": exposure, "selector": selector, "ports": ports}})
    })
}

fn ingress() -> impl Strategy<Value = Value> {
    let port = select(vec![json!({"number": 80}), json!({"number": 8080}), json!({"name": "http"}), json!({"name": "gone"})]);
    let types = select(&["Exact", "ImplementationSpecific", "Prefix"][..]);
    let path = (select(&["/", "/a", "/b", "/(.*)"][..]), types, select(&NAMES[..]), port).prop_map(|(path, kind, service, port)| {
        json!({"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": port}}})
    });
    let class = option::of(select(&["nginx", "other"][..]));
    let rule = (select(&HOSTS[..]), vec(path, 0..4)).prop_map(|(host, paths)| match host {
        "" => json!({"http": {"paths": paths}}),
        host => json!({"host": host, "http": {"paths": paths}}),
    });
    let created = option::of(select(&["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"][..]));
    (metadata(), class, vec(rule, 1..3), created).prop_map(|(metadata, class, rules, created)| {
        let mut raw = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata,
            "spec": {"rules": rules}});
        if let Some(class) = class {
            raw["spec"]["ingressClassName"] = json!(class);
        }
        if let Some(created) = created {
            raw["metadata"]["creationTimestamp"] = json!(created);
        }
        raw
    })
}

fn class() -> impl Strategy<Value = Value> {
    let controller = select(&["k8s.io/ingress-nginx", "nginx.org/ingress-controller", "example.com/other"][..]);
    (select(&["nginx", "other"][..]), controller, any::<bool>()).prop_map(|(name, controller, is_default)| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": name, "annotations": {"ingressclass.kubernetes.io/is-default-class": is_default.to_string()}},
            "spec": {"controller": controller}})
    })
}

fn config() -> impl Strategy<Value = Value> {
    (select(&NAMESPACES[..]), select(&["30", "x"][..])).prop_map(|(namespace, value)| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": "web"},
            "data": {"proxy-read-timeout": value}})
    })
}

fn namespace() -> impl Strategy<Value = Value> {
    (select(&NAMESPACES[..]), labels())
        .prop_map(|(name, labels)| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}))
}

fn autoscaler() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![3 => Just("Deployment"), 1 => Just("StatefulSet")];
    let share = option::of(select(&["cpu", "memory"][..]));
    (kind, metadata(), select(&NAMES[..]), option::of(0..4_u32), share).prop_map(|(kind, metadata, target, least, share)| {
        let target = json!({"apiVersion": "apps/v1", "kind": kind, "name": target});
        let mut raw = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata,
            "spec": {"scaleTargetRef": target, "maxReplicas": 5}});
        if let Some(least) = least {
            raw["spec"]["minReplicas"] = json!(least);
        }
        if let Some(share) = share {
            let resource = json!({"name": share, "target": {"type": "Utilization", "averageUtilization": 60}});
            raw["spec"]["metrics"] = json!([{"type": "Resource", "resource": resource}]);
        }
        raw
    })
}

fn budget() -> impl Strategy<Value = Value> {
    let amount = select(vec![json!(0), json!(1), json!(3), json!("50%"), json!("100%")]);
    (metadata(), labels(), select(&["minAvailable", "maxUnavailable"][..]), amount).prop_map(
        |(metadata, labels, field, amount)| {
            json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, field: amount}})
        },
    )
}

/// An object of a kind that is judged.
pub(crate) fn subject() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => workload().boxed(),
        2 => service().boxed(),
        2 => ingress().boxed(),
        1 => autoscaler().boxed(),
        1 => budget().boxed(),
    ]
}

/// An object of any kind that is read.
pub(crate) fn object() -> impl Strategy<Value = Value> {
    prop_oneof![6 => subject(), 5 => super::edges::edge(), 1 => class(), 1 => config(), 1 => namespace()]
}

/// Any JSON, as deep as it takes to surprise a reader.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&["", "-1", "99999999999999999999s", "100%", "-5%", "a/b~c", "\u{0}\n", "🦀", "65536", "{}"][..])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = select(&["name", "port", "number", "seconds", "spec", "containers"][..]);
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), btree_map(key, inner, 0..4).prop_map(|map| json!(map))]
    })
}

/// An object in which some values were replaced by any others. Its kind stays, so that it is read at all.
pub(crate) fn distorted() -> impl Strategy<Value = Value> {
    (object(), vec((any::<Index>(), json()), 1..5)).prop_map(|(mut raw, distortions)| {
        for (index, value) in distortions {
            let places = places(&raw);
            let place = index.get(&places).clone();
            if let Some(at) = raw.pointer_mut(&place) {
                *at = value;
            }
        }
        raw
    })
}

/// The JSON pointers of all values below the root but the kind and its version.
fn places(raw: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), raw)];
    while let Some((pointer, value)) = open.pop() {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(map) => map.iter().map(|(key, value)| (no502::object::escape(key), value)).collect(),
            Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
            _ => Vec::new(),
        };
        open.extend(children.into_iter().map(|(token, value)| (format!("{pointer}/{token}"), value)));
        found.push(pointer);
    }
    found.retain(|pointer| !matches!(pointer.as_str(), "" | "/kind" | "/apiVersion"));
    found
}
