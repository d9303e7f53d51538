#![doc = include_str!("gateway_drain_short.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::Exposure;
use crate::object::{Address, Kind};
use crate::policy::LoadBalancer;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct GatewayDrainShort;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for GatewayDrainShort {
    type Params = Params;

    const META: Meta = Meta {
        name: "gateway-drain-short",
        family: Family::Drain,
        summary: "a gateway's pod is gone before the load balancer in front has let go of it",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("gateway_drain_short.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

/// What the finding points at where nobody wrote a grace period.
const POD: Address = Address::field("/spec/template/spec");

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let Some(balancer) = case.facts.load_balancer else { return };
    let (Some(delay), Some(gateway)) = (balancer.deregistration_delay, case.own_gateway) else { return };
    // Only what is reached from outside stands behind the balancer.
    if !case.services.iter().any(|service| service.exposure == Exposure::External) {
        return;
    }
    // At 0 nothing drains at all; the rule grace-zero says so.
    let grace = case.workload.grace.value().copied().filter(|grace| !grace.is_zero() && *grace < delay);
    if let Some(grace) = grace {
        findings.push(finding(case, balancer, gateway, grace, delay));
    }
}

fn finding(case: &WorkloadCase<'_>, balancer: LoadBalancer, gateway: &str, grace: Duration, delay: Duration) -> Finding {
    let address = case.workload.grace.as_written().map_or(POD, |(_, address)| address.clone());
    let message =
        format!("{gateway} is killed {grace} after its deletion, but the load balancer uses its connections for {delay}");
    let (cut, end) = if balancer.layer == 7 {
        ("requests that are still in progress then", "clients get 502")
    } else {
        ("connections that are still open then", "clients find theirs closed in the middle of a request")
    };
    let finding = Finding::at(Label::new(&case.workload.id, address), message)
        .excess(delay.saturating_sub(grace).as_secs_ceil())
        .why(format!(
            "{grace} grace < {delay} deregistration: the grace period holds all that the pod has left, its preStop hook included. At \
             each rollout of the gateway {cut} are cut, of all routes, and {end}."
        ))
        .help(format!(
            "let the pod live as long as the balancer needs it; a preStop hook has to keep it serving meanwhile:\n\
             terminationGracePeriodSeconds: {}\nor shorten the delay at the balancer, there first and then in the policy \
             (loadBalancer.deregistrationDelay)",
            delay.as_secs_ceil()
        ));
    // A balancer that speaks HTTP sends nothing new to such a pod: what it cuts are only requests that take longer.
    if balancer.layer == 7 { finding.status(502).at_most(Level::Warning) } else { finding }
}
