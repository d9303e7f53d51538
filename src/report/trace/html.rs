//! The ways as a part of a page: each hop with its object and numbers, and with the findings that bite there.

use std::fmt::Write as _;

use super::{ChainItem, FindingItem, LegItem, PodsItem, settings, words};
use crate::report::effective::{EffectiveItem, Place};
use crate::report::html::{anchor, badge, count, esc, kind};
use crate::report::{Item, ReportObject};

/// Up to so many ways with findings stand open from the start.
const FEW: usize = 4;

/// Finds the finding of the report that a finding of a chain is; none where the report leaves it out.
pub(in crate::report) type Known<'k, 'r> = &'k dyn Fn(&FindingItem) -> Option<&'r Item>;

/// The ways, those with the heaviest findings first. `total` is how many there are of which these are drawn.
pub(in crate::report) fn ways(chains: &[ChainItem], total: usize, known: Known<'_, '_>) -> String {
    let mut drawn: Vec<Way<'_, '_>> = chains.iter().map(|chain| Way::new(chain, known)).collect();
    drawn.sort_by(|a, b| b.weight().cmp(&a.weight()).then_with(|| a.chain.place.cmp(&b.chain.place)));
    let faulty = drawn.iter().filter(|way| way.weight() != (0, 0)).count();
    let mut out =
        "<section id=\"routes\" aria-labelledby=\"routes-h\">\n<h2 id=\"routes-h\">Routes, hop by hop</h2>\n".to_owned();
    let told = if chains.len() == total {
        format!("{}, from the client to the container that answers", count(total, "route"))
    } else {
        format!(
            "The {} of {} in which most is found, from the client to the container that answers",
            chains.len(),
            count(total, "route")
        )
    };
    let faults = match faulty {
        0 => "nothing is found on any of them".to_owned(),
        1 => "on one of them something is found".to_owned(),
        _ => format!("on {faulty} of them something is found"),
    };
    let _ = writeln!(out, "<p class=\"quiet\">{told}; {faults}. A finding stands at the hop where it bites.</p>");
    for way in &drawn {
        way.show(&mut out, faulty <= FEW && way.weight() != (0, 0));
    }
    out.push_str("<p class=\"none\" hidden>No route matches the filter.</p>\n</section>\n");
    out
}

/// One way, with the findings of the report.
struct Way<'c, 'r> {
    chain: &'c ChainItem,
    /// At the gateway, at the Service of each leg, and at the pods of each leg.
    gateway: Vec<&'r Item>,
    legs: Vec<(Vec<&'r Item>, Vec<Vec<&'r Item>>)>,
}

impl<'c, 'r> Way<'c, 'r> {
    fn new(chain: &'c ChainItem, known: Known<'_, 'r>) -> Self {
        let at = |found: &[FindingItem]| -> Vec<&'r Item> { found.iter().filter_map(known).collect() };
        let legs = chain.legs.iter().map(|leg| {
            let pods = leg.pods.iter().map(|pods| at(&pods.findings)).collect();
            (at(&leg.service.findings), pods)
        });
        Self { chain, gateway: at(&chain.findings), legs: legs.collect() }
    }

