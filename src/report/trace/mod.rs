//! The way of a request, as a report: every hop with its object, its numbers and what is found there.

mod build;
pub(super) mod html;
mod mermaid;
mod settings;
mod text;
mod words;

pub use mermaid::mermaid;
pub use text::text;

use std::collections::HashSet;

use serde::Serialize;

use super::effective::{EffectiveItem, Place};
use super::{ReportNote, ReportObject, notes};
use crate::collect::files::Input;
use crate::units::Duration;

/// A report: what JSON shows is what text and diagrams show. The shape is a contract.
#[derive(Debug, Serialize)]
pub struct TraceReport {
    /// The shape of the report.
    pub schema: &'static str,
    /// The version of no502.
    pub version: &'static str,
    /// What was asked for.
    pub asked: String,
    /// What several answers have in common, for people.
    #[serde(skip)]
    pub heads: Vec<String>,
    /// The ways, in the order in which they are tried.
    pub chains: Vec<ChainItem>,
    /// What could not be read.
    pub notes: Vec<ReportNote>,
}

/// One way.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainItem {
    /// Which requests go it: `shop.example.com/cart`.
    pub takes: String,
    /// `takes`, `perhaps`, `splits`, `behind` or `detached`; null where no request was asked about.
    pub verdict: Option<&'static str>,
    /// Why.
    pub because: Option<String>,
    /// Of a canary, what it goes along with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryItem>,
    /// The object that declares the path; null where a Service is reached by itself.
    pub object: Option<ReportObject>,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// After how long the client leaves; null where the policy does not tell.
    pub client_timeout: Option<Duration>,
    /// What stands in front of the gateway, where the policy tells.
    pub load_balancer: Option<BalancerItem>,
    /// The listeners, of a route of the Gateway API.
    pub listeners: Vec<ListenerItem>,
    /// Who serves the path and what holds for it, as in `no502 effective`.
    pub effective: Option<EffectiveItem>,
    /// Who answers, where the requests go on to nothing.
    pub answer: Option<String>,
    /// What the requests go on to.
    pub legs: Vec<LegItem>,
    /// Its place among the ways that are tried.
    #[serde(skip)]
    pub tried: usize,
    /// What is found at the gateway: in the object, its parents and the global configuration.
    pub findings: Vec<FindingItem>,
    /// What to do first.
    pub first: String,
}

/// What a canary goes along with.
#[derive(Debug, Serialize)]
pub struct CanaryItem {
    /// The object whose requests it shares; null where there is none.
    pub object: Option<ReportObject>,
    /// Its share: `[20, 100]` is 20 of 100 requests; null where headers, cookies or nothing that can be read decide.
    pub share: Option<[u32; 2]>,
    /// Whether settings of its own count for nothing.
    #[serde(skip)]
    pub is_known: bool,
}

/// A load balancer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BalancerItem {
    /// 4 or 7.
    pub layer: u8,
    /// How long it keeps a connection on which nothing moves.
    pub idle_timeout: Option<Duration>,
}

/// What a route of the Gateway API hangs on.
#[derive(Debug, Serialize)]
pub struct ListenerItem {
    /// The `Gateway` or the `ListenerSet`.
    pub object: ReportObject,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// The name of the listener; null where none takes the route.
    pub name: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Its protocol.
    pub protocol: Option<String>,
    /// The host that it takes; null for all.
    pub hostname: Option<String>,
    /// Why no listener takes the route.
    pub fault: Option<&'static str>,
}

/// The way from the gateway to the pods of one Service.
#[derive(Debug, Serialize)]
pub struct LegItem {
    /// Its share of the requests beside the others: `[9, 10]` is nine of ten; null where that is not read.
    pub share: Option<[u64; 2]>,
    /// What holds for this leg alone, where it is not what holds for the path.
    pub effective: Option<EffectiveItem>,
    /// The Service.
    pub service: ServiceItem,
    /// The port.
    pub port: PortItem,
    /// What is spoken to the port, where the gateway goes by what the Service or a policy for it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaks: Option<SpeaksItem>,
    /// What comes at once, where the Service does not have the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Its endpoints; null where none were listed.
    pub endpoints: Option<EndpointsItem>,
    /// What makes the pods.
    pub pods: Vec<PodsItem>,
}

/// A Service.
#[derive(Debug, Serialize)]
pub struct ServiceItem {
    /// `found`, `missing` or `other`, where something else than a Service is named.
    pub state: &'static str,
    /// Which one.
    pub object: Option<ReportObject>,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// `clusterIP`, `external` or `externalName`; null where it is not found.
    pub exposure: Option<&'static str>,
    /// Whether it selects pods.
    #[serde(skip)]
    pub selects: bool,
    /// What is found there.
    pub findings: Vec<FindingItem>,
}

/// A port of a Service.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PortItem {
    /// What the route names; null where the Service is reached by itself.
    pub wanted: Option<String>,
    /// Its number; null where the Service has no such port.
    pub number: Option<u16>,
    /// Its name; empty where it has none.
    pub name: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// What is spoken on it.
    pub app_protocol: Option<String>,
    /// Where it leads in a pod: a number or a name.
    pub target: String,
}

/// What is spoken to a port, and who says so.
#[derive(Debug, Serialize)]
pub struct SpeaksItem {
    /// `http`, `h2c`, `https`, `grpc` or `grpcs`; null where it is not known what the gateway makes of the word.
    pub value: Option<&'static str>,
    /// The same for people.
    #[serde(skip)]
    pub shown: String,
    /// Who says it, for people.
    pub from: String,
    /// Where it is written.
    #[serde(flatten)]
    pub place: Place,
}

