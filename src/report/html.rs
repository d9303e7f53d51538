//! The report as one page that needs nothing else: no network, no library, and no script where there is none.

mod findings;
mod markup;
mod overview;

use std::cmp::Reverse;
use std::collections::HashMap;

use super::trace::{ChainItem, FindingItem};
use super::{Item, Report};
use crate::collect::files::Input;

pub(super) use markup::{anchor, badge, count, esc, kind};

/// The frame of the page; words in double braces are filled in.
const PAGE: &str = include_str!("html/page.html");
/// How it looks, in light and dark, on a screen and on paper.
const STYLE: &str = include_str!("html/style.css");
/// The filter. The page can be read without it.
const SCRIPT: &str = include_str!("html/script.js");

/// How many ways are drawn: beyond that nobody looks at each, and the page would grow with the square of the cluster.
const DRAWN: usize = 200;

/// The ways of requests through an input. Of very many those are kept where most is found.
#[derive(Debug, Default)]
pub struct Routes {
    kept: Vec<(Weight, Reverse<Order>, ChainItem)>,
    total: usize,
}

/// What is found on a way: errors and warnings.
pub type Weight = (usize, usize);

/// Where a way stands among all others: its object in the input, and its place in it.
pub type Order = (usize, usize);

impl Routes {
    /// Takes a way in. It is only built where there is room for it; of equal ones the earlier is kept.
    pub fn add(&mut self, weight: Weight, order: Order, build: impl FnOnce() -> ChainItem) {
        self.total += 1;
        if self.has_room((weight, Reverse(order))) {
            self.kept.push((weight, Reverse(order), build()));
        }
    }

    /// Takes in the ways that others have found.
    pub fn join(&mut self, others: Self) {
        self.total += others.total;
        for own in others.kept {
            if self.has_room((own.0, own.1)) {
                self.kept.push(own);
            }
        }
    }

    /// Whether there is room for one of that rank, made by the lightest where it must be.
    fn has_room(&mut self, rank: (Weight, Reverse<Order>)) -> bool {
        if self.kept.len() < DRAWN {
            return true;
        }
        let ranks = self.kept.iter().map(|(weight, order, _)| (*weight, *order)).enumerate();
        let lightest = ranks.min_by_key(|(_, own)| *own).filter(|(_, own)| *own < rank);
        lightest.map(|(index, _)| self.kept.swap_remove(index)).is_some()
    }

    /// Those that are kept, in the order of the input.
    fn in_order(&self) -> Vec<&ChainItem> {
        let mut kept: Vec<_> = self.kept.iter().collect();
        kept.sort_unstable_by_key(|(_, Reverse(order), _)| *order);
        kept.into_iter().map(|(.., chain)| chain).collect()
    }
}

/// The report as a page.
#[must_use]
pub fn html(report: &Report, input: &Input, routes: &Routes) -> String {
    let excepted: Vec<&Item> = report.findings.iter().filter(|item| item.is_excepted()).collect();
    let spoken: Vec<&Item> = report.findings.iter().filter(|item| !item.is_excepted()).collect();
    let parts: [(&str, &str); 13] = [
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
    let known: HashMap<_, &Item> = report.findings.iter().map(|item| (key(item), item)).collect();
    let item_of = |own: &FindingItem| -> Option<&Item> {
        known.get(&(own.rule, own.place.file.clone(), own.place.line, own.place.column, own.message.clone())).copied()
    };
    super::trace::html::ways(&routes.in_order(), routes.total, &item_of)
}
