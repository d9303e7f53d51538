//! Which subjects a change can touch. Work is in proportion to the neighbourhood, never to the cluster.

mod labels;

pub(super) use labels::around_labels;

use super::beside::is_same_class;
use super::landscape;
use super::plan::Plan;
use crate::inventory::{Attached, GATEWAY_NAME, World};
use crate::model::{
    Autoscaler, ClassName, DisruptionBudget, Grant, Listeners, Model, NetworkPolicy, ParentRef, Part, Routing, Service, Workload,
};
use crate::object::{Kind, ObjectId};

/// How many neighbours of one change are judged. A Service or a label that more objects share is cut, and says so.
const NEIGHBOURS: usize = 256;

/// Whose invariants are judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Subject {
    /// An autoscaler.
    Autoscaler(ObjectId),
    /// A disruption budget.
    Budget(ObjectId),
    /// The global configuration of a gateway.
    Config(ObjectId),
    /// A workload.
    Workload(ObjectId),
    /// A `Gateway`, as one that names a class.
    Listeners(ObjectId),
    /// A Service.
    Service(ObjectId),
    /// An object that declares routes, and its routes.
    Routing(ObjectId),
    /// An object that is a part of what a gateway makes of several, as such.
    Part(ObjectId),
    /// An object that a gateway lays together with the changed one, for what both come to.
    Beside(ObjectId),
    /// The routes of an object that lead to one Service.
    RoutesTo { routing: ObjectId, service: ObjectId },
    /// What a workload is told of one Service that it connects to.
    CallsTo { workload: ObjectId, service: ObjectId },
}

