#![doc = include_str!("upload_limit_unset.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FixKind};
use crate::model::Write;
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Level, Size};

/// See the page of the rule.
pub struct UploadLimitUnset;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// The smallest limit that is enough.
    at_least: Size,
}

impl Default for Params {
    fn default() -> Self {
        Self { at_least: Size::from_bytes(8 << 20) }
    }
}

impl Rule for UploadLimitUnset {
    type Params = Params;

    const META: Meta = Meta {
        name: "upload-limit-unset",
        family: Family::Buffer,
        summary: "the gateway refuses bodies of requests that the policy wants to get through",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::Optional,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("upload_limit_unset.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(params: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let limit = &case.settings.body_limit;
    let holding = limit.value().or(limit.presumed.as_ref());
    // 0 is no limit.
    let Some(holding) = holding.filter(|holding| **holding < params.at_least && holding.as_bytes() > 0) else { return };
    let Some(writing) = &limit.writing else { return };
    let label = if limit.is_written() { case.label(&writing.address) } else { case.missing(&writing.address) };
    let unless = if limit.value().is_none() { ", unless the global configuration says otherwise" } else { "" };
    let write = limit.write(&params.at_least);
    let line = write.as_ref().and_then(Write::line).unwrap_or_default();
    // What is there, even if empty, is not overwritten, and neither is what nobody has seen.
    let is_addable = limit.value().is_some() && case.text_of(limit).is_none();
    let name = case.gateway.name;
    let finding = Finding::at(label, format!("the body of a request may have {holding} at most{unless}"))
        .status(413)
        .why(format!(
            "{name} looks at the length of a request before it sends it on. A picture or an import of more than {holding} gets 413, the pods \
             never see it, and nothing stands in their logs."
        ))
        .help(format!("write the limit that you mean:\n{line}"));
    findings.push(finding.fix(FixKind::Add, write.filter(|_| is_addable).into_iter().collect()));
}
