//! Objects as an API server hands them out: defaults filled in, managed fields, environment variables.

use serde_json::{Map, Value, json};

/// What a Deployment of the benches looks like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// How many containers it has.
    pub(crate) containers: usize,
    /// How many environment variables each of them has.
    pub(crate) variables: usize,
    /// Whether it says all that the strict profile asks for; else it has neither a readiness probe nor a preStop hook.
    pub(crate) is_healthy: bool,
}

/// One container, ten variables, nothing to find.
pub(crate) const PLAIN: Shape = Shape { containers: 1, variables: 10, is_healthy: true };

/// A Deployment.
pub(crate) fn deployment(namespace: &str, name: &str, shape: Shape) -> Value {
    let containers: Vec<Value> = (0..shape.containers).map(|index| container(index, shape)).collect();
    let mut metadata = metadata(namespace, name);
    metadata["annotations"] = json!({"deployment.kubernetes.io/revision": "1", "no502.dev/keep-alive": "75s"});
    let spec = json!({
        "progressDeadlineSeconds": 600, "replicas": 3, "revisionHistoryLimit": 10,
        "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"},
        "template": {
            "metadata": {"creationTimestamp": null, "labels": labels(name)},
            "spec": {
                "containers": containers, "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "serviceAccount": name,
                "serviceAccountName": name, "terminationGracePeriodSeconds": 30,
            },
        },
    });
    whole("apps/v1", "Deployment", metadata, &spec)
}

fn container(index: usize, shape: Shape) -> Value {
    let port = 8080 + index;
    let name = if index == 0 { "http".to_owned() } else { format!("side-{index}") };
    let mut container = json!({
        "env": (0..shape.variables).map(variable).collect::<Vec<Value>>(),
        "image": format!("registry.example.com/shop/part-{index}:1.4.2"), "imagePullPolicy": "IfNotPresent",
        "livenessProbe": {"failureThreshold": 6, "httpGet": {"path": "/livez", "port": name, "scheme": "HTTP"},
            "initialDelaySeconds": 20, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 2},
        "name": format!("part-{index}"),
        "ports": [{"containerPort": port, "name": name, "protocol": "TCP"}],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    });
    if shape.is_healthy {
        container["lifecycle"] = json!({"preStop": {"sleep": {"seconds": 10}}});
        container["readinessProbe"] = json!({"failureThreshold": 3,
            "httpGet": {"path": "/readyz", "port": name, "scheme": "HTTP"},
            "periodSeconds": 5, "successThreshold": 1, "timeoutSeconds": 2});
    }
    container
}

/// One in three comes from a Secret, as in most charts.
fn variable(index: usize) -> Value {
    if index % 3 == 2 {
        let reference = json!({"key": format!("password-{index}"), "name": "database"});
        return json!({"name": format!("DATABASE_PASSWORD_{index}"), "valueFrom": {"secretKeyRef": reference}});
    }
    json!({"name": format!("SETTING_OF_THE_SHOP_{index}"), "value": format!("https://part-{index}.example.com:8443/api")})
}

/// A Service that leads to the Deployment of the same name.
pub(crate) fn service(namespace: &str, name: &str) -> Value {
    let spec = json!({
        "clusterIP": "10.0.17.4", "clusterIPs": ["10.0.17.4"], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack", "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}],
        "selector": {"app.kubernetes.io/name": name}, "sessionAffinity": "None", "type": "ClusterIP",
    });
    whole("v1", "Service", metadata(namespace, name), &spec)
}

/// An Ingress with one path for each Service, and all that the strict profile asks for.
pub(crate) fn ingress(namespace: &str, name: &str, services: &[String]) -> Value {
    let path = |service: &String| {
        let backend = json!({"service": {"name": service, "port": {"number": 80}}});
        json!({"backend": backend, "path": format!("/{service}"), "pathType": "Prefix"})
    };
    let paths: Vec<Value> = services.iter().map(path).collect();
    let mut metadata = metadata(namespace, name);
    metadata["annotations"] = json!({
        "nginx.ingress.kubernetes.io/proxy-connect-timeout": "5", "nginx.ingress.kubernetes.io/proxy-next-upstream":
        "error timeout http_502", "nginx.ingress.kubernetes.io/proxy-next-upstream-tries": "3",
        "nginx.ingress.kubernetes.io/proxy-buffer-size": "8k", "nginx.ingress.kubernetes.io/proxy-body-size": "8m",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "60", "nginx.ingress.kubernetes.io/proxy-send-timeout": "60",
    });
    let rule = json!({"host": format!("{name}.{namespace}.example.com"), "http": {"paths": paths}});
    let spec = json!({"ingressClassName": "nginx", "rules": [rule]});
    whole("networking.k8s.io/v1", "Ingress", metadata, &spec)
}

