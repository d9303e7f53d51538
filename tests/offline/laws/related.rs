//! A finding that speaks of another object relates it: whoever shows it knows where that one stands, and whether it is certain.

use std::collections::BTreeSet;

use no502::finding::Finding;
use no502::object::{Kind, Object, ObjectId};

use super::arrival::{found, stages};

/// Rules that say where requests go, to tell whom they miss.
const ROUTES: [&str; 3] = ["host-catches-all", "reference-not-granted", "route-conflict"];

/// Whether a text names an object as people do: `Deployment web`, `Deployment shop/web`.
fn names(text: &str, id: &ObjectId) -> bool {
    let is_word = |at: char| at.is_alphanumeric() || "-_./".contains(at);
    [format!("{} {}", id.kind, id.name), format!("{} {}/{}", id.kind, id.namespace, id.name)].iter().any(|name| {
        text.match_indices(&**name).any(|(at, found)| {
            let after = text[at + found.len()..].chars().next();
            // A full stop ends a sentence, and begins the rest of a name.
            let ends = after.is_none_or(|after| !is_word(after)) || text[at + found.len()..].starts_with(". ");
            ends && text[..at].chars().next_back().is_none_or(|before| !is_word(before))
        })
    })
}

/// The objects that a finding speaks of and does not relate.
fn unrelated<'o>(finding: &Finding, objects: &'o [Object]) -> Vec<&'o ObjectId> {
    let mut related: BTreeSet<&ObjectId> = finding.related.iter().map(|(label, _)| &label.object).collect();
    related.extend([&finding.primary.object, &finding.subject]);
    let said = format!("{}\n{}", finding.message, finding.why);
    let others = objects.iter().map(|object| &object.id).filter(|id| id.kind != Kind::Namespace && !related.contains(id));
    // Where a route leads is said by the route itself.
    let is_told = |id: &&ObjectId| id.kind == Kind::Service && ROUTES.contains(&finding.rule);
    let others = others.filter(move |id| !is_told(id));
    // Of two of one name the one that is related is meant.
    let is_meant = |id: &&ObjectId| !related.iter().any(|own| own.kind == id.kind && own.name == id.name);
    others.filter(is_meant).filter(|id| names(&said, id)).collect()
}

#[test]
fn what_a_finding_speaks_of_is_related_to_it() {
    let mut faults = BTreeSet::new();
    for stage in stages() {
        for finding in found(&stage) {
            for id in unrelated(&finding, &stage.objects) {
                faults.insert(format!("{} speaks of {id} ({}): {}", finding.rule, stage.name, finding.message));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
