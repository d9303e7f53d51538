#![doc = include_str!("key_decided_elsewhere.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Backend, BackendField, Global, Route, Routing};
use crate::object::{Address, Kind};
use crate::rule::{Age, Beside, Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct KeyDecidedElsewhere;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for KeyDecidedElsewhere {
    type Params = Params;

    const META: Meta = Meta {
        name: "key-decided-elsewhere",
        family: Family::Reading,
        summary: "an older object that leads to the same port of a Service decides a setting, so that it does not count here",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("key_decided_elsewhere.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let Some(matching) = case.gateway.matching else { return };
    if case.same_service.is_empty() {
        return;
    }
    for key in matching.shared_keys() {
        findings.extend(decided(case, *key));
        findings.extend(deciding(case, *key));
    }
}

/// A key of a gateway, and what holds without it.
type Key = (&'static str, &'static str);

fn written<'r>(case: &RoutingCase<'_>, routing: &'r Routing, key: Key) -> Option<&'r str> {
    routing.annotation_under(&case.gateway.prefix, key.0)
}

/// What an object that says nothing stands for.
fn otherwise<'c>(case: &RoutingCase<'c>, key: Key) -> &'c str {
    match case.gateway.global {
        Global::Known(texts) => texts.get(key.0).unwrap_or(key.1),
        Global::None | Global::Unknown => key.1,
    }
}

/// A route of the first object that leads to the same port of the same Service as one of the second, which is of the same
/// namespace.
fn shared<'r>(one: &'r Routing, other: &Routing) -> Option<&'r Route> {
    let is_service = |route: &&Route| matches!(route.backend, Backend::Service { .. });
    one.routes.iter().filter(is_service).find(|route| other.routes.iter().any(|their| their.backend == route.backend))
}

/// A key of the object that does not count, because an older object decides.
fn decided(case: &RoutingCase<'_>, key: Key) -> Option<Finding> {
    let own = written(case, case.routing, key)?;
    let sharing = || case.same_service.iter().filter(|beside| shared(beside.routing, case.routing).is_some());
    let oldest = sharing().filter(|beside| beside.age == Age::Older).min_by_key(|beside| &beside.routing.created);
    let holds = |beside: &Beside<'_>| written(case, beside.routing, key).unwrap_or(otherwise(case, key)) != own;
    // Where nobody knows who is older, two that say different things cannot both count.
    let rival =
        || sharing().find(|beside| beside.age == Age::Unknown && written(case, beside.routing, key).is_some() && holds(beside));
    let by = match oldest {
        Some(oldest) => Some(oldest).filter(|oldest| holds(oldest)),
        None => rival(),
    }?;
    let route = shared(by.routing, case.routing)?;
    let (id, service) = (&by.routing.id, route.service_name().unwrap_or_default());
    let says = match written(case, by.routing, key) {
        Some(text) => format!("says \"{text}\""),
        None => "says nothing".to_owned(),
    };
    let message = if by.age == Age::Older {
        format!("{} \"{own}\" does not count: {id} is older and {says}", key.0)
    } else {
        format!("{} \"{own}\" here and what {id} {says}: one of them does not count", key.0)
    };
    let address = Address::Key { prefix: case.gateway.prefix.clone(), name: key.0 };
    let finding = Finding::at(case.label(&address), message).why(format!(
        "{} sends to a port of a Service in one way only. Of all objects that lead to \"{service}\" there, the oldest decides how.",
        case.gateway.name
    ));
    let there = Label::new(id, route.address(BackendField::Name)).of(route.shown());
    Some(finding.help(format!("write it on {id}, or give this object a Service of its own")).related(there, "the same Service"))
}

/// A key of younger objects that this one decides.
fn deciding(case: &RoutingCase<'_>, key: Key) -> Option<Finding> {
    let own = written(case, case.routing, key);
    let holds = own.unwrap_or(otherwise(case, key));
    let mut losers = case.same_service.iter().filter(|beside| {
        beside.age == Age::Younger
            && written(case, beside.routing, key).is_some_and(|text| text != holds)
            && shared(case.routing, beside.routing).is_some_and(|route| is_oldest(case, route))
    });
    let loser = losers.next()?.routing;
    let route = shared(case.routing, loser)?;
    let (id, service) = (&loser.id, route.service_name().unwrap_or_default());
    let text = written(case, loser, key).unwrap_or_default();
    let label = Label::new(&case.routing.id, route.address(BackendField::Name)).of(format!("{} {}", route.shown(), key.0));
    let address = Address::Key { prefix: case.gateway.prefix.clone(), name: key.0 };
    let finding = Finding::at(label, format!("{} \"{text}\" of {id} does not count for \"{service}\": this object decides it", key.0))
        .excess(u64::try_from(losers.count()).unwrap_or(u64::MAX))
        .why(format!(
            "{} sends to a port of a Service in one way only. Of all objects that lead to \"{service}\" there, the oldest decides how, \
             which is this one.",
            case.gateway.name
        ))
        .help(format!("write it here, or give {id} a Service of its own"));
    Some(finding.related(Label::new(id, address).of(key.0), "what does not count"))
}

/// Whether no other object that leads there came first.
fn is_oldest(case: &RoutingCase<'_>, route: &Route) -> bool {
    let leads_there = |routing: &Routing| routing.routes.iter().any(|their| their.backend == route.backend);
    case.same_service.iter().all(|beside| beside.age == Age::Younger || !leads_there(beside.routing))
}
