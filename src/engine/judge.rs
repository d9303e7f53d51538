//! The one judge: subjects of a world and armed rules go in, findings come out.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::beside::Company;
use super::landscape;
use super::neighbourhood::Subject;
use super::plan::{Plan, Use};
use super::reached::Reached;
use crate::dialect::Reading;
use crate::finding::Finding;
use crate::inventory::World;
use crate::model::{
    Autoscaler, ClassName, DisruptionBudget, Gateway, Listeners, Route, Routing, Section, Service, Setting, Workload,
};
use crate::object::{Kind, ObjectId};
use crate::rule::{
    AutoscalerCase, BudgetCase, CallCase, Case, ClassCase, Classed, GatewayCase, NotesCase, RouteCase, RoutingCase, ServiceCase,
    WorkloadCase, serving,
};
use crate::units::Duration;

/// How many gateways in front of one workload are told to its rules.
const GATEWAYS: usize = 4;
/// How many objects with routes to a workload are asked for their gateways.
const ROUTINGS: usize = 64;

/// Armed rules, and how heavy they are.
pub(super) struct Bench<'b> {
    pub(super) plan: &'b Plan,
    pub(super) uses: Vec<Use>,
    /// The world before the change, where there is one.
    pub(super) before: Option<&'b World<'b>>,
    /// Whether all there is was read: of a cluster that is watched, or of an input that was declared complete.
    pub(super) sees_all: bool,
}

/// A finding, and the armed rule that says it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) armed: usize,
    pub(super) finding: Finding,
    /// Whose it is.
    pub(super) on: On,
}

/// On whom a finding was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum On {
    /// The changed object.
    Own,
    /// One that stands before or behind it.
    Neighbour,
    /// One that a gateway lays together with it.
    Beside,
}

/// How much of an object that declares routes is judged.
#[derive(Clone, Copy)]
enum Extent<'s> {
    /// All of it.
    Whole,
    /// What it is to others of its host.
    Part,
    /// What it comes to beside others.
    Beside,
    /// Its routes to this Service.
    RoutesTo(&'s ObjectId),
}

/// What one run found.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) findings: Vec<Judged>,
    pub(super) panics: Vec<&'static str>,
    /// Whether more objects stand beside one than were looked at.
    pub(super) was_cut: bool,
}

