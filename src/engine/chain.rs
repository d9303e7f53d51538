//! The chain: the way of a request from the client to the container that answers, with what is known of every hop.
//!
//! Built once for each question. Nothing is judged here that rules judge: what they say stands at the object where it bites.

mod canary;
mod expression;
mod judged;
mod pods;
mod request;

pub use canary::Canary;
pub use judged::bites_at;
pub use pods::{Drain, Pods, Span, Target};
pub use request::{HostFit, Order, PathFit, Request};

use jiff::civil::Date;

use super::effective::Effective;
use super::outcome::Spoken;
use super::plan::{Plan, Profile};
use crate::inventory::{Attached, Attachment, World};
use crate::model::{
    BackendPort, BackendTlsPolicy, Endpoints, Exposure, Gateway, Listeners, Place, Route, RouteRule, Routing, Service,
    ServicePort,
};
use crate::object::{Kind, ObjectId};
use judged::Bench;
use request::Candidate;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// Who answers this request.
    Request(&'a Request),
    /// The paths of one object that match a request, held against all others.
    Part(&'a Request, &'a ObjectId),
    /// What leads to this object, and on from it.
    Object(&'a ObjectId),
}

/// By what the objects on a chain are judged.
#[derive(Clone, Copy)]
pub struct Terms<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// The day.
    pub today: Date,
    /// The profile; without one, that of each namespace.
    pub profile: Option<&'p Profile>,
    /// Whether nothing else will come, so that what is missing does not exist.
    pub is_complete: bool,
}

/// The way of the requests of one path.
#[derive(Debug)]
pub struct Chain<'w> {
    /// The object that declares the path; `None` where a Service is reached by itself.
    pub routing: Option<&'w Routing>,
    /// The rule of a route of the Gateway API.
    pub rule: Option<&'w RouteRule>,
    /// Which requests it takes, as a person would say it: `shop.example.com/cart`.
    pub takes: String,
    /// How it stands to the request that was asked about, and to the other paths that match it.
    pub order: Option<Order<'w>>,
    /// What it splits, where it is a canary.
    pub canary: Option<Canary<'w>>,
    /// The listeners that take the requests, of a route of the Gateway API.
    pub attachments: Vec<Attachment<'w>>,
    /// Who serves the path, and what holds for it.
    pub effective: Option<Effective<'w>>,
    /// What the requests go on to; several where they are split.
    pub legs: Vec<Leg<'w>>,
    /// What is found at the objects on the way.
    pub spoken: Vec<Spoken>,
    /// Rules that panicked: faults of no502 itself.
    pub panics: Vec<&'static str>,
    /// Whether all that there is was seen.
    pub is_complete: bool,
}

/// The way from the gateway to the pods of one Service.
#[derive(Debug)]
pub struct Leg<'w> {
    /// The route that leads here.
    pub route: Option<&'w Route>,
    /// What holds for this leg, where it is not what holds for the whole path.
    pub own: Option<Effective<'w>>,
    /// The namespace and the name of the Service; `None` where something else answers.
    pub wanted: Option<(&'w str, &'w str)>,
    /// The Service, where it is there.
    pub service: Option<&'w Service>,
    /// Its port, where it has the one that is meant.
    pub port: Option<&'w ServicePort>,
    /// What has TLS spoken to the port.
    pub tls: Option<&'w BackendTlsPolicy>,
    /// Its endpoints in numbers; `None` where none were listed.
    pub endpoints: Option<Counts>,
    /// What makes the pods that it selects.
    pub pods: Vec<Pods<'w>>,
}

/// Endpoints in numbers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// How many get requests.
    pub ready: u32,
    /// How many would answer, those that end included.
    pub serving: u32,
    /// How many end.
    pub terminating: u32,
}

/// One path of an object, and what answers there.
#[derive(Clone)]
struct Way<'w> {
    routing: &'w Routing,
    rule: Option<&'w RouteRule>,
    routes: Vec<&'w Route>,
}

