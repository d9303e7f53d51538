//! Which kinds are read, as rules and dialects declare it. Watches and RBAC follow from it.

use crate::dialect::DIALECTS;
use crate::object::Kind;
use crate::rule::RULES;

/// All kinds that some rule or dialect reads, whatever makes pods, and Namespaces, whose labels choose the profiles.
#[must_use]
pub fn read_kinds() -> Vec<Kind> {
    let by_rules = RULES.iter().flat_map(|entry| entry.meta.reads);
    let by_dialects = DIALECTS.iter().flat_map(|dialect| dialect.reads());
    let mut kinds: Vec<Kind> = by_rules.chain(by_dialects).copied().chain([Kind::Namespace, Kind::IngressClass]).collect();
    kinds.extend(Kind::ALL.into_iter().filter(|kind| kind.is_workload()));
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The kinds that are watched in the whole cluster. A `ConfigMap` is only watched where the policy names it.
#[must_use]
pub fn watched_kinds() -> Vec<Kind> {
    read_kinds().into_iter().filter(|kind| *kind != Kind::ConfigMap).collect()
}