/// What decides on the number of pods of the Deployment of the same name.
#[allow(dead_code, reason = "only some benches use it")]
pub(crate) fn autoscaler(namespace: &str, name: &str) -> Value {
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": name});
    let share = json!({"name": "cpu", "target": {"averageUtilization": 60, "type": "Utilization"}});
    let spec = json!({"maxReplicas": 10, "metrics": [{"resource": share, "type": "Resource"}], "minReplicas": 3,
        "scaleTargetRef": target});
    whole("autoscaling/v2", "HorizontalPodAutoscaler", metadata(namespace, name), &spec)
}

/// What guards them against being evicted all at once.
#[allow(dead_code, reason = "only some benches use it")]
pub(crate) fn budget(namespace: &str, name: &str) -> Value {
    let spec = json!({"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": name}}});
    whole("policy/v1", "PodDisruptionBudget", metadata(namespace, name), &spec)
}

/// The same Ingress with twenty annotations in all.
#[allow(dead_code, reason = "only some benches use it")]
pub(crate) fn annotated(mut ingress: Value) -> Value {
    for (name, text) in [
        ("backend-protocol", "HTTP"),
        ("client-body-buffer-size", "16k"),
        ("cors-allow-origin", "https://shop.example.com"),
        ("cors-max-age", "600"),
        ("enable-cors", "true"),
        ("force-ssl-redirect", "true"),
        ("limit-rps", "50"),
        ("proxy-buffering", "on"),
        ("proxy-buffers-number", "4"),
        ("proxy-http-version", "1.1"),
        ("proxy-max-temp-file-size", "1024m"),
        ("proxy-request-buffering", "on"),
        ("ssl-redirect", "true"),
    ] {
        ingress["metadata"]["annotations"][format!("nginx.ingress.kubernetes.io/{name}")] = text.into();
    }
    assert_eq!(ingress["metadata"]["annotations"].as_object().map(serde_json::Map::len), Some(20));
    ingress
}

/// A namespace without a label of ours: what holds in it is what the policy says.
pub(crate) fn namespace(name: &str) -> Value {
    let metadata = json!({"name": name, "labels": {"kubernetes.io/metadata.name": name}});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "spec": {"finalizers": ["kubernetes"]}})
}

/// The class of all Ingresses here.
pub(crate) fn class() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"},
        "spec": {"controller": "k8s.io/ingress-nginx"}})
}

fn labels(name: &str) -> Value {
    json!({"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/version": "1.4.2", "helm.sh/chart": "shop-1.4.2"})
}

fn metadata(namespace: &str, name: &str) -> Value {
    json!({"creationTimestamp": "2026-01-07T09:12:44Z", "generation": 1, "labels": labels(name), "name": name,
        "namespace": namespace, "uid": "7a0e6c1c-5a0e-4d1c-9f59-3f0f4f0a9f11"})
}

fn whole(api_version: &str, kind: &str, mut metadata: Value, spec: &Value) -> Value {
    let fields = json!({"f:metadata": {"f:labels": managed(&metadata["labels"])}, "f:spec": managed(spec)});
    metadata["managedFields"] = json!([{"apiVersion": api_version, "fieldsType": "FieldsV1", "fieldsV1": fields,
        "manager": "helm", "operation": "Update", "time": "2026-01-07T09:12:44Z"}]);
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "status": {}})
}

/// What the API server notes of who wrote which field.
fn managed(value: &Value) -> Value {
    let mut fields = Map::new();
    match value {
        Value::Object(map) => fields.extend(map.iter().map(|(key, value)| (format!("f:{key}"), managed(value)))),
        Value::Array(items) => {
            for item in items.iter().filter(|item| item["name"].is_string()) {
                let mut own = managed(item);
                own["."] = json!({});
                fields.insert(format!("k:{}", json!({"name": item["name"]})), own);
            }
        }
        _ => {}
    }
    Value::Object(fields)
}
