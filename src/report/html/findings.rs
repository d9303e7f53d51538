//! The findings by namespace and rule. What several have in common is said once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::markup::{Lines, anchor, badge, esc, grouped, help, kind, named, tally};
use crate::collect::files::Input;
use crate::report::{Item, Related, Report};
use crate::rule::by_name;

/// Up to so many findings stand open from the start.
const FEW: usize = 60;
/// Up to so many namespaces do, with their rules closed.
const FEW_NAMESPACES: usize = 12;

/// What was found, without what is excepted.
pub(super) fn section(items: &[&Item], input: &Input) -> String {
    let is_small = items.len() <= FEW;
    let many = if is_small { "" } else { " class=\"many\"" };
    let mut out =
        format!("<section id=\"findings\"{many} aria-labelledby=\"findings-h\">\n<h2 id=\"findings-h\">Findings</h2>\n");
    if items.is_empty() {
        out.push_str("<p class=\"quiet\">Nothing was found.</p>\n</section>\n");
        return out;
    }
    if items.iter().any(|item| kind(item) == "pending") {
        out.push_str(
            "<p class=\"quiet\"><b>Pending</b> is what depends on an object that is not in these files, or on which of several \
             will be there.</p>\n",
        );
    }
    let mut spaces: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        spaces.entry(&item.object.namespace).or_default().push(item);
    }
    let mut spaces: Vec<(&str, Vec<&Item>)> = spaces.into_iter().collect();
    spaces.sort_by_key(|(_, items)| weight(items));
    let mut lines = Lines::new(input);
    let are_few = spaces.len() <= FEW_NAMESPACES;
    for (namespace, items) in spaces {
        let title = match namespace {
            "" => "Without a namespace".to_owned(),
            name => format!("<span class=\"what\">Namespace</span> {}", esc(name)),
        };
        let open = if is_small || are_few { " open" } else { "" };
        let _ = writeln!(
            out,
            "<details class=\"space\" data-name=\"{}\"{open}><summary><h3>{title}</h3> <span class=\"count\">{}</span></summary>",
            esc(namespace),
            tally(&items)
        );
        rules(&mut out, &items, is_small, &mut lines);
        out.push_str("</details>\n");
    }
    out.push_str("<p class=\"none\" hidden>Nothing matches the filter.</p>\n</section>\n");
    out
}

/// The heaviest first: by certain errors, by errors, by number.
fn weight(items: &[&Item]) -> impl Ord + use<> {
    let certain = items.iter().filter(|item| kind(item) == "error").count();
    let errors = items.iter().filter(|item| item.level == "error").count();
    (Reverse(certain), Reverse(errors), Reverse(items.len()))
}

fn rules(out: &mut String, items: &[&Item], is_open: bool, lines: &mut Lines<'_>) {
    let mut rules: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        rules.entry(item.rule).or_default().push(item);
    }
    let mut rules: Vec<(&str, Vec<&Item>)> = rules.into_iter().collect();
    rules.sort_by_key(|(_, items)| weight(items));
    let open = if is_open { " open" } else { "" };
    for (rule, items) in rules {
        let summary = by_name(rule).map_or("", |entry| entry.meta.summary);
        let _ = writeln!(
            out,
            "<details class=\"rule\" data-name=\"{rule}\"{open}><summary><h4>{rule}</h4> <span class=\"says\">{}</span> \
             <span class=\"count\">{}</span></summary>",
            esc(summary),
            tally(&items)
        );
        blocks(out, &items, lines);
        out.push_str("</details>\n");
    }
}

/// Findings with the same reason and the same help stand together.
fn blocks(out: &mut String, items: &[&Item], lines: &mut Lines<'_>) {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut blocks: Vec<Vec<&Item>> = Vec::new();
    for item in items {
        let index = *places.entry((&item.why, &item.help)).or_insert(blocks.len());
        match blocks.get_mut(index) {
            Some(block) => block.push(item),
            None => blocks.push(vec![item]),
        }
    }
    blocks.sort_by_key(|items| weight(items));
    for items in blocks {
        let Some(first) = items.first() else { continue };
        out.push_str("<div class=\"block\">\n");
        if items.len() > 1 {
            reason(out, first, &format!("the same for these {}", grouped(items.len())));
        }
        for item in &items {
            finding(out, item, lines);
        }
        if items.len() == 1 {
            reason(out, first, "");
        }
        out.push_str("</div>\n");
    }
}

