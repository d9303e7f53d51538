//! The report as text: the hops from above to below, as one would draw them on a whiteboard.

use std::fmt::Write as _;

use super::{ChainItem, FindingItem, LegItem, PodsItem, TraceReport, settings, words};
use crate::report::Style;
use crate::report::effective::{EffectiveItem, Place};

/// No line is longer, as far as it can be broken.
const WIDTH: usize = 100;

/// The report as text.
#[must_use]
pub fn text(report: &TraceReport, style: Style) -> String {
    let mut drawing = Drawing { out: String::new(), style, is_pending: false, pods: Vec::new() };
    for head in &report.heads {
        drawing.line("", head);
    }
    if !report.heads.is_empty() {
        drawing.out.push('\n');
    }
    // Of several ways those that may get the request are drawn, and the others are named.
    let (drawn, behind) = report.parted();
    for chain in drawn {
        drawing.chain(chain);
    }
    for chain in behind.iter().take(MOST) {
        let object = chain.object.as_ref().map(words::shown).unwrap_or_default();
        let because = chain.because.as_deref().unwrap_or_default();
        drawing.line("", &format!("{} of {object}{} {because}", chain.takes, at(&chain.place)));
    }
    let more = behind.len().saturating_sub(MOST);
    if more > 0 {
        drawing.line("", &format!("and {more} more that get no such request"));
    }
    if drawing.is_pending {
        let gap = if behind.is_empty() { "" } else { "\n" };
        let _ = writeln!(drawing.out, "{gap}pending: an object that was not seen may change it");
    }
    for note in &report.notes {
        let _ = writeln!(drawing.out, "{}: {}: {}", note.place(), style.paint("35", "unreadable"), note.message);
    }
    drawing.out
}

/// How many ways are named at most that a request does not go.
const MOST: usize = 8;

struct Drawing {
    out: String,
    style: Style,
    /// Whether something was told that may change.
    is_pending: bool,
    /// The pods that were drawn on this way: those of another leg may be the same.
    pods: Vec<String>,
}

/// What stands before the lines of a hop that is not the last.
const BAR: &str = "|   ";
/// What stands before those of the last one.
const END: &str = "    ";

impl Drawing {
    fn chain(&mut self, chain: &ChainItem) {
        let object = chain.object.as_ref().map(|object| format!(" of {}", words::shown(object))).unwrap_or_default();
        let because = chain.because.as_ref().map(|because| format!(" {because}")).unwrap_or_default();
        self.line("", &format!("{}{object}{because}", self.style.paint("1", &chain.takes)));
        self.out.push('\n');
        self.pods.clear();
        let is_inside = chain.object.is_none() && chain.legs.iter().all(|leg| leg.service.exposure != Some("external"));
        self.hop("client", if is_inside { "in the cluster" } else { "" });
        if let Some(after) = chain.client_timeout {
            self.line(BAR, &format!("leaves after {after} (clients.timeout of the policy)"));
        }
        self.arrow();
        if let Some(balancer) = &chain.load_balancer {
            self.hop("load balancer", &format!("layer {}", balancer.layer));
            if let Some(idle) = balancer.idle_timeout {
                let what = if balancer.layer == 7 { "answers 504 itself" } else { "closes the connection" };
                self.line(BAR, &format!("{what} after {idle} of silence (loadBalancer.idleTimeout of the policy)"));
            }
            self.arrow();
        }
        self.listeners(chain);
        self.gateway(chain);
        for (index, leg) in chain.legs.iter().enumerate() {
            if index > 0 {
                self.line("", "or");
            }
            self.leg(leg, chain);
        }
        if let Some(answer) = &chain.answer {
            self.hop("answered by", answer);
        }
        let first = self.style.paint("1", "first:");
        let _ = writeln!(self.out);
        self.line("", &format!("{first} {}", chain.first));
        self.out.push('\n');
    }

    fn listeners(&mut self, chain: &ChainItem) {
        for listener in &chain.listeners {
            let object = words::shown(&listener.object);
            let what = match (&listener.name, listener.port, listener.fault) {
                (_, _, Some(fault)) => format!("{object}: {fault}"),
                (Some(name), Some(port), None) => {
                    let protocol = listener.protocol.as_deref().unwrap_or_default();
                    let host = listener.hostname.as_deref().map(|host| format!(" for {host}")).unwrap_or_default();
                    format!("{name} of {object}, {protocol} on {port}{host}")
                }
                _ => object,
            };
            self.hop("listener", &format!("{what}{}", at(&listener.place)));
        }
        if !chain.listeners.is_empty() {
            self.arrow();
        }
    }

