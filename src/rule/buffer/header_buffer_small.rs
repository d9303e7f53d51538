#![doc = include_str!("header_buffer_small.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::Write;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Level, Size};

/// See the page of the rule.
pub struct HeaderBufferSmall;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// The smallest buffer that is enough.
    at_least: Size,
}

impl Default for Params {
    fn default() -> Self {
        Self { at_least: Size::from_bytes(8 << 10) }
    }
}

impl Rule for HeaderBufferSmall {
    type Params = Params;

    const META: Meta = Meta {
        name: "header-buffer-small",
        family: Family::Buffer,
        summary: "the head of an answer may be larger than the buffer that the gateway has for it",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("header_buffer_small.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(params: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let buffer = &case.settings.header_buffer;
    let Some(holding) = buffer.value().filter(|holding| **holding < params.at_least) else { return };
    let Some(writing) = &buffer.writing else { return };
    // What nobody wrote is shown at the annotations, where it would stand.
    let label = if buffer.is_written() { case.label(&writing.address) } else { case.missing(&writing.address) };
    let (name, status) = (case.gateway.name, case.gateway.answers.refused);
    let line = buffer.write(&params.at_least).as_ref().and_then(Write::line).unwrap_or_default();
    findings.push(
        Finding::at(label, format!("the head of an answer may have {holding} at most"))
            .status(status)
            .why(format!(
                "{name} reads the head of an answer into one buffer. A login that sets a session and a token or two, or a long \
                 Content-Security-Policy, does not fit into {holding}: the pod has answered well, and the client gets {status}. It meets \
                 some users and not others, as their cookies grow."
            ))
            .help(format!("write a buffer that is large enough:\n{line}")),
    );
}
