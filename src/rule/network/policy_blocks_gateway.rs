#![doc = include_str!("policy_blocks_gateway.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{READS, chosen_by, label, named, pairs};
use crate::finding::{Finding, Label};
use crate::inventory::{Barrier, Direction, Passage, PodPort};
use crate::model::{BackendField, ContainerField, Gateway, PodNetwork, Site};
use crate::rule::ways::{Way, ways};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct PolicyBlocksGateway;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for PolicyBlocksGateway {
    type Params = Params;

    const META: Meta = Meta {
        name: "policy-blocks-gateway",
        family: Family::Network,
        summary: "network policies keep the gateway from the pods that it routes to",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: READS,
        since: "0.1.0",
        page: include_str!("policy_blocks_gateway.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    if case.ring < Ring::Routed || workload.network == PodNetwork::Node || !case.facts.enforces_policies {
        return;
    }
    // Nearly always nobody isolates either end.
    let leaves = |gateway: &Gateway<'_>| {
        let own = gateway.object.map(|object| &*object.namespace);
        gateway.namespace.into_iter().chain(own).any(|namespace| case.world.has_policies(namespace))
    };
    if !case.world.has_policies(&workload.id.namespace) && !case.gateways.iter().any(leaves) {
        return;
    }
    let mut seen: Vec<PodPort<'_>> = Vec::new();
    for way in ways(case) {
        if seen.contains(&way.port) {
            continue;
        }
        let gateway = (case.gateway_of)(way.routing);
        if let Passage::Blocked(barrier) = case.world.passage_from(&gateway, workload, way.port) {
            // Whoever is not known and not seen may be no pod at all, or one that a rule names.
            if is_strange(&gateway, &barrier) && !barrier.is_shut || comes_by_mesh(case, &gateway) {
                continue;
            }
            seen.push(way.port);
            findings.extend(finding(case, &way, &gateway, &barrier));
        }
    }
}

/// Whether nobody knows who the gateway is, or where its pods are.
fn is_strange(gateway: &Gateway<'_>, barrier: &Barrier<'_>) -> bool {
    gateway.dialect.is_none() && barrier.is_presumed
}

/// Whether policies are open for the port by which all traffic of an ambient mesh comes, whatever port it is for. Of a gateway that is
/// not known it is enough that they are open for somebody.
fn comes_by_mesh<'c>(case: &WorkloadCase<'c>, gateway: &Gateway<'c>) -> bool {
    const HBONE: PodPort<'_> = PodPort { number: 15008, protocol: "TCP" };
    match case.world.passage_from(gateway, case.workload, HBONE) {
        Passage::Blocked(barrier) => is_strange(gateway, &barrier) && !barrier.is_shut,
        Passage::Allowed | Passage::Unknown(_) => true,
    }
}

fn finding(case: &WorkloadCase<'_>, way: &Way<'_>, gateway: &Gateway<'_>, barrier: &Barrier<'_>) -> Option<Finding> {
    let (workload, port) = (case.workload, way.port);
    let policy = barrier.policies.first()?;
    // A warning is cut at the end, so what is hit comes first.
    let target = format!("port {} of {} {}", port.number, workload.id.kind, workload.id.name);
    let (name, routed, policies) = (gateway.name, way.route.shown(), named(barrier));
    let isolate = if barrier.policies.len() == 1 { "isolates" } else { "isolate" };
    let message = match barrier.direction {
        Direction::Ingress => format!("{target} is closed to {name} by {policies} ({routed})"),
        Direction::Egress => format!("{target} is out of reach for {name} by {policies} ({routed})"),
    };
    let why = match barrier.direction {
        Direction::Ingress => {
            let none = if barrier.is_shut { "none opens the port to anybody".to_owned() } else { format!("none names {name}") };
            format!("{policies} {isolate} these pods: only what an ingress rule names gets in, and {none}")
        }
        Direction::Egress => {
            format!(
                "{policies} {isolate} the gateway's pods: they only reach what an egress rule names, and none names these pods"
            )
        }
    };
    let status = gateway.answers.unreachable;
    let presumed = if barrier.is_presumed && gateway.site == Site::Cluster {
        " (The gateway's pods were not seen. If they use the network of their node, policies may not apply to them.)"
    } else {
        ""
    };
    let finding = Finding::at(label(policy, workload, &format!("port {}/{}", port.number, port.protocol)), message)
        .pending()
        .status(status)
        .why(format!(
            "{why} on {} port {}. Its packets are dropped without a word: each request waits until \
             connecting times out and gets {status}. Probes come from the node and succeed, so every pod looks ready.{presumed}",
            port.protocol, port.number
        ))
        .help(match barrier.direction {
            Direction::Ingress => let_in(case, way, gateway),
            Direction::Egress => let_out(case, way, policy.id.namespace.as_ref(), gateway),
        })
        .related(Label::new(&way.routing.id, way.route.address(BackendField::Service)).of(routed), "leads to these pods");
    let finding = match workload.containers.iter().find(|container| container.declares(port.number)) {
        Some(container) => finding.related(case.label(container, ContainerField::Whole), format!("listens on {}", port.number)),
        None => finding,
    };
    Some(if barrier.is_presumed { finding.at_most(Level::Warning) } else { finding })
}

/// Who the gateway is, as a peer of a policy.
fn peer(gateway: &Gateway<'_>) -> String {
    let labels = gateway.pod_labels;
    let namespace = gateway.namespace.unwrap_or("NAMESPACE-OF-THE-GATEWAY");
    let own = pairs([("kubernetes.io/metadata.name", namespace)].into_iter());
    let pods = if labels.is_empty() {
        String::new()
    } else {
        format!(", podSelector: {{matchLabels: {}}}", pairs(labels.iter().copied()))
    };
    format!("{{namespaceSelector: {{matchLabels: {own}}}{pods}}}")
}

/// The policy to create beside those that isolate the pods.
fn let_in(case: &WorkloadCase<'_>, way: &Way<'_>, gateway: &Gateway<'_>) -> String {
    let (workload, port) = (case.workload, way.port);
    let from = if gateway.site == Site::Cloud {
        "[{ipBlock: {cidr: 10.0.0.0/16}}]   # the range that the load balancer sends from".to_owned()
    } else {
        format!("[{}]", peer(gateway))
    };
    format!(
        "let the gateway in; policies add up, so one more is enough:\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: \
         {{name: {}-from-gateway, namespace: {}}}\nspec:\n  podSelector: {{matchLabels: {}}}\n  policyTypes: [Ingress]\n  ingress:\n    \
         - from: {from}\n      ports: [{{protocol: {}, port: {}}}]",
        workload.id.name,
        workload.id.namespace,
        chosen_by(Some(&way.service.selector), workload),
        port.protocol,
        port.number
    )
}

/// The policy to create beside those that isolate the gateway.
fn let_out(case: &WorkloadCase<'_>, way: &Way<'_>, namespace: &str, gateway: &Gateway<'_>) -> String {
    let (workload, port) = (case.workload, way.port);
    format!(
        "let the gateway out; policies add up, so one more is enough:\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: \
         {{name: gateway-to-{own}, namespace: {namespace}}}\nspec:\n  podSelector: {{matchLabels: {}}}\n  policyTypes: [Egress]\n  egress:\n    \
         - to: [{{namespaceSelector: {{matchLabels: {}}}}}]\n      ports: [{{protocol: {}, port: {}}}]",
        pairs(gateway.pod_labels.iter().copied()),
        pairs([("kubernetes.io/metadata.name", &*workload.id.namespace)].into_iter()),
        port.protocol,
        port.number,
        own = workload.id.namespace
    )
}
