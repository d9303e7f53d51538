#![doc = include_str!("autoscaler_without_request.md")]

use crate::finding::{Finding, Label};
use crate::model::{Container, ContainerField, Workload};
use crate::object::{Address, Kind};
use crate::rule::{AutoscalerCase, Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scoped};
use crate::units::Level;

/// See the page of the rule.
pub struct AutoscalerWithoutRequest;

impl Rule for AutoscalerWithoutRequest {
    type Params = Scoped;

    const META: Meta = Meta {
        name: "autoscaler-without-request",
        family: Family::Rollout,
        summary: "an autoscaler aims at a share of a request that a container does not make",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Breaks,
        reads: &[
            Kind::Deployment,
            Kind::HorizontalPodAutoscaler,
            Kind::Ingress,
            Kind::LimitRange,
            Kind::Rollout,
            Kind::Service,
            Kind::StatefulSet,
            Kind::VerticalPodAutoscaler,
        ],
        since: "0.1.0",
        page: include_str!("autoscaler_without_request.md"),
        file: file!(),
    };

    const JUDGE: Judge<Scoped> = Judge::Autoscaler(judge);
}

const METRICS: Address = Address::field("/spec/metrics");

fn judge(params: &Scoped, case: &AutoscalerCase<'_>, findings: &mut Vec<Finding>) {
    let own = case.autoscaler;
    let cap = params.scope.cap(case.ring);
    let Some(target) = case.target.filter(|target| cap > Level::Off && !target.is_partial) else { return };
    for (resource, container) in &own.shares {
        let Some(without) = without_request(target, resource, container.as_deref()) else { continue };
        if case.is_given(resource) {
            continue;
        }
        let finding = finding(case, target, resource, without).at_most(cap);
        // What it aims at besides may still scale it up.
        findings.push(if own.has_other_aims || own.shares.len() > 1 { finding.at_most(Level::Warning) } else { finding });
    }
}

/// The first container of those that count which does not ask for the resource (`calculatePodRequests`).
pub(super) fn without_request<'w>(target: &'w Workload, resource: &str, named: Option<&str>) -> Option<&'w Container> {
    let is_for_all = named.is_none();
    if is_for_all && target.resources.of(resource).is_none_or(|own| own.has_request) {
        return None;
    }
    let mut counted = target.regular_containers().filter(|own| named.is_none_or(|name| *own.name == *name));
    counted.find(|own| own.resources.of(resource).is_some_and(|own| !own.has_request))
}

fn finding(case: &AutoscalerCase<'_>, target: &Workload, resource: &str, container: &Container) -> Finding {
    let id = &case.autoscaler.id;
    let message = format!(
        "scales on {resource} utilization, a percentage of the {resource} request, and container \"{}\" has no {resource} request",
        container.name
    );
    let at = Label::new(&target.id, container.address(ContainerField::Resources)).of(&*container.name);
    // Defaults of the namespace may fill the request in, and they were perhaps not seen yet.
    Finding::at(Label::new(id, METRICS).of(resource), message)
        .pending()
        .related(at, format!("no request for {resource}"))
        .status(502)
        .why(format!(
            "A share of nothing cannot be reckoned: the autoscaler reports \"missing request for {resource}\" (FailedGetResourceMetric) and \
             scales nothing by it. More load meets the same pods, until they are too slow or killed and clients get 502 and 504."
        ))
        .help(format!(
            "say in {} what the container needs:\nresources:\n  requests: {{{resource}: {}}}\n# or aim at an amount (AverageValue), which needs no \
             request",
            target.id,
            if resource == "memory" { "256Mi" } else { "100m" }
        ))
}
