//! The manifests of the tests, as an author writes them.

/// The rule that denies a lone Deployment in baseline.
pub(crate) const CERTAIN: &str = "probe-port-unresolvable";

const READY: &str = "{httpGet: {path: /ready, port: http}}";
const SLEEP: &str = "{preStop: {sleep: {seconds: 10}}}";

/// A container `app` with what the author wrote of probe and lifecycle.
fn deployment(name: &str, readiness: Option<&str>, lifecycle: Option<&str>) -> String {
    let line = |key: &str, value: Option<&str>| value.map(|text| format!("          {key}: {text}\n"));
    let written = [line("readinessProbe", readiness), line("lifecycle", lifecycle)];
    let written: String = written.into_iter().flatten().collect();
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: app
          image: registry.example/shop:1
          ports: [{{name: http, containerPort: 8080}}]
{written}"
    )
}

/// Nothing to say about it, in any profile.
pub(crate) fn healthy(name: &str) -> String {
    deployment(name, Some(READY), Some(SLEEP))
}

/// A certain fault in baseline: the readiness probe names a port that nobody declares.
pub(crate) fn unresolvable_probe(name: &str) -> String {
    let faulty = deployment(name, Some("{httpGet: {path: /ready, port: nowhere}}"), Some(SLEEP));
    // A name that nothing else in the answer holds, so that a test sees whether it is offered.
    faulty.replace("{name: http,", "{name: shopfront,")
}

/// Asked before it gets traffic, but it stops at once.
pub(crate) fn without_prestop(name: &str) -> String {
    deployment(name, Some(READY), None)
}

/// Never asked whether it is ready.
pub(crate) fn without_readiness(name: &str) -> String {
    deployment(name, None, Some(SLEEP))
}

/// Port 80 to the container's port `http`.
pub(crate) fn service(name: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
"
    )
}

/// The same port, which says that it speaks TLS.
pub(crate) fn tls_service(name: &str) -> String {
    service(name).replace("targetPort: http", "targetPort: http, appProtocol: https")
}

/// One host that goes to port 80 of the Service of the same name, and says all that strict asks for.
pub(crate) fn ingress(name: &str) -> String {
    let bare = bare_ingress(name);
    let annotations = "
  annotations:
    nginx.ingress.kubernetes.io/proxy-connect-timeout: \"5\"
    nginx.ingress.kubernetes.io/proxy-send-timeout: \"60\"
    nginx.ingress.kubernetes.io/proxy-read-timeout: \"60\"
    nginx.ingress.kubernetes.io/proxy-next-upstream: error timeout http_502
    nginx.ingress.kubernetes.io/proxy-next-upstream-tries: \"3\"
";
    bare.replacen(&format!("metadata: {{name: {name}}}\n"), &format!("metadata:\n  name: {name}{annotations}"), 1)
}

/// The same without annotations.
pub(crate) fn bare_ingress(name: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}}}
spec:
  ingressClassName: nginx
  rules:
    - host: {name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {{service: {{name: {name}, port: {{number: 80}}}}}}
"
    )
}

/// Several documents of one file.
pub(crate) fn file(documents: &[&str]) -> String {
    documents.join("---\n")
}

/// The six orders in which three documents can stand in a file.
pub(crate) const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Three documents in one of the orders.
pub(crate) fn ordered(documents: [&str; 3], order: [usize; 3]) -> Vec<&str> {
    order.iter().filter_map(|place| documents.get(*place).copied()).collect()
}
