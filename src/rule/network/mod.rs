//! May the next hop be reached?

pub mod policy_blocks_dns;
pub mod policy_blocks_gateway;

use crate::finding::Label;
use crate::inventory::Barrier;
use crate::model::{Labels, NetworkPolicy, Workload};
use crate::object::Kind;

/// What has a say in who reaches whom.
const READS: &[Kind] = &[
    Kind::AdminNetworkPolicy,
    Kind::CalicoGlobalNetworkPolicy,
    Kind::CalicoNetworkPolicy,
    Kind::CiliumClusterwideNetworkPolicy,
    Kind::CiliumNetworkPolicy,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::Gateway,
    Kind::GatewayClass,
    Kind::GrpcRoute,
    Kind::HttpRoute,
    Kind::Ingress,
    Kind::IngressClass,
    Kind::Namespace,
    Kind::NetworkPolicy,
    Kind::Service,
    Kind::StatefulSet,
    Kind::TlsRoute,
];

/// Where a policy chooses the pods of a workload.
fn label(policy: &NetworkPolicy, workload: &Workload, what: &str) -> Label {
    Label::new(&policy.id, NetworkPolicy::address()).of(format!("{} {}, {what}", workload.id.kind, workload.id.name))
}

/// The policies that isolate, as a person would list them.
fn named(barrier: &Barrier<'_>) -> String {
    let names: Vec<&str> = barrier.policies.iter().map(|policy| &*policy.id.name).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, more @ ..] => format!("{first} and {} more policies", more.len()),
    }
}

/// Pairs of labels in a manifest.
fn pairs<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> String {
    let pairs: Vec<String> = labels.map(|(key, value)| format!("{key}: {value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// The labels by which the pods of a workload are chosen: those of a Service, which stay when others change.
fn chosen_by(selector: Option<&Labels>, workload: &Workload) -> String {
    pairs(selector.unwrap_or(&workload.labels).iter())
}
