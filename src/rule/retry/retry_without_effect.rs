#![doc = include_str!("retry_without_effect.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{About, Write};
use crate::object::{Address, Kind};
use crate::rule::reading::without_effect;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct RetryWithoutEffect;

/// What a policy may tune.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// The channel of the Gateway API that the cluster has.
    channel: Channel,
}

/// A channel of the Gateway API: which fields its CRDs have.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Channel {
    /// What may be relied on.
    #[default]
    Standard,
    /// That, and what is still being tried out.
    Experimental,
}

impl Rule for RetryWithoutEffect {
    type Params = Params;

    const META: Meta = Meta {
        name: "retry-without-effect",
        family: Family::Retry,
        summary: "retries are written, and nothing is tried again",
        baseline: Level::Warning,
        strict: Level::Warning,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Gateway, Kind::GatewayClass, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("retry_without_effect.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(params: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let first = findings.len();
    let own =
        case.notes.iter().map(|note| without_effect(note, &[About::Retry], case.gateway.name, |address| case.label(address)));
    findings.extend(own.flatten().map(|finding| finding.status(case.gateway.answers.refused)));
    findings.extend(too_late(case));
    // What is not used in any channel was told.
    if findings.len() == first {
        findings.extend(pruned(params, case));
    }
}

/// Whether the API server drops what is written. What comes from an API server was not dropped.
fn pruned(params: &Params, case: &RoutingCase<'_>) -> Option<Finding> {
    let section = case.section.filter(|section| case.routing.id.kind == Kind::HttpRoute && section.has("retry"))?;
    if case.facts.is_pruned || params.channel == Channel::Experimental || case.gateway.has_experimental_channel {
        return None;
    }
    let label = case.label(&Address::item("/spec/rules/{}/retry", section.index)).key();
    Some(
        Finding::at(label, "retry is no field of the standard channel, and an API server with its CRDs does not store it")
            // Which channel a cluster has is in no file.
            .pending()
            .status(case.gateway.answers.refused)
            .why(
                "kubectl apply refuses the object (\"unknown field\"). Clients that do not have fields validated, as many pipelines do, store it \
                 without the field, and the route is accepted: a request that meets a bad pod fails, though this file says that another \
                 one is asked.",
            )
            .help(
                "install the experimental channel of the Gateway API and tell the policy (retry-without-effect: {channel: experimental}), or \
                 leave retries to a policy of the gateway's own. The channel of a cluster stands in the annotation \
                 gateway.networking.k8s.io/channel of its CRDs",
            ),
    )
}

/// Whether the time for retries is over when the first try has taken as long as it may.
fn too_late(case: &RoutingCase<'_>) -> Option<Finding> {
    let settings = case.settings;
    let (time, address) = settings.retry_timeout.as_written().filter(|(time, _)| !time.is_zero())?;
    let read = settings.read.value().filter(|read| *read >= time)?;
    if !settings.retry_conditions.value()?.contains("timeout") || settings.retry_tries.value() == Some(&1) {
        return None;
    }
    let two = settings.retry_timeout.write(&(*read + *read)).as_ref().and_then(Write::line).unwrap_or_default();
    let message = format!("after one try that times out ({read}) there is no time left for another ({time})");
    Some(
        Finding::at(case.label(address), message)
            .status(case.gateway.answers.too_slow)
            .why(format!(
                "The time for retries is looked at between two tries. A pod that hangs takes {read} of it, which is all there is: the client \
                 gets {} from the first pod, though another would have answered.",
                case.gateway.answers.too_slow
            ))
            .help(format!("leave room for a second try:\n{two}\nor let one try end sooner with a shorter read timeout")),
    )
}