    fn all(&self) -> impl Iterator<Item = &'r Item> {
        let below = self.legs.iter().flat_map(|(service, pods)| service.iter().chain(pods.iter().flatten()));
        self.gateway.iter().chain(below).copied()
    }

    fn weight(&self) -> (usize, usize) {
        weight(self.all())
    }

    fn show(&self, out: &mut String, is_open: bool) {
        let chain = self.chain;
        let open = if is_open { " open" } else { "" };
        let of = chain.object.as_ref().map(|own| format!("{}{}", esc(&words::shown(own)), at(&chain.place))).unwrap_or_default();
        let _ = writeln!(
            out,
            "<details class=\"way\"{open}><summary><h3>{}</h3> <span class=\"of\">{of}</span>{}</summary>\n<ol class=\"hops\">",
            esc(&chain.takes),
            self.trail()
        );
        self.front(out);
        if let Some(effective) = &chain.effective {
            self.serve(out, effective);
        }
        match self.chain.legs.as_slice() {
            [] => {}
            [leg] => self.leg(out, leg, 0),
            legs => side_by_side(out, legs.iter().enumerate(), |out, (index, leg)| self.leg(out, leg, index)),
        }
        if let Some(answer) = &chain.answer {
            hop(out, "answered by", &esc(answer).to_string(), &[], "");
        }
        out.push_str("</ol>\n</details>\n");
    }

    /// The hops in one line, with how much is found at each.
    fn trail(&self) -> String {
        let mut out = "<span class=\"trail\">".to_owned();
        let mut arrow = "";
        let mut add = |name: &str, found: &[&Item]| {
            let _ = write!(out, "{arrow}<span class=\"stop{}\">{}{}</span>", level(found), esc(name), marks(found));
            arrow = " <span class=\"arrow\" aria-hidden=\"true\">→</span> ";
        };
        add("client", &[]);
        if self.chain.load_balancer.is_some() {
            add("load balancer", &[]);
        }
        if let Some(effective) = &self.chain.effective {
            add(effective.gateway.dialect.unwrap_or("gateway not known"), &self.gateway);
        }
        if let [(service, pods)] = self.legs.as_slice() {
            let Some(leg) = self.chain.legs.first() else { return out };
            add(&leg.service.object.as_ref().map_or_else(|| "other".to_owned(), short), service);
            match leg.pods.as_slice() {
                [] => {}
                [own] => add(&short(&own.object), &pods.concat()),
                several => add(&count(several.len(), "workload"), &pods.concat()),
            }
        } else if !self.legs.is_empty() {
            let below: Vec<&Item> =
                self.legs.iter().flat_map(|(own, pods)| own.iter().chain(pods.iter().flatten())).copied().collect();
            add(&count(self.legs.len(), "Service"), &below);
        }
        if self.chain.answer.is_some() {
            add("answer", &[]);
        }
        out.push_str("</span>");
        out
    }

    /// Who stands before the gateway.
    fn front(&self, out: &mut String) {
        let leaves = self.chain.client_timeout.map(|after| format!("<p>leaves after {after}</p>")).unwrap_or_default();
        hop(out, "client", "", &[], &leaves);
        if let Some(balancer) = &self.chain.load_balancer {
            let what = if balancer.layer == 7 { "answers 504 itself" } else { "closes the connection" };
            let idle = balancer.idle_timeout.map(|idle| format!("<p>{what} after {idle} of silence</p>")).unwrap_or_default();
            hop(out, "load balancer", &format!("layer {}", balancer.layer), &[], &idle);
        }
        for listener in &self.chain.listeners {
            let what = match (&listener.name, listener.port, listener.fault) {
                (_, _, Some(fault)) => format!("<p class=\"fault\">{fault}</p>"),
                (Some(name), Some(port), None) => {
                    let protocol = listener.protocol.as_deref().unwrap_or_default();
                    let host = listener.hostname.as_deref().map(|host| format!(" for {}", esc(host))).unwrap_or_default();
                    format!("<p>{}: {} on {port}{host}</p>", esc(name), esc(protocol))
                }
                _ => String::new(),
            };
            let name = format!("{}{}", esc(&words::shown(&listener.object)), at(&listener.place));
            hop(out, "listener", &name, &[], &what);
        }
    }

    fn serve(&self, out: &mut String, effective: &EffectiveItem) {
        let mut facts = String::new();
        if let Some(object) = &self.chain.object {
            let _ = write!(facts, "<p>{}{}</p>", esc(&words::shown(object)), at(&self.chain.place));
        }
        let mut legs = self.chain.legs.iter();
        if !self.chain.is_answered_at_once() && legs.len() > 0 && legs.all(|leg| leg.effective.is_none()) {
            facts.push_str(&held(effective, self.chain.legs.iter().all(|leg| leg.speaks.is_some())));
        }
        hop(out, "gateway", &esc(words::gateway(self.chain).unwrap_or_default()).to_string(), &self.gateway, &facts);
    }

    fn leg(&self, out: &mut String, leg: &LegItem, index: usize) {
        let empty = (Vec::new(), Vec::new());
        let (service, pods) = self.legs.get(index).unwrap_or(&empty);
        let mut facts = String::new();
        if let Some(share) = words::share(leg, self.chain) {
            let _ = write!(facts, "<p>{}</p>", esc(&share));
        }
        if leg.answer.is_none() && self.chain.legs.iter().any(|leg| leg.effective.is_some()) {
            let effective = leg.effective.as_ref().or(self.chain.effective.as_ref());
            facts.extend(effective.map(|own| held(own, leg.speaks.is_some())));
        }
        if let Some(own) = &leg.speaks {
            let _ = write!(facts, "<p>speaks {}: {}{}</p>", esc(&own.shown), esc(&own.from), at(&own.place));
        }
        if let Some(answer) = &leg.answer {
            let _ = write!(facts, "<p class=\"fault\">answered by {}</p>", esc(answer));
        }
        if leg.port.number.is_some() || leg.port.wanted.is_some() {
            let several = leg.pods.iter().find(|pods| pods.target.is_some()).or(leg.pods.first());
            let _ = write!(facts, "<p>{}</p>", arrows(&words::ports(leg, several)));
        }
        if let Some(endpoints) = &leg.endpoints {
            let _ = write!(facts, "<p>endpoints: {}</p>", words::endpoints(endpoints));
        }
        if leg.service.exposure == Some("externalName") {
            facts.push_str("<p>an ExternalName: a name in DNS, without pods</p>");
        } else if leg.pods.is_empty() && leg.service.state == "found" {
            facts.push_str("<p>nothing that was seen makes pods with its labels</p>");
        }
        let state = if leg.service.state == "missing" { " <b class=\"fault\">not seen</b>" } else { "" };
        match &leg.service.object {
            Some(own) => hop(out, "Service", &format!("{}{state}{}", path(own), at(&leg.service.place)), service, &facts),
            None => hop(out, "backend", "something that no502 does not read", service, &facts),
        }
        let show = |out: &mut String, (own, found): (&PodsItem, &Vec<&Item>)| {
            hop(out, own.object.kind, &format!("{}{}", path(&own.object), at(&own.place)), found, &drain(own));
        };
        let ends = leg.pods.iter().zip(pods);
        match ends.len() {
            0 | 1 => ends.for_each(|end| show(out, end)),
            _ => side_by_side(out, ends, show),
        }
    }
}