/// What fails, and what to write instead. Where several have it in common it stands before them.
fn reason(out: &mut String, item: &Item, shared: &str) {
    let (class, shared) = match shared {
        "" => ("", String::new()),
        shared => (" class=\"all\"", format!(" <span class=\"quiet\">{shared}</span>")),
    };
    let _ = writeln!(
        out,
        "<dl{class}><dt>Why{shared}</dt><dd><p>{}</p></dd><dt>Fix</dt><dd>{}</dd></dl>",
        esc(&item.why),
        help(&item.help)
    );
}

fn finding(out: &mut String, item: &Item, lines: &mut Lines<'_>) {
    let status =
        if item.status == "none" { String::new() } else { format!(" <span class=\"status\">{}</span>", esc(&item.status)) };
    let id = anchor(item);
    let _ = writeln!(
        out,
        "<article class=\"f\" id=\"{id}\" data-kind=\"{}\"><h5>{}{status} {}: {}</h5>\
         <p class=\"at\">{}:{}:{} <a href=\"#{id}\" aria-label=\"Link to this finding\">#</a></p>{}",
        kind(item),
        badge(item),
        named(&item.object),
        esc(&item.message),
        esc(&item.file),
        item.line,
        item.column,
        lines.excerpt(item)
    );
    related(out, &item.related);
    if let Some(exception) = item.exception.as_ref().filter(|own| !own.holds) {
        let _ = writeln!(out, "<p class=\"ended\">Its exception does not hold: {}</p>", esc(&exception.reason));
    }
    out.push_str("</article>\n");
}

fn related(out: &mut String, related: &[Related]) {
    if related.is_empty() {
        return;
    }
    out.push_str("<ul class=\"see\" aria-label=\"Related places\">");
    for own in related {
        let place =
            if own.line > 0 { format!(" <span class=\"at\">{}:{}</span>", esc(&own.file), own.line) } else { String::new() };
        let _ = write!(out, "<li>{}: {}{place}</li>", named(&own.object), esc(&own.note));
    }
    out.push_str("</ul>\n");
}

/// What exceptions take out, each with its reason.
pub(super) fn excepted(items: &[&Item], input: &Input) -> String {
    let reason = |item: &Item| {
        let reason = item.exception.as_ref().map_or("", |own| &own.reason);
        format!("<p><b>Exception:</b> {}</p>", esc(reason))
    };
    aside(
        "excepted",
        "Excepted",
        "Found, and taken out by an exception that holds today. They fail nothing.",
        items,
        input,
        reason,
    )
}

/// What the baseline holds, each with what to write: nobody has to, but it stands there.
pub(super) fn known(items: &[&Item], report: &Report, input: &Input) -> String {
    let file = report.baseline.as_ref().map_or("", |baseline| &baseline.file);
    let intro = format!("Found, and held by the baseline {}. They fail nothing.", esc(file));
    aside("known", "Known", &intro, items, input, |item| format!("<p><b>Fix:</b></p>{}", help(&item.help)))
}

/// A section of findings that do not count.
fn aside(id: &str, title: &str, intro: &str, items: &[&Item], input: &Input, more: impl Fn(&Item) -> String) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut lines = Lines::new(input);
    let mut out = format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{title}</h2>\n<p class=\"quiet\">{intro}</p>\n"
    );
    for item in items {
        let _ = writeln!(
            out,
            "<article class=\"f alone\" id=\"{}\" data-kind=\"{id}\"><h3>{} <code>{}</code> {}: {}</h3>\
             <p class=\"at\">{}:{}:{}</p>{}{}</article>",
            anchor(item),
            badge(item),
            item.rule,
            named(&item.object),
            esc(&item.message),
            esc(&item.file),
            item.line,
            item.column,
            lines.excerpt(item),
            more(item)
        );
    }
    out.push_str("</section>\n");
    out
}