impl<'w> Chain<'w> {
    /// The chains that answer a question. Those of a request come in the order in which their gateway tries them.
    #[must_use]
    pub fn all(world: &World<'w>, terms: &Terms<'w>, asked: Asked<'_>) -> Vec<Self> {
        let bench = Bench::new(*world, *terms);
        match asked {
            Asked::Request(request) => {
                let candidates = request::candidates(request, world, terms.plan);
                candidates.into_iter().map(|own| Self::of_candidate(own, &bench)).collect()
            }
            Asked::Part(request, id) => {
                let may_match = world.routing(id).is_some_and(|own| request::may_match(own, request, world, terms.plan));
                let candidates = if may_match { request::candidates(request, world, terms.plan) } else { Vec::new() };
                let own = candidates.into_iter().filter(|own| own.way.routing.id == *id);
                own.map(|own| Self::of_candidate(own, &bench)).collect()
            }
            Asked::Object(id) => Self::of_object(id, &bench),
        }
    }

    /// The chains of the paths of one object that declares routes.
    #[must_use]
    pub fn of_routing(routing: &'w Routing, world: &World<'w>, terms: &Terms<'w>) -> Vec<Self> {
        let bench = Bench::new(*world, *terms);
        Way::all(routing).into_iter().map(|way| Self::of_way(&way, &bench)).collect()
    }

    /// How many chains that are.
    #[must_use]
    pub fn count(routing: &Routing) -> usize {
        Way::all(routing).len()
    }

    fn of_object(id: &ObjectId, bench: &Bench<'w>) -> Vec<Self> {
        let world = &bench.world;
        let ways = |routing| Way::all(routing).into_iter();
        if let Some(routing) = world.routing(id) {
            return ways(routing).map(|way| Self::of_way(&way, bench)).collect();
        }
        if matches!(id.kind, Kind::Gateway | Kind::ListenerSet) {
            let Some(listeners) = world.get::<Listeners>(id) else { return Vec::new() };
            let mut under: Vec<&Routing> = world.routings_under(&listeners.id).collect();
            under.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            return under.into_iter().flat_map(ways).map(|way| Self::of_way(&way, bench)).collect();
        }
        let mut services: Vec<&Service> = match world.workload(id) {
            Some(workload) => world.services_of(workload).collect(),
            None if id.kind == Kind::Service => world.service(&id.namespace, &id.name).into_iter().collect(),
            None => Vec::new(),
        };
        services.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        services.into_iter().flat_map(|service| Self::to_service(service, bench)).collect()
    }

    /// The chains that end at a Service: one for each path that leads to it, and one for the Service itself where it can be
    /// reached without a route, or is by nothing else.
    fn to_service(service: &'w Service, bench: &Bench<'w>) -> Vec<Self> {
        let own = (&*service.id.namespace, &*service.id.name);
        let mut routings: Vec<&Routing> = bench.world.routings_to(&service.id).collect();
        routings.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let ways = routings.into_iter().flat_map(Way::all);
        let leads_here = |way: &Way<'_>| way.routes.iter().any(|route| route.service(&way.routing.id.namespace) == Some(own));
        let mut chains: Vec<Self> = ways.filter(leads_here).map(|way| Self::of_way(&way, bench)).collect();
        if chains.is_empty() || service.exposure == Exposure::External {
            chains.extend(Self::of_service(service, bench));
        }
        chains
    }