impl Bench<'_> {
    /// Judges these subjects of a world.
    pub(super) fn judge(&self, world: &World<'_>, own: &[Subject], neighbours: &[Subject]) -> Session {
        let mut session = Session::default();
        for (subjects, is_own) in [(own, true), (neighbours, false)] {
            for subject in subjects {
                let first = session.findings.len();
                self.judge_one(world, subject, &mut session);
                let on = match subject {
                    _ if is_own => On::Own,
                    Subject::Beside(_) => On::Beside,
                    _ => On::Neighbour,
                };
                session.findings.iter_mut().skip(first).for_each(|judged| judged.on = on);
                if on == On::Beside {
                    forget_pairs(&mut session, first);
                }
            }
        }
        session
    }

    fn judge_one(&self, world: &World<'_>, subject: &Subject, session: &mut Session) {
        match subject {
            Subject::Workload(id) => {
                if let Some(workload) = world.workload(id).filter(|workload| !workload.is_partial) {
                    self.workload(world, workload, session);
                }
            }
            Subject::Service(id) => {
                if let Some(service) = world.service(&id.namespace, &id.name) {
                    let answers = |routing: &Routing| landscape::gateway(routing, world, self.plan).answers;
                    let was = self.before.and_then(|before| before.service(&id.namespace, &id.name));
                    let was = was.filter(|was| !std::ptr::eq(*was, service));
                    let case = ServiceCase { service, was, before: self.before, answers: &answers, world };
                    self.run(Case::Service(&case), &service.id, session);
                }
            }
            Subject::Autoscaler(id) => {
                if let Some(autoscaler) = world.get::<Autoscaler>(id) {
                    let target = autoscaler.target.as_ref().and_then(|id| world.workload(id));
                    let reached = target.map_or_else(Reached::nobody, |target| Reached::of(world, target));
                    let answers = |routing: &Routing| landscape::gateway(routing, world, self.plan).answers;
                    let case = |ring| AutoscalerCase { autoscaler, target, ring, answers: &answers, world };
                    let cases = reached.rings().map(case);
                    self.run_reached(cases.each_ref().map(Case::Autoscaler), &reached, id, session);
                }
            }
            Subject::Budget(id) => {
                if let Some(budget) = world.get::<DisruptionBudget>(id) {
                    let workloads = world.workloads_guarded(budget);
                    let reached = workloads.iter().map(|own| Reached::of(world, own)).max_by_key(|reached| reached.ring);
                    let reached = reached.unwrap_or_else(Reached::nobody);
                    let cases = reached.rings().map(|ring| BudgetCase { budget, workloads: &workloads, ring, world });
                    self.run_reached(cases.each_ref().map(Case::Budget), &reached, id, session);
                }
            }
            Subject::CallsTo { workload, service } => {
                if let Some(workload) = world.workload(workload).filter(|workload| !workload.is_partial) {
                    self.calls(world, workload, Some(service), session);
                }
            }
            Subject::Config(id) => self.config(world, id, session),
            Subject::Listeners(id) => {
                if let Some(listeners) = world.get::<Listeners>(id) {
                    self.class(world, Classed::Gateway(listeners), session);
                }
            }
            Subject::Routing(id) => self.routing_of(world, id, Extent::Whole, session),
            Subject::Beside(id) => self.routing_of(world, id, Extent::Beside, session),
            Subject::Part(id) => self.routing_of(world, id, Extent::Part, session),
            Subject::RoutesTo { routing, service } => self.routing_of(world, routing, Extent::RoutesTo(service), session),
        }
    }

    /// An object that declares routes, where it is there.
    fn routing_of(&self, world: &World<'_>, id: &ObjectId, extent: Extent<'_>, session: &mut Session) {
        if let Some(routing) = world.routing(id) {
            self.routing(world, routing, extent, session);
        }
    }

    fn workload(&self, world: &World<'_>, workload: &Workload, session: &mut Session) {
        let mut services: Vec<&Service> = world.services_of(workload).collect();
        // The order in which they were seen is chance; what is said must not be.
        services.sort_unstable_by(|a, b| a.id.name.cmp(&b.id.name));
        let reached = Reached::of(world, workload);
        let mut gateways: Vec<Gateway<'_>> = Vec::new();
        let mut upstream_idle: Setting<Duration> = Setting::unknown();
        let routings = services.iter().flat_map(|service| world.routings_to(&service.id));
        for routing in routings.filter(|routing| routing.is_from_outside()).take(ROUTINGS) {
            if gateways.len() == GATEWAYS {
                break;
            }
            let gateway = landscape::gateway(routing, world, self.plan);
            upstream_idle = longer(upstream_idle, landscape::upstream_idle(routing, &gateway));
            // The pods of some stand beside the object that asks for them.
            let place = |own: &Gateway<'_>| (own.dialect, own.object.map(|object| object.namespace.clone()));
            let is_it = |own: &Gateway<'_>| own.namespace == gateway.namespace && place(own) == place(&gateway);
            if gateway.dialect.is_some() && !gateways.iter().any(is_it) {
                gateways.push(gateway);
            }
        }
        let case = WorkloadCase {
            workload,
            ring: reached.ring,
            services: &services,
            serving: &serving(workload, &services),
            gateways: &gateways,
            gateway_of: &|routing| landscape::gateway(routing, world, self.plan),
            upstream_idle: &upstream_idle,
            facts: &self.plan.facts,
            own_gateway: landscape::own_gateway(workload, self.plan),
            world,
        };
        let (own, unknown) = (serving(workload, &[]), Setting::unknown());
        let [_, inside, alone] = reached.rings();
        let inside = WorkloadCase { ring: inside, gateways: &[], upstream_idle: &unknown, ..case };
        let alone = WorkloadCase { ring: alone, services: &[], serving: &own, ..inside };
        self.run_reached([&case, &inside, &alone].map(Case::Workload), &reached, &workload.id, session);
        self.calls(world, workload, None, session);
    }

    /// What a workload is told to connect to: all of it, or one Service.
    fn calls(&self, world: &World<'_>, workload: &Workload, only: Option<&ObjectId>, session: &mut Session) {
        for container in &workload.containers {
            for call in &container.calls {
                if only.is_none_or(|id| *id.namespace == *call.namespace && *id.name == *call.service) {
                    let service = world.service(&call.namespace, &call.service);
                    self.run(Case::Call(&CallCase { workload, container, call, service, world }), &workload.id, session);
                }
            }
        }
    }

    /// An object that names the class of who serves it, as such.
    fn class(&self, world: &World<'_>, object: Classed<'_>, session: &mut Session) {
        let name = match object {
            Classed::Gateway(gateway) => Some(&*gateway.class),
            Classed::Ingress(ingress) => match &ingress.class {
                ClassName::Named(name) => Some(&**name),
                ClassName::Unset => None,
            },
        };
        let is_told = name.is_some_and(|name| landscape::is_told(name, self.plan));
        let (has_cluster, sees_all) = (self.plan.has_cluster, self.sees_all);
        let case = ClassCase { object, is_told, has_cluster, sees_all, knows: &landscape::knows_controller, world };
        self.run(Case::Class(&case), object.id(), session);
    }

    /// The global configuration of a gateway, where the document says that it is one.
    fn config(&self, world: &World<'_>, id: &ObjectId, session: &mut Session) {
        let Some(config) = world.config(&id.namespace, &id.name) else { return };
        let Some((gateway, classes)) = landscape::configured(id, world, self.plan) else { return };
        let notes = landscape::read_global(config, &gateway);
        let client_idle = landscape::client_idle(&gateway);
        let facts = &self.plan.facts;
        let case = GatewayCase { object: id, gateway: &gateway, client_idle: &client_idle, facts };
        self.run(Case::Gateway(&case), id, session);
        if notes.is_empty() {
            return;
        }
        let reach = world.namespaces_served(|routing| {
            landscape::serving(routing, world, self.plan).name.is_some_and(|name| classes.contains(&name))
        });
        self.run(
            Case::Notes(&NotesCase { object: id, gateway: &gateway, section: None, notes: &notes, reach: Some(&reach) }),
            id,
            session,
        );
    }

    /// An object that declares routes, or as much of it as a change can touch. Where it has sections, each is judged with the
    /// settings of its own.
    fn routing(&self, world: &World<'_>, routing: &Routing, extent: Extent<'_>, session: &mut Session) {
        let gateway = landscape::gateway(routing, world, self.plan);
        // What is noticed on the way, and what others do to its paths, is told where the object itself is judged.
        let reading = match extent {
            Extent::Whole => landscape::read(routing, &gateway),
            Extent::Beside | Extent::Part | Extent::RoutesTo(_) => landscape::settings(routing, &gateway),
        };
        let company = match extent {
            Extent::Beside | Extent::Part | Extent::Whole => Company::of(routing, world, self.plan),
            Extent::RoutesTo(_) => Company::default(),
        };
        session.was_cut |= company.was_cut;
        let of = |section, reading| Of { world, routing, section, gateway: &gateway, reading, company: &company };
        if matches!(extent, Extent::Whole) && routing.id.kind == Kind::Ingress {
            self.class(world, Classed::Ingress(routing), session);
        }
        self.one_of(&of(None, &reading), extent, session);
        // Nobody reads the settings of a gateway that is not known, and its routes are judged all the same.
        let unread = Reading::default();
        for (index, section) in routing.sections.iter().enumerate() {
            let first = session.findings.len();
            self.one_of(&of(Some(section), reading.sections.get(index).unwrap_or(&unread)), extent, session);
            for judged in session.findings.iter_mut().skip(first) {
                let _ = write!(judged.finding.message, " ({} {})", section.word(), section.name);
            }
        }
    }

    fn one_of(&self, own: &Of<'_>, extent: Extent<'_>, session: &mut Session) {
        let Of { world, routing, section, gateway, reading, company } = *own;
        let of = RoutingCase {
            routing,
            section,
            gateway,
            settings: &reading.settings,
            notes: &reading.notes,
            same_host: &company.hosts,
            same_service: &company.services,
            facts: &self.plan.facts,
            sees_all: self.sees_all,
            world,
        };
        if matches!(extent, Extent::Whole) {
            if !reading.notes.is_empty() {
                let case = NotesCase { object: &routing.id, gateway, section, notes: &reading.notes, reach: None };
                self.run(Case::Notes(&case), &routing.id, session);
            }
            self.run(Case::Routing(&of), &routing.id, session);
        }
        if matches!(extent, Extent::Beside) {
            self.run(Case::Routing(&of), &routing.id, session);
            return;
        }
        let service = match extent {
            Extent::RoutesTo(service) => Some(service),
            Extent::Beside | Extent::Part | Extent::Whole => None,
        };
        if service.is_none() && section.is_none() && gateway.part_of(routing).is_some() {
            self.run(Case::Part(&of), &routing.id, session);
        }
        if matches!(extent, Extent::Part) {
            return;
        }
        // All routes to an upstream lead to the same, so one of them tells it.
        let most = if section.is_some_and(Section::is_one_backend) { 1 } else { usize::MAX };
        let namespace = &*routing.id.namespace;
        let is_meant = |route: &&Route| service.is_none_or(|id| route.service(namespace) == Some((&*id.namespace, &*id.name)));
        for route in of.routes().filter(is_meant).take(most) {
            let service = route.service(namespace).and_then(|(namespace, name)| world.service(namespace, name));
            let workloads: Vec<&Workload> = service.into_iter().flat_map(|service| world.workloads_of(service)).collect();
            let case = RouteCase { of: &of, route, service, workloads: &workloads, world };
            self.run(Case::Route(&case), &routing.id, session);
        }
    }

    /// Runs all rules on one subject. A rule that panics is a fault of no502, not of the subject.
    pub(super) fn run(&self, case: Case<'_>, subject: &ObjectId, session: &mut Session) {
        let mut found = Vec::new();
        for entry in &self.uses {
            let Some(armed) = self.plan.armed.get(entry.armed).filter(|armed| armed.judges(&case)) else { continue };
            if catch_unwind(AssertUnwindSafe(|| armed.judge(case, &mut found))).is_err() {
                found.clear();
                session.panics.push(armed.meta.name);
            }
            // Nearly always: a rule of another kind, or nothing to find.
            if found.is_empty() {
                continue;
            }
            session.findings.extend(found.drain(..).map(|mut finding| {
                finding.rule = armed.meta.name;
                finding.subject = subject.clone();
                Judged { armed: entry.armed, finding, on: On::Own }
            }));
        }
    }
}

/// What two objects do to each other is said on the changed one, if it is said there.
fn forget_pairs(session: &mut Session, first: usize) {
    let others = session.findings.split_off(first);
    let is_said = |other: &Finding| {
        let own = session.findings.iter().filter(|judged| judged.on == On::Own && judged.finding.rule == other.rule);
        own.flat_map(|judged| &judged.finding.related).any(|(label, _)| label.object == other.subject)
    };
    let left: Vec<Judged> = others.into_iter().filter(|judged| !is_said(&judged.finding)).collect();
    session.findings.extend(left);
}

/// An object that declares routes or one of its sections, and what was read of it.
struct Of<'o> {
    world: &'o World<'o>,
    routing: &'o Routing,
    section: Option<&'o Section>,
    gateway: &'o Gateway<'o>,
    reading: &'o Reading,
    company: &'o Company<'o>,
}

/// The longer one of two that are known, or the one that is.
fn longer(one: Setting<Duration>, other: Setting<Duration>) -> Setting<Duration> {
    let rank = |setting: &Setting<Duration>| (setting.value().copied(), setting.presumed);
    if rank(&other) > rank(&one) { other } else { one }
}
