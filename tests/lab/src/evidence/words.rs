//! Measured things in words: counts, versions and lines of a log.

use std::collections::BTreeMap;

use crate::experiment::Measured;
use crate::plot;

/// `12,615`
pub(super) fn grouped(count: usize) -> String {
    plot::grouped(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The failures by outcome, most first: `140 × 503, 4 × timeout`.
pub(super) fn failures(half: &Measured) -> String {
    joined(&counts(half))
}

/// The same of counts that hold nothing but failures.
pub(super) fn tally(failures: &BTreeMap<String, u32>) -> String {
    joined(&sorted(failures.iter().map(|(outcome, count)| (*count, outcome.as_str())).collect()))
}

fn joined(counts: &[(u32, &str)]) -> String {
    let counts: Vec<String> = counts.iter().map(|(count, outcome)| format!("{} × {outcome}", plot::grouped(*count))).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

/// The outcome of most failures; empty if nothing failed.
pub(super) fn worst(half: &Measured) -> &str {
    counts(half).first().map_or("", |(_, outcome)| outcome)
}

fn counts(half: &Measured) -> Vec<(u32, &str)> {
    let bad = |outcome: &str| !outcome.parse::<u16>().is_ok_and(|code| code == 101 || (200..300).contains(&code));
    let totals = half.timeline.totals().into_iter();
    sorted(totals.filter(|(outcome, count)| *count > 0 && bad(outcome)).map(|(outcome, count)| (count, outcome)).collect())
}

fn sorted(mut counts: Vec<(u32, &str)>) -> Vec<(u32, &str)> {
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    counts
}

/// Names of programs as their authors write them: `Contour 1.33.8, Envoy 1.40.0`.
pub(super) fn version(version: &str) -> String {
    let programs = version.split(", ").map(|program| {
        let (name, number) = program.split_once(' ').unwrap_or((program, ""));
        let name = match name {
            "contour" => "Contour",
            "envoy" => "Envoy",
            "haproxy" => "HAProxy",
            "traefik" => "Traefik",
            name => name,
        };
        format!("{name} {number}").trim_end().to_owned()
    });
    programs.collect::<Vec<_>>().join(", ")
}

/// A gateway with its version, and the kind of route where that is not an Ingress.
pub(super) fn gateway(name: &str, own: &str) -> String {
    let own = version(own);
    match name.split_once('/') {
        None => own,
        Some((_, "httproute")) => format!("{own} (HTTPRoute)"),
        Some((_, "grpcroute")) => format!("{own} (GRPCRoute)"),
        Some((_, "httpproxy")) => format!("{own} (HTTPProxy)"),
        Some((_, kind)) => format!("{own} ({kind})"),
    }
}

/// The requests, with their method as HTTP writes it: `100 GET a second, new connections`.
pub(super) fn traffic(traffic: &str) -> String {
    let words = traffic.split(' ').enumerate();
    let words = words.map(|(place, word)| if place == 1 { word.to_uppercase() } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

/// So much of a text, on one line and without what no page can hold.
pub(super) fn shortened(text: &str, letters: usize) -> String {
    let line = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut short: String = line.clone().take(letters).collect();
    if line.count() > letters {
        short.push('…');
    }
    short
}
