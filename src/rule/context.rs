//! All that a rule may see of its subject; of routes, in `routes`.

use serde_json::{Value, json};

use super::ring::Ring;
use crate::finding::Label;
use crate::inventory::World;
use crate::model::{
    Answers, Call, Container, ContainerField, Gateway, Note, Port, Provenance, Routing, Section, Service, Setting, Workload,
    Write,
};
use crate::object::{Address, ObjectId};
use crate::policy::LoadBalancer;
use crate::units::Duration;

/// What the policy document and the API server tell of the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// How long clients wait for an answer.
    pub client_timeout: Option<Duration>,
    /// The balancer in front of the gateways.
    pub load_balancer: Option<LoadBalancer>,
    /// Whether the network of the cluster does what network policies say.
    pub enforces_policies: bool,
    /// Whether the API server knows `preStop.sleep` (1.30 or newer).
    pub has_native_sleep: bool,
    /// Whether an API server has read the objects, so that fields which it does not know are gone.
    pub is_pruned: bool,
}

/// A workload and what leads to it.
pub struct WorkloadCase<'c> {
    /// The workload.
    pub workload: &'c Workload,
    /// How near to traffic it is.
    pub ring: Ring,
    /// The Services that select it.
    pub services: &'c [&'c Service],
    /// Its regular containers that get requests.
    pub serving: &'c [&'c Container],
    /// The gateways that send to it, without those nobody knows.
    pub gateways: &'c [Gateway<'c>],
    /// Who serves an object that declares routes, known or not: looked up when a rule asks for it.
    pub gateway_of: &'c dyn Fn(&'c Routing) -> Gateway<'c>,
    /// The longest that one of them keeps an idle connection to a backend; unknown where no gateway is known.
    pub upstream_idle: &'c Setting<Duration>,
    /// What is known of the cluster.
    pub facts: &'c Facts,
    /// The name of the gateway whose own pods these are, where that is certain.
    pub own_gateway: Option<&'static str>,
    /// The neighbours.
    pub world: &'c World<'c>,
}

impl<'c> WorkloadCase<'c> {
    /// A port of the container that requests go to, where one is known.
    #[must_use]
    pub fn serving_port(&self, container: &Container) -> Option<u16> {
        let targets = self.services.iter().flat_map(|service| &service.ports).filter_map(|port| match &port.target {
            Port::Number(number) => self.other_owner(container, *number).is_none().then_some(*number),
            Port::Name(name) => container.ports.iter().find(|own| *own.name == **name).map(|own| own.number),
        });
        targets.chain(container.ports.iter().map(|port| port.number)).next()
    }

    /// The other container that a port belongs to: one address is shared by all of a pod, so its number says whose it is.
    #[must_use]
    pub fn other_owner(&self, container: &Container, number: u16) -> Option<&'c Container> {
        if container.declares(number) { None } else { self.workload.containers.iter().find(|other| other.declares(number)) }
    }

    /// What clients get when a backend fails: as the gateway in front answers, where one is known.
    #[must_use]
    pub fn answers(&self) -> Answers {
        let unknown = Answers {
            refused: 502,
            unreachable: 504,
            no_endpoint: 503,
            invalid_backend: 503,
            too_slow: 504,
            wrong_protocol: 502,
        };
        self.gateways.first().map_or(unknown, |gateway| gateway.answers)
    }

    /// How long its longest request takes: as it says itself, else `otherwise`.
    #[must_use]
    pub fn longest_request(&self, otherwise: Duration) -> Duration {
        self.workload.declared.longest_request.unwrap_or(otherwise)
    }

    /// The serving container that holds SIGTERM back the longest, and for how long, as far as that is known.
    #[must_use]
    pub fn longest_pre_stop(&self) -> Option<(&'c Container, Duration)> {
        let known = self.serving.iter().copied().filter_map(|container| Some((container, container.pre_stop.as_ref()?.delay()?)));
        known.max_by_key(|(_, delay)| *delay)
    }

    /// What a pod needs from its deletion to the end of its last request: the longest hook, but no less than `hook`, and
    /// the longest request.
    #[must_use]
    pub fn time_to_end(&self, hook: Duration, request: Duration) -> Duration {
        let known = self.longest_pre_stop().map_or(Duration::ZERO, |(_, delay)| delay);
        known.max(hook) + self.longest_request(request)
    }

    /// The write that raises a grace period to `least`; none where it is long enough, or where the author wrote it.
    #[must_use]
    pub fn raised_grace(&self, least: Duration) -> Option<Write> {
        let grace = &self.workload.grace;
        let raise = !grace.is_written() && grace.value().is_some_and(|own| *own < least);
        if raise { grace.write(&least) } else { None }
    }

    /// How long the gateways may still send to a pod that is gone: `otherwise` where no gateway is known, or one whose
    /// delay nobody measured.
    #[must_use]
    pub fn endpoint_delay(&self, otherwise: Duration) -> Duration {
        let delays = self.gateways.iter().map(|gateway| gateway.endpoint_delay.unwrap_or(otherwise));
        delays.max().unwrap_or(otherwise)
    }

    /// A preStop hook that sleeps for so many seconds, in the form that the API server knows.
    #[must_use]
    pub fn sleep_hook(&self, seconds: u64) -> Value {
        if self.facts.has_native_sleep {
            json!({"sleep": {"seconds": seconds}})
        } else {
            json!({"exec": {"command": ["sleep", seconds.to_string()]}})
        }
    }

    /// The same hook as a person would write it.
    #[must_use]
    pub fn sleep_hook_shown(&self, seconds: u64) -> String {
        if self.facts.has_native_sleep {
            format!("preStop: {{sleep: {{seconds: {seconds}}}}}")
        } else {
            format!("preStop: {{exec: {{command: [sleep, \"{seconds}\"]}}}}")
        }
    }

    /// A field of a container of the workload.
    #[must_use]
    pub fn label(&self, container: &Container, field: ContainerField) -> Label {
        Label::new(&self.workload.id, container.address(field)).of(&*container.name)
    }
}