/// Where a way parts: each end with its own hops.
fn side_by_side<T>(out: &mut String, ends: impl Iterator<Item = T>, mut show: impl FnMut(&mut String, T)) {
    out.push_str("<li class=\"split\"><ol class=\"ends\">\n");
    for end in ends {
        out.push_str("<li><ol class=\"hops\">\n");
        show(out, end);
        out.push_str("</ol></li>\n");
    }
    out.push_str("</ol></li>\n");
}

/// One hop: what it is, what holds there, and what is found there.
fn hop(out: &mut String, kind: &str, name: &str, found: &[&Item], facts: &str) {
    let _ = write!(out, "<li class=\"hop{}\"><h4><span class=\"what\">{}</span> {name}</h4>", level(found), esc(kind));
    if !facts.is_empty() {
        let _ = write!(out, "<div class=\"facts\">{facts}</div>");
    }
    if !found.is_empty() {
        out.push_str("<ul class=\"bites\">");
        for item in found {
            let _ = write!(
                out,
                "<li>{} {} <a href=\"#{}\"><code>{}</code></a></li>",
                badge(item),
                esc(&item.message),
                anchor(item),
                item.rule
            );
        }
        out.push_str("</ul>");
    }
    out.push_str("</li>\n");
}

/// What holds between the gateway and the pods, and who says so.
fn held(effective: &EffectiveItem, speaks_elsewhere: bool) -> String {
    if effective.gateway.dialect.is_none() {
        return "<p>its timeouts and retries are not known, since the gateway is not</p>".to_owned();
    }
    let (rows, unknown) = settings::rows(effective, speaks_elsewhere);
    let mut out = "<table class=\"settings\"><tbody>".to_owned();
    for [name, value, from] in &rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>", esc(name), esc(value), esc(from));
    }
    out.push_str("</tbody></table>");
    if !unknown.is_empty() {
        let _ = write!(out, "<p>not known: {}</p>", unknown.join(", "));
    }
    if let Some(worst) = settings::worst(effective) {
        let _ = write!(out, "<p>at worst {}</p>", esc(&worst));
    }
    out
}