/// Endpoints in numbers.
#[derive(Debug, Serialize)]
pub struct EndpointsItem {
    /// How many get requests.
    pub ready: u32,
    /// How many would answer, those that end included.
    pub serving: u32,
    /// How many end.
    pub terminating: u32,
}

/// What makes pods.
#[derive(Debug, Serialize)]
pub struct PodsItem {
    /// Which object.
    pub object: ReportObject,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// How many it wants; null where that cannot be told, as of a `DaemonSet`.
    pub replicas: Option<u32>,
    /// What else decides on their number.
    pub scaling: Vec<ScalingItem>,
    /// The port in the pod; null where the port of the Service leads nowhere.
    pub target: Option<TargetItem>,
    /// The container that answers.
    pub container: Option<ContainerItem>,
    /// How a pod leaves.
    pub drain: DrainItem,
    /// What the network policies say of the way from the gateway to it; null where none is on the way, the port leads nowhere, or
    /// the network plugin asks no policy.
    pub network: Option<NetworkItem>,
    /// What is found there.
    pub findings: Vec<FindingItem>,
}

/// Whether network policies let the gateway open a connection.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkItem {
    /// `allowed`, `blocked` or `unknown`.
    pub verdict: &'static str,
    /// The policies that isolate the end at which it is blocked; empty where it is not.
    pub policies: Vec<ReportObject>,
    /// For people: `closed to ingress-nginx by NetworkPolicy shop/deny-all`.
    pub shown: String,
}

/// What decides on the number of pods.
#[derive(Debug, Serialize)]
pub struct ScalingItem {
    /// An autoscaler or a disruption budget.
    pub object: ReportObject,
    /// For people: `2 to 10 pods`.
    pub what: String,
    /// How many pods it allows, for people: `2 to 10 replicas`; where it decides on that.
    #[serde(skip)]
    pub replicas: Option<String>,
}

/// A port in a pod.
#[derive(Debug, Serialize)]
pub struct TargetItem {
    /// Its number.
    pub number: u16,
    /// Its name; empty where nobody declares it.
    pub name: String,
}

/// A container.
#[derive(Debug, Serialize)]
pub struct ContainerItem {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// How it is asked whether it is ready; null where nobody asks.
    pub readiness: Option<String>,
}

/// How a pod leaves, in numbers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainItem {
    /// How long hooks hold SIGTERM back; null where some hook takes a time that cannot be told.
    pub pre_stop: Option<Duration>,
    /// How long the longest request takes.
    pub longest_request: Duration,
    /// Whether the workload says so itself.
    pub is_declared: bool,
    /// How long it may take to end.
    pub grace: Option<Duration>,
    /// How long the gateway may still send to a pod that is gone.
    pub endpoint_delay: Duration,
    /// Whether the grace period holds the hook and the longest request; null where it cannot be told.
    pub fits: Option<bool>,
    /// The sum for people: what it needs of its grace period, and when it is told to stop.
    #[serde(skip)]
    pub lines: (String, String),
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingItem {
    /// The rule that says so.
    pub rule: &'static str,
    /// `error` or `warning`.
    pub level: String,
    /// What answers: `502`, or `none`.
    pub status: String,
    /// `certain` or `pending`.
    pub certainty: &'static str,
    /// Whether an exception takes it out.
    pub excepted: bool,
    /// The object at fault.
    pub object: ReportObject,
    /// The JSON pointer of the field at fault.
    pub field: String,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// One line: what is wrong.
    pub message: String,
    /// What fails, and when.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

impl ChainItem {
    /// Whether every request gets its answer at once, so that no timeout counts.
    fn is_answered_at_once(&self) -> bool {
        self.answer.is_some() || !self.legs.is_empty() && self.legs.iter().all(|leg| leg.answer.is_some())
    }
}

impl TraceReport {
    /// The report of these ways. One that is there twice is told once.
    #[must_use]
    pub fn new(asked: &str, mut chains: Vec<ChainItem>, input: &Input) -> Self {
        let mut seen = HashSet::new();
        chains.retain(|chain| serde_json::to_string(chain).ok().is_none_or(|text| seen.insert(text)));
        // Files are read one after the other, and paths are tried in an order of their own. Without a request the order is
        // that of the files.
        let key = |chain: &ChainItem| (chain.tried, chain.object.is_none());
        chains.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.place.cmp(&b.place)));
        Self {
            schema: "no502.dev/trace/v1",
            version: env!("CARGO_PKG_VERSION"),
            asked: asked.to_owned(),
            heads: Vec::new(),
            chains,
            notes: notes(input),
        }
    }

    /// The ways that a request may go, and those that it does not; where it goes none, those are all that can be shown.
    fn parted(&self) -> (Vec<&ChainItem>, Vec<&ChainItem>) {
        let may_get = |chain: &&ChainItem| !matches!(chain.verdict, Some("behind" | "detached"));
        let (drawn, others): (Vec<&ChainItem>, Vec<&ChainItem>) = self.chains.iter().partition(may_get);
        if drawn.is_empty() { (others, drawn) } else { (drawn, others) }
    }

    /// The report as JSON, for machines.
    #[must_use]
    pub fn json(&self) -> String {
        // All keys are texts, so nothing can fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
