//! Which path takes a request: the order in which a gateway tries the paths that match it.
//!
//! Hosts come first, the exact one before a wildcard before none. Then an Ingress has its longest path, an exact one before a
//! prefix; a route of the Gateway API has the order of `HTTPRouteRule.matches` in `apis/v1/httproute_types.go`. What an expression
//! takes is left to the gateway, unless its ending is plain.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Way;
use super::canary::Canary;
use super::expression;
use crate::engine::landscape;
use crate::engine::plan::Plan;
use crate::inventory::World;
use crate::model::{Gateway, PathType, Pattern, Reach, Route, RouteMatch, Routing};
use crate::object::Kind;

/// A request that is asked about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The host, in small letters; empty where none was given.
    pub host: Box<str>,
    /// The path, with its slash.
    pub path: Box<str>,
}

/// How a host matches that of a request. Ordered: what is nearer is greater.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum HostFit {
    /// All hosts are meant.
    Any,
    /// A wildcard, of so many characters.
    Wildcard(usize),
    /// The very same one.
    Exact,
}

/// How a path matches that of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PathFit {
    /// As the default backend, which takes what nothing else takes.
    Default,
    /// By its beginning.
    Prefix,
    /// As a whole.
    Exact,
    /// As an expression of which that is plain.
    Expression,
    /// Perhaps: it is an expression that only the gateway can tell.
    Perhaps,
    /// Every connection of the host, whatever is asked in it.
    Connection,
}

/// How a path stands to a request, and to the others that match it.
#[derive(Clone, Debug)]
pub struct Order<'w> {
    /// How its host matches.
    pub host: HostFit,
    /// How its path matches.
    pub path: PathFit,
    /// What else it demands of a request: a method, headers, a query.
    pub demands: Option<String>,
    /// Whether no listener takes it, so that it gets no request at all.
    pub is_detached: bool,
    /// Whether it only splits the traffic of another object.
    pub is_canary: bool,
    /// Who names a host that is nearer, so that most gateways look no farther.
    pub nearer: Option<&'w Routing>,
    /// What takes the request in its place: an object, and its path for people.
    pub instead: Option<(&'w Routing, String)>,
    /// Its place in the order in which paths are tried.
    pub index: usize,
    /// Whether it is not known which of both is older, and that decides.
    pub is_tie: bool,
}

/// A path that matches, before it is held against the others.
pub(super) struct Candidate<'w> {
    pub(super) way: Way<'w>,
    pub(super) order: Order<'w>,
    rank: Rank,
    gateway: String,
}

/// The order in which paths are tried, the first one the least.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
struct Rank {
    is_detached: bool,
    is_canary: bool,
    host: Reverse<HostFit>,
    path: Reverse<(u8, usize, bool)>,
    demands: Reverse<(bool, usize, usize)>,
    age: (bool, Option<Box<str>>),
    name: (Box<str>, Box<str>),
    place: usize,
}

impl Request {
    /// Reads `shop.example.com/cart`, also as an address that was copied from somewhere.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let text = text.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = text.split_once('/').unwrap_or((text, ""));
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let host = if host == "*" { "" } else { host };
        Self { host: host.to_ascii_lowercase().into(), path: format!("/{path}").into() }
    }

    /// How a host matches; `None` where it does not.
    fn fit(&self, host: &str) -> Option<HostFit> {
        if host.is_empty() || host == "*" {
            return Some(HostFit::Any);
        }
        if host.eq_ignore_ascii_case(&self.host) {
            return Some(HostFit::Exact);
        }
        let rest = host.strip_prefix('*')?;
        (self.host.ends_with(rest) && self.host.len() > rest.len()).then_some(HostFit::Wildcard(rest.len()))
    }
}

/// Whether a path of this object matches a request, whatever becomes of it beside the others.
pub(super) fn may_match<'w>(routing: &'w Routing, request: &Request, world: &World<'w>, plan: &'w Plan) -> bool {
    let own = Beside::new(routing, request, world, plan);
    // Whether its paths are expressions depends on others.
    own.host().is_some() && (own.serves.matching.is_some() || !own.candidates(request, &[]).is_empty())
}

/// The paths that match a request, those first that are tried first.
pub(super) fn candidates<'w>(request: &Request, world: &World<'w>, plan: &'w Plan) -> Vec<Candidate<'w>> {
    let mut near: HashMap<String, (HostFit, &Routing)> = HashMap::new();
    let mut beside: Vec<Beside<'w>> = Vec::new();
    for routing in world.routings().filter(|routing| !routing.is_leaving) {
        let own = Beside::new(routing, request, world, plan);
        let Some(fit) = own.host() else { continue };
        if !own.is_detached {
            let nearest = near.entry(own.gateway.clone()).or_insert((fit, routing));
            if fit > nearest.0 || fit == nearest.0 && routing.id < nearest.1.id {
                *nearest = (fit, routing);
            }
        }
        beside.push(own);
    }
    let mut found: Vec<Candidate<'w>> = beside.iter().flat_map(|own| own.candidates(request, &beside)).collect();
    found.sort_by(|a, b| a.rank.cmp(&b.rank));
    for candidate in &mut found {
        let nearest = near.get(&candidate.gateway).filter(|(fit, _)| *fit > candidate.order.host);
        candidate.order.nearer = nearest.map(|(_, routing)| *routing);
    }
    settle(&mut found, world, plan);
    found
}