impl Subject {
    /// The object whose invariants they are.
    pub(super) fn id(&self) -> &ObjectId {
        match self {
            Self::Autoscaler(id)
            | Self::Budget(id)
            | Self::Config(id)
            | Self::Part(id)
            | Self::Routing(id)
            | Self::Service(id)
            | Self::Workload(id)
            | Self::Beside(id)
            | Self::Listeners(id)
            | Self::CallsTo { workload: id, .. }
            | Self::RoutesTo { routing: id, .. } => id,
        }
    }
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
        Kind::Gateway => vec![Subject::Listeners(id.clone())],
        Kind::PodDisruptionBudget => vec![Subject::Budget(id.clone())],
        Kind::Service => vec![Subject::Service(id.clone())],
        Kind::ConfigMap => vec![Subject::Config(id.clone())],
        kind if kind.is_autoscaler() => vec![Subject::Autoscaler(id.clone())],
        kind if kind.is_workload() => vec![Subject::Workload(id.clone())],
        kind if kind.declares_routes() => vec![Subject::Routing(id.clone())],
        _ => Vec::new(),
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
            Some(Model::Autoscaler(own)) => {
                if let Some(workload) = own.target.as_ref().and_then(|id| world.workload(id)) {
                    hood.add(Subject::Workload(workload.id.clone()));
                    hood.autoscalers(workload, world);
                    hood.budgets(workload, world);
                    // Whether pods come by themselves counts where there are none.
                    hood.routes_behind(Some(workload).filter(|own| own.replicas == Some(0)), world);
                }
            }
            Some(Model::BackendTlsPolicy(policy)) => {
                for (name, _) in &policy.targets {
                    hood.routes_to(&ObjectId::new(Kind::Service, &policy.id.namespace, name), world);
                    if let Some(service) = world.service(&policy.id.namespace, name) {
                        hood.behind(service, world);
                    }
                }
            }
            Some(Model::ConfigMap(config)) => hood.around_config(&config.id, world, plan),
            Some(Model::DisruptionBudget(budget)) => hood.workloads(world.workloads_guarded(budget)),
            Some(Model::GatewayClass(class)) => hood.around_gateway_class(&class.id.name, world),
            Some(Model::Grant(grant)) => hood.around_grant(grant, world),
            Some(Model::IngressClass(class)) => hood.around_class(&class.id.name, world),
            Some(Model::LimitRange(range)) => hood.whole_namespace(&range.id.namespace, world),
            Some(Model::Listeners(listeners)) => hood.around_listeners(listeners, world),
            Some(Model::NetworkPolicy(policy)) => hood.around_policy(policy, world, plan),
            Some(Model::PeerAuthentication(policy)) => hood.around_authentication(policy, world),
            Some(Model::Routing(routing)) => {
                hood.around_routing(routing, world);
                hood.around_master(routing, world, plan);
                hood.beside(routing, world);
            }
            Some(Model::Service(service)) => hood.around_service(service, world),
            Some(Model::Workload(workload)) => {
                hood.around_workload(workload, world);
                hood.around_gateway_pods(workload, world, plan);
            }
            Some(Model::Endpoints(_) | Model::ForeignPolicy(_) | Model::Namespace(_)) | None => {}
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
    } else if let Some(listeners) = world.get::<Listeners>(id) {
        hood.around_listeners(listeners, world);
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

    fn workloads<'w>(&mut self, workloads: impl IntoIterator<Item = &'w Workload>) {
        for workload in workloads.into_iter().take(NEIGHBOURS + 1) {
            self.add(Subject::Workload(workload.id.clone()));
        }
    }

    /// The pods that a policy selects, and, where these are a gateway's own, all that it routes to.
    fn around_policy(&mut self, policy: &NetworkPolicy, world: &World<'_>, plan: &Plan) {
        self.workloads(world.workloads_chosen(&policy.id.namespace, &policy.pods));
        let namespace = &policy.id.namespace;
        if policy.egress.is_some() && landscape::has_gateways(namespace, plan) {
            self.served_from(namespace, world, plan);
        } else if policy.egress.is_some() {
            world.all::<Listeners>(namespace).into_iter().for_each(|own| self.around_listeners(own, world));
        }
    }

    /// What the gateways serve whose pods are in a namespace. Only for what is rare: it walks over all routes.
    fn served_from(&mut self, namespace: &str, world: &World<'_>, plan: &Plan) {
        let is_served = |routing: &&Routing| {
            let gateway = landscape::gateway(routing, world, plan);
            gateway.namespace == Some(namespace) || gateway.object.is_some_and(|object| *object.namespace == *namespace)
        };
        self.routings(world.routings().filter(is_served), world);
    }

    /// The routes to the Services that select the pods of a workload.
    fn routes_behind<'w>(&mut self, workload: Option<&'w Workload>, world: &World<'w>) {
        for service in workload.into_iter().flat_map(|own| world.services_of(own)) {
            self.routes_to(&service.id, world);
        }
    }

    /// The routes that hang on listeners, and those that hang on the sets of listeners of a `Gateway`.
    fn around_listeners(&mut self, listeners: &Listeners, world: &World<'_>) {
        self.routings(world.routings_under(&listeners.id).take(NEIGHBOURS + 1), world);
        if listeners.id.kind == Kind::Gateway {
            for set in world.sets_of(&listeners.id) {
                self.routings(world.routings_under(&set.id).take(NEIGHBOURS + 1), world);
            }
        }
    }

    /// What a grant lets refer to Services of its namespace.
    fn around_grant(&mut self, grant: &Grant, world: &World<'_>) {
        let namespace = &grant.id.namespace;
        for service in world.services_referred_to(namespace) {
            for routing in world.routings_to(&service).take(NEIGHBOURS + 1) {
                let id = &routing.id;
                if id.namespace != *namespace && grant.lets(id.kind, &id.namespace, &service.name) {
                    self.add(Subject::RoutesTo { routing: id.clone(), service: service.clone() });
                }
            }
        }
    }

    /// The objects that a class serves. Only for what is rare: it walks over all of them.
    fn around_class(&mut self, class: &str, world: &World<'_>) {
        let is_own = |routing: &&Routing| match &routing.class {
            ClassName::Named(name) => **name == *class,
            // Which one serves it depends on all of them.
            ClassName::Unset => routing.id.kind == Kind::Ingress,
        };
        self.routings(world.routings().filter(is_own), world);
    }

    fn around_gateway_class(&mut self, class: &str, world: &World<'_>) {
        for gateway in world.gateways_of(class) {
            self.add(Subject::Listeners(gateway.id.clone()));
        }
        let is_own = |parent: &ParentRef| world.gateway_of(parent).is_some_and(|gateway| *gateway.class == *class);
        self.routings(world.routings().filter(|routing| routing.parents.iter().any(is_own)), world);
    }

    /// Objects that declare routes, and what stands behind them. Which ones are judged, where they are too many, must not be chance.
    fn routings<'w>(&mut self, routings: impl Iterator<Item = &'w Routing>, world: &World<'w>) {
        let mut touched: Vec<&Routing> = routings.collect();
        touched.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        for routing in &touched {
            self.add(Subject::Routing(routing.id.clone()));
        }
        for routing in touched {
            if self.was_cut {
                return;
            }
            self.around_routing(routing, world);
        }
    }

    fn around_workload(&mut self, workload: &Workload, world: &World<'_>) {
        self.autoscalers(workload, world);
        self.budgets(workload, world);
        self.routes_behind(workload.takes_from.as_deref().and_then(|id| world.workload(id)), world);
        for service in world.services_of(workload) {
            self.add(Subject::Service(service.id.clone()));
            self.routes_to(&service.id, world);
            // Whether the one pod that another has, or may be left, is alone depends on what shares its Service.
            for other in world.workloads_of(service).filter(|other| other.id != workload.id).take(NEIGHBOURS + 1) {
                self.workloads(Some(other).filter(|other| other.replicas == Some(1)));
                self.autoscalers(other, world);
            }
        }
    }

    fn autoscalers(&mut self, workload: &Workload, world: &World<'_>) {
        for autoscaler in world.attached::<Autoscaler>(&workload.id.namespace, &Attached::to_object(&workload.id)) {
            self.add(Subject::Autoscaler(autoscaler.id.clone()));
        }
    }

    fn budgets(&mut self, workload: &Workload, world: &World<'_>) {
        for budget in world.attached::<DisruptionBudget>(&workload.id.namespace, &Attached::to_pods(&workload.labels)) {
            if budget.pods.as_ref().is_some_and(|pods| pods.selects(&workload.labels)) {
                self.add(Subject::Budget(budget.id.clone()));
            }
        }
    }

    /// The pods behind a Service, and what decides on their number: that is asked of what gets requests only.
    fn behind(&mut self, service: &Service, world: &World<'_>) {
        for workload in world.workloads_of(service).take(NEIGHBOURS + 1) {
            self.add(Subject::Workload(workload.id.clone()));
            self.autoscalers(workload, world);
            self.budgets(workload, world);
        }
    }

    /// What defaults of a namespace may matter to. Only for what is rare: it walks over all of it.
    fn whole_namespace(&mut self, namespace: &str, world: &World<'_>) {
        let ids = world.subjects_in(namespace);
        for id in ids.iter().filter(|id| id.kind.is_workload() || id.kind.is_autoscaler()) {
            for subject in own(id) {
                self.add(subject);
            }
        }
    }

    fn around_service(&mut self, service: &Service, world: &World<'_>) {
        self.behind(service, world);
        self.routes_to(&service.id, world);
        for caller in world.workloads_calling(&service.id, NEIGHBOURS + 1) {
            self.add(Subject::CallsTo { workload: caller.id.clone(), service: service.id.clone() });
        }
        for caller in world.routings_calling(&service.id, NEIGHBOURS + 1) {
            self.add(Subject::Routing(caller.id.clone()));
        }
    }

    fn around_routing(&mut self, routing: &Routing, world: &World<'_>) {
        let mut services: Vec<(&str, &str)> = routing.services().collect();
        services.sort_unstable();
        services.dedup();
        for service in services.into_iter().filter_map(|(namespace, name)| world.service(namespace, name)) {
            self.add(Subject::Service(service.id.clone()));
            self.behind(service, world);
        }
    }

    /// What others come to with what an object says, or without what it said until now.
    fn beside(&mut self, routing: &Routing, world: &World<'_>) {
        let meeting = world.routings_meeting(routing, NEIGHBOURS);
        let sharing = world.routings_sharing_services(routing, NEIGHBOURS);
        let mut others: Vec<&ObjectId> = meeting.into_iter().chain(sharing).map(|other| &other.id).collect();
        others.sort_unstable();
        others.dedup();
        self.was_cut |= others.len() > NEIGHBOURS;
        others.into_iter().take(NEIGHBOURS).for_each(|other| self.add(Subject::Beside(other.clone())));
    }

    /// What a gateway makes of a text may depend on its version, which its own pods tell, and whom it reaches on their labels.
    fn around_gateway_pods(&mut self, workload: &Workload, world: &World<'_>, plan: &Plan) {
        let namespace = &workload.id.namespace;
        if landscape::own_gateway(workload, plan).is_some() {
            self.served_from(namespace, world, plan);
        } else if let Some(name) = workload.labels.get(GATEWAY_NAME) {
            let gateway = ObjectId::new(Kind::Gateway, namespace, name);
            if let Some(gateway) = world.get::<Listeners>(&gateway) {
                self.around_listeners(gateway, world);
            }
        }
    }

    /// Without the object that says what holds for a host, nobody serves those that have its paths.
    fn around_master(&mut self, routing: &Routing, world: &World<'_>, plan: &Plan) {
        let gateway = landscape::gateway(routing, world, plan);
        if gateway.part_of(routing) != Some(Part::Parent) {
            return;
        }
        let named = world.routings_meeting(routing, NEIGHBOURS).into_iter();
        let minions = named.filter(|other| gateway.part_of(other) == Some(Part::Child) && !other.is_leaving);
        for minion in minions.filter(|minion| is_same_class(routing, minion, world, plan)) {
            self.add(Subject::Part(minion.id.clone()));
        }
    }

    /// What annotations and upstreams say is read together with the global configuration, so each object with some of them is
    /// touched.
    fn around_config(&mut self, config: &ObjectId, world: &World<'_>, plan: &Plan) {
        let Some((gateway, classes)) = landscape::configured(config, world, plan) else { return };
        let is_own = |key: &str| key.strip_prefix(&*gateway.prefix).is_some_and(|rest| rest.starts_with('/'));
        let touched = world
            .routings()
            .filter(|routing| !routing.sections.is_empty() || routing.annotations.iter().any(|(key, _)| is_own(key)))
            .filter(|routing| landscape::serving(routing, world, plan).name.is_some_and(|name| classes.contains(&name)));
        self.routings(touched, world);
    }

    fn routes_to(&mut self, service: &ObjectId, world: &World<'_>) {
        for routing in world.routings_to(service).take(NEIGHBOURS + 1) {
            self.add(Subject::RoutesTo { routing: routing.id.clone(), service: service.clone() });
        }
    }
}
