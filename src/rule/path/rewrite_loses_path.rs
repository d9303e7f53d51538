#![doc = include_str!("rewrite_loses_path.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{is_gateway_route, paths};
use crate::finding::{Finding, Label};
use crate::model::{PathRewrite, PathType, Pattern, Reach, Route, RouteMatch, RouteRule};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct RewriteLosesPath;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RewriteLosesPath {
    type Params = Params;

    const META: Meta = Meta {
        name: "rewrite-loses-path",
        family: Family::Path,
        summary: "a rewrite throws away what was asked for: it uses a capture that the path lacks, or none at all",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("rewrite_loses_path.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    if is_gateway_route(case) {
        findings.extend(case.routing.rules.iter().filter_map(|rule| replaces(case, rule)));
        return;
    }
    let Some(matching) = case.gateway.matching else { return };
    let Some((name, target)) = matching.rewrite(case.routing, case.gateway) else { return };
    let address = Address::Key { prefix: case.gateway.prefix.clone(), name };
    // A target that is the path itself rewrites nothing.
    let rewritten = || paths(case.routing).filter(|route| *route.path != *target);
    let used = highest_capture(target);
    let lacking: Vec<&Route> = rewritten().filter(|route| captures(&route.path) < used).collect();
    if let Some(first) = lacking.first() {
        findings.push(lacks(case.label(&address), name, target, used, first, lacking.len()));
    }
    let flat: Vec<&Route> = rewritten().filter(|route| used == 0 && is_flattened(target, route)).collect();
    if let Some(first) = flat.first() {
        findings.push(flattens(case.label(&address), name, target, first, flat.len()));
    }
}

/// The highest number of a capture that a target uses; 0 where it uses none.
fn highest_capture(target: &str) -> u32 {
    let numbers = target.split('$').skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10));
    numbers.max().unwrap_or(0)
}

/// How many captures an expression has.
fn captures(path: &str) -> u32 {
    let (mut count, mut is_escaped, mut in_class) = (0, false, false);
    for c in path.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            // `(?:` captures nothing, and `(?<name>` does. Whoever writes either knows what is captured.
            '(' if !in_class => count += 1,
            _ => {}
        }
    }
    count
}

/// Whether all that is asked for below a path becomes one and the same path. A variable may carry the path, and one page for
/// everything is what applications of one page want.
fn is_flattened(target: &str, route: &Route) -> bool {
    let takes_more = Pattern::expression(&route.path).is_some_and(|pattern| pattern.reach != Reach::Nothing);
    route.path_type != PathType::Exact && takes_more && !is_page(target) && !target.contains('$')
}

fn is_page(target: &str) -> bool {
    target.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

/// A rule of the Gateway API that puts one path in the place of all that a prefix takes.
fn replaces(case: &RoutingCase<'_>, rule: &RouteRule) -> Option<Finding> {
    let Some(PathRewrite::Full(target)) = &rule.rewrite else { return None };
    // With a method it is mostly one call that is meant, and not what is below it.
    let is_flattened = |own: &&RouteMatch| own.path_type == PathType::Prefix && own.method.is_none();
    let own = rule.matches.iter().find(is_flattened).filter(|_| !is_page(target))?;
    let plain = own.path.trim_end_matches('/');
    let target = if target.is_empty() { "/" } else { target };
    let element = case.routing.sections.get(rule.index).map_or("", |section| &section.name);
    let label = Label::new(&case.routing.id, Address::item("/spec/rules/{}/filters", rule.index)).of(element);
    Some(
        Finding::at(label, format!("replaceFullPath \"{target}\" replaces every path below \"{}\"", own.path))
            // Whoever writes the name of this filter may mean what it says.
            .at_most(Level::Warning)
            .status(404)
            .why(format!(
                "What is rewritten is the whole path, not its beginning: {plain}/a/b reaches the backend as \"{target}\" too. Pages, scripts and \
                 calls below {} answer with the wrong content, a redirect or 404.",
                own.path
            ))
            .help(format!(
                "replace the prefix alone:\npath: {{type: ReplacePrefixMatch, replacePrefixMatch: {target}}}\nor take only the one path, with a \
                 match of type Exact"
            )),
    )
}

fn lacks(label: Label, name: &str, target: &str, used: u32, route: &Route, paths: usize) -> Finding {
    let path = &route.path;
    let has = match captures(path) {
        0 => "no capture".to_owned(),
        1 => "one capture".to_owned(),
        count => format!("{count} captures"),
    };
    let lost = target.replace(&format!("${used}"), "");
    let sample = path.trim_end_matches('/');
    Finding::at(label, format!("{name} uses ${used}, but path \"{path}\" has {has}"))
        .excess(u64::try_from(paths).unwrap_or(u64::MAX))
        .status(404)
        .why(format!(
            "A capture that is not there is empty. Every request of {}, also of what is below it, reaches the backend as \"{lost}\".",
            route.shown()
        ))
        .help(capture_help(sample, target, used))
}

fn flattens(label: Label, name: &str, target: &str, route: &Route, paths: usize) -> Finding {
    let plain = Pattern::expression(&route.path).map_or("", |pattern| pattern.text).trim_end_matches('/');
    let below = format!("{plain}/a/b");
    // Only the root is surely no page that is meant for all.
    let cap = if target == "/" { Level::Error } else { Level::Warning };
    Finding::at(label, format!("{name} \"{target}\" replaces every path below \"{}\"", route.path))
        .excess(u64::try_from(paths).unwrap_or(u64::MAX))
        .at_most(cap)
        .status(404)
        .why(format!(
            "What is rewritten is the whole path, not its beginning: {below} reaches the backend as \"{target}\" too. Pages, scripts \
             and calls below {} answer with the wrong content, a redirect or 404.",
            route.shown()
        ))
        .help(capture_help(plain, &format!("{}/$2", target.trim_end_matches('/')), 2))
}

fn capture_help(path: &str, target: &str, used: u32) -> String {
    let ending = if used >= 2 { "(/|$)(.*)" } else { "/?(.*)" };
    format!(
        "capture what is below the path:\npath: {path}{ending}\npathType: ImplementationSpecific\nwith the target \"{target}\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_counted_as_an_expression_has_them() {
        for (path, count) in [("/a", 0), ("/a(/|$)(.*)", 2), ("/[(](.*)", 1), ("/\\((.*)", 1), ("/(a(b))", 2)] {
            assert_eq!(captures(path), count, "{path}");
        }
        for (target, highest) in [("/", 0), ("/$1", 1), ("/$2/$1", 2), ("/$uri", 0)] {
            assert_eq!(highest_capture(target), highest, "{target}");
        }
    }
}
