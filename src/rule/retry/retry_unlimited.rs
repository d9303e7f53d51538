#![doc = include_str!("retry_unlimited.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Protocol, Write};
use crate::object::Kind;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct RetryUnlimited;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RetryUnlimited {
    type Params = Params;

    const META: Meta = Meta {
        name: "retry-unlimited",
        family: Family::Retry,
        summary: "a failing request is tried again and again, until the client leaves",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("retry_unlimited.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let settings = case.settings;
    if !matches!(settings.protocol.value(), Some(Protocol::Http | Protocol::Https)) {
        return;
    }
    let Some((0, address)) = settings.retry_tries.as_written() else { return };
    // A limit of time ends it too, and where that cannot be known nothing is said. So does the number of pods.
    if settings.ends_with_endpoints || settings.retry_timeout.value() != Some(&Duration::ZERO) {
        return;
    }
    let (name, status) = (case.gateway.name, case.gateway.answers.refused);
    let line = settings.retry_tries.write(&3).as_ref().and_then(Write::line).unwrap_or_default();
    findings.push(
        Finding::at(case.label(address), format!("0 tries mean that {name} never gives up on a request that fails"))
            .status(status)
            .why(format!(
                "0 is no number of tries, it takes the limit away, and no limit of time holds either. While no pod takes a connection, every \
                 request goes round in the gateway until its client leaves: connections and work pile up where all routes share them, and a \
                 clear {status} after milliseconds becomes a client that hangs."
            ))
            .help(format!("write how many pods may be tried in all:\n{line}")),
    );
}
