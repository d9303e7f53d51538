//! What one sees first: how many, what to do, what could not be read, and the table of rules.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::markup::{anchor, badge, count, esc, grouped, kind, named, tally};
use crate::report::{Item, Report};
use crate::rule::by_name;

/// So many steps are told: what follows is for another day.
const STEPS: usize = 7;
/// So many places of a step are listed.
const PLACES: usize = 25;

/// The name of the page.
pub(super) fn title(report: &Report) -> String {
    let summary = &report.summary;
    if summary.errors + summary.warnings == 0 {
        return "Nothing found".to_owned();
    }
    format!("{}, {}", count(summary.errors, "error"), count(summary.warnings, "warning"))
}

/// How it stands, in one line and in numbers.
pub(super) fn header(report: &Report) -> String {
    let summary = &report.summary;
    let pending = report.findings.iter().filter(|item| kind(item) == "pending").count();
    let profile = match report.policy.as_str() {
        "" => String::new(),
        names => format!(", judged by the profile <b>{}</b>", esc(names)),
    };
    let files = count(summary.files, "file");
    let mut out = format!(
        "<h1><span class=\"name\">no502</span> <span class=\"verdict\">{}</span></h1>\n\
         <p>In {} of {files}{profile}.</p>\n<dl class=\"numbers\">",
        title(report),
        count(summary.objects, "object"),
    );
    let numbers = [
        ("error", "Errors", summary.errors, "requests fail, or the profile forbids it"),
        ("warning", "Warnings", summary.warnings.saturating_sub(pending), "requests may fail at times"),
        ("pending", "Pending", pending, "depends on what is not here"),
        ("excepted", "Excepted", summary.excepted, "taken out, with a reason"),
        ("known", "Known", summary.known, "from the baseline; they do not count"),
        ("fixed", "Fixed", summary.fixed, "written into the files"),
        ("gaps", "Unreadable", summary.unreadable, "places that were not judged"),
    ];
    for (class, name, number, what) in numbers {
        if number > 0 || matches!(class, "error" | "warning") {
            let zero = if number == 0 { " zero" } else { "" };
            let _ = write!(
                out,
                "<div class=\"{class}{zero}\"><dt>{name}</dt><dd>{} <small>{what}</small></dd></div>",
                grouped(number)
            );
        }
    }
    out.push_str("</dl>");
    out
}

/// The parts of the page.
pub(super) fn links(report: &Report, routes: usize) -> String {
    let summary = &report.summary;
    let found = summary.errors + summary.warnings;
    let parts = [
        ("first", "First", found > 0, 0),
        ("unread", "Unreadable", summary.unreadable > 0, summary.unreadable),
        ("findings", "Findings", true, found),
        ("rules", "Rules", found > 0, 0),
        ("routes", "Routes", routes > 0, routes),
        ("excepted", "Excepted", summary.excepted > 0, summary.excepted),
        ("known", "Known", summary.known > 0, summary.known),
    ];
    let mut out = String::new();
    for (id, name, _, number) in parts.into_iter().filter(|(_, _, is_there, _)| *is_there) {
        let number = if number > 0 { format!(" <span class=\"count\">{}</span>", grouped(number)) } else { String::new() };
        let _ = write!(out, "<li><a href=\"#{id}\">{name}{number}</a></li>");
    }
    out
}

/// What the filter can leave out: only what is there.
pub(super) fn toggles(items: &[&Item]) -> String {
    let mut out = String::new();
    for (own, name) in [("error", "errors"), ("warning", "warnings"), ("pending", "pending")] {
        let number = items.iter().filter(|item| kind(item) == own).count();
        if number > 0 {
            let _ = write!(
                out,
                "<label class=\"{own}\"><input type=\"checkbox\" name=\"kind\" value=\"{own}\" checked> {name}</label>"
            );
        }
    }
    out
}

/// Findings that one piece of advice cures.
struct Step<'r> {
    advice: &'r str,
    items: Vec<&'r Item>,
}

/// The few steps that cure most: errors first, and what is certain before what is pending.
pub(super) fn steps(items: &[&Item]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let steps = grouped_steps(items);
    let total = steps.len();
    let told = steps.get(..STEPS).unwrap_or(&steps);
    let cured: usize = told.iter().map(|step| step.items.len()).sum();
    let mut out = "<section id=\"first\" aria-labelledby=\"first-h\">\n<h2 id=\"first-h\">What to do first</h2>\n".to_owned();
    let of_all = match (total == told.len(), told.len()) {
        (true, 1) => "One step cures everything that was found.".to_owned(),
        (true, steps) => format!("{steps} steps cure everything that was found, the heaviest first."),
        (false, steps) => format!(
            "The first {steps} of {} steps: they cure {} of {}.",
            grouped(total),
            grouped(cured),
            count(items.len(), "finding")
        ),
    };
    let _ = writeln!(out, "<p class=\"quiet\">{of_all}</p>\n<ol class=\"steps\">");
    for step in told {
        show(&mut out, step);
    }
    out.push_str("</ol>\n</section>\n");
    out
}

