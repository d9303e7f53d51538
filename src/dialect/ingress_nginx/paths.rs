//! How ingress-nginx lays the paths of a host together, of whichever objects.
//!
//! Sources: `internal/ingress/controller/controller.go` (the oldest object wins; upstreams are of a Service and port),
//! `location.go` (a prefix is two locations), `template.go` (`enforceRegexModifier`) and `k8s/main.go` (types of paths).

use super::grammar::is_true;
use crate::model::{Gateway, Global, Matching, PathType, Pattern, Route, Routing, Tried, Version};

/// See the module.
#[derive(Debug)]
pub(super) struct Paths;

/// What the text of `rewrite-target` may hold since v1.12.0; anything else is dropped there.
fn is_target(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/:$".contains(c))
}

fn target<'r>(routing: &'r Routing, gateway: &Gateway<'_>) -> Option<&'r str> {
    routing.annotation_under(&gateway.prefix, "rewrite-target").filter(|text| is_target(text))
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
