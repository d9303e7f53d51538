#![doc = include_str!("timeout_out_of_range.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timeout;
use crate::finding::Finding;
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct TimeoutOutOfRange;

/// What a policy may tune. A policy may write one bound of a pair and keep the other.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Bounds for opening the connection to a pod.
    connect: ConnectBounds,
    /// Bounds for the pause between two writes to the pod.
    send: Bounds,
    /// Bounds for the pause between two reads from the pod.
    read: Bounds,
    /// Bounds for the whole request, where the gateway has such a limit.
    request: Bounds,
}

/// The shortest and the longest that is allowed.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Bounds {
    /// The shortest.
    min: Duration,
    /// The longest.
    max: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { min: Duration::from_secs(1), max: Duration::from_secs(3600) }
    }
}

/// The shortest and the longest that is allowed for connecting. A type of its own, since its defaults are other ones.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct ConnectBounds {
    /// The shortest.
    min: Duration,
    /// The longest.
    max: Duration,
}

impl Default for ConnectBounds {
    fn default() -> Self {
        Self { min: Duration::from_secs(1), max: Duration::from_secs(75) }
    }
}

impl Rule for TimeoutOutOfRange {
    type Params = Params;

    const META: Meta = Meta {
        name: "timeout-out-of-range",
        family: Family::Timeout,
        summary: "a timeout written on a route is outside the bounds that the policy allows",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Gateway, Kind::GatewayClass, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("timeout_out_of_range.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(params: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let bounds = [
        (Timeout::Connect, params.connect.min, params.connect.max),
        (Timeout::Send, params.send.min, params.send.max),
        (Timeout::Read, params.read.min, params.read.max),
        (Timeout::Request, params.request.min, params.request.max),
    ];
    for (timeout, min, max) in bounds {
        // Only what the gateway takes from the object: a default is nobody's mistake here.
        let Some((value, address)) = timeout.written(case.settings) else { continue };
        if value.is_zero() && case.settings.zero_is_endless {
            // Whoever writes that wants no limit: a stream has no other way to say it.
            continue;
        }
        if *value < min {
            findings.push(too_short(case, timeout, *value, address, min));
        } else if *value > max {
            findings.push(too_long(case, timeout, *value, address, max));
        }
    }
}

fn too_short(case: &RoutingCase<'_>, timeout: Timeout, value: Duration, address: &Address, min: Duration) -> Finding {
    let status = case.gateway.answers.too_slow;
    let why = if value.is_zero() {
        format!(
            "0 does not mean \"no limit\" here: {} gives up at once, so clients get {status} though the pods are healthy.",
            case.gateway.name
        )
    } else {
        format!("Clients get {status} when {} than {value}, and {value} is less than a healthy pod may need.", timeout.case())
    };
    Finding::at(case.label(address), format!("the {timeout} is {value}, less than the {min} that must be allowed"))
        .status(status)
        .excess(min.saturating_sub(value).as_secs_ceil())
        .why(why)
        .help(help(case, timeout, min, "at least"))
}

fn too_long(case: &RoutingCase<'_>, timeout: Timeout, value: Duration, address: &Address, max: Duration) -> Finding {
    let status = case.gateway.answers.too_slow;
    let why = if timeout == Timeout::Connect {
        format!(
            "When the node of a pod is gone, nothing answers there, and a request waits {value} before another pod is tried. \
             Clients leave long before, or get {status} in the end."
        )
    } else {
        format!(
            "A pod that hangs keeps the client and a connection of the gateway for {value} before anyone gets {status}. While it \
             lasts, nothing tells that the pod is stuck."
        )
    };
    Finding::at(case.label(address), format!("the {timeout} is {value}, more than the {max} that are allowed"))
        .status(status)
        .excess(value.saturating_sub(max).as_secs_ceil())
        .why(why)
        .help(help(case, timeout, max, "at most"))
}

/// The nearest value that is allowed, as this gateway reads it.
fn help(case: &RoutingCase<'_>, timeout: Timeout, bound: Duration, word: &str) -> String {
    let line = timeout.of(case.settings).write(&bound).and_then(|write| write.line());
    let line = line.map(|line| format!(", such as\n{line}")).unwrap_or_default();
    format!("write {word} {bound}{line}")
}