/// What is advised in the same words. Lines to paste carry names of their own, so only what stands before them is compared.
fn grouped_steps<'r>(items: &[&'r Item]) -> Vec<Step<'r>> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut steps: Vec<Step<'r>> = Vec::new();
    for item in items {
        let advice = match item.help.split_once('\n') {
            Some((first, _)) => first.trim_end_matches(':'),
            None => &item.help,
        };
        let index = *places.entry((item.rule, advice)).or_insert(steps.len());
        match steps.get_mut(index) {
            Some(step) => step.items.push(item),
            None => steps.push(Step { advice, items: vec![item] }),
        }
    }
    for step in &mut steps {
        step.items.sort_by_key(|item| (item.level != "error", item.certainty != "certain"));
    }
    steps.sort_by_key(|step| {
        let errors = step.items.iter().filter(|item| kind(item) == "error").count();
        let heaviest = step.items.first().map(|item| (item.level != "error", item.certainty != "certain"));
        (heaviest, Reverse(errors), Reverse(step.items.len()))
    });
    steps
}

fn show(out: &mut String, step: &Step<'_>) {
    let Some(first) = step.items.first() else { return };
    let rule = first.rule;
    let advice = if step.advice.is_empty() { rule } else { step.advice };
    let _ = writeln!(out, "<li>\n<h3>{}</h3>", esc(advice));
    let whose = if step.items.len() == 1 {
        format!(
            "{} {}: {}. <a href=\"#{}\"><code>{rule}</code></a>",
            badge(first),
            named(&first.object),
            esc(first.message.trim_end_matches('.')),
            anchor(first)
        )
    } else {
        format!(
            "{} Cures {} of <a href=\"#{}\" data-filter=\"{rule}\"><code>{rule}</code></a>. The first: {}: {}",
            badge(first),
            tally(&step.items),
            anchor(first),
            named(&first.object),
            esc(&first.message)
        )
    };
    let _ = writeln!(out, "<p>{whose}</p>");
    if let Some((_, lines)) = first.help.split_once('\n') {
        let is_same = step.items.iter().all(|item| item.help == first.help);
        if !is_same {
            let _ =
                writeln!(out, "<p class=\"quiet\">For {}; the lines for each stand at the finding:</p>", named(&first.object));
        }
        let _ = writeln!(out, "<pre>{}</pre>", esc(lines));
    }
    if step.items.len() > 1 {
        places(out, &step.items);
    }
    out.push_str("</li>\n");
}

fn places(out: &mut String, items: &[&Item]) {
    let _ = write!(out, "<details class=\"places\"><summary>{}</summary><ul>", count(items.len(), "place"));
    for item in items.iter().take(PLACES) {
        let _ = write!(
            out,
            "<li><a href=\"#{}\">{}</a> <span class=\"at\">{}:{}</span></li>",
            anchor(item),
            named(&item.object),
            esc(&item.file),
            item.line
        );
    }
    out.push_str("</ul>");
    if items.len() > PLACES {
        let rule = items.first().map_or("", |item| item.rule);
        let _ = write!(out, "<p class=\"quiet\">and {} more, below at {rule}</p>", grouped(items.len() - PLACES));
    }
    out.push_str("</details>\n");
}

/// What could not be read: nobody knows what stands there.
pub(super) fn unread(report: &Report) -> String {
    if report.notes.is_empty() {
        return String::new();
    }
    let mut out = "<section id=\"unread\" aria-labelledby=\"unread-h\">\n<h2 id=\"unread-h\">What could not be read</h2>\n\
         <p class=\"quiet\">Nothing is said about what stands there.</p>\n<ul class=\"unread\">"
        .to_owned();
    for note in &report.notes {
        let _ = writeln!(
            out,
            "<li><span class=\"at\">{}:{}:{}</span> {}</li>",
            esc(&note.file),
            note.line,
            note.column,
            esc(&note.message)
        );
    }
    out.push_str("</ul>\n</section>\n");
    out
}

/// How often each rule speaks.
pub(super) fn rules(items: &[&Item]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut rules: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        rules.entry(item.rule).or_default().push(item);
    }
    let mut rules: Vec<(&str, Vec<&Item>)> = rules.into_iter().collect();
    rules.sort_by_key(|(_, items)| Reverse(items.len()));
    let mut out = "<section id=\"rules\" aria-labelledby=\"rules-h\">\n<h2 id=\"rules-h\">By rule</h2>\n\
         <p class=\"quiet\"><code>no502 explain RULE</code> tells more of a rule.</p>\n\
         <div class=\"wide\" role=\"region\" aria-labelledby=\"rules-h\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">Rule</th>\
         <th scope=\"col\">What it says</th><th scope=\"col\">Answers</th><th scope=\"col\">Findings</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for (rule, own) in &rules {
        let summary = by_name(rule).map_or("", |entry| entry.meta.summary);
        let mut answers: Vec<&str> = own.iter().map(|item| item.status.as_str()).filter(|own| *own != "none").collect();
        answers.sort_unstable();
        answers.dedup();
        let first = own.first().map(|item| anchor(item)).unwrap_or_default();
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><a href=\"#{first}\" data-filter=\"{rule}\"><code>{rule}</code></a></th><td>{}</td><td>{}</td>\
             <td><span class=\"tally\">{}</span><span class=\"share\"><i style=\"width:{}%\"></i></span></td></tr>",
            esc(summary),
            esc(&answers.join(", ")),
            tally(own),
            (own.len() * 100).div_ceil(items.len())
        );
    }
    out.push_str("</tbody></table></div>\n</section>\n");
    out
}
