#![doc = include_str!("serves_while_terminating.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{Exposure, Service};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, ServiceCase};
use crate::units::Level;

/// See the page of the rule.
pub struct ServesWhileTerminating;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ServesWhileTerminating {
    type Params = Params;

    const META: Meta = Meta {
        name: "serves-while-terminating",
        family: Family::Drain,
        summary: "a Service that is reached from outside sends to pods that are starting or going away",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::Service],
        since: "0.1.0",
        page: include_str!("serves_while_terminating.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Service(judge);
}

/// Where the Service asks for it.
const FIELD: Address = Address::field("/spec/publishNotReadyAddresses");

/// Labels that only one pod of a `StatefulSet` has.
const OF_ONE_POD: [&str; 2] = ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"];

fn judge(_: &Params, case: &ServiceCase<'_>, findings: &mut Vec<Finding>) {
    let service = case.service;
    // Without a selector something else decides on its endpoints.
    if !service.publishes_unready || service.selector.is_empty() {
        return;
    }
    // Where there is one pod only, no other could answer for it; and what is no TCP carries no request of HTTP.
    if OF_ONE_POD.iter().any(|label| service.selector.get(label).is_some()) || !speaks_tcp(service) {
        return;
    }
    // Among themselves the members of a cluster often have to meet before they are ready: then it is needed.
    if let Some((routing, answers)) = case.first_route() {
        let finding = finding(service, &format!("{} leads to it", routing.id)).status(answers.refused);
        findings.push(finding.related(Label::new(&routing.id, Address::field("/spec")), "leads to it"));
    } else if service.exposure == Exposure::External {
        findings.push(finding(service, "it is reached from outside"));
    }
}

fn speaks_tcp(service: &Service) -> bool {
    service.ports.iter().any(|port| &*port.protocol == "TCP")
}

fn finding(service: &Service, reached: &str) -> Finding {
    let message = format!("{} sends to pods that are not ready, and {reached}", service.id);
    Finding::at(Label::new(&service.id, FIELD), message)
        .why(
            "Every pod counts as ready here from the moment it has an address until it is gone. At each rollout requests go to pods \
             that do not listen yet, and to pods that have closed their port: connections are refused, whatever the readiness \
             probe says.",
        )
        .help(
            "delete the line. Where the members of a cluster have to find each other before they are ready, give them a headless \
             Service of their own, to which nothing leads from outside:\nspec:\n  clusterIP: None\n  publishNotReadyAddresses: true",
        )
}