    /// The ways through each port of a Service that is reached by itself.
    fn of_service(service: &'w Service, bench: &Bench<'w>) -> Vec<Self> {
        let chain = |port: Option<&'w ServicePort>| {
            let name = format!("{}.{}", service.id.name, service.id.namespace);
            let takes = port.map_or_else(|| name.clone(), |port| format!("{name}:{}", port.number));
            Self::build(None, None, takes, vec![Leg::through(service, port, bench)], bench)
        };
        let ports: Vec<Option<&ServicePort>> = service.ports.iter().map(Some).collect();
        if ports.is_empty() { vec![chain(None)] } else { ports.into_iter().map(chain).collect() }
    }

    fn of_candidate(candidate: Candidate<'w>, bench: &Bench<'w>) -> Self {
        let Candidate { way, order, .. } = candidate;
        Self { order: Some(order), ..Self::of_way(&way, bench) }
    }

    fn of_way(way: &Way<'w>, bench: &Bench<'w>) -> Self {
        let (world, plan) = (&bench.world, bench.terms.plan);
        let routing = way.routing;
        let section = |route: Option<&Route>| match way.rule {
            Some(rule) => Some(rule.index),
            None => route.and_then(Route::section),
        };
        let first = section(way.routes.first().copied());
        let effective = Effective::of_section(routing, first, world, plan);
        let legs = way.routes.iter().map(|route| {
            let index = section(Some(*route));
            let own = (index != first).then(|| Effective::of_section(routing, index, world, plan));
            Leg::of_route(route, own, &effective, bench)
        });
        let legs = legs.collect();
        let mut chain = Self::build(Some(routing), Some(effective), way.shown(), legs, bench);
        chain.rule = way.rule;
        chain.canary = Canary::of(way, world, plan);
        chain
            .spoken
            .retain(|spoken| spoken.finding.primary.object != routing.id || way.is_of(&spoken.finding.primary.address.pointer()));
        chain
    }

    fn build(
        routing: Option<&'w Routing>,
        effective: Option<Effective<'w>>,
        takes: String,
        legs: Vec<Leg<'w>>,
        bench: &Bench<'w>,
    ) -> Self {
        let attachments = routing.map(|routing| bench.world.attachments(routing)).unwrap_or_default();
        let mut chain = Self {
            routing,
            rule: None,
            takes,
            order: None,
            canary: None,
            attachments,
            effective,
            legs,
            spoken: Vec::new(),
            panics: Vec::new(),
            is_complete: bench.terms.is_complete,
        };
        bench.judge(&mut chain);
        chain
    }
}

impl<'w> Leg<'w> {
    fn of_route(route: &'w Route, own: Option<Effective<'w>>, whole: &Effective<'w>, bench: &Bench<'w>) -> Self {
        let gateway = &own.as_ref().unwrap_or(whole).gateway;
        let wanted = route.service(&whole.routing.id.namespace);
        let service = wanted.and_then(|(namespace, name)| bench.world.service(namespace, name));
        let port = service.zip(route.port()).and_then(|(service, wanted)| {
            let by_target = || gateway.takes_target_ports.filter(|takes| *takes).and_then(|_| service.port_by_target(wanted));
            let takes_any = gateway.takes_any_number && matches!(wanted, BackendPort::Number(_));
            let by_any = || service.ports.iter().find(|port| takes_any && port.name.is_empty());
            service.port(wanted).or_else(by_target).or_else(by_any)
        });
        let tls = service.zip(port).and_then(|(service, port)| {
            let policies = bench.world.attached(&service.id.namespace, &Attached::to_service(&service.id.name));
            policies.into_iter().find(|own: &&BackendTlsPolicy| own.is_for(&service.id.name, &port.name))
        });
        let rest = service.map(|service| Self::reached(service, port, Some(gateway), bench));
        let (endpoints, pods) = rest.unwrap_or_default();
        Self { route: Some(route), own, wanted, service, port, tls, endpoints, pods }
    }

    fn through(service: &'w Service, port: Option<&'w ServicePort>, bench: &Bench<'w>) -> Self {
        let (endpoints, pods) = Self::reached(service, port, None, bench);
        let wanted = Some((&*service.id.namespace, &*service.id.name));
        Self { route: None, own: None, wanted, service: Some(service), port, tls: None, endpoints, pods }
    }

