#![doc = include_str!("retry_missing.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FixKind, Label};
use crate::model::{Conditions, Protocol, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct RetryMissing;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// The failures after which another pod must be tried, in the words of the gateway.
    conditions: Vec<String>,
    /// How often a request is tried in all, as the fix writes it.
    tries: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { conditions: ["error", "timeout", "http_502"].map(str::to_owned).into(), tries: 3 }
    }
}

impl Rule for RetryMissing {
    type Params = Params;

    const META: Meta = Meta {
        name: "retry-missing",
        family: Family::Retry,
        summary: "the gateway does not try another pod when one pod fails",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::Strict,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("retry_missing.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

/// The word that switches all the others off.
const OFF: &str = "off";

fn judge(params: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let settings = case.settings;
    // Retry settings do nothing for gRPC, and for other protocols it is not known what they do.
    if !matches!(settings.protocol.value(), Some(Protocol::Http | Protocol::Https)) {
        return;
    }
    let setting = &settings.retry_conditions;
    // A global configuration that nobody has seen says nothing, as most do; but then nothing is written over it.
    let holding = setting.value().or(setting.presumed.as_ref());
    let Some((holding, writing)) = holding.zip(setting.writing.as_ref()) else { return };
    let missing = missing(params, holding);
    if missing.is_empty() {
        return;
    }
    let text = case.text_of(setting);
    let label: Label = if text.is_some() { case.label(&writing.address) } else { case.missing(&writing.address) };
    let status = case.gateway.answers.refused;
    let writes = writes(params, case, holding);
    let elsewhere = settings.retry_elsewhere.value().filter(|moves| !**moves).and_then(|_| settings.retry_elsewhere.write(&true));
    let lines: Vec<String> = writes.iter().chain(&elsewhere).filter_map(Write::line).collect();
    let unless = if setting.value().is_none() { ", unless the global configuration says otherwise" } else { "" };
    let finding = Finding::at(
        label,
        format!("no other pod is tried on {}: what holds is \"{holding}\"{unless}", missing.join(", ")),
    )
    .status(status)
    .why(format!(
        "When one pod fails in that way, the gateway hands its failure on, though other pods would answer. Clients get {status} \
             or its like until readiness takes the pod out, which is 30 s with the default probe numbers."
    ))
    .help(format!("write\n{}", lines.join("\n")));
    // What the author wrote, even if it is ignored, is not overwritten; and that a client stays with its pod is not undone unasked.
    let fix = if text.is_some() || setting.value().is_none() || elsewhere.is_some() { Vec::new() } else { writes };
    findings.push(finding.fix(FixKind::Add, fix));
}

/// The conditions that the policy wants and that do not hold.
fn missing<'p>(params: &'p Params, holding: &Conditions) -> Vec<&'p str> {
    let is_off = holding.contains(OFF);
    let wanted = params.conditions.iter().map(String::as_str);
    wanted.filter(|condition| is_off || !holding.contains(condition)).collect()
}

/// What holds and what is missing; and the number of tries where the object does not say it.
fn writes(params: &Params, case: &RoutingCase<'_>, holding: &Conditions) -> Vec<Write> {
    let kept = holding.0.iter().filter(|condition| &***condition != OFF).cloned();
    let added = missing(params, holding).into_iter().filter(|condition| !holding.contains(condition)).map(Into::into);
    let conditions = case.settings.retry_conditions.write(&Conditions(kept.chain(added).collect()));
    let tries = &case.settings.retry_tries;
    let is_open = tries.value().is_some() && case.text_of(tries).is_none();
    let tries = if is_open { tries.write(&params.tries) } else { None };
    conditions.into_iter().chain(tries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_beside_other_conditions_switches_all_off() {
        let params = Params::default();
        assert_eq!(missing(&params, &Conditions::parse("error timeout")), ["http_502"]);
        assert_eq!(missing(&params, &Conditions::parse("error timeout http_502 off")), ["error", "timeout", "http_502"]);
        assert!(missing(&params, &Conditions::parse("http_502 http_503 timeout error")).is_empty());
    }
}
