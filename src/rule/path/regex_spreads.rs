#![doc = include_str!("regex_spreads.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Owned, hosts, paths_on, spreader};
use crate::finding::{Finding, Label};
use crate::model::{Matching, PathType, Route, Routing, looks_like_expression};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct RegexSpreads;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RegexSpreads {
    type Params = Params;

    const META: Meta = Meta {
        name: "regex-spreads",
        family: Family::Path,
        summary: "a key of one object makes expressions of all paths of the host, and an Exact path takes the requests of another one",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("regex_spreads.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    let Some(matching) = case.gateway.matching else { return };
    for host in hosts(case.routing) {
        let Some(by) = spreader(case, matching, host) else { continue };
        let all = std::iter::once(case.routing).chain(case.same_host.iter().map(|beside| beside.routing));
        let all = all.flat_map(|routing| paths_on(routing, host).map(move |route| Owned { routing, route }));
        let all: Vec<Owned<'_>> = all.collect();
        let hit = all.iter().filter(|path| is_exact(path.route)).filter_map(|path| {
            let loser = all.iter().find(|other| !path.may_lead_to_same(other) && loses(case, matching, *path, **other))?;
            Some((*path, *loser))
        });
        let (own, others): (Vec<_>, Vec<_>) = hit.partition(|(path, _)| path.routing.id == case.routing.id);
        findings.extend(own.into_iter().map(|(path, loser)| exact(case, by, path, loser)));
        findings.extend(others_hit(case, matching, host, by, &others));
    }
}

/// Whether a path is meant to be exact, and something may stand behind it. Nobody asks for what is behind a file.
fn is_exact(route: &Route) -> bool {
    let last = route.path.rsplit('/').next().unwrap_or_default();
    route.path_type == PathType::Exact && !last.contains('.') && !looks_like_expression(&route.path)
}

/// Whether requests beyond an exact path belong to another one, which is tried later.
fn loses(case: &RoutingCase<'_>, matching: &dyn Matching, exact: Owned<'_>, other: Owned<'_>) -> bool {
    let tried =
        |path: Owned<'_>| matching.tried(path.routing, case.gateway, path.route).map(|tried| (tried.shortest, tried.longest));
    if other.route.path_type == PathType::Exact {
        return false;
    }
    if exact.route.path == other.route.path {
        // Both become the same expression of the root; of any other path the prefix is the longer one.
        return &*exact.route.path == "/";
    }
    let text = matching.tried(other.routing, case.gateway, other.route).map(|tried| tried.pattern.text);
    let rest = text.and_then(|text| Some((text, exact.route.path.strip_prefix(text)?)));
    let is_below = rest.is_some_and(|(text, rest)| text.ends_with('/') || rest.starts_with('/'));
    is_below && tried(exact).zip(tried(other)).is_some_and(|(exact, other)| exact.0 > other.1)
}

fn exact(case: &RoutingCase<'_>, by: (&Routing, &'static str), own: Owned<'_>, loser: Owned<'_>) -> Finding {
    let (path, shown) = (&own.route.path, loser.route.shown());
    Finding::at(case.path(own.route), format!("the Exact path \"{path}\" takes all that begins with it"))
        .why(format!(
            "{} So {} comes here, to {}, and not to {}, which {shown} leads to.",
            because(case, by),
            beyond(path),
            own.leads_to(),
            loser.leads_to()
        ))
        .help(format!(
            "give the expressions a host of their own, or write the end of the path too:\npath: {path}$\npathType: ImplementationSpecific"
        ))
        .related(key_of(case, by), "what makes expressions of all paths")
        .related(loser.label(), "what should get the others")
}

/// What an object does to the exact paths of others, where it alone makes expressions of them.
fn others_hit(
    case: &RoutingCase<'_>,
    matching: &dyn Matching,
    host: &str,
    by: (&Routing, &'static str),
    hit: &[(Owned<'_>, Owned<'_>)],
) -> Option<Finding> {
    let (path, loser) = hit.first()?;
    let mut others = case.same_host.iter().map(|beside| beside.routing);
    let is_alone = others.all(|other| matching.spreading_key(other, case.gateway, host).is_none());
    if by.0.id != case.routing.id || !is_alone {
        return None;
    }
    let (shown, id) = (path.route.shown(), &path.routing.id);
    let more = u64::try_from(hit.len()).unwrap_or(u64::MAX);
    let finding =
        Finding::at(key_of(case, by), format!("{} makes the Exact path {shown} of {id} take all that begins with it", by.1))
            .why(format!(
                "{} So {} goes to {}, and not to {}.",
                because(case, by),
                beyond(&path.route.path),
                path.leads_to(),
                loser.leads_to()
            ))
            .help("give the paths of this object a host of their own")
            .related(path.label(), "what is exact no more")
            .related(loser.label(), "what should get the others");
    Some(finding.excess(more))
}

fn because(case: &RoutingCase<'_>, by: (&Routing, &'static str)) -> String {
    let (name, (routing, key)) = (case.gateway.name, by);
    let whose = if routing.id == case.routing.id { "of this object".to_owned() } else { format!("of {}", routing.id) };
    format!(
        "{key} {whose} is for the whole host in {name}: each of its paths, of whichever object and type, becomes a regular expression \
         that is held against the beginning of a path, in small or large letters."
    )
}

/// A request that an exact path should not get.
fn beyond(path: &str) -> String {
    if path == "/" { "every path that no longer text matches".to_owned() } else { format!("{path}/more") }
}

fn key_of(case: &RoutingCase<'_>, (routing, name): (&Routing, &'static str)) -> Label {
    let address = Address::Key { prefix: case.gateway.prefix.clone(), name };
    Label::new(&routing.id, address).of(name)
}
