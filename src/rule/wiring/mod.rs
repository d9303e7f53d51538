//! Does the next hop exist?

pub mod backend_port_missing;
pub mod backend_scaled_to_zero;
pub mod backend_service_missing;
pub mod backend_unroutable;
pub mod class_unknown;
pub mod host_name_unresolvable;
pub mod listen_port_differs;
pub mod parent_missing;
pub mod reference_not_granted;
pub mod referenced_extension_missing;
pub mod route_without_backend;
pub mod selector_cutover;
pub mod service_selects_mixed;
pub mod service_selects_nothing;
pub mod target_port_moved;
pub mod target_port_undeclared;
pub mod target_port_unresolved;

use crate::finding::Label;
use crate::inventory::World;
use crate::model::{ContainerField, Labels, Service, Workload, is_laid_on};
use crate::object::{Address, Kind};

/// What a route, and the Service that it leads to, depend on.
const READS: &[Kind] = &[
    Kind::Gateway,
    Kind::GatewayClass,
    Kind::GrpcRoute,
    Kind::HttpRoute,
    Kind::Ingress,
    Kind::IngressClass,
    Kind::ListenerSet,
    Kind::Service,
    Kind::TlsRoute,
];

/// Whether templates show all labels that a selector demands, so that what it selects can be told from them.
fn shows_in_templates(selector: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, _)| !is_laid_on(key))
}

/// Whether a namespace itself was seen, so that what is known of it is one whole. Files without it may be alternatives of each
/// other, and what they lack may come from elsewhere.
fn is_whole(world: &World<'_>, namespace: &str) -> bool {
    world.namespace_labels(namespace).is_some()
}

/// Pairs of labels as a person would write them: `{app: web, tier: front}`.
fn shown(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// The same as they are written in a selector, where a value is always a text.
fn written<'l>(pairs: impl Iterator<Item = (&'l str, &'l str)>) -> String {
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}: {value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// The workload to speak of where all that a Service selects are alike: that of its own name, else the first. A second one could only
/// raise doubts, as where it comes from another folder.
fn foremost<'w>(service: &Service, workloads: &[&'w Workload]) -> Option<&'w Workload> {
    let twin = workloads.iter().find(|workload| workload.id.name == service.id.name);
    twin.or(workloads.first()).copied()
}

/// Where it stands what the pods of a workload are.
fn pods_of(workload: &Workload) -> Label {
    let address = workload.containers.first().map_or(Address::field("/spec"), |own| own.address(ContainerField::Whole));
    Label::new(&workload.id, address)
}
