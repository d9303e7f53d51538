//! What all tests share: the control plane, and the server that most of them ask.

use std::path::Path;
use std::sync::OnceLock;

use crate::cluster::Cluster;
use crate::definitions;
use crate::fault::{Result, fault};
use crate::instance::{Instance, Namespace};

/// A namespace that the shared policy exempts.
pub(crate) const EXEMPT: &str = "left-alone";

const POLICY: &str = "apiVersion: no502.dev/v1alpha1
kind: Policy
mode: enforce
defaults: {}
exemptNamespaces: [kube-system, kube-public, kube-node-lease, no502-system, left-alone]
gateways:
  - {class: nginx, dialect: ingress-nginx, configMap: none}
";

/// The label that opts a namespace in.
pub(crate) const ENFORCE: &str = "no502.dev/enforce";

type Once<T> = OnceLock<std::result::Result<T, String>>;

fn once<T>(cell: &'static Once<T>, make: impl FnOnce() -> Result<T>) -> Result<&'static T> {
    // A start that failed is not tried again: every test would wait for it.
    cell.get_or_init(|| make().map_err(|error| error.to_string())).as_ref().map_err(|error| fault(error.as_str()))
}

/// The no502 under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_no502"))
}

/// The one control plane. The janitor ends it with the process.
pub(crate) fn cluster() -> Result<&'static Cluster> {
    static CLUSTER: Once<Cluster> = OnceLock::new();
    once(&CLUSTER, Cluster::start)
}

/// The same, once it serves the kinds of the Gateway API. Whoever does not ask for them meets them or not.
pub(crate) fn cluster_with_gateway_api() -> Result<&'static Cluster> {
    static DEFINITIONS: Once<()> = OnceLock::new();
    let cluster = cluster()?;
    once(&DEFINITIONS, || definitions::install(cluster))?;
    Ok(cluster)
}

/// The server that most tests ask: it enforces what the labels of a namespace say, and nothing without one.
pub(crate) fn instance() -> Result<&'static Instance> {
    static INSTANCE: Once<Instance> = OnceLock::new();
    let cluster = cluster()?;
    once(&INSTANCE, || Instance::start(cluster, binary(), "shared", POLICY))
}

/// A new namespace without a label of ours.
pub(crate) fn unlabelled(name: &str) -> Result<Namespace> {
    instance()?.namespace(name, &[])
}

/// A new namespace in which a profile is enforced.
pub(crate) fn enforced(name: &str, profile: &str) -> Result<Namespace> {
    instance()?.namespace(name, &[(ENFORCE, profile)])
}