/// What makes the pods, how it is asked whether they are ready, and how one leaves.
fn drain(pods: &PodsItem) -> String {
    let mut out = format!("<p>{}</p>", esc(&words::replicas(pods)));
    for scaling in &pods.scaling {
        let _ = write!(out, "<p>{}: {}</p>", esc(&words::shown(&scaling.object)), esc(&scaling.what));
    }
    out.push_str("<dl>");
    if let Some(container) = &pods.container {
        let port = pods.target.as_ref().map(|own| format!(" on {}", words::port(own.number, &own.name))).unwrap_or_default();
        let readiness = container.readiness.as_deref().unwrap_or("nobody asks, so it counts at once");
        let _ = write!(
            out,
            "<dt>container</dt><dd>{}{}, {}</dd><dt>ready</dt><dd>{}</dd>",
            esc(&container.name),
            esc(&port),
            esc(&container.image),
            esc(readiness)
        );
    }
    let (needs, stops) = &pods.drain.lines;
    let _ = write!(out, "<dt>drain</dt><dd>{}</dd><dt>stop</dt><dd>{}</dd>", esc(needs), esc(stops));
    if let Some(network) = &pods.network {
        let _ = write!(out, "<dt>network</dt><dd>{}</dd>", esc(&network.shown));
    }
    out.push_str("</dl>");
    out
}

/// Errors and warnings that nobody excepts.
fn weight<'i>(found: impl Iterator<Item = &'i Item>) -> (usize, usize) {
    found
        .filter(|item| item.is_open())
        .fold((0, 0), |(errors, others), item| if kind(item) == "error" { (errors + 1, others) } else { (errors, others + 1) })
}

/// The class of a hop by the heaviest that is found there.
fn level(found: &[&Item]) -> &'static str {
    match weight(found.iter().copied()) {
        (0, 0) => "",
        (0, _) => " warning",
        _ => " error",
    }
}

/// How much is found at a hop, by signs and for who cannot see them.
fn marks(found: &[&Item]) -> String {
    let (errors, warnings) = weight(found.iter().copied());
    let mut out = String::new();
    for (class, number, word) in [("error", errors, "error"), ("warning", warnings, "warning")] {
        if number > 0 {
            let told = count(number, word);
            let _ = write!(
                out,
                " <span class=\"mark {class}\" title=\"{told}\">{number}<span class=\"unseen\"> {word}</span></span>"
            );
        }
    }
    out
}

/// ` shop.yaml:12`; nothing where there is no place.
fn at(place: &Place) -> String {
    if place.line == 0 { String::new() } else { format!(" <span class=\"at\">{}:{}</span>", esc(&place.file), place.line) }
}

fn path(object: &ReportObject) -> String {
    format!("<b>{}/{}</b>", esc(&object.namespace), esc(&object.name))
}

fn short(object: &ReportObject) -> String {
    format!("{} {}", object.kind, object.name)
}

fn arrows(text: &str) -> String {
    esc(text).to_string().replace("-&gt;", "→")
}
