//! The report as text, for people.

use std::fmt::Write as _;

use super::words::place;
use super::{EffectiveItem, EffectiveReport, SettingItem};
use crate::report::Style;
use crate::rule::timeout::Timeout;

/// The report as text: for each object a table of what holds, then what does not count, then the worst case.
#[must_use]
pub fn text(report: &EffectiveReport, style: Style) -> String {
    let mut out = String::new();
    for (index, item) in report.objects.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        object(&mut out, item, style);
    }
    for note in &report.notes {
        let unreadable = style.paint("35", "unreadable");
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{}: {unreadable}: {}", note.place(), note.message);
    }
    out
}

fn object(out: &mut String, item: &EffectiveItem, style: Style) {
    let object = &item.object;
    let named = |word: &str, name: &Option<String>| name.as_ref().map(|name| format!(", {word} {name}"));
    let section = named("upstream", &item.upstream).or_else(|| named("rule", &item.rule)).unwrap_or_default();
    let title = format!("{} {}/{}{section}", object.kind, object.namespace, object.name);
    let _ = writeln!(out, "{} ({})", style.paint("1", &title), place(&item.place));
    let mut facts = vec![["gateway".to_owned(), item.gateway.from.clone()]];
    if item.gateway.dialect.is_some() {
        facts.push(["config".to_owned(), item.gateway.config_from.clone()]);
    }
    if !item.routes.is_empty() {
        facts.push(["routes".to_owned(), item.routes.join(", ")]);
    }
    if let Some(answer) = &item.answer {
        facts.push(["answer".to_owned(), answer.clone()]);
    }
    columns(out, &facts);
    // Nothing is waited for, so that no timeout counts.
    if item.answer.is_some() {
        return;
    }
    if item.gateway.dialect.is_none() {
        let _ = writeln!(out, "\n  What holds there depends on the gateway, so nothing is known of its settings.");
        return;
    }
    let of_all = item.settings.first().map(|own| &own.from);
    if let Some(why) = of_all.filter(|why| item.settings.iter().all(|own| own.value.is_null() && own.from == **why)) {
        let _ = writeln!(out, "\n  Nothing is known of its settings: {why}.");
        return;
    }
    let _ = writeln!(out, "\n  {}", style.paint("1", "what holds"));
    if let Some(remark) = item.remarks.iter().find(|remark| matches!(remark.kind, "poison" | "rejected")) {
        let _ = writeln!(out, "    (nothing of it comes into force while {} is as it is, see below)", remark.key);
    }
    columns(out, &item.settings.iter().map(setting).collect::<Vec<_>>());
    if !item.remarks.is_empty() {
        let _ = writeln!(out, "\n  {}", style.paint("1", "what is written and does not do what it says"));
        let remarks = item.remarks.iter().map(|remark| [place(&remark.place), remark.message.clone()]);
        columns(out, &remarks.collect::<Vec<_>>());
    }
    worst_case(out, item, style);
}

fn setting(item: &SettingItem) -> [String; 3] {
    let place = place(&item.place);
    let from = if place.is_empty() { item.from.clone() } else { format!("{} ({place})", item.from) };
    [spaced(item.name), item.shown.clone(), from]
}

fn worst_case(out: &mut String, item: &EffectiveItem, style: Style) {
    let timeline = &item.timeline;
    let _ = writeln!(out, "\n  {}", style.paint("1", "the worst case"));
    let mut rows: Vec<[String; 4]> = Vec::new();
    for timeout in [Timeout::Connect, Timeout::Send, Timeout::Read, Timeout::Request] {
        let of = timeline.waits.iter().filter(|wait| wait.timeout == timeout);
        let name = timeout.name().to_owned();
        let known = of.map(|wait| [name.clone(), wait.line.sum.clone(), wait.line.requests.to_owned(), wait.line.what.clone()]);
        let before = rows.len();
        rows.extend(known);
        // What the gateway does not limit, and what has no limit, is nothing to wait for.
        let is_open = item.settings.iter().any(|own| own.name == name && own.value.is_null() && own.source != "absent");
        if rows.len() == before && is_open {
            rows.push([name, "not known".to_owned(), String::new(), String::new()]);
        }
    }
    columns(out, &rows);
    if rows.iter().all(|[name, ..]| name == Timeout::Connect.name()) {
        let _ = writeln!(out, "    nothing ends a wait for the answer");
    }
    if let Some(presumed) = &timeline.presumed {
        let _ = writeln!(out, "    {presumed}");
    }
    let fronts = timeline.fronts.iter().map(|front| {
        let silence = if front.hop == "loadBalancer" { " of silence" } else { "" };
        [format!("after {}{silence}", front.after), front.line.clone()]
    });
    columns(out, &fronts.collect::<Vec<_>>());
    // Of a rule, a read timeout without one for sending is that of a whole try.
    let is_pause = |timeout| timeout == Timeout::Send || timeout == Timeout::Read && item.rule.is_none();
    if timeline.waits.iter().any(|wait| is_pause(wait.timeout)) {
        let _ = writeln!(out, "    send and read are pauses: a pod that moves a byte in time may take longer in all");
    }
}

/// `retryTries` as `retry tries`.
fn spaced(name: &str) -> String {
    let words = name.chars().map(|c| if c.is_ascii_uppercase() { format!(" {}", c.to_ascii_lowercase()) } else { c.to_string() });
    words.collect()
}

/// Rows with a column as wide as its widest cell.
fn columns<const N: usize>(out: &mut String, rows: &[[String; N]]) {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(out, "    {}", cells.join("  ").trim_end());
    }
}
