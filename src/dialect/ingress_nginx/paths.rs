//! How ingress-nginx lays the paths of a host together, of whichever objects.
//!
//! Sources: `internal/ingress/controller/controller.go` (the oldest object wins; upstreams are of a Service and port),
//! `location.go` (a prefix is two locations), `template.go` (`enforceRegexModifier`) and `k8s/main.go` (types of paths).

use super::super::key::Source;
use super::grammar::is_true;
use super::keys::{VALIDATORS, is_closed};
use crate::model::{Gateway, Global, Matching, Note, NoteKind, PathType, Pattern, Route, Routing, Tried, Version};

/// See the module.
#[derive(Debug)]
pub(super) struct Paths;

/// What the text of `rewrite-target` may hold since v1.12.0; anything else is dropped there.
fn is_target(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/:$".contains(c))
}

fn target<'r>(routing: &'r Routing, gateway: &Gateway<'_>) -> Option<&'r str> {
    let takes_all = gateway.version.is_some_and(|own| VALIDATORS.is_some_and(|since| own < since));
    routing.annotation_under(&gateway.prefix, "rewrite-target").filter(|text| takes_all || is_target(text))
}

fn uses_expressions(routing: &Routing, gateway: &Gateway<'_>) -> bool {
    routing.annotation_under(&gateway.prefix, "use-regex").is_some_and(is_true)
}

impl Matching for Paths {
    fn spreading_key(&self, routing: &Routing, gateway: &Gateway<'_>, host: &str) -> Option<&'static str> {
        let mut paths = routing.routes.iter().filter(|route| route.has_path() && *route.host == *host);
        if uses_expressions(routing, gateway) && paths.clone().next().is_some() {
            return Some("use-regex");
        }
        // A target that is the path itself rewrites nothing.
        let target = target(routing, gateway)?;
        paths.any(|route| *route.path != *target).then_some("rewrite-target")
    }

    /// Each location is `~* "^<path>"`. A prefix of an object without expressions of its own is two of them, with a slash at
    /// its end and without.
    fn tried<'r>(&self, routing: &Routing, gateway: &Gateway<'_>, route: &'r Route) -> Option<Tried<'r>> {
        let path = &*route.path;
        let is_rewritten = target(routing, gateway).is_some_and(|target| target != path);
        let is_one =
            route.path_type == PathType::Exact || path.ends_with('/') || is_rewritten || uses_expressions(routing, gateway);
        let pattern = Pattern::expression(path)?;
        Some(Tried { pattern, longest: path.len() + usize::from(!is_one), shortest: path.len() })
    }

    /// `ImplementationSpecific` is `Prefix`.
    fn is_same_type(&self, one: PathType, other: PathType) -> bool {
        (one == PathType::Exact) == (other == PathType::Exact)
    }

    fn rewrite<'r>(&self, routing: &'r Routing, gateway: &Gateway<'_>) -> Option<(&'static str, &'r str)> {
        target(routing, gateway).map(|target| ("rewrite-target", target))
    }

    /// `strict-validate-path-type` of the `ConfigMap`, which is true since v1.12.0. The webhook alone looks at it, so objects
    /// that are older than that go on.
    fn takes_expressions(&self, gateway: &Gateway<'_>) -> Option<bool> {
        let is_strict = gateway.version.map(|version| version >= Version(1, 12, 0));
        match gateway.global {
            Global::None => is_strict.map(|is_strict| !is_strict),
            Global::Unknown => None,
            Global::Known(texts) => match texts.get("strict-validate-path-type") {
                Some(text) => Some(!is_true(text)),
                None => is_strict.map(|is_strict| !is_strict),
            },
        }
    }

    fn shared_keys(&self) -> &'static [(&'static str, &'static str)] {
        &[("load-balance", "round_robin"), ("service-upstream", "false"), ("upstream-hash-by", "")]
    }
}

/// Notes the paths that are expressions and cannot be compiled, where the object itself makes them expressions.
pub(super) fn read(source: &mut Source<'_>) {
    let (routing, gateway) = (source.routing, source.gateway);
    let target = target(routing, gateway);
    let uses_expressions = uses_expressions(routing, gateway);
    if target.is_none() && !uses_expressions {
        return;
    }
    let routes = routing.routes.iter().filter(|route| route.has_path());
    let expressions = routes.filter(|route| uses_expressions || target.is_some_and(|target| *route.path != *target));
    let notes = expressions.filter(|route| !is_closed(&route.path)).map(|route| Note {
        address: route.path_address(),
        key: "path".into(),
        kind: NoteKind::Poison {
            written: route.path.clone(),
            because: "It is an expression here, and a bracket in it has no other end, so that it cannot be compiled.".into(),
            expects: "a path in which every bracket is closed".into(),
            rewrite: None,
        },
    });
    source.notes.extend(notes);
}
