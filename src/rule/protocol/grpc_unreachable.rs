#![doc = include_str!("grpc_unreachable.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Protocol, Provenance};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct GrpcUnreachable;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for GrpcUnreachable {
    type Params = Params;

    const META: Meta = Meta {
        name: "grpc-unreachable",
        family: Family::Protocol,
        summary: "a route speaks gRPC to its pods, and clients cannot speak it to the gateway, or it is only half set up",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("grpc_unreachable.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let written = case.settings.protocol.as_written().filter(|(protocol, _)| protocol.is_grpc());
    let Some((protocol, address)) = written else { return };
    if case.settings.client_http2.value() == Some(&false) {
        findings.push(without_http2(case, *protocol, address));
    } else {
        findings.extend(half_applied(case, *protocol, address));
    }
}

fn without_http2(case: &RoutingCase<'_>, protocol: Protocol, address: &Address) -> Finding {
    let name = case.gateway.name;
    let (place, help) = match &case.settings.client_http2.known {
        Some((_, Provenance::Global(key))) => {
            (format!(" ({key} in its global configuration)"), format!("delete {key} from the global configuration of {name}"))
        }
        _ => (String::new(), format!("switch HTTP/2 on for the clients of {name}")),
    };
    Finding::at(case.label(address), format!("{name} speaks {protocol} to the pods, but no HTTP/2 to clients{place}"))
        .why(format!(
            "gRPC runs over HTTP/2 only. A client that offers nothing else is turned away in the TLS handshake, or its first bytes are \
             answered with 400. No call reaches {name}'s routes, and the pods see nothing."
        ))
        .help(format!("{help}, or send clients of gRPC through another gateway"))
}

/// Where the gateway takes a spelling for gRPC, and does by half what it does for its own.
fn half_applied(case: &RoutingCase<'_>, protocol: Protocol, address: &Address) -> Option<Finding> {
    let setting = &case.settings.protocol;
    let text = case.text_of(setting)?.trim();
    let write = setting.write(&protocol).filter(|write| write.value.as_str() != Some(text))?;
    let (name, status) = (case.gateway.name, case.gateway.answers.refused);
    let own = write.value.as_str().unwrap_or_default();
    Some(
        Finding::at(case.label(address), format!("\"{text}\" is only half of \"{own}\": calls get neither host nor timeouts"))
            .status(status)
            .why(format!(
                "{name} sends the calls as gRPC in any spelling, but looks for exactly \"{own}\" when it sets what belongs to them. So they \
                 arrive with the name of an internal block of {name} in the place of the host, which a server or proxy that serves by host \
                 refuses, and the timeouts of this object do not hold: a stream that is silent for 60 s is cut."
            ))
            .help(format!("write it as the gateway looks for it:\n{}", write.line().unwrap_or_default())),
    )
}
