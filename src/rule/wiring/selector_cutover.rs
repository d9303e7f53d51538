#![doc = include_str!("selector_cutover.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{shown, shows_in_templates, written};
use crate::finding::{Finding, Label};
use crate::model::Workload;
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct SelectorCutover;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for SelectorCutover {
    type Params = Params;

    const META: Meta = Meta {
        name: "selector-cutover",
        family: Family::Wiring,
        summary: "a change of a Service takes its pods away before there are others",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("selector_cutover.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let (service, Some(was)) = (case.service, case.was) else { return };
    // A selector of none hands the endpoints over to somebody else.
    if was.selector == service.selector || !shows_in_templates(&service.selector) {
        return;
    }
    let left: Vec<&Workload> = case.world.workloads_of(was).filter(|workload| workload.replicas != Some(0)).collect();
    let Some(last) = left.first() else { return };
    // What is selected now may be ready or not: its pods are not looked at.
    if case.world.workloads_of(service).next().is_some() {
        return;
    }
    // Labels of quite another sort may be those of pods that something unseen makes.
    let is_akin = service.selector.iter().all(|(key, _)| last.labels.get(key).is_some());
    let cap = if is_akin { Level::Error } else { Level::Warning };
    let status = case.first_route().map_or(503, |(_, answers)| answers.no_endpoint);
    let (kind, name) = (last.id.kind, &last.id.name);
    let new = shown(&service.selector);
    let kept = written(was.selector.iter().filter(|(key, value)| service.selector.get(key) == Some(value)));
    findings.push(
        Finding::at(
            Label::new(&service.id, Address::field("/spec/selector")),
            format!("no pods have {new} yet, and the Service stops sending to {kind} {name}"),
        )
        .at_most(cap)
        .status(status)
        .why(format!(
            "The endpoints of the Service go at once, and there are no others until pods with {new} are there and \
                 ready: seconds for a fast start, for ever where they do not come. Every request in between gets {status}."
        ))
        .help(format!(
            "first bring the pods with {new} and wait until they are ready, then change the selector. Where only a \
                 version or a chart label differs, leave it out of the selector:\nselector: {kept}"
        ))
        .related(Label::new(&last.id, Address::field("/metadata/name")), format!("its pods carry {}", shown(&last.labels))),
    );
}