    fn gateway(&mut self, chain: &ChainItem) {
        let Some(effective) = &chain.effective else { return };
        self.hop("gateway", words::gateway(chain).unwrap_or_default());
        if let Some(object) = &chain.object {
            self.line(BAR, &format!("{}{}", words::shown(object), at(&chain.place)));
        }
        self.findings(BAR, &chain.findings);
        if let Some(canary) = chain.canary.as_ref().filter(|own| own.is_known) {
            let main = canary.object.as_ref().map_or_else(|| "the Ingress that it goes along with".to_owned(), words::shown);
            self.line(BAR, &format!("a canary: what {main} says holds"));
        } else if !is_split(chain) && !chain.is_answered_at_once() && !chain.legs.is_empty() {
            let mut seen = chain.legs.iter().filter(|leg| leg.port.number.is_some()).peekable();
            let is_told_below = seen.peek().is_some() && seen.all(|leg| leg.speaks.is_some());
            self.settings(BAR, effective, is_told_below);
        }
        self.arrow();
    }

    /// What holds between the gateway and the pods, and who says so. What is spoken may be told of each port.
    fn settings(&mut self, bar: &str, effective: &EffectiveItem, speaks_elsewhere: bool) {
        if effective.gateway.dialect.is_none() {
            self.line(bar, "its timeouts and retries are not known, since the gateway is not");
            return;
        }
        let (rows, unknown) = settings::rows(effective, speaks_elsewhere);
        let once = settings::doubted(&rows);
        let suffix = once.map(|what| format!(", {what}")).unwrap_or_default();
        let told: Vec<[String; 3]> = rows
            .iter()
            .map(|[name, value, from]| [name.clone(), value.clone(), from.strip_suffix(&suffix).unwrap_or(from).to_owned()])
            .collect();
        self.columns(bar, &told);
        if let Some(what) = once {
            let names = rows.iter().filter(|[.., from]| from.ends_with(&suffix)).map(|[name, ..]| name.as_str());
            self.line(bar, &format!("{}: {what}", names.collect::<Vec<&str>>().join(", ")));
        }
        if !unknown.is_empty() {
            self.line(bar, &format!("not known: {}", unknown.join(", ")));
        }
        if let Some(worst) = settings::worst(effective) {
            self.line(bar, &format!("at worst {worst}"));
        }
    }

    fn leg(&mut self, leg: &LegItem, chain: &ChainItem) {
        let share = words::share(leg, chain).map(|share| format!(" ({share})")).unwrap_or_default();
        let state = if leg.service.state == "missing" { self.style.paint("1;31", ": not seen") } else { String::new() };
        let rest = format!("{state}{share}{}", at(&leg.service.place));
        match &leg.service.object {
            Some(own) => self.hop("Service", &format!("{}/{}{rest}", own.namespace, own.name)),
            None => self.hop("backend", &format!("something that no502 does not read{rest}")),
        }
        // Where the port is not there, nothing gets as far as the pods.
        let is_last = leg.pods.is_empty() || leg.answer.is_some();
        let bar = if is_last { END } else { BAR };
        let is_served = is_split(chain) && !chain.is_answered_at_once() && leg.answer.is_none();
        if let Some(effective) = leg.effective.as_ref().or(chain.effective.as_ref()).filter(|_| is_served) {
            self.settings(bar, effective, leg.speaks.is_some());
        }
        self.port(bar, leg);
        if let Some(endpoints) = &leg.endpoints {
            self.line(bar, &format!("endpoints: {}", words::endpoints(endpoints)));
        }
        if let Some(answer) = &leg.answer {
            self.line(bar, &format!("answered by {answer}"));
        } else if leg.service.exposure == Some("externalName") {
            self.line(bar, "an ExternalName: a name in DNS, without pods");
        } else if is_last && leg.service.state == "found" && !leg.service.selects {
            self.line(bar, "it has no selector: its endpoints are written by hand");
        } else if is_last && leg.service.state == "found" {
            self.line(bar, "nothing that was seen makes pods with its labels");
        }
        self.findings(bar, &leg.service.findings);
        if !is_last {
            self.arrow();
            leg.pods.iter().for_each(|pods| self.pods(pods));
        }
    }

    fn port(&mut self, bar: &str, leg: &LegItem) {
        if leg.port.number.is_some() || leg.port.wanted.is_some() {
            let several = leg.pods.iter().find(|pods| pods.target.is_some()).or(leg.pods.first());
            self.line(bar, &words::ports(leg, several));
        }
        if let Some(own) = &leg.speaks {
            self.columns(bar, &[["speaks".to_owned(), own.shown.clone(), format!("{}{}", own.from, at(&own.place))]]);
        }
    }

    /// Pods that were drawn on this way are only named.
    fn pods(&mut self, pods: &PodsItem) {
        let mut aside = Self { out: String::new(), style: self.style, is_pending: self.is_pending, pods: Vec::new() };
        aside.these_pods(pods);
        self.is_pending = aside.is_pending;
        if self.pods.contains(&aside.out) {
            self.hop(pods.object.kind, &format!("{}/{}: as above", pods.object.namespace, pods.object.name));
        } else {
            self.out.push_str(&aside.out);
            self.pods.push(aside.out);
        }
    }

