//! All that a rule may see of what decides on the number of pods.

use super::context::WorkloadCase;
use super::ring::Ring;
use crate::inventory::{Attached, World};
use crate::model::{Answers, Autoscaler, DisruptionBudget, LimitRange, Routing, Service, Workload};
use crate::object::Kind;

/// An autoscaler and what it scales.
pub struct AutoscalerCase<'c> {
    /// The autoscaler.
    pub autoscaler: &'c Autoscaler,
    /// What it scales, where it is there.
    pub target: Option<&'c Workload>,
    /// How near to traffic that is.
    pub ring: Ring,
    /// What the gateway of an object with routes answers when a backend fails: looked up when a finding asks for it.
    pub answers: &'c dyn Fn(&Routing) -> Answers,
    /// The neighbours.
    pub world: &'c World<'c>,
}

/// A disruption budget and what it guards.
pub struct BudgetCase<'c> {
    /// The budget.
    pub budget: &'c DisruptionBudget,
    /// The workloads whose pods it guards, in the order of their kinds and names.
    pub workloads: &'c [&'c Workload],
    /// How near to traffic the nearest of them is.
    pub ring: Ring,
    /// The neighbours.
    pub world: &'c World<'c>,
}

impl<'c> WorkloadCase<'c> {
    /// What decides on the number of its pods, in the order of kinds and names.
    #[must_use]
    pub fn autoscalers(&self) -> Vec<&'c Autoscaler> {
        autoscalers(self.workload, self.world)
    }

    /// The least pods that it has while nothing fails: as its autoscaler says, else as it says itself. `None` where that cannot
    /// be known.
    #[must_use]
    pub fn least_replicas(&self) -> Option<u32> {
        least_replicas(self.workload, self.world)
    }

    /// Whether other pods take its requests, too: those of other workloads, behind each Service that leads to it.
    #[must_use]
    pub fn has_company(&self) -> bool {
        has_company(self.workload, self.services.iter().copied(), self.world)
    }

    /// Whether something decides on what its pods ask for, instead of their number.
    #[must_use]
    pub fn is_sized(&self) -> bool {
        is_sized(self.workload, self.world)
    }

    /// Whether containers that ask for nothing of a resource get a request from elsewhere.
    #[must_use]
    pub fn is_given(&self, resource: &str) -> bool {
        is_given(self.workload, resource, self.world)
    }

    /// The budgets that guard its pods, in the order of their names.
    #[must_use]
    pub fn budgets(&self) -> Vec<&'c DisruptionBudget> {
        let (namespace, labels) = (&self.workload.id.namespace, &self.workload.labels);
        let mut found: Vec<&DisruptionBudget> = self.world.attached(namespace, &Attached::to_pods(labels));
        found.retain(|own| own.pods.as_ref().is_some_and(|pods| pods.selects(labels)));
        found
    }
}

impl AutoscalerCase<'_> {
    /// Whether containers of its target that ask for nothing of a resource get a request from elsewhere.
    #[must_use]
    pub fn is_given(&self, resource: &str) -> bool {
        self.target.is_some_and(|target| is_given(target, resource, self.world))
    }

    /// Whether other pods take the requests of its target, too.
    #[must_use]
    pub fn has_company(&self) -> bool {
        self.target.is_some_and(|target| has_company(target, self.world.services_of(target), self.world))
    }

    /// What clients get while its target has no pod: as the gateway of the first object, by name, with a route to it answers.
    #[must_use]
    pub fn no_endpoint(&self) -> u16 {
        let services = self.target.into_iter().flat_map(|target| self.world.services_of(target));
        let routings = services.flat_map(|service| self.world.routings_to(&service.id));
        routings.min_by_key(|routing| &routing.id).map_or(503, |routing| (self.answers)(routing).no_endpoint)
    }
}

impl<'c> BudgetCase<'c> {
    /// What decides on the number of pods of a workload that it guards, in the order of kinds and names.
    #[must_use]
    pub fn autoscalers_of(&self, workload: &Workload) -> Vec<&'c Autoscaler> {
        autoscalers(workload, self.world)
    }

    /// How many pods it guards while its workloads have the least; `None` where that cannot be known.
    #[must_use]
    pub fn least_pods(&self) -> Option<u32> {
        self.workloads.iter().try_fold(0_u32, |sum, own| {
            // What has one pod for each node, or no controller, is counted in other ways.
            let is_counted = !matches!(own.id.kind, Kind::DaemonSet | Kind::Pod);
            Some(sum.saturating_add(least_replicas(own, self.world).filter(|_| is_counted)?))
        })
    }
}

/// All that scales a workload, be it in number or in size.
fn scalers<'c>(workload: &Workload, world: &World<'c>) -> Vec<&'c Autoscaler> {
    let id = &workload.id;
    let mut found: Vec<&Autoscaler> = world.attached(&id.namespace, &Attached::to_object(id));
    found.retain(|own| own.target.as_ref() == Some(id));
    found
}

fn autoscalers<'c>(workload: &Workload, world: &World<'c>) -> Vec<&'c Autoscaler> {
    let mut found = scalers(workload, world);
    found.retain(|own| own.id.kind != Kind::VerticalPodAutoscaler);
    found
}

fn is_sized(workload: &Workload, world: &World<'_>) -> bool {
    scalers(workload, world).iter().any(|own| own.id.kind == Kind::VerticalPodAutoscaler)
}

fn has_company<'c>(workload: &Workload, services: impl Iterator<Item = &'c Service>, world: &World<'c>) -> bool {
    let mut services = services.peekable();
    let serves = |other: &Workload| other.id != workload.id && other.replicas != Some(0);
    services.peek().is_some() && services.all(|service| world.workloads_of(service).any(serves))
}

fn least_replicas(workload: &Workload, world: &World<'_>) -> Option<u32> {
    let replicas = workload.replicas?;
    let found = autoscalers(workload, world);
    // An autoscaler leaves a workload alone that has no replicas.
    if replicas == 0 || found.is_empty() {
        return Some(replicas);
    }
    found.iter().try_fold(0, |least, own| Some(own.min?.max(least)))
}

fn is_given(workload: &Workload, resource: &str, world: &World<'_>) -> bool {
    let ranges: Vec<&LimitRange> = world.all(&workload.id.namespace);
    ranges.iter().any(|range| range.defaults.of(resource).is_some_and(|own| own.has_request)) || is_sized(workload, world)
}
