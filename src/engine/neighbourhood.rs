//! Which subjects a change can touch. Work is in proportion to the neighbourhood, never to the cluster.

use super::beside::is_same_class;
use super::landscape;
use super::plan::Plan;
use crate::inventory::World;
use crate::model::{Model, Part, Routing, Service, Workload};
use crate::object::{Kind, ObjectId};

/// How many neighbours of one change are judged. A Service or a label that more objects share is cut, and says so.
const NEIGHBOURS: usize = 256;

/// Whose invariants are judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Subject {
    /// The global configuration of a gateway.
    Config(ObjectId),
    /// A workload.
    Workload(ObjectId),
    /// A Service.
    Service(ObjectId),
    /// An object that declares routes, and its routes.
    Routing(ObjectId),
    /// An object that is a part of what a gateway makes of several, as such.
    Part(ObjectId),
    /// The routes of an object that lead to one Service.
    RoutesTo { routing: ObjectId, service: ObjectId },
}

/// The subjects that a change can touch.
#[derive(Debug, Default)]
pub(super) struct Neighbourhood {
    pub(super) own: Vec<Subject>,
    pub(super) neighbours: Vec<Subject>,
    pub(super) was_cut: bool,
}

/// The object itself as a subject.
pub(super) fn own(id: &ObjectId) -> Vec<Subject> {
    match id.kind {
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => vec![Subject::Workload(id.clone())],
        Kind::Service => vec![Subject::Service(id.clone())],
        Kind::Ingress | Kind::VirtualServer | Kind::VirtualServerRoute => vec![Subject::Routing(id.clone())],
        Kind::ConfigMap => vec![Subject::Config(id.clone())],
        Kind::IngressClass | Kind::Namespace => Vec::new(),
    }
}

/// The subjects that a change of this object can touch: those around what it was, and around what it will be.
pub(super) fn touched(
    id: &ObjectId,
    was: Option<&Model>,
    is: Option<&Model>,
    before: &World<'_>,
    after: &World<'_>,
    plan: &Plan,
) -> Neighbourhood {
    let mut hood = Neighbourhood { own: own(id), ..Neighbourhood::default() };
    for (model, world) in [(is, after), (was, before)] {
        match model {
            Some(Model::Workload(workload)) => hood.around_workload(workload, world),
            Some(Model::Service(service)) => hood.around_service(service, world),
            Some(Model::Routing(routing)) => {
                hood.around_routing(routing, world);
                hood.around_master(routing, world, plan);
            }
            Some(Model::ConfigMap(config)) => hood.around_config(&config.id, world, plan),
            Some(Model::IngressClass(_) | Model::Namespace(_)) | None => {}
        }
    }
    hood
}

/// An object of the world and the subjects around it.
pub(super) fn around(id: &ObjectId, world: &World<'_>) -> Neighbourhood {
    let mut hood = Neighbourhood { own: own(id), ..Neighbourhood::default() };
    if let Some(workload) = world.workload(id) {
        hood.around_workload(workload, world);
    } else if id.kind == Kind::Service
        && let Some(service) = world.service(&id.namespace, &id.name)
    {
        hood.around_service(service, world);
    } else if let Some(routing) = world.routing(id) {
        hood.around_routing(routing, world);
    }
    hood
}

impl Neighbourhood {
    fn add(&mut self, subject: Subject) {
        if self.neighbours.contains(&subject) {
            return;
        }
        if self.neighbours.len() < NEIGHBOURS {
            self.neighbours.push(subject);
        } else {
            self.was_cut = true;
        }
    }

    fn around_workload(&mut self, workload: &Workload, world: &World<'_>) {
        for service in world.services_of(workload) {
            self.add(Subject::Service(service.id.clone()));
            self.routes_to(&service.id, world);
        }
    }

    fn around_service(&mut self, service: &Service, world: &World<'_>) {
        for workload in world.workloads_of(service).take(NEIGHBOURS + 1) {
            self.add(Subject::Workload(workload.id.clone()));
        }
        self.routes_to(&service.id, world);
    }

    fn around_routing(&mut self, routing: &Routing, world: &World<'_>) {
        let mut names: Vec<&str> = routing.service_names().collect();
        names.sort_unstable();
        names.dedup();
        for service in names.into_iter().filter_map(|name| world.service(&routing.id.namespace, name)) {
            self.add(Subject::Service(service.id.clone()));
            for workload in world.workloads_of(service).take(NEIGHBOURS + 1) {
                self.add(Subject::Workload(workload.id.clone()));
            }
        }
    }

    /// Without the object that says what holds for a host, nobody serves those that have its paths.
    fn around_master(&mut self, routing: &Routing, world: &World<'_>, plan: &Plan) {
        let gateway = landscape::gateway(routing, world, plan);
        if gateway.part_of(routing) != Some(Part::Parent) {
            return;
        }
        for host in routing.hosts() {
            let named = world.routings_naming_host(host, NEIGHBOURS + 1).into_iter();
            let minions = named.filter(|other| gateway.part_of(other) == Some(Part::Child) && !other.is_leaving);
            for minion in minions.filter(|minion| is_same_class(routing, minion, world, plan)) {
                self.add(Subject::Part(minion.id.clone()));
            }
        }
    }

    /// What annotations and upstreams say is read together with the global configuration, so each object with some of them is
    /// touched.
    fn around_config(&mut self, config: &ObjectId, world: &World<'_>, plan: &Plan) {
        let Some((gateway, classes)) = landscape::configured(config, world, plan) else { return };
        let is_own = |key: &str| key.strip_prefix(&*gateway.prefix).is_some_and(|rest| rest.starts_with('/'));
        let mut touched: Vec<&ObjectId> = world
            .routings()
            .filter(|routing| !routing.upstreams.is_empty() || routing.annotations.iter().any(|(key, _)| is_own(key)))
            .filter(|routing| landscape::serving(routing, world, plan).name.is_some_and(|name| classes.contains(&name)))
            .map(|routing| &routing.id)
            .collect();
        // Which ones are judged, where they are too many, must not be chance.
        touched.sort_unstable();
        for id in touched {
            self.add(Subject::Routing(id.clone()));
        }
    }

    fn routes_to(&mut self, service: &ObjectId, world: &World<'_>) {
        for routing in world.routings_to(service).take(NEIGHBOURS + 1) {
            self.add(Subject::RoutesTo { routing: routing.id.clone(), service: service.clone() });
        }
    }
}
