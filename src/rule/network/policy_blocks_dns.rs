#![doc = include_str!("policy_blocks_dns.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{READS, chosen_by, label, named};
use crate::finding::Finding;
use crate::inventory::{Barrier, Passage};
use crate::model::{Peer, PodNetwork};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Ring, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct PolicyBlocksDns;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for PolicyBlocksDns {
    type Params = Params;

    const META: Meta = Meta {
        name: "policy-blocks-dns",
        family: Family::Network,
        summary: "network policies keep routed pods from asking DNS servers, so they find no other host by its name",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: READS,
        since: "0.1.0",
        page: include_str!("policy_blocks_dns.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let workload = case.workload;
    if case.ring < Ring::Routed || workload.network != PodNetwork::Cluster || !case.facts.enforces_policies {
        return;
    }
    if let Passage::Blocked(barrier) = case.world.passage_to_dns(workload) {
        findings.extend(finding(case, &barrier));
    }
}

fn finding(case: &WorkloadCase<'_>, barrier: &Barrier<'_>) -> Option<Finding> {
    let (workload, policy) = (case.workload, barrier.policies.first()?);
    let policies = named(barrier);
    let message = format!(
        "{} {} can ask no DNS server (UDP port 53), because of NetworkPolicy {policies}",
        workload.id.kind, workload.id.name
    );
    let isolates = if barrier.policies.len() == 1 { "isolates" } else { "isolate" };
    let finding = Finding::at(label(policy, workload, "DNS"), message)
        .pending()
        .status(502)
        .why(format!(
            "{policies} {isolates} these pods: they only reach what an egress rule names, and none lets them out to a DNS server. Each name that they look up times out after some \
             seconds, so whatever they have to ask for an answer of their own fails: their clients get 502 or 504 from pods that look ready."
        ))
        .help(format!(
            "let them ask; policies add up, so one more is enough:\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: \
             {}-to-dns, namespace: {}}}\nspec:\n  podSelector: {{matchLabels: {}}}\n  policyTypes: [Egress]\n  egress:\n    - to: \
             [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: kube-system}}}}}}]\n      ports: [{{protocol: UDP, port: 53}}, \
             {{protocol: TCP, port: 53}}]",
            workload.id.name,
            workload.id.namespace,
            chosen_by(case.services.first().map(|service| &service.selector), workload)
        ));
    // Pods that open no connection, or only go by addresses, need no names.
    Some(if goes_by_names(barrier) { finding } else { finding.at_most(Level::Warning) })
}

/// Whether some rule lets the pods out to what people call by a name: other pods, or anything.
fn goes_by_names(barrier: &Barrier<'_>) -> bool {
    let mut rules = barrier.policies.iter().filter_map(|policy| policy.egress.as_deref()).flatten();
    rules.any(|rule| rule.peers.is_empty() || rule.peers.iter().any(|peer| matches!(peer, Peer::Pods { .. })))
}
