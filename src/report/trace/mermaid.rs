//! The report as a diagram that Mermaid draws.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{ChainItem, FindingItem, LegItem, TraceReport, words};

/// The report as a flowchart, for a page that draws Mermaid.
#[must_use]
pub fn mermaid(report: &TraceReport) -> String {
    let (drawn, _) = report.parted();
    let mut chart =
        Chart { out: "flowchart TD\n".to_owned(), has_several: drawn.len() > 1, nodes: Vec::new(), edges: BTreeSet::new() };
    for chain in drawn {
        chart.chain(chain);
    }
    chart.out.push_str("  classDef missing stroke:#c00,stroke-dasharray:4\n");
    chart.out.push_str("  classDef error stroke:#c00,stroke-width:3px\n  classDef warning stroke:#c80,stroke-width:2px\n");
    chart.out
}

/// What stands in the box of a Service that is not there.
const MISSING: &str = "not seen";

struct Chart {
    out: String,
    /// Whether several ways may part at one gateway.
    has_several: bool,
    /// The boxes that are drawn: what two ways share is drawn once.
    nodes: Vec<String>,
    edges: BTreeSet<String>,
}

impl Chart {
    fn chain(&mut self, chain: &ChainItem) {
        let mut client = vec!["client".to_owned(), chain.takes.clone()];
        client.extend(chain.client_timeout.map(|after| format!("leaves after {after}")));
        let mut last = self.node(&client, &[]);
        if let Some(balancer) = &chain.load_balancer {
            let idle = balancer.idle_timeout.map(|idle| format!("idle {idle}"));
            let lines: Vec<String> = [format!("load balancer, layer {}", balancer.layer)].into_iter().chain(idle).collect();
            let node = self.node(&lines, &[]);
            last = self.edge(last, node, "");
        }
        let mut doors = Vec::new();
        for listener in &chain.listeners {
            let name = listener.name.as_deref().unwrap_or("no listener");
            let lines = vec![name.to_owned(), words::shown(&listener.object)];
            let port = match (&listener.protocol, listener.port) {
                (Some(protocol), Some(port)) => format!("{protocol} {port}"),
                _ => listener.fault.unwrap_or_default().to_owned(),
            };
            let node = self.node(&lines, &[]);
            doors.push(self.edge(last, node, &port));
        }
        if let Some(effective) = &chain.effective {
            let name = effective.gateway.dialect.map_or("gateway not known", |_| effective.gateway.name).to_owned();
            let object = chain.object.as_ref().map(words::shown);
            let lines: Vec<String> = [name].into_iter().chain(object).collect();
            let node = self.node(&lines, &chain.findings);
            let from = if doors.is_empty() { vec![last] } else { doors };
            for door in from {
                last = self.edge(door, node, "");
            }
        }
        for leg in &chain.legs {
            self.leg(chain, leg, last);
        }
        if let Some(answer) = &chain.answer {
            let node = self.node(std::slice::from_ref(answer), &[]);
            self.edge(last, node, "");
        }
    }

    fn leg(&mut self, chain: &ChainItem, leg: &LegItem, from: usize) {
        let name = leg.service.object.as_ref().map_or_else(|| "not read by no502".to_owned(), words::shown);
        let missing = (leg.service.state == "missing").then(|| MISSING.to_owned());
        let endpoints = leg.endpoints.as_ref().map(|own| format!("endpoints: {}", words::endpoints(own)));
        let lines: Vec<String> = [name].into_iter().chain(missing).chain(endpoints).collect();
        let service = self.node(&lines, &leg.service.findings);
        let effective = leg.effective.as_ref().or(chain.effective.as_ref());
        let timeout = |name: &str| {
            let own = effective?.settings.iter().find(|own| own.name == name && !own.value.is_null())?;
            Some(format!("{name} {}", own.shown))
        };
        let is_waiting = !chain.is_answered_at_once();
        let timeouts = ["connect", "read", "request"].into_iter().filter(|_| is_waiting).filter_map(timeout);
        let takes = self.has_several.then(|| chain.takes.clone());
        let label: Vec<String> = takes.into_iter().chain(words::share(leg, chain)).chain(timeouts).collect();
        self.edge(from, service, &label.join(", "));
        if let Some(answer) = &leg.answer {
            let node = self.node(std::slice::from_ref(answer), &[]);
            self.edge(service, node, "");
            return;
        }
        for pods in &leg.pods {
            let object = words::shown(&pods.object);
            let container = pods.container.as_ref().map(|own| format!("container {}", own.name));
            let lines: Vec<String> = [object, words::replicas(pods)].into_iter().chain(container).collect();
            let node = self.node(&lines, &pods.findings);
            let blocked = pods.network.as_ref().filter(|own| own.verdict == "blocked").map(|own| own.shown.clone());
            let label: Vec<String> = [words::ports(leg, Some(pods))].into_iter().chain(blocked).collect();
            self.edge(service, node, &label.join(", "));
        }
    }

    /// A box with these lines and with what is found there.
    fn node(&mut self, lines: &[String], findings: &[FindingItem]) -> usize {
        let spoken = || findings.iter().filter(|finding| !finding.excepted);
        let mut found: Vec<String> = Vec::new();
        for line in spoken().map(|finding| format!("{}: {}", finding.level, finding.rule)) {
            if !found.contains(&line) {
                found.push(line);
            }
        }
        let is_missing = lines.iter().any(|line| line == MISSING);
        let lines: Vec<String> = lines.iter().cloned().chain(found).map(|line| quoted(&line)).collect();
        let class = spoken().next().map(|finding| format!(":::{}", finding.level));
        let class = class.or(is_missing.then(|| ":::missing".to_owned())).unwrap_or_default();
        let shown = format!("[\"{}\"]{class}", lines.join("<br/>"));
        if let Some(index) = self.nodes.iter().position(|own| *own == shown) {
            return index;
        }
        let index = self.nodes.len();
        let _ = writeln!(self.out, "  n{index}{shown}");
        self.nodes.push(shown);
        index
    }

    fn edge(&mut self, from: usize, to: usize, label: &str) -> usize {
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", quoted(label)) };
        let edge = format!("  n{from} -->{label} n{to}\n");
        if self.edges.insert(edge.clone()) {
            self.out.push_str(&edge);
        }
        to
    }
}

/// A text within quotation marks: Mermaid has entities of its own for what would end them.
fn quoted(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;").replace('`', "#96;")
}