/// Says of each candidate whether another one of its gateway takes the request for certain, before it is tried.
fn settle<'w>(found: &mut [Candidate<'w>], world: &World<'w>, plan: &'w Plan) {
    let mut takers: HashMap<String, usize> = HashMap::new();
    for index in 0..found.len() {
        let Some(own) = found.get(index) else { continue };
        let taker = takers.get(&own.gateway).and_then(|taker| found.get(*taker));
        let instead = taker.map(|taker| (taker.way.routing, taker.way.shown()));
        let is_tie = taker.is_some_and(|taker| {
            let of = |own: &Candidate<'_>| (own.rank.host, own.rank.path, own.rank.demands, own.rank.age.clone());
            taker.way.routing.id != own.way.routing.id && own.rank.age.0 && of(taker) == of(own)
        });
        // A canary takes its share of what is sent to the same backend.
        let canary = Canary::of(&own.way, world, plan);
        let goes_along = canary.is_some_and(|canary| taker.is_none_or(|taker| canary.splits(&taker.way)));
        let is_sure = own.order.demands.is_none() && own.order.path != PathFit::Perhaps && own.order.nearer.is_none();
        let takes = is_sure && !own.order.is_detached && !own.order.is_canary;
        let gateway = own.gateway.clone();
        if let Some(own) = found.get_mut(index) {
            own.order.index = index;
            if !goes_along && !own.order.is_detached {
                own.order.instead = instead;
                own.order.is_tie = is_tie && !own.order.is_canary;
            }
        }
        if takes {
            takers.entry(gateway).or_insert(index);
        }
    }
}

/// An object that may take a request, and who serves it.
struct Beside<'w> {
    routing: &'w Routing,
    serves: Gateway<'w>,
    /// What tells its gateway from others.
    gateway: String,
    /// How those of its hosts match that do.
    hosts: Vec<HostFit>,
    is_detached: bool,
}

impl<'w> Beside<'w> {
    fn new(routing: &'w Routing, request: &Request, world: &World<'w>, plan: &'w Plan) -> Self {
        let found = landscape::serving(routing, world, plan);
        let serves = found.gateway(world);
        let mut own: Vec<&str> = routing.hosts().collect();
        if own.is_empty() {
            own.push("");
        }
        let mut hosts: Vec<HostFit> = own.into_iter().filter_map(|host| request.fit(host)).collect();
        let mut gateway = format!("{:?} {:?}", serves.dialect, found.name);
        let mut is_detached = false;
        if routing.id.kind.is_gateway_route() {
            let attachments = world.attachments(routing);
            let takes = |own: &&crate::model::Listener| request.fit(&own.hostname).is_some();
            let listeners: Vec<_> = attachments.iter().flat_map(|own| own.listeners.iter().copied()).filter(takes).collect();
            // Other objects may add listeners to a Gateway that has none of its own.
            let is_open = attachments.iter().any(|own| own.fault.is_none() && own.listeners.is_empty());
            is_detached = listeners.is_empty() && !is_open;
            let nearest = listeners.iter().filter_map(|own| request.fit(&own.hostname)).max();
            for fit in hosts.iter_mut().filter(|fit| **fit == HostFit::Any) {
                *fit = nearest.unwrap_or(HostFit::Any);
            }
            let parent = attachments.first().map(|own| own.gateway.map_or(&own.parent.id, |gateway| &gateway.id));
            gateway = parent.map_or(gateway, ToString::to_string);
        }
        Self { routing, serves, gateway, hosts, is_detached }
    }

    fn host(&self) -> Option<HostFit> {
        self.hosts.iter().copied().max()
    }

