#![doc = include_str!("timeout_chain_inverted.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timeout;
use crate::finding::Finding;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct TimeoutChainInverted;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for TimeoutChainInverted {
    type Params = Params;

    const META: Meta = Meta {
        name: "timeout-chain-inverted",
        family: Family::Timeout,
        summary: "a hop in front gives up earlier than the hop behind it is allowed to take",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Gateway, Kind::GatewayClass, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("timeout_chain_inverted.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    if let Some(balancer) = &case.facts.load_balancer
        && let Some(idle) = balancer.idle_timeout
    {
        // A balancer that speaks HTTP answers; one that does not closes the connection without a word.
        let status = (balancer.layer == 7).then_some(504);
        let front = Front { name: "the load balancer", limit: idle, setting: "loadBalancer.idleTimeout", status };
        // Silence with silence: connecting is none, since the client's bytes still move.
        for timeout in [Timeout::Send, Timeout::Read] {
            findings.extend(inverted(timeout, &front, case));
        }
    }
    if let Some(limit) = case.facts.client_timeout {
        let front = Front { name: "the client", limit, setting: "clients.timeout", status: None };
        findings.extend(inverted(Timeout::Request, &front, case));
    }
}

/// A hop in front of the gateway.
struct Front {
    name: &'static str,
    limit: Duration,
    /// Where the policy tells the limit.
    setting: &'static str,
    /// What it answers when it gives up.
    status: Option<u16>,
}

fn inverted(timeout: Timeout, front: &Front, case: &RoutingCase<'_>) -> Option<Finding> {
    let setting = timeout.of(case.settings);
    // A default of the gateway is the platform's to change, not the author's.
    let (value, address) = timeout.written(case.settings).filter(|(value, _)| **value > front.limit)?;
    let Front { name, limit, setting: place, status } = front;
    let end = status.map_or_else(|| "finds the connection closed".to_owned(), |status| format!("gets {status}"));
    let finding = Finding::at(case.label(address), format!("the {timeout} is {value}, but {name} gives up after {limit}"))
        .excess(value.saturating_sub(*limit).as_secs_ceil())
        .why(format!(
            "{value} here > {limit} in front: when {} than {limit}, {name} has closed the connection before the gateway hands the \
             answer on. The user {end}, the pod works for nobody, and no log of the gateway tells of a timeout.",
            timeout.case()
        ))
        .help(help(setting.write(&Duration::from_secs(limit.as_secs_floor())).and_then(|write| write.line()), *value, *limit, place));
    Some(match status {
        Some(status) => finding.status(*status),
        None => finding,
    })
}

/// The two ends that can be moved.
fn help(line: Option<String>, value: Duration, limit: Duration, place: &str) -> String {
    let raise = format!("or raise the limit in front to {value}, there first and then in the policy ({place})");
    match line {
        Some(line) => format!("write at most {limit}, as this gateway reads it:\n{line}\n# {raise}"),
        None => format!("write at most {limit} here, {raise}"),
    }
}
