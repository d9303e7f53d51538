#![doc = include_str!("gateway_closes_before_balancer.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MARGIN;
use crate::finding::Finding;
use crate::model::Write;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, GatewayCase, Judge, Meta, Neighbour, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct GatewayClosesBeforeBalancer;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for GatewayClosesBeforeBalancer {
    type Params = Params;

    const META: Meta = Meta {
        name: "gateway-closes-before-balancer",
        family: Family::Connection,
        summary: "the gateway and the load balancer in front give up idle connections in the wrong order",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap],
        since: "0.1.0",
        page: include_str!("gateway_closes_before_balancer.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Gateway(judge);
}

fn judge(_: &Params, case: &GatewayCase<'_>, findings: &mut Vec<Finding>) {
    let Some(balancer) = case.facts.load_balancer else { return };
    let Some((own, limit)) = case.client_idle.value().copied().zip(balancer.idle_timeout) else { return };
    if balancer.layer == 7 {
        // With 0 each answer says that its connection ends, and nothing is used again.
        if own <= limit && !own.is_zero() {
            findings.push(closes_first(case, own, limit));
        }
    } else if own >= limit {
        findings.push(forgets_first(case, own, limit));
    }
}

/// A balancer that speaks HTTP uses its connections to the gateway again.
fn closes_first(case: &GatewayCase<'_>, own: Duration, limit: Duration) -> Finding {
    let name = case.gateway.name;
    Finding::at(
        case.label(case.client_idle),
        format!("{name} closes an idle connection after {own}, and the load balancer in front keeps it for {limit}"),
    )
    .status(502)
    .excess(limit.saturating_sub(own).as_secs_ceil())
    .why(format!(
        "The load balancer sends requests of many clients on the connections that it keeps. One that was idle for {own} is closed by \
         {name} while the next request is on its way, and the load balancer answers that one with 502. No log of {name} tells of it."
    ))
    .help(help(case, "longer", limit + MARGIN))
}

/// A balancer that only passes connections on closes none: it forgets them.
fn forgets_first(case: &GatewayCase<'_>, own: Duration, limit: Duration) -> Finding {
    let name = case.gateway.name;
    Finding::at(
        case.label(case.client_idle),
        format!("{name} keeps an idle connection for {own}, and the load balancer in front forgets it after {limit}"),
    )
    .excess(own.saturating_sub(limit).as_secs_ceil())
    .why(format!(
        "The load balancer only passes connections on. One on which nothing moved for {limit} it forgets without a word to either end. \
         The client still holds it for open, sends its next request there, and gets a reset or no answer at all. Where {name} closes \
         earlier, the client sees it and opens a new one."
    ))
    .help(help(case, "shorter", Duration::from_secs((limit.as_secs_floor() * 4 / 5).max(1))))
}

/// The two ends that can be moved.
fn help(case: &GatewayCase<'_>, word: &str, better: Duration) -> String {
    let line = case.client_idle.write(&better).as_ref().and_then(Write::line);
    let line = line.map_or_else(|| " ".to_owned(), |line| format!(", as with\n{line}\n"));
    format!(
        "let the gateway keep idle connections for a {word} time than the load balancer{line}or change the load balancer, and then \
         loadBalancer.idleTimeout in the policy"
    )
}
