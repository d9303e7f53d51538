//! Ingresses by chance, the same ones for a number each time, and what they need beside them.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use serde_json::{Map, Value, json};

use super::row::Seen;
use super::table::GROUPS;
use super::{NAMESPACE, PREFIX};
use crate::fault::{Fault, Result};

/// The paths of one object, with their types.
const PATHS: &[&[(&str, &str)]] = &[
    &[("/", "Prefix")],
    &[("/", "ImplementationSpecific"), ("/api", "Exact")],
    &[("/api", "Prefix"), ("/", "Prefix")],
    &[("/v1/", "Prefix"), ("/v1/orders", "ImplementationSpecific")],
];

/// Which annotations and paths an object gets.
pub(super) struct Drawn {
    pub(super) annotations: Map<String, Value>,
    paths: &'static [(&'static str, &'static str)],
}

/// The name of an object.
pub(super) fn name(number: u64) -> String {
    format!("p{number}")
}

/// Its host.
pub(super) fn host(number: u64) -> String {
    format!("{}.{NAMESPACE}.lab", name(number))
}

/// Draws annotations: a third of the groups, and of each two thirds, every second one with its first text.
pub(super) fn drawn(number: u64) -> Drawn {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x0502);
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    let paths = PATHS.get(draw(PATHS.len())).copied().unwrap_or_default();
    let mut annotations = Map::new();
    for group in GROUPS.iter().filter(|_| draw(3) == 0).copied().collect::<Vec<_>>() {
        for row in group {
            let Seen::Written(seen) = &row.seen else { continue };
            let is_there = draw(3) < 2;
            let index = if draw(2) == 0 { 0 } else { draw(seen.texts.len()) };
            if let Some(text) = seen.texts.get(index).filter(|_| is_there) {
                annotations.insert(format!("{PREFIX}/{}", row.name), json!(text.replace("{host}", &host(number))));
            }
        }
    }
    Drawn { annotations, paths }
}

/// The object with these annotations.
pub(super) fn ingress(number: u64, drawn: &Drawn) -> Value {
    let backend = json!({"service": {"name": "app", "port": {"number": 80}}});
    let paths = drawn.paths.iter().map(|(path, kind)| json!({"path": path, "pathType": kind, "backend": backend}));
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": name(number), "namespace": NAMESPACE, "annotations": drawn.annotations},
        "spec": {
            "ingressClassName": "nginx",
            "rules": [{"host": host(number), "http": {"paths": paths.collect::<Vec<_>>()}}],
        },
    })
}

/// What the texts of the table speak of: a Service without endpoints and one with some, passwords, a CA, and headers.
pub(super) fn surroundings() -> Result<Vec<Value>> {
    let meta = |name: &str| json!({"name": name, "namespace": NAMESPACE});
    Ok(vec![
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": meta("app"),
            "spec": {"selector": {"app": "app"}, "ports": [{"port": 80}]},
        }),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("fallback"), "spec": {"ports": [{"name": "http", "port": 80}]}}),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "fallback", "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": "fallback"}},
            "ports": [{"name": "http", "port": 80}],
            "endpoints": [{"addresses": ["10.240.0.9"], "conditions": {"ready": true}}],
        }),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta("users"), "stringData": {"auth": "somebody:{PLAIN}something"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta("ca"), "stringData": {"ca.crt": authority()?}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("headers"), "data": {"X-Predicted": "yes"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("fastcgi"), "data": {"PREDICTED": "yes"}}),
    ])
}

/// A certificate that may sign others.
fn authority() -> Result<String> {
    let made = || -> std::result::Result<String, rcgen::Error> {
        let mut wanted = CertificateParams::new(Vec::new())?;
        wanted.distinguished_name.push(DnType::CommonName, NAMESPACE);
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(wanted.self_signed(&KeyPair::generate()?)?.pem())
    };
    made().map_err(|error| Fault::Other(format!("a certificate: {error}")))
}
