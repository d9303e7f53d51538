//! The end of a chain: what makes the pods, which container answers there, and how a pod leaves.

use super::judged::Bench;
use crate::inventory::{Attached, Passage, PodPort};
use crate::model::{Autoscaler, Container, DisruptionBudget, Gateway, Hook, Port, Service, ServicePort, Workload};
use crate::rule::drain::{grace_shorter_than_drain, prestop_too_short};
use crate::rule::serving;
use crate::units::Duration;

/// What makes the pods behind a Service.
#[derive(Debug)]
pub struct Pods<'w> {
    /// Their controller, or a pod of its own.
    pub workload: &'w Workload,
    /// Where the port of the Service leads in them; `None` where it leads nowhere.
    pub target: Option<Target<'w>>,
    /// The containers that get requests, by any Service; all where none does.
    pub serving: Vec<&'w Container>,
    /// What decides on their number.
    pub autoscalers: Vec<&'w Autoscaler>,
    /// What guards them from being evicted.
    pub budgets: Vec<&'w DisruptionBudget>,
    /// How one of them leaves.
    pub drain: Drain,
    /// Whether the gateway may open a connection to them; `None` where none is on the way, the port leads nowhere, or the network
    /// plugin asks no policy.
    pub network: Option<Passage<'w>>,
}

/// A port in a pod.
#[derive(Clone, Copy, Debug)]
pub struct Target<'w> {
    /// Its number.
    pub number: u16,
    /// The name under which a container declares it; empty where none does.
    pub name: &'w str,
    /// The container that listens on it, where that can be told.
    pub container: Option<&'w Container>,
}

/// How a pod leaves, in numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Drain {
    /// How long preStop hooks hold SIGTERM back, as far as that can be told.
    pub pre_stop: Duration,
    /// Whether some hook takes a time that cannot be told.
    pub has_unknown_hook: bool,
    /// Whether requests end in a native sidecar, which is stopped after the other containers: when that is, is not reckoned.
    pub is_of_sidecar: bool,
    /// How long the longest request takes, by what the workload says itself.
    pub request: Span,
    /// How long it may take to end; `None` where that cannot be read.
    pub grace: Option<Span>,
    /// How long the gateway may still send to a pod that is gone, by what was measured of it.
    pub endpoint_delay: Span,
}

/// A time, and whether somebody said it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// How long.
    pub length: Duration,
    /// Whether nobody says so, and it is taken for that.
    pub is_assumed: bool,
}

impl Span {
    fn known(length: Option<Duration>, otherwise: Duration) -> Self {
        Self { length: length.unwrap_or(otherwise), is_assumed: length.is_none() }
    }
}

impl<'w> Pods<'w> {
    pub(super) fn of(
        workload: &'w Workload,
        port: Option<&'w ServicePort>,
        gateway: Option<&Gateway<'w>>,
        bench: &Bench<'w>,
    ) -> Self {
        let world = &bench.world;
        let (id, labels) = (&workload.id, &workload.labels);
        let services: Vec<&Service> = world.services_of(workload).collect();
        let mut autoscalers: Vec<&Autoscaler> = world.attached(&id.namespace, &Attached::to_object(id));
        autoscalers.retain(|own| own.target.as_ref() == Some(id));
        let mut budgets: Vec<&DisruptionBudget> = world.attached(&id.namespace, &Attached::to_pods(labels));
        budgets.retain(|own| own.pods.as_ref().is_some_and(|pods| pods.selects(labels)));
        let mut serving = serving(workload, &services);
        // Where no port leads into a pod, all of it is what leaves.
        if serving.is_empty() {
            serving = workload.regular_containers().collect();
        }
        let target = port.and_then(|port| Target::of(workload, port));
        let is_of_sidecar = target.and_then(|target| target.container).is_some_and(|container| container.is_native_sidecar);
        let drain = Drain::of(workload, &serving, gateway.and_then(|gateway| gateway.endpoint_delay));
        let drain = Drain { is_of_sidecar, ..drain };
        let asked = gateway.zip(target).zip(port).filter(|_| bench.terms.plan.facts.enforces_policies);
        let network = asked.map(|((gateway, target), port)| {
            let port = PodPort { number: target.number, protocol: &port.protocol };
            world.passage_from(gateway, workload, port)
        });
        Self { workload, target, serving, autoscalers, budgets, drain, network }
    }

    /// The container that answers: that of the port, else the first that gets requests at all.
    #[must_use]
    pub fn container(&self) -> Option<&'w Container> {
        self.target.and_then(|target| target.container).or_else(|| self.serving.first().copied())
    }
}

impl<'w> Target<'w> {
    fn of(workload: &'w Workload, port: &'w ServicePort) -> Option<Self> {
        match &port.target {
            Port::Name(name) => {
                let (container, own) = workload.resolve_port(name, &port.protocol)?;
                Some(Self { number: own.number, name: &own.name, container: Some(container) })
            }
            Port::Number(number) => {
                let declared = workload.containers.iter().find_map(|container| {
                    let own = container.ports.iter().find(|own| own.number == *number)?;
                    Some((container, &*own.name))
                });
                // A port needs no declaration, and of one container it is plain whose it is.
                let mut regular = workload.regular_containers();
                let only = regular.next().filter(|_| regular.next().is_none());
                let container = declared.map(|(container, _)| container).or(only);
                Some(Self { number: *number, name: declared.map_or("", |(_, name)| name), container })
            }
        }
    }
}

impl Drain {
    fn of(workload: &Workload, serving: &[&Container], endpoint_delay: Option<Duration>) -> Self {
        let hooks = || serving.iter().filter_map(|container| container.pre_stop.as_ref());
        Self {
            pre_stop: hooks().filter_map(Hook::delay).max().unwrap_or_default(),
            has_unknown_hook: hooks().any(|hook| hook.delay().is_none()),
            is_of_sidecar: false,
            request: Span::known(workload.declared.longest_request, grace_shorter_than_drain::ASSUMED),
            grace: workload.grace.value().map(|grace| Span { length: *grace, is_assumed: !workload.grace.is_written() }),
            endpoint_delay: Span::known(endpoint_delay, prestop_too_short::ASSUMED),
        }
    }

    /// What a pod needs from its deletion to the end of its last request.
    #[must_use]
    pub fn needed(&self) -> Duration {
        self.pre_stop + self.request.length
    }

    /// Whether the grace period holds that; `None` where it cannot be told.
    #[must_use]
    pub fn fits(&self) -> Option<bool> {
        let fits = self.needed() <= self.grace?.length;
        (!self.is_of_sidecar && (!fits || !self.has_unknown_hook)).then_some(fits)
    }

    /// For how long the gateway may send to a server that was already told to stop; `None` where it cannot be told.
    #[must_use]
    pub fn exposed(&self) -> Option<Duration> {
        let gap = self.endpoint_delay.length.saturating_sub(self.pre_stop);
        (!self.is_of_sidecar && (gap.is_zero() || !self.has_unknown_hook)).then_some(gap)
    }
}