    /// The endpoints of a Service, and what makes its pods.
    fn reached(
        service: &'w Service,
        port: Option<&'w ServicePort>,
        gateway: Option<&Gateway<'w>>,
        bench: &Bench<'w>,
    ) -> (Option<Counts>, Vec<Pods<'w>>) {
        let world = &bench.world;
        let slices: Vec<&Endpoints> = world.attached(&service.id.namespace, &Attached::to_service(&service.id.name));
        let mut slices = slices.into_iter().filter(|own| *own.service == *service.id.name).peekable();
        let endpoints = slices.peek().is_some().then(|| {
            slices.fold(Counts::default(), |sum, own| Counts {
                ready: sum.ready + own.ready,
                serving: sum.serving + own.serving,
                terminating: sum.terminating + own.terminating,
            })
        });
        let mut pods: Vec<Pods<'w>> =
            world.workloads_of(service).map(|workload| Pods::of(workload, port, gateway, bench)).collect();
        pods.sort_unstable_by(|a, b| a.workload.id.cmp(&b.workload.id));
        (endpoints, pods)
    }
}

impl<'w> Way<'w> {
    /// The paths of an object, in their order. Routes to several backends of one path are one.
    fn all(routing: &'w Routing) -> Vec<Self> {
        if !routing.rules.is_empty() {
            let of = |rule: &RouteRule| routing.routes.iter().filter(|route| route.section() == Some(rule.index)).collect();
            return routing.rules.iter().map(|rule| Self { routing, rule: Some(rule), routes: of(rule) }).collect();
        }
        let is_one = |a: &Route, b: &Route| match (a.place, b.place) {
            (Place::Listed { list, route, .. }, Place::Listed { list: other, route: next, .. }) => (list, route) == (other, next),
            _ => false,
        };
        routing.routes.chunk_by(is_one).map(|routes| Self { routing, rule: None, routes: routes.iter().collect() }).collect()
    }

    fn shown(&self) -> String {
        let Some(rule) = self.rule else {
            return self.routes.first().map(|route| route.shown()).unwrap_or_default();
        };
        let mut hosts: Vec<&str> = self.routing.hosts().filter(|host| !host.is_empty()).collect();
        hosts.dedup();
        let hosts = if hosts.is_empty() { "*".to_owned() } else { hosts.join(", ") };
        let matches = rule.matches.iter().enumerate().map(|(index, own)| {
            let shown = own.shown();
            let method = own.method.as_ref().map(|method| format!("{method} ")).unwrap_or_default();
            let rest = shown.strip_prefix(&*method).unwrap_or(&shown);
            let gap = if rest.starts_with('/') { "" } else { " " };
            // The host stands before the first path only.
            if index == 0 { format!("{method}{hosts}{gap}{rest}") } else { shown }
        });
        matches.collect::<Vec<String>>().join(" or ")
    }

    /// Whether what stands at this place of the object is about this path, and not about another one alone.
    fn is_of(&self, pointer: &str) -> bool {
        const DEFAULTS: [&str; 2] = ["/spec/defaultBackend", "/spec/backend"];
        const PARTS: [&str; 4] = ["/spec/rules/", "/spec/routes/", "/spec/subroutes/", "/spec/upstreams/"];
        if DEFAULTS.iter().any(|part| pointer.starts_with(part)) {
            return self.routes.iter().any(|route| !route.has_path());
        }
        if !PARTS.iter().any(|part| pointer.starts_with(part)) {
            return true;
        }
        let is_below =
            |low: &str, high: &str| low.strip_prefix(high).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // A default backend has no place among the others.
        let paths = self.routes.iter().filter(|route| route.has_path()).map(|route| route.path_address().pointer());
        let sections = self.routes.iter().filter_map(|route| self.routing.sections.get(route.section()?));
        let sections = sections.map(|section| section.address().pointer());
        let rule = self.rule.map(|rule| rule.address().pointer());
        let mut own = paths.chain(sections).chain(rule);
        own.any(|own| {
            let own = own.strip_suffix("/path").unwrap_or(&own);
            is_below(pointer, own) || is_below(own, pointer)
        })
    }
}
