//! The report as text: the hops from above to below, as one would draw them on a whiteboard.

use std::fmt::Write as _;

use super::{ChainItem, FindingItem, LegItem, PodsItem, TraceReport, words};
use crate::report::Style;
use crate::report::effective::{EffectiveItem, Place, SettingItem};

/// No line is longer, as far as it can be broken.
const WIDTH: usize = 100;

/// The report as text.
#[must_use]
pub fn text(report: &TraceReport, style: Style) -> String {
    let mut drawing = Drawing { out: String::new(), style };
    // Of several ways those that may get the request are drawn, and the others are named.
    let (drawn, behind) = report.parted();
    for chain in drawn {
        drawing.chain(chain);
    }
    for chain in behind {
        let object = chain.object.as_ref().map(words::shown).unwrap_or_default();
        let because = chain.because.as_deref().unwrap_or_default();
        drawing.line("", &format!("{} of {object}{} {because}", chain.takes, at(&chain.place)));
    }
    for note in &report.notes {
        let unreadable = style.paint("35", "unreadable");
        let _ = writeln!(drawing.out, "{}:{}:{}: {unreadable}: {}", note.file, note.line, note.column, note.message);
    }
    drawing.out
}

struct Drawing {
    out: String,
    style: Style,
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
            self.leg(leg, leg.effective.as_ref().or(chain.effective.as_ref()).filter(|_| is_split(chain)));
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
        if !is_split(chain) && !chain.legs.is_empty() {
            self.settings(BAR, effective);
        }
        self.arrow();
    }

    /// What holds between the gateway and the pods, and who says so.
    fn settings(&mut self, bar: &str, effective: &EffectiveItem) {
        if effective.gateway.dialect.is_none() {
            self.line(bar, "its timeouts and retries are not known, since the gateway is not");
            return;
        }
        let setting = |name: &str| effective.settings.iter().find(|own| own.name == name);
        let mut rows: Vec<[String; 3]> = Vec::new();
        let mut unknown: Vec<&str> = Vec::new();
        for (name, shown) in
            [("protocol", "speaks"), ("connect", "connect"), ("send", "send"), ("read", "read"), ("request", "request")]
        {
            match setting(name) {
                Some(own) if own.value.is_null() && own.source == "absent" => {}
                Some(own) if own.value.is_null() => unknown.push(shown),
                Some(own) => rows.push([shown.to_owned(), own.shown.clone(), from(own)]),
                None => {}
            }
        }
        match setting("retryTries") {
            Some(tries) if tries.value.is_null() => unknown.push("tries"),
            Some(tries) => {
                let conditions = setting("retryConditions").filter(|own| !own.value.is_null());
                let on = conditions.map(|own| format!(", on {}", own.shown)).unwrap_or_default();
                rows.push(["tries".to_owned(), format!("{}{on}", tries.shown), from(tries)]);
            }
            None => {}
        }
        if let Some(idle) = setting("upstreamIdle").filter(|own| !own.value.is_null()) {
            rows.push(["idle".to_owned(), idle.shown.clone(), from(idle)]);
        }
        self.columns(bar, &rows);
        if !unknown.is_empty() {
            self.line(bar, &format!("not known: {}", unknown.join(", ")));
        }
        self.worst(bar, effective);
    }

    /// The longest wait for an error.
    fn worst(&mut self, bar: &str, effective: &EffectiveItem) {
        let endless = effective.timeline.waits.iter().find(|wait| wait.end == "never");
        let longest = effective.timeline.waits.iter().max_by_key(|wait| wait.total.unwrap_or(wait.each));
        if let Some(wait) = endless.or(longest) {
            let left: Vec<&str> =
                wait.missed_by.iter().map(|hop| if *hop == "client" { "the client" } else { "the load balancer" }).collect();
            let verb = if left.len() == 1 { "has" } else { "have" };
            let left = if left.is_empty() { String::new() } else { format!("; {} {verb} left by then", left.join(" and ")) };
            self.line(bar, &format!("at worst {}: {}{left}", wait.line.sum, wait.line.what));
        }
    }

    /// `own` is what holds for this leg, where that is not told of all.
    fn leg(&mut self, leg: &LegItem, own: Option<&EffectiveItem>) {
        let name = leg.service.object.as_ref().map_or_else(|| "something that no502 does not read".to_owned(), words::shown);
        let name = name.strip_prefix("Service ").unwrap_or(&name);
        let share = words::share(leg).map(|share| format!(" ({share})")).unwrap_or_default();
        let state = if leg.service.state == "missing" { self.style.paint("1;31", ": not seen") } else { String::new() };
        self.hop("Service", &format!("{name}{state}{share}{}", at(&leg.service.place)));
        let is_last = leg.pods.is_empty();
        let bar = if is_last { END } else { BAR };
        if let Some(effective) = own {
            self.settings(bar, effective);
        }
        if leg.port.number.is_some() || leg.port.wanted.is_some() {
            let several = leg.pods.iter().find(|pods| pods.target.is_some()).or(leg.pods.first());
            self.line(bar, &words::ports(leg, several));
        }
        if let Some(endpoints) = &leg.endpoints {
            self.line(bar, &format!("endpoints: {}", words::endpoints(endpoints)));
        }
        if leg.service.exposure == Some("externalName") {
            self.line(bar, "an ExternalName: a name in DNS, without pods");
        } else if is_last && leg.service.state == "found" {
            self.line(bar, "nothing that was seen makes pods with its labels");
        }
        self.findings(bar, &leg.service.findings);
        if !is_last {
            self.arrow();
        }
        for pods in &leg.pods {
            self.pods(pods);
        }
    }

    fn pods(&mut self, pods: &PodsItem) {
        let object = format!("{}/{}", pods.object.namespace, pods.object.name);
        self.hop(pods.object.kind, &format!("{object}: {}{}", words::replicas(pods), at(&pods.place)));
        for scaling in &pods.scaling {
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
            let pending = if finding.certainty == "pending" && !finding.excepted { " (pending)" } else { "" };
            let level = self.style.paint(colour, level);
            self.line(bar, &format!("! {level}{pending} [{}] {}{}", finding.rule, finding.message, at(&finding.place)));
            if !finding.excepted {
                self.line(&format!("{bar}  "), &format!("fix: {}", words::help(finding)));
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

    /// Rows with a column as wide as its widest cell, the last one broken where it is too long.
    fn columns(&mut self, bar: &str, rows: &[[String; 3]]) {
        let width =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1).min(WIDTH / 3));
        for [name, value, from] in rows {
            self.line(bar, &format!("{name:<first$}  {value:<second$}  {from}"));
        }
    }

    /// A line behind a bar, broken at blanks; what follows is set in.
    fn line(&mut self, bar: &str, text: &str) {
        let indent = " ".repeat(2);
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

/// Who says a setting, and where.
fn from(setting: &SettingItem) -> String {
    format!("{}{}", setting.from, at(&setting.place))
}

/// ` (shop.yaml:12)`; nothing where there is no place.
fn at(place: &Place) -> String {
    if place.line == 0 { String::new() } else { format!(" ({}:{})", place.file, place.line) }
}