    fn candidates(&self, request: &Request, all: &[Self]) -> Vec<Candidate<'w>> {
        let found = Way::all(self.routing).into_iter().enumerate().filter_map(|(place, way)| {
            let (host, fit, path, demands) = if let Some(rule) = way.rule {
                let fits = rule.matches.iter().filter_map(|own| Some((of_match(own, self.routing, request)?, own)));
                // One that demands nothing takes the request whatever the others demand.
                let (fit, best) = fits.max_by_key(|((_, path), own)| {
                    let demands = demands_of(own);
                    (demands == DEMANDS_NOTHING, *path, demands)
                })?;
                (self.host()?, fit.0, fit.1, Some(best))
            } else {
                let route = way.routes.first()?;
                let host = if route.has_path() { request.fit(&route.host)? } else { self.host()? };
                let (fit, path) = self.of_route(route, request, all)?;
                (host, fit, path, None)
            };
            Some(self.candidate(way, host, (fit, path), demands, place))
        });
        found.collect()
    }

    fn candidate(
        &self,
        way: Way<'w>,
        host: HostFit,
        (fit, path): (PathFit, (u8, usize, bool)),
        matched: Option<&RouteMatch>,
        place: usize,
    ) -> Candidate<'w> {
        let routing = self.routing;
        let rank = Rank {
            is_detached: self.is_detached,
            is_canary: routing.is_canary,
            host: Reverse(host),
            path: Reverse(path),
            demands: Reverse(matched.map(demands_of).unwrap_or_default()),
            age: (routing.created.is_none(), routing.created.clone()),
            name: ((*routing.id.namespace).into(), (*routing.id.name).into()),
            place,
        };
        let demands = matched.and_then(|own| {
            let method = own.method.as_ref().map(|method| format!("method {method}"));
            let all: Vec<String> = method.into_iter().chain(own.demands.iter().map(ToString::to_string)).collect();
            (!all.is_empty()).then(|| all.join(", "))
        });
        let order = Order {
            host,
            path: fit,
            demands,
            is_detached: self.is_detached,
            is_canary: routing.is_canary,
            nearer: None,
            instead: None,
            index: 0,
            is_tie: false,
        };
        Candidate { way, order, rank, gateway: self.gateway.clone() }
    }

    /// How a path of an Ingress or of a `VirtualServer` matches, and its place among those that do.
    fn of_route(&self, route: &Route, request: &Request, all: &[Self]) -> Option<(PathFit, (u8, usize, bool))> {
        if !route.has_path() {
            return Some((PathFit::Default, (0, 0, false)));
        }
        let (path, asked) = (&*route.path, &*request.path);
        if matches!(self.routing.id.kind, Kind::VirtualServer | Kind::VirtualServerRoute) {
            return of_location(path, asked);
        }
        if self.are_expressions(&route.host, all) {
            let tried = self.serves.matching.and_then(|matching| matching.tried(self.routing, &self.serves, route));
            // Here every expression is held against the beginning of a path.
            let Some(tried) = tried else {
                return expression::may_match(path, asked).then_some((PathFit::Perhaps, (1, path.len(), false)));
            };
            let takes = tried.pattern.covers(&Pattern { text: asked, reach: Reach::Nothing });
            return takes.then_some((PathFit::Expression, (1, tried.longest, false)));
        }
        match route.path_type {
            PathType::Exact => (path == asked).then_some((PathFit::Exact, (1, path.len(), true))),
            PathType::Prefix => begins(asked, path).then_some((PathFit::Prefix, (1, path.len(), false))),
            // As the gateway likes: as a prefix with those that are known, and anything with the others.
            PathType::ImplementationSpecific if self.serves.matching.is_some() || !path.contains(['*', '(', '[']) => {
                begins(asked, path).then_some((PathFit::Prefix, (1, path.len(), false)))
            }
            PathType::ImplementationSpecific => Some((PathFit::Perhaps, (1, path.len(), false))),
        }
    }

    /// Whether some object of the gateway makes expressions of all paths of a host.
    fn are_expressions(&self, host: &str, all: &[Self]) -> bool {
        let Some(matching) = self.serves.matching else { return false };
        let mut beside = all.iter().filter(|own| own.gateway == self.gateway);
        beside.any(|own| matching.spreading_key(own.routing, &own.serves, host).is_some())
    }
}

/// A path of a `VirtualServer`, as NGINX reads it: `=/exact`, `~ expression`, `/prefix`.
fn of_location(path: &str, asked: &str) -> Option<(PathFit, (u8, usize, bool))> {
    if let Some(exact) = path.strip_prefix('=') {
        return (exact.trim() == asked).then_some((PathFit::Exact, (3, exact.len(), true)));
    }
    if path.starts_with('~') {
        let expression = path.trim_start_matches(['~', '*', ' ']);
        let may = expression.strip_prefix('^').is_none_or(|anchored| expression::may_match(anchored, asked));
        return may.then_some((PathFit::Perhaps, (2, 0, false)));
    }
    asked.starts_with(path).then_some((PathFit::Prefix, (1, path.len(), false)))
}

/// How one match of a rule fits. An expression comes first, since its place in the order is the gateway's own.
fn of_match(own: &RouteMatch, routing: &Routing, request: &Request) -> Option<(PathFit, (u8, usize, bool))> {
    let path = &*own.path;
    if routing.id.kind == Kind::TlsRoute {
        return Some((PathFit::Connection, (1, 0, false)));
    }
    match own.path_type {
        PathType::Exact => (*path == *request.path).then_some((PathFit::Exact, (1, path.len(), true))),
        PathType::Prefix => {
            begins(&request.path, path).then_some((PathFit::Prefix, (1, path.trim_end_matches('/').len(), false)))
        }
        PathType::ImplementationSpecific => Some((PathFit::Perhaps, (2, path.len(), false))),
    }
}

/// What a match without further demands demands.
const DEMANDS_NOTHING: (bool, usize, usize) = (false, 0, 0);

/// How much a match demands beside its path: whether a method, how many headers, how much of the query.
fn demands_of(own: &RouteMatch) -> (bool, usize, usize) {
    let count = |what: &str| own.demands.iter().filter(|demand| demand.starts_with(what)).count();
    (own.method.is_some(), count("header "), count("query "))
}

/// Whether a path begins with another one, element by element.
fn begins(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
