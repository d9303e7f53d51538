#![doc = include_str!("timeout_unset.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timeout;
use crate::finding::{Finding, FixKind};
use crate::model::{Provenance, Setting, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct TimeoutUnset;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// The timeouts that must be written.
    settings: Vec<Timeout>,
}

impl Default for Params {
    fn default() -> Self {
        Self { settings: vec![Timeout::Connect, Timeout::Send, Timeout::Read, Timeout::Request] }
    }
}

impl Rule for TimeoutUnset {
    type Params = Params;

    const META: Meta = Meta {
        name: "timeout-unset",
        family: Family::Timeout,
        summary: "a route leaves a timeout to the gateway's default, which nobody sees in the file",
        baseline: Level::Off,
        strict: Level::Warning,
        fix: FixAvailability::Strict,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Gateway, Kind::GatewayClass, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("timeout_unset.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(params: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    // A rule that only redirects waits for nobody.
    if case.section.is_some_and(|section| !section.is_one_backend()) && case.routes().next().is_none() {
        return;
    }
    for timeout in &params.settings {
        findings.extend(unset(*timeout, case));
    }
}

fn unset(timeout: Timeout, case: &RoutingCase<'_>) -> Option<Finding> {
    let setting = timeout.of(case.settings);
    // Without a way to write it there is no such setting: the gateway is unknown, or has none for this protocol.
    let address = &setting.writing.as_ref()?.address;
    let text = case.text_of(setting);
    // A text that the gateway cannot read is another rule's.
    if text.is_some_and(|text| !text.is_empty()) {
        return None;
    }
    let status = case.gateway.answers.too_slow;
    let name = case.gateway.name;
    let (message, why) = match &setting.known {
        Some((value, provenance)) => {
            let whose = match provenance {
                Provenance::Global(_) => format!("the global configuration of {name}"),
                _ => format!("the default of {name}"),
            };
            (
                format!("no {timeout} is written, so the limit is {value} by {whose}"),
                format!(
                    "Clients get {status} when {} than {value}. Nothing in this object says so, and the number changes \
                     with every change of the global configuration or of the gateway.",
                    timeout.case()
                ),
            )
        }
        None if is_endless(setting, case) => (
            open(timeout, setting, case),
            "A request may wait for as long as the pod does, and nothing in this object says so.".to_owned(),
        ),
        None => (
            open(timeout, setting, case),
            format!("Clients get {status} when {} than a limit that stands somewhere else.", timeout.case()),
        ),
    };
    let holding = setting.value().and_then(|value| setting.write(value));
    let finding = Finding::at(case.missing(address), message).why(why).help(help(case, timeout, holding.as_ref()));
    let finding = if is_endless(setting, case) { finding } else { finding.status(status) };
    // What is there, even if empty, is not overwritten.
    let fix = holding.filter(|_| text.is_none());
    Some(finding.fix(FixKind::Add, fix.into_iter().collect()))
}

/// Whether there is no limit, as far as that is known.
fn is_endless(setting: &Setting<Duration>, case: &RoutingCase<'_>) -> bool {
    setting.value().or(setting.presumed.as_ref()).is_some_and(|value| value.is_zero()) && case.settings.zero_is_endless
}

/// What is said of a value that is not known.
fn open(timeout: Timeout, setting: &Setting<Duration>, case: &RoutingCase<'_>) -> String {
    let name = case.gateway.name;
    let unless = match case.gateway.policies {
        Some(policies) => policies.to_owned(),
        None => format!("the global configuration of {name}"),
    };
    match &setting.presumed {
        Some(_) if is_endless(setting, case) => {
            format!("no {timeout} is written, so there is none unless {unless} says otherwise")
        }
        Some(value) => format!("no {timeout} is written, so the limit is {value} unless {unless} says otherwise"),
        None => format!("no {timeout} is written, and what {name} takes instead is not known"),
    }
}

/// The annotation or field with the value that holds now.
fn help(case: &RoutingCase<'_>, timeout: Timeout, holding: Option<&Write>) -> String {
    let setting = timeout.of(case.settings);
    let example = || setting.write(&Duration::from_secs(60)).and_then(|write| write.line()).unwrap_or_default();
    match holding.and_then(Write::line) {
        Some(line) => format!("write the value that holds now, or the one that you mean:\n{line}"),
        None => format!("write the value that you mean, such as\n{}", example()),
    }
}
