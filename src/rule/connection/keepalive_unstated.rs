#![doc = include_str!("keepalive_unstated.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kept;
use crate::finding::{Finding, Label};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct KeepaliveUnstated;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for KeepaliveUnstated {
    type Params = Params;

    const META: Meta = Meta {
        name: "keepalive-unstated",
        family: Family::Connection,
        summary: "nobody says how long a pod keeps the idle connections that the gateway uses again",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::ConfigMap,
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::Gateway,
            Kind::GatewayClass,
            Kind::GrpcRoute,
            Kind::HttpRoute,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("keepalive_unstated.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    if case.workload.declared.keep_alive.is_some() {
        return;
    }
    // Only behind a gateway that is known to use connections again.
    let Some(kept) = Kept::new(case) else { return };
    let (name, span, status) = (kept.name, kept.span, case.answers().refused);
    let label = Label::new(&case.workload.id, Address::field("/metadata")).of("no502.dev/keep-alive");
    findings.push(
        Finding::at(
            label,
            format!("nothing says how long pods keep an idle connection, and {name} keeps it for {}", kept.shown()),
        )
        .status(status)
        .why(format!(
            "Where nobody changed it, a server of Node.js closes an idle connection after 5 s, uvicorn after 5 s and gunicorn after 2 s. \
             {name} goes on using it for {span}: a POST that it sends while the pod closes is lost, and its client gets {status}."
        ))
        .help(format!(
            "look up how long the server keeps idle connections, set it to more than {span} where it is less, and write it here:\n{}",
            kept.line()
        )),
    );
}
