#![doc = include_str!("path_type_unfit.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{is_gateway_route, paths, spreader};
use crate::finding::{Finding, Label};
use crate::model::{PathType, Route, looks_like_expression};
use crate::object::{Address, Kind};
use crate::rule::matched::{self, Matched};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct PathTypeUnfit;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for PathTypeUnfit {
    type Params = Params;

    const META: Meta = Meta {
        name: "path-type-unfit",
        family: Family::Path,
        summary: "a path looks like a regular expression, and its type or its object makes it a plain text, or has it refused",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::HttpRoute, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("path_type_unfit.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    if is_gateway_route(case) && case.routing.id.kind == Kind::HttpRoute {
        findings.extend(matched::all(case.routing).filter_map(to_the_letter));
        return;
    }
    let Some(matching) = case.gateway.matching else { return };
    let suspects = paths(case.routing).filter(|route| looks_like_expression(&route.path));
    findings.extend(suspects.filter_map(|route| {
        if spreader(case, matching, &route.host).is_none() {
            return Some(literal(case, route));
        }
        if route.path_type == PathType::ImplementationSpecific {
            return None;
        }
        match matching.takes_expressions(case.gateway) {
            Some(true) => None,
            Some(false) => Some(refused(case, route, "refuses")),
            // It may be of a version that takes them still.
            None => Some(refused(case, route, "refuses, in its newer versions,").at_most(Level::Warning)),
        }
    }));
}

fn literal(case: &RoutingCase<'_>, route: &Route) -> Finding {
    let (name, path) = (case.gateway.name, &route.path);
    Finding::at(case.path(route), format!("{name} takes \"{path}\" to the letter"))
        .status(404)
        .why(format!(
            "Nothing on the host says that its paths are expressions, so the signs in it stand for themselves. No request has such a \
             path: all that should come here go to a broader path of the host, or get 404.{}",
            match route.path_type {
                PathType::ImplementationSpecific => "",
                PathType::Exact | PathType::Prefix => " Newer versions refuse it for this type of path.",
            }
        ))
        .help(help(case, route))
}

fn refused(case: &RoutingCase<'_>, route: &Route, does: &str) -> Finding {
    let (name, path) = (case.gateway.name, &route.path);
    let written = if route.path_type == PathType::Exact { "Exact" } else { "Prefix" };
    Finding::at(case.path(route), format!("{name} {does} the expression \"{path}\" with pathType {written}"))
        .status(404)
        .why(format!(
            "Of that type only letters, digits and . - _ / pass. An object that was there before goes on until somebody applies it \
             again: then it is refused, and a new one is not served at all: {} answers 404.",
            route.shown()
        ))
        .help("write\npathType: ImplementationSpecific")
}

/// A match of the Gateway API that looks like an expression and is none.
fn to_the_letter(one: Matched<'_>) -> Option<Finding> {
    let (own, path) = (one.own, &*one.own.path);
    let index = own.index.filter(|_| own.path_type != PathType::ImplementationSpecific && looks_like_expression(path))?;
    let written = if own.path_type == PathType::Exact { "Exact" } else { "PathPrefix" };
    let address = Address::nested("/spec/rules/{}/matches/{}/path/value", own.rule, index);
    let label = Label::new(&one.routing.id, address).of(one.shown());
    let help = match path.strip_suffix("/*").filter(|plain| !looks_like_expression(plain)) {
        Some(plain) => {
            let plain = if plain.is_empty() { "/" } else { plain };
            format!("a prefix takes all that is below it by itself:\npath: {{type: PathPrefix, value: {plain}}}")
        }
        None => {
            format!("if your gateway supports regular expressions, write\npath: {{type: RegularExpression, value: {path:?}}}")
        }
    };
    if let Some(sign) = refused_sign(path) {
        return Some(
            Finding::at(label, format!("the API server refuses \"{path}\" with type {written}"))
                .status(404)
                .why(format!(
                    "The API allows no {sign:?} in a path of type {written}, so the route is not stored: a new one is never served, and of one that \
                     was there the state before goes on."
                ))
                .help(help),
        );
    }
    Some(
        Finding::at(label, format!("\"{path}\" is taken to the letter"))
            .status(404)
            .why(format!(
                "A path of type {written} is no expression, so the signs in it stand for themselves. No request has such a path: all that \
                 should come here go to another match, or get 404."
            ))
            .help(help),
    )
}

/// The first sign that a path of the Gateway API may not have, unless it is an expression. Source: the rules of `HTTPPathMatch` in
/// `apis/v1/httproute_types.go`.
fn refused_sign(path: &str) -> Option<char> {
    path.chars().find(|c| !(c.is_ascii_alphanumeric() || "-/._~!$&'()*+,;=:@%".contains(*c)))
}

/// A prefix where only the end is a wildcard, else what makes it an expression.
fn help(case: &RoutingCase<'_>, route: &Route) -> String {
    match route.path.strip_suffix("/*").filter(|plain| !looks_like_expression(plain)) {
        Some(plain) => {
            let plain = if plain.is_empty() { "/" } else { plain };
            format!("a prefix takes all that is below it by itself:\npath: {plain}\npathType: Prefix")
        }
        None => format!(
            "look up in the annotations of {} how an object says that its paths are regular expressions, and write\npathType: \
             ImplementationSpecific",
            case.gateway.name
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_server_refuses_signs_that_no_plain_path_has() {
        for (path, sign) in [("/cart(.*)$", None), ("/v[0-9]+/cart", Some('[')), ("/a|/b", Some('|')), ("/a%20b/*", None)] {
            assert_eq!(refused_sign(path), sign, "{path}");
        }
    }
}