/// The global configuration of a gateway.
pub struct GatewayCase<'c> {
    /// The `ConfigMap` that holds it.
    pub object: &'c ObjectId,
    /// The gateway.
    pub gateway: &'c Gateway<'c>,
    /// How long it keeps the connection of a client on which nothing moves.
    pub client_idle: &'c Setting<Duration>,
    /// What is known of the cluster.
    pub facts: &'c Facts,
}

impl GatewayCase<'_> {
    /// Where a setting stands, or where it is missed.
    #[must_use]
    pub fn label<T>(&self, setting: &Setting<T>) -> Label {
        match &setting.known {
            Some((_, Provenance::Global(key))) => Label::new(self.object, Address::Data((*key).into())).of(*key),
            _ => Label::new(self.object, Address::field("/data")),
        }
    }
}

/// An object of which a dialect noticed something: one that declares routes, or the global configuration of a gateway.
pub struct NotesCase<'c> {
    /// The object.
    pub object: &'c ObjectId,
    /// Who reads it.
    pub gateway: &'c Gateway<'c>,
    /// Which of its sections the notes are about; `None` where they are about all of it.
    pub section: Option<&'c Section>,
    /// What its dialect noticed.
    pub notes: &'c [Note],
    /// The namespaces whose routes a global configuration is for, in alphabetical order; `None` for anything else.
    pub reach: Option<&'c [&'c str]>,
}

/// What tells one key or field of an object from the others, however they move.
pub(super) fn element(section: Option<&Section>, address: &Address) -> String {
    let Some(section) = section else { return address.stable().to_owned() };
    let field = section.field_of(address.stable());
    format!("{} {field}", section.name)
}

impl NotesCase<'_> {
    /// A key of the object, which stays the same one however the others move.
    #[must_use]
    pub fn label(&self, address: &Address) -> Label {
        Label::new(self.object, address.clone()).of(element(self.section, address))
    }

    /// Whose routes are meant, as a sentence: nothing where the object speaks for itself alone.
    #[must_use]
    pub fn reached(&self) -> String {
        const SHOWN: usize = 5;
        match self.reach {
            None | Some([]) => String::new(),
            Some(namespaces) => {
                let shown: Vec<&str> = namespaces.iter().take(SHOWN).copied().collect();
                let more = match namespaces.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let noun = if namespaces.len() == 1 { "namespace" } else { "namespaces" };
                format!(" It holds for routes in the {noun} {}{more}.", shown.join(", "))
            }
        }
    }
}

/// A Service that a workload is told to connect to.
pub struct CallCase<'c> {
    /// The workload.
    pub workload: &'c Workload,
    /// The container that is told so.
    pub container: &'c Container,
    /// What it is told.
    pub call: &'c Call,
    /// The Service, where it is there.
    pub service: Option<&'c Service>,
    /// The neighbours.
    pub world: &'c World<'c>,
}

impl CallCase<'_> {
    /// The variable that says it.
    #[must_use]
    pub fn label(&self) -> Label {
        let address = self.container.variable_address(self.call.index);
        Label::new(&self.workload.id, address).of(format!("{} {}", self.container.name, self.call.variable))
    }
}

/// A Service.
pub struct ServiceCase<'c> {
    /// The Service.
    pub service: &'c Service,
    /// The Service as it was, where this is a change of it.
    pub was: Option<&'c Service>,
    /// The world before, where this is one after a change.
    pub before: Option<&'c World<'c>>,
    /// What the gateway of an object with routes answers when a backend fails: looked up when a finding asks for it.
    pub answers: &'c dyn Fn(&Routing) -> Answers,
    /// The neighbours.
    pub world: &'c World<'c>,
}

impl<'c> ServiceCase<'c> {
    /// The workloads whose pods the Service selected before the change, as it was then.
    #[must_use]
    pub fn selected_before(&self) -> Vec<&'c Workload> {
        let Some(before) = self.before else { return Vec::new() };
        let id = &self.service.id;
        before.service(&id.namespace, &id.name).into_iter().flat_map(|was| before.workloads_of(was)).collect()
    }

    /// The first object, by name, with a route to the Service, and what its gateway answers when a backend fails.
    #[must_use]
    pub fn first_route(&self) -> Option<(&'c Routing, Answers)> {
        let routing = self.world.routings_to(&self.service.id).min_by_key(|routing| &routing.id)?;
        Some((routing, (self.answers)(routing)))
    }
}
