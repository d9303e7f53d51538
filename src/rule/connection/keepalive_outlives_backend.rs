#![doc = include_str!("keepalive_outlives_backend.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kept;
use crate::finding::{Finding, Label};
use crate::model::Provenance;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, WorkloadCase};
use crate::units::Level;

/// See the page of the rule.
pub struct KeepaliveOutlivesBackend;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for KeepaliveOutlivesBackend {
    type Params = Params;

    const META: Meta = Meta {
        name: "keepalive-outlives-backend",
        family: Family::Connection,
        summary: "the gateway sends requests on idle connections that the pod is closing",
        baseline: Level::Warning,
        strict: Level::Error,
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
        page: include_str!("keepalive_outlives_backend.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);
}

fn judge(_: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    let Some((own, address)) = &case.workload.declared.keep_alive else { return };
    // Who closes after each answer says so in the answer, and nothing is kept.
    let Some(kept) = Kept::new(case).filter(|kept| !own.is_zero() && kept.span >= *own) else { return };
    let (name, status) = (kept.name, case.answers().refused);
    let key = match kept.provenance {
        Some(Provenance::Global(key)) => format!(": {key} in its global configuration"),
        _ => format!(" in {}", kept.unless),
    };
    let finding = Finding::at(
        Label::new(&case.workload.id, address.clone()),
        format!("pods close an idle connection after {own}, and {name} keeps it for {}", kept.shown()),
    )
    .status(status)
    .excess(kept.span.saturating_sub(*own).as_secs_ceil())
    .why(format!(
        "After {own} without a request the pod closes the connection. In the same moment {name} may send the next request on it, \
         which nobody reads. A GET is sent again on another connection; a POST is not, and its client gets {status}. That meets one \
         request in thousands, on no matter which pod, and mostly in quiet hours."
    ))
    .help(format!(
        "let the server keep idle connections for longer than {}, and write how long:\n{}\nor let {name} keep them for less than \
         {own}{key}",
        kept.span,
        kept.line(),
    ));
    findings.push(finding.at_most(if kept.provenance.is_some() { Level::Error } else { Level::Warning }));
}
