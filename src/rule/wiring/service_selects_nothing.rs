#![doc = include_str!("service_selects_nothing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{shown, shows_in_templates, written};
use crate::finding::{Finding, Label};
use crate::model::{Labels, Selector, Workload};
use crate::object::{Address, Kind};
use crate::policy::near;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ServiceSelectsNothing;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ServiceSelectsNothing {
    type Params = Params;

    const META: Meta = Meta {
        name: "service-selects-nothing",
        family: Family::Wiring,
        summary: "a Service selects no workload, and one of its namespace was probably meant or was there until now",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Rollout, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("service_selects_nothing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let service = case.service;
    if !shows_in_templates(&service.selector) || case.world.workloads_of(service).next().is_some() {
        return;
    }
    let lost = case.selected_before();
    // A selector that turns away from its pods is another rule's.
    if !lost.is_empty() && case.was.is_some_and(|was| was.selector != service.selector) {
        return;
    }
    let status = case.first_route().map_or(503, |(_, answers)| answers.no_endpoint);
    let label = Label::new(&service.id, Address::field("/spec/selector"));
    let selector = shown(&service.selector);
    if let Some(last) = lost.first() {
        let (kind, name) = (last.id.kind, &last.id.name);
        findings.push(
            Finding::at(label, format!("nothing is left that {selector} selects: it was {kind} {name}"))
                .pending()
                .status(status)
                .why(format!(
                    "Without pods the Service has no endpoint, so every request for it gets {status}, or is \
                    refused inside the cluster."
                ))
                .help(format!(
                    "take the Service and the routes to it away first, or let another workload carry the labels \
                    {selector}"
                )),
        );
        return;
    }
    // Pods that operators make, Jobs and pods of kinds that are not read are normal: only what looks like a slip is said.
    let Some((workload, slip)) = nearest(case) else { return };
    let (kind, name) = (workload.id.kind, &workload.id.name);
    findings.push(
        Finding::at(label, format!("{selector} selects no workload; {kind} {name} comes near: {}", slip.told()))
            .pending()
            .status(status)
            .why(format!(
                "A Service without pods has no endpoint, and Kubernetes never says so: every request for it gets \
                 {status}, or is refused inside the cluster."
            ))
            .help(format!("if {kind} {name} is meant, write\nselector: {}", shown_right(&service.selector, &slip)))
            .related(
                Label::new(&workload.id, Address::field("/metadata/name")),
                format!("its pods carry {}", shown(&workload.labels)),
            ),
    );
}

/// How the labels of a workload miss a selector by one pair.
enum Slip<'c> {
    /// The value of this key is another one.
    Value { key: &'c str, found: &'c str },
    /// The value stands under another key: what is demanded, and what is there.
    Key { wanted: &'c str, found: &'c str, value: &'c str },
}

impl Slip<'_> {
    fn told(&self) -> String {
        match self {
            Self::Value { key, found } => format!("it has {key}: {found}"),
            Self::Key { found, value, .. } => format!("it has {found}: {value}"),
        }
    }
}

/// The selector without the slip.
fn shown_right(selector: &Labels, slip: &Slip<'_>) -> String {
    written(selector.iter().map(|(key, value)| match slip {
        Slip::Value { key: wrong, found } if key == *wrong => (key, *found),
        Slip::Key { wanted, found, value } if key == *wanted => (*found, *value),
        _ => (key, value),
    }))
}

/// The workload of the namespace that was probably meant.
fn nearest<'c>(case: &ServiceCase<'c>) -> Option<(&'c Workload, Slip<'c>)> {
    let all = case.world.workloads_chosen(&case.service.id.namespace, &Selector::default());
    let whole = all.into_iter().filter(|workload| !workload.is_partial && !workload.labels.is_empty());
    let mut slips = whole.filter_map(|workload| Some((workload, slip(case, workload)?)));
    slips.next()
}

fn slip<'c>(case: &ServiceCase<'c>, workload: &'c Workload) -> Option<Slip<'c>> {
    let labels = &workload.labels;
    let mut missed = case.service.selector.iter().filter(|(key, value)| labels.get(key) != Some(value));
    let (key, wanted) = missed.next()?;
    if missed.next().is_some() {
        return None;
    }
    // What another Service leads to is what it is meant for.
    if case.world.services_of(workload).next().is_some() {
        return None;
    }
    let is_twin = workload.id.name == case.service.id.name;
    // Each agrees with its own name: two applications whose names are near each other, unless requests are to come here.
    let are_two = |found: &str| *wanted == *case.service.id.name && *found == *workload.id.name && case.first_route().is_none();
    match labels.get(key) {
        Some(found) if are_two(found) => None,
        Some(found) if is_typo(wanted, found) => Some(Slip::Value { key, found }),
        // It has the very name of the Service.
        Some(found) if is_name(key) && is_twin => Some(Slip::Value { key, found }),
        Some(_) => None,
        None => {
            let mut same = labels.iter().filter(|(other, value)| *value == wanted && is_name(other) && is_name(key));
            same.next().filter(|_| is_twin).map(|(found, value)| Slip::Key { wanted: key, found, value })
        }
    }
}

/// Keys that name an application.
fn is_name(key: &str) -> bool {
    matches!(key.rsplit('/').next(), Some("app" | "component" | "instance" | "k8s-app" | "name" | "run" | "service"))
}

/// Whether two values differ by a slip of the pen. Numbers that differ are other numbers: `v1`, `v2`.
fn is_typo(wanted: &str, found: &str) -> bool {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    letters(wanted) != letters(found) && wanted.len() > 3 && near(wanted, [found]).is_some()
}
