#![doc = include_str!("upstream_tls_unverifiable.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Protocol, Route, Verification, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct UpstreamTlsUnverifiable;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for UpstreamTlsUnverifiable {
    type Params = Params;

    const META: Meta = Meta {
        name: "upstream-tls-unverifiable",
        family: Family::Protocol,
        summary: "the gateway holds the certificate of the pods against a name that no certificate has",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("upstream_tls_unverifiable.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let setting = &case.settings.verification;
    let Some((Verification::NoName, address)) = setting.as_written() else { return };
    // Without TLS there is no certificate.
    if case.settings.protocol.value().copied().and_then(Protocol::is_tls) != Some(true) {
        return;
    }
    let (name, status) = (case.gateway.name, case.gateway.answers.refused);
    let service = case.routes().find_map(Route::service_name).unwrap_or("backend");
    let host = Verification::Name(format!("{service}.{}.svc", case.routing.id.namespace).into());
    let line = setting.write(&host).as_ref().and_then(Write::line).unwrap_or_default();
    findings.push(
        Finding::at(case.label(address), "the certificate of the pods is verified, and no name is written that it must have")
            .status(status)
            .why(format!(
                "Where nobody writes a name, {name} takes that of an internal block of its own, which no certificate has. So the handshake \
                 with every pod fails, and every request gets {status}. Only where the Secret holds no CA (ca.crt) is nothing verified, and \
                 requests pass; no502 does not read Secrets."
            ))
            .help(format!("write a name that is in the certificate of the pods, such as\n{line}")),
    );
}
