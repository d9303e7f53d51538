//! What `make test-gateways` shows: nginx alone in front of pods, and one page of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use no502::rule;
use serde::{Deserialize, Serialize};

use super::figures::Dated;
use super::pages::{GENERATED, cell, source};
use super::words;

/// The file of the page.
pub(super) const PAGE: &str = "nginx.md";

/// One experiment, which showed its failure; or which could not run.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Alone {
    /// Its name.
    pub(super) experiment: String,
    /// The rule of which it shows the words.
    rule: String,
    /// What happens.
    title: String,
    /// The program: `nginx 1.22.1`.
    version: String,
    /// The directive that this nginx does not have, where the experiment needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lacks: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Half>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Half>,
}

/// One half of it.
#[derive(Debug, Deserialize, Serialize)]
struct Half {
    /// Lines of the Ingress, without prefixes.
    annotations: Vec<String>,
    /// Lines of the ConfigMap.
    config: Vec<String>,
    /// Lines of the Deployment.
    declared: Vec<String>,
    /// The requests: `50 GET a second for 2 s`.
    traffic: String,
    requests: usize,
    failures: BTreeMap<String, u32>,
    /// What nginx said first of the failure.
    reason: Option<String>,
}

/// The page of all of them.
pub(super) fn page(entries: &[Dated<Alone>]) -> String {
    let mut versions: Vec<&str> = entries.iter().map(|entry| entry.outcome.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let mut text = format!(
        "# Behind nginx alone\n\n{GENERATED}\n\n\
        No cluster here: `make test-gateways` lets no502 read an Ingress and the ConfigMap of its gateway, writes the `nginx.conf` that\n\
        ingress-nginx would write of the values that hold, and sends requests through a real nginx ({}) to pods in trouble.\n\
        *Before* are lines that no502 finds fault with. *After* are those that it says to write instead; where only the author can know\n\
        a value, its line with that value. Where they are the same, no502 has nothing to say, and the requests differ. Requests fail before,\n\
        and none fails after: with a status, `closed` without an answer, or `other` for an answer that has no status and that no client reads.\n\
        Seconds are few, so that it is soon over.\n\
        The balancer is nginx's own: that of ingress-nginx is written in Lua. Annotations stand without `nginx.ingress.kubernetes.io/`.\n\
        [All evidence](README.md).\n\n\
        | what happens | rule | requests | failed before | failed after | before | after | nginx says |\n|---|---|---|---|---|---|---|---|\n",
        versions.join(", ")
    );
    for entry in entries {
        let Alone { rule, title, before: Some(before), after: Some(after), .. } = &entry.outcome else { continue };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} of {} | {} of {} | {} | {} | {} |",
            cell(title),
            linked(rule),
            traffic(before, after),
            words::tally(&before.failures),
            words::grouped(before.requests),
            words::tally(&after.failures),
            words::grouped(after.requests),
            written(before),
            written(after),
            cell(before.reason.as_deref().unwrap_or("nothing: the pod answers so")),
        );
    }
    let left_out: Vec<&Dated<Alone>> = entries.iter().filter(|entry| entry.outcome.lacks.is_some()).collect();
    if !left_out.is_empty() {
        text.push_str("\n## Left out\n\n");
        for Alone { experiment, version, lacks, .. } in left_out.into_iter().map(|entry| &entry.outcome) {
            let _ = writeln!(text, "- {experiment}: {version} has no `{}`", lacks.as_deref().unwrap_or_default());
        }
    }
    text
}

fn linked(name: &str) -> String {
    rule::by_name(name).map_or_else(|| name.to_owned(), |entry| format!("[{name}]({})", source(entry.meta)))
}

fn traffic(before: &Half, after: &Half) -> String {
    if before.traffic == after.traffic {
        return before.traffic.clone();
    }
    format!("{}; after: {}", before.traffic, after.traffic)
}

fn written(half: &Half) -> String {
    let annotations = half.annotations.iter().map(|line| format!("`{line}`"));
    let config = half.config.iter().map(|line| format!("ConfigMap: `{line}`"));
    let declared = half.declared.iter().map(|line| format!("Deployment: `{line}`"));
    let lines: Vec<String> = annotations.chain(config).chain(declared).collect();
    if lines.is_empty() { "nothing".to_owned() } else { cell(&lines.join("<br>")) }
}
