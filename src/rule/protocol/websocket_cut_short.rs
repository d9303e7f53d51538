#![doc = include_str!("websocket_cut_short.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::port;
use crate::finding::{Finding, FixKind, Label};
use crate::model::{BackendField, Protocol, Provenance, Setting, Write};
use crate::object::{Address, Kind};
use crate::rule::timeout::Timeout;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RouteCase, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct WebsocketCutShort;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// How long a WebSocket on which nothing moves must stay open.
    at_least: Duration,
}

impl Default for Params {
    fn default() -> Self {
        Self { at_least: Duration::from_secs(3600) }
    }
}

impl Rule for WebsocketCutShort {
    type Params = Params;

    const META: Meta = Meta {
        name: "websocket-cut-short",
        family: Family::Protocol,
        summary: "the gateway cuts WebSockets on which nothing moves, or lets none through",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::Optional,
        neighbour: Neighbour::Completes,
        reads: &[
            Kind::ConfigMap,
            Kind::DaemonSet,
            Kind::Deployment,
            Kind::Ingress,
            Kind::IngressClass,
            Kind::Service,
            Kind::StatefulSet,
        ],
        since: "0.1.0",
        page: include_str!("websocket_cut_short.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Route(judge);
}

fn judge(params: &Params, case: &RouteCase<'_>, findings: &mut Vec<Finding>) {
    let settings = case.of.settings;
    if !matches!(settings.protocol.value(), Some(Protocol::Http | Protocol::Https)) {
        return;
    }
    let is_closed = settings.upgrades.value() == Some(&false);
    if !is_closed && limits(params, case).next().is_none() {
        return;
    }
    let Some((sign, says)) = sign(case) else { return };
    // What is written holds for the whole object: one finding for each backend is enough.
    let first = case.of.routes().find(|route| route.backend == case.route.backend);
    if !first.is_some_and(|first| std::ptr::eq(first, case.route)) {
        return;
    }
    let finding = if is_closed { closed(case) } else { cut(params, case) };
    findings.extend(finding.map(|finding| finding.related(sign, says)));
}

/// A timeout that holds for the route.
struct Limit<'c> {
    timeout: Timeout,
    setting: &'c Setting<Duration>,
    value: Duration,
}

impl<'c> Limit<'c> {
    fn new(timeout: Timeout, case: &RouteCase<'c>) -> Option<Self> {
        let setting = timeout.of(case.of.settings);
        let value = *setting.value().or(setting.presumed.as_ref())?;
        if value.is_zero() && case.of.settings.zero_is_endless {
            return None;
        }
        Some(Self { timeout, setting, value })
    }

    fn is_known(&self) -> bool {
        self.setting.value().is_some()
    }
}

/// The timeouts that end silence too early.
fn limits<'c>(params: &Params, case: &RouteCase<'c>) -> impl Iterator<Item = Limit<'c>> {
    let each = [Timeout::Read, Timeout::Send].into_iter();
    each.filter_map(|timeout| Limit::new(timeout, case)).filter(|limit| limit.value < params.at_least)
}

/// What says that the backend holds WebSockets.
fn sign(case: &RouteCase<'_>) -> Option<(Label, &'static str)> {
    const WORDS: [&str; 4] = ["kubernetes.io/ws", "kubernetes.io/wss", "ws", "wss"];
    let (service, port) = port(case)?;
    if port.app_protocol.as_deref().is_some_and(|text| WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))) {
        let address = Address::item("/spec/ports/{}/appProtocol", port.index);
        return Some((Label::new(&service.id, address).of(port.element()), "WebSockets are spoken here"));
    }
    let workload = case.workloads.iter().find(|workload| workload.declared.websocket)?;
    Some((Label::new(&workload.id, Address::field("/metadata")), "says that it holds WebSockets"))
}

/// The gateway does not hand on that a client wants to speak another protocol.
fn closed(case: &RouteCase<'_>) -> Option<Finding> {
    let (_, provenance) = case.of.settings.upgrades.known.as_ref()?;
    let name = case.of.gateway.name;
    let (label, help) = match provenance {
        Provenance::Written(address) => (
            case.of.label(address).of(element(case)),
            format!("delete {}, or move this backend into an object without it", address.stable()),
        ),
        Provenance::Global(key) => {
            (case.label(BackendField::Service), format!("take {key} out of the global configuration of {name}"))
        }
        _ => (case.label(BackendField::Service), format!("let {name} hand on the header Upgrade")),
    };
    Some(
        Finding::at(label, format!("no WebSocket to {} can be opened", element(case)))
            .why(format!(
                "A WebSocket begins as a GET that asks to speak another protocol. As {name} is told to send its requests here, the pods \
                 never see that wish. They answer as to any GET, mostly with 400 or 426, and the client gives up."
            ))
            .help(help),
    )
}

/// Silence is cut.
fn cut(params: &Params, case: &RouteCase<'_>) -> Option<Finding> {
    let limits: Vec<Limit<'_>> = limits(params, case).collect();
    let first = limits.first()?;
    let (timeout, value, needed) = (first.timeout, first.value, params.at_least);
    let writes: Vec<Write> = limits.iter().filter_map(|limit| limit.setting.write(&needed)).collect();
    let lines: Vec<String> = writes.iter().filter_map(Write::line).collect();
    let label = match first.setting.as_written() {
        Some((_, address)) => case.of.label(address),
        None => case.of.missing(&first.setting.writing.as_ref()?.address),
    };
    let unless = if first.is_known() { "" } else { ", unless the global configuration says otherwise" };
    // A pod that reads empties the gateway's buffers at once: the send timeout alone cuts nobody who is only silent.
    let is_certain = first.is_known() && timeout == Timeout::Read;
    // Only what is absent is added, and only where no other backend shares it.
    let is_only = case.of.routes().all(|route| route.backend == case.route.backend);
    let is_addable = is_only && limits.iter().all(|limit| limit.is_known() && case.of.text_of(limit.setting).is_none());
    let message = format!("WebSockets to {} are cut after {value} ({timeout}), not {needed}{unless}", element(case));
    let finding = Finding::at(label.of(element(case)), message)
        .at_most(if is_certain { Level::Error } else { Level::Warning })
        .excess(needed.saturating_sub(value).as_secs_ceil())
        .why(format!(
            "For the gateway an open WebSocket is one long answer. When nothing moves on it for {value} (a chat without a word, a page in a \
             hidden tab), the gateway closes both ends, in the middle of what the user does, and all come back at once. A ping more \
             often than that would keep it open."
        ))
        .help(format!("write\n{}\nThat holds for all paths of the object.", lines.join("\n")));
    Some(finding.fix(FixKind::Add, if is_addable { writes } else { Vec::new() }))
}

/// What the finding stays the same for: the Service.
fn element<'c>(case: &RouteCase<'c>) -> &'c str {
    case.route.service_name().unwrap_or_default()
}
