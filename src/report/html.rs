//! The report as one page that needs nothing else: no network, no library, and no script where there is none.

mod findings;
mod markup;
mod overview;

use std::collections::HashMap;

use super::trace::{ChainItem, FindingItem};
use super::{Item, Report, State};
use crate::collect::files::Input;

pub(super) use markup::{anchor, badge, count, esc, kind};

/// The frame of the page; words in double braces are filled in.
const PAGE: &str = include_str!("html/page.html");
/// How it looks, in light and dark, on a screen and on paper.
const STYLE: &str = include_str!("html/style.css");
/// The filter. The page can be read without it.
const SCRIPT: &str = include_str!("html/script.js");

/// How many ways are drawn at most: beyond that nobody looks at each, and the page would grow with the square of the cluster.
pub const DRAWN: usize = 200;

/// The ways of requests through an input.
#[derive(Debug, Default)]
pub struct Routes {
    /// How many there are.
    pub total: usize,
    /// Those that are drawn, in the order of the input: where most is found.
    pub drawn: Vec<ChainItem>,
}

/// The report as a page.
#[must_use]
pub fn html(report: &Report, input: &Input, routes: &Routes) -> String {
    let of = |state: State| report.findings.iter().filter(|item| item.state() == state).collect::<Vec<&Item>>();
    let (spoken, excepted, known) = (of(State::Open), of(State::Excepted), of(State::Known));
    let parts: [(&str, &str); 14] = [
        ("style", STYLE),
        ("script", SCRIPT),
        ("title", &overview::title(report)),
        ("version", report.version),
        ("header", &overview::header(report)),
        ("links", &overview::links(report, routes.total)),
        ("toggles", &overview::toggles(&spoken)),
        ("steps", &overview::steps(&spoken)),
        ("unread", &overview::unread(report)),
        ("findings", &findings::section(&spoken, input)),
        ("rules", &overview::rules(&spoken)),
        ("routes", &ways(report, routes)),
        ("excepted", &findings::excepted(&excepted, input)),
        ("known", &findings::known(&known, report, input)),
    ];
    fill(PAGE, &parts)
}

/// The frame with its parts. What a part holds is not looked at again, so that no input is taken for a part.
fn fill(frame: &str, parts: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(frame.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = frame;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        out.push_str(before);
        out.push_str(parts.iter().find(|(own, _)| *own == name).map_or("", |(_, text)| text));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The ways, with the findings of the report at the hops where they bite.
fn ways(report: &Report, routes: &Routes) -> String {
    if routes.total == 0 {
        return String::new();
    }
    let key = |item: &Item| (item.rule, item.file.clone(), item.line, item.column, item.message.clone());
    let known: HashMap<_, &Item> = report.remaining().map(|item| (key(item), item)).collect();
    let item_of = |own: &FindingItem| -> Option<&Item> {
        known.get(&(own.rule, own.place.file.clone(), own.place.line, own.place.column, own.message.clone())).copied()
    };
    super::trace::html::ways(&routes.drawn, routes.total, &item_of)
}
