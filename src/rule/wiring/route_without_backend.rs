#![doc = include_str!("route_without_backend.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{RouteMatch, RouteRule};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule, Unanswered};
use crate::units::Level;

/// See the page of the rule.
pub struct RouteWithoutBackend;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RouteWithoutBackend {
    type Params = Params;

    const META: Meta = Meta {
        name: "route-without-backend",
        family: Family::Wiring,
        summary: "a rule of a route names no backend that gets requests, and nothing in it answers them",
        baseline: Level::Error,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::GrpcRoute, Kind::HttpRoute, Kind::TlsRoute],
        since: "0.1.0",
        page: include_str!("route_without_backend.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let routing = case.routing;
    // A route of a mesh hangs on a Service, which is its backend where it names none. And what hangs on nothing may be a patch.
    if case.section.is_some() || !routing.id.kind.is_gateway_route() || !routing.is_from_outside() {
        return;
    }
    if routing.rules.is_empty() && routing.id.kind == Kind::HttpRoute {
        findings.push(without_rules(case));
    }
    for rule in &routing.rules {
        // What a filter of another group does cannot be told: it may answer by itself.
        if rule.weight == 0 && rule.answers_itself() == Some(false) {
            findings.push(without_backend(case, rule));
        }
    }
}

/// The API server writes a rule for `/` where there is none, and that rule has no backend. Only a file can show it so, and a file
/// may be a patch.
fn without_rules(case: &RoutingCase<'_>) -> Finding {
    Finding::at(Label::new(&case.routing.id, Address::field("/spec")), "the route has no rules")
        .at_most(Level::Warning)
        .status(case.gateway.answers.invalid_backend)
        .why(format!(
            "The API server then writes a rule for every path, without a backend. The gateway takes it, and answers {} to every request.",
            case.gateway.answers.invalid_backend
        ))
        .help(HELP)
}

fn without_backend(case: &RoutingCase<'_>, rule: &RouteRule) -> Finding {
    let shown = rule.matches.first().map(RouteMatch::shown).unwrap_or_default();
    let element = case.routing.sections.get(rule.index).map_or(&*shown, |section| &section.name);
    let label = Label::new(&case.routing.id, rule.address()).of(element);
    let unanswered = Unanswered::of(case, case.gateway.answers.invalid_backend);
    let (message, help) = if rule.backends == 0 {
        (format!("the rule for {shown} names no backend"), HELP)
    } else {
        (format!("all backends of the rule for {shown} have weight 0"), "give one of the backends a weight of 1 or more")
    };
    // Whoever writes filters and no backend may have left it out to show the filters.
    let may_be_shown = rule.backends == 0 && !rule.filters.is_empty();
    // And what the gateway is told to do with the route may answer.
    let answering = case.gateway.answering_key.filter(|key| case.routing.annotation(key).is_some());
    let unless = answering.map(|key| format!(", unless what {key} names answers")).unwrap_or_default();
    let cap = if may_be_shown || answering.is_some() { Level::Warning } else { Level::Error };
    let noun = unanswered.noun();
    unanswered.on(Finding::at(label, message)
        .why(format!(
            "There is nobody to send to, and no filter of the rule answers by itself, so every {noun} gets {}{unless} (some gateways answer 404 or 503). The route is accepted all the \
             same: nothing in its status says so.",
            unanswered.shown()
        ))
        .help(help))
    .at_most(cap)
}

const HELP: &str = "name who answers:\nbackendRefs: [{name: web, port: 80}]";