    fn these_pods(&mut self, pods: &PodsItem) {
        let object = format!("{}/{}", pods.object.namespace, pods.object.name);
        self.hop(pods.object.kind, &format!("{object}: {}{}", words::replicas(pods), at(&pods.place)));
        // What stands above of the number of replicas need not be said again.
        for scaling in pods.scaling.iter().filter(|own| own.replicas.is_none()) {
            self.line(END, &format!("{}: {}", words::shown(&scaling.object), scaling.what));
        }
        if let Some(container) = &pods.container {
            let port = pods.target.as_ref().map(|own| format!(" on {}", words::port(own.number, &own.name))).unwrap_or_default();
            self.line(END, &format!("container {}{port}, {}", container.name, container.image));
            let readiness = container.readiness.as_deref().unwrap_or("nobody asks, so it counts at once");
            self.line(END, &format!("ready: {readiness}"));
        }
        let (needs, stops) = &pods.drain.lines;
        self.line(END, &format!("drain: {needs}"));
        self.line(END, &format!("stop: {stops}"));
        if let Some(network) = &pods.network {
            self.line(END, &format!("network: {}", network.shown));
        }
        self.findings(END, &pods.findings);
    }

    fn findings(&mut self, bar: &str, findings: &[FindingItem]) {
        for finding in findings {
            let (colour, level) = match (finding.excepted, finding.level.as_str()) {
                (true, _) => ("2", "excepted"),
                (false, "error") => ("1;31", "error"),
                (false, level) => ("33", level),
            };
            let is_pending = finding.certainty == "pending" && !finding.excepted;
            self.is_pending |= is_pending;
            let pending = if is_pending { " (pending)" } else { "" };
            let level = self.style.paint(colour, level);
            self.line(bar, &format!("! {level}{pending} [{}] {}{}", finding.rule, finding.message, at(&finding.place)));
            if !finding.excepted {
                let (help, yaml) = words::help(finding);
                self.line(&format!("{bar}  "), &format!("fix: {help}"));
                if let Some(yaml) = yaml {
                    self.line(&format!("{bar}       "), &yaml);
                }
            }
        }
    }

    fn hop(&mut self, name: &str, what: &str) {
        let name = self.style.paint("1", name);
        let gap = if what.is_empty() { "" } else { "  " };
        self.line("", &format!("{name}{gap}{what}"));
    }

    fn arrow(&mut self) {
        self.out.push_str("v\n");
    }

    /// Rows with columns as wide as their widest cells, the last one broken where it is too long. A value that is much wider
    /// than the others has its last column on a line of its own.
    fn columns(&mut self, bar: &str, rows: &[[String; 3]]) {
        let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
        let first = width(&mut rows.iter().map(|[name, ..]| name.chars().count()));
        let second = width(&mut rows.iter().map(|[_, value, _]| value.chars().count()).filter(|own| *own <= WIDTH / 3));
        let indent = first + second + 4;
        for [name, value, from] in rows {
            if value.chars().count() > second {
                self.broken(bar, first + 2, &format!("{name:<first$}  {value}"));
                self.broken(&format!("{bar}{}", " ".repeat(indent)), 0, from);
            } else {
                self.broken(bar, indent, &format!("{name:<first$}  {value:<second$}  {from}"));
            }
        }
    }

    /// A line behind a bar, broken at blanks; what follows is set in.
    fn line(&mut self, bar: &str, text: &str) {
        self.broken(bar, 2, text);
    }

    /// The same, with what follows set in so far.
    fn broken(&mut self, bar: &str, indent: usize, text: &str) {
        let indent = " ".repeat(indent);
        let (mut line, mut width, mut is_first) = (String::new(), bar.len(), true);
        for word in text.split_inclusive(' ') {
            let length = plain_length(word.trim_end());
            if width + length > WIDTH && !line.trim().is_empty() {
                let _ = writeln!(self.out, "{bar}{}{}", if is_first { "" } else { &indent }, line.trim_end());
                (line, width, is_first) = (String::new(), bar.len() + indent.len(), false);
            }
            line.push_str(word);
            width += plain_length(word);
        }
        let _ = writeln!(self.out, "{bar}{}{}", if is_first { "" } else { &indent }, line.trim_end());
    }
}

/// Whether the legs of a way have settings of their own.
fn is_split(chain: &ChainItem) -> bool {
    chain.legs.iter().any(|leg| leg.effective.is_some())
}

/// How many columns a text takes: colours take none.
fn plain_length(text: &str) -> usize {
    let mut is_code = false;
    let shown = text.chars().filter(|c| {
        let was_code = is_code || *c == '\u{1b}';
        is_code = was_code && *c != 'm';
        !was_code
    });
    shown.count()
}

/// ` (shop.yaml:12)`; nothing where there is no place.
pub(super) fn at(place: &Place) -> String {
    if place.line == 0 { String::new() } else { format!(" ({}:{})", place.file, place.line) }
}
