//! From a chain to its report: names, numbers and places.

use super::{
    BalancerItem, CanaryItem, ChainItem, ContainerItem, DrainItem, EndpointsItem, FindingItem, LegItem, ListenerItem, PodsItem,
    PortItem, ScalingItem, ServiceItem, SpeaksItem, TargetItem, words,
};
use crate::collect::files::Input;
use crate::engine::{Canary, Chain, Leg, Pods, Spoken, bites_at};
use crate::finding::Certainty;
use crate::inventory::Attachment;
use crate::model::{self, Exposure, Listener, Port};
use crate::object::yaml::{Part, Position};
use crate::object::{Kind, ObjectId};
use crate::report::effective::{EffectiveItem, Place};
use crate::report::{Places, entry_of, object, one_line, place, readable};
use crate::rule::{Facts, Family, by_name};
use crate::units::Level;

impl ChainItem {
    /// The report of a chain. `beside` is the file of the object that was asked for, where it is in one.
    #[must_use]
    pub fn new(chain: &Chain<'_>, facts: &Facts, input: &Input, beside: Option<usize>) -> Self {
        let mut builder = Builder { input, beside: beside.unwrap_or(usize::MAX), places: Places::new(input) };
        builder.chain(chain, facts)
    }
}

struct Builder<'b> {
    input: &'b Input,
    beside: usize,
    places: Places<'b>,
}

impl Builder<'_> {
    fn chain(&mut self, chain: &Chain<'_>, facts: &Facts) -> ChainItem {
        let (verdict, because) = chain.order.as_ref().map(|order| words::order(order, chain)).unzip();
        let total = chain.legs.iter().map(weight).sum();
        let is_below = |id: &ObjectId| id.kind == Kind::Service || id.kind.is_workload() || is_scaling(id.kind);
        ChainItem {
            takes: chain.takes.clone(),
            verdict,
            because,
            canary: chain.canary.as_ref().map(canary),
            object: chain.routing.map(|routing| object(&routing.id)),
            place: chain.routing.map(|routing| self.place(&routing.id)).unwrap_or_default(),
            client_timeout: facts.client_timeout,
            // It stands in front of gateways.
            load_balancer: facts
                .load_balancer
                .filter(|_| chain.routing.is_some())
                .map(|own| BalancerItem { layer: own.layer, idle_timeout: own.idle_timeout }),
            listeners: chain.attachments.iter().flat_map(|own| self.listeners(own)).collect(),
            effective: chain.effective.as_ref().map(|own| EffectiveItem::new(own, self.entry(&own.routing.id), self.input)),
            answer: words::answer(chain),
            legs: chain.legs.iter().map(|leg| self.leg(leg, total, chain)).collect(),
            tried: chain.order.as_ref().map_or(0, |order| order.index),
            findings: self.findings(chain, |id| !is_below(id)),
            first: self.first(chain),
        }
    }

    fn entry(&self, id: &ObjectId) -> Option<&'_ crate::collect::files::FileObject> {
        entry_of(id, self.beside, self.input)
    }

    fn place(&mut self, id: &ObjectId) -> Place {
        self.place_of(id, "", Part::Value)
    }

    /// Where a part of an object stands; nowhere where no file has it.
    fn place_of(&mut self, id: &ObjectId, pointer: &str, part: Part) -> Place {
        let Some(entry) = entry_of(id, self.beside, self.input) else { return Place::default() };
        let pointer = format!("{}{pointer}", entry.prefix);
        let position = self.places.locate(entry, &[(&pointer, part)]).into_iter().next().flatten();
        let position = position.unwrap_or(Position { line: 1, column: 1 });
        let file = self.input.files.get(entry.file).map(|file| file.name.clone()).unwrap_or_default();
        Place { file, line: position.line, column: position.column }
    }

    fn listeners(&mut self, attachment: &Attachment<'_>) -> Vec<ListenerItem> {
        let id = &attachment.parent.id;
        let mut item = |listener: Option<&Listener>| ListenerItem {
            object: object(id),
            place: self.place_of(id, &listener.map(|own| own.address().pointer()).unwrap_or_default(), Part::Value),
            name: listener.map(|own| own.name.to_string()),
            port: listener.map(|own| own.port),
            protocol: listener.map(|own| own.protocol.to_string()),
            hostname: listener.map(|own| own.hostname.to_string()).filter(|host| !host.is_empty()),
            fault: attachment.fault.map(words::detached),
        };
        if attachment.listeners.is_empty() {
            return vec![item(None)];
        }
        attachment.listeners.iter().map(|own| item(Some(*own))).collect()
    }

    fn leg(&mut self, leg: &Leg<'_>, total: Option<u64>, chain: &Chain<'_>) -> LegItem {
        let id = leg.wanted.map(|(namespace, name)| ObjectId::new(Kind::Service, namespace, name));
        let service = ServiceItem {
            state: match (leg.service, &id) {
                (Some(_), _) => "found",
                (None, Some(_)) => "missing",
                (None, None) => "other",
            },
            object: id.as_ref().map(object),
            place: leg.service.map(|service| self.place(&service.id)).unwrap_or_default(),
            exposure: leg.service.map(|service| match service.exposure {
                Exposure::ClusterIp => "clusterIP",
                Exposure::External => "external",
                Exposure::ExternalName => "externalName",
            }),
            selects: leg.service.is_some_and(|service| !service.selector.is_empty()),
            findings: id.map(|id| self.findings(chain, |own| *own == id)).unwrap_or_default(),
        };
        LegItem {
            share: weight(leg).zip(total).map(|(own, total)| [own, total]),
            effective: leg.own.as_ref().map(|own| EffectiveItem::new(own, self.entry(&own.routing.id), self.input)),
            service,
            port: port(leg),
            speaks: self.speaks(leg, chain),
            answer: words::no_port(leg, chain),
            endpoints: leg.endpoints.map(|own| EndpointsItem {
                ready: own.ready,
                serving: own.serving,
                terminating: own.terminating,
            }),
            pods: leg.pods.iter().map(|pods| self.pods(pods, chain)).collect(),
        }
    }

    fn pods(&mut self, pods: &Pods<'_>, chain: &Chain<'_>) -> PodsItem {
        let (workload, drain) = (pods.workload, &pods.drain);
        let is_own = |id: &ObjectId| {
            *id == workload.id || pods.autoscalers.iter().any(|own| own.id == *id) || pods.budgets.iter().any(|own| own.id == *id)
        };
        let autoscalers = pods.autoscalers.iter().map(|own| ScalingItem {
            object: object(&own.id),
            what: words::autoscaler(own),
            replicas: words::range(own),
        });
        let budgets =
            pods.budgets.iter().map(|own| ScalingItem { object: object(&own.id), what: words::budget(own), replicas: None });
        PodsItem {
            object: object(&workload.id),
            place: self.place(&workload.id),
            replicas: workload.replicas.filter(|_| workload.id.kind != Kind::DaemonSet),
            scaling: autoscalers.chain(budgets).collect(),
            target: pods.target.map(|own| TargetItem { number: own.number, name: own.name.to_owned() }),
            container: pods.container().map(|own| ContainerItem {
                name: own.name.to_string(),
                image: own.image.to_string(),
                readiness: own.readiness.as_ref().map(words::probe),
            }),
            drain: DrainItem {
                pre_stop: (!drain.has_unknown_hook && !drain.is_of_sidecar).then_some(drain.pre_stop),
                longest_request: drain.request.length,
                is_declared: !drain.request.is_assumed,
                grace: drain.grace.map(|grace| grace.length),
                endpoint_delay: drain.endpoint_delay.length,
                fits: drain.fits(),
                lines: words::drain(drain, chain),
            },
            network: pods.network.as_ref().map(|passage| words::network(passage, chain)),
            findings: self.findings(chain, is_own),
        }
    }

    /// What is spoken on a leg, where the gateway goes by what is said of the port.
    fn speaks(&mut self, leg: &Leg<'_>, chain: &Chain<'_>) -> Option<SpeaksItem> {
        let gateway = &leg.own.as_ref().or(chain.effective.as_ref())?.gateway;
        let (service, port) = leg.service.zip(leg.port).filter(|_| gateway.reads_app_protocol == Some(true))?;
        let is_grpc = chain.routing.is_some_and(|routing| routing.id.kind == Kind::GrpcRoute);
        if let Some(policy) = leg.tls {
            let (value, shown) = words::spoken("https", is_grpc);
            let from = policy.id.to_string();
            return Some(SpeaksItem { value, shown, from, place: self.place(&policy.id) });
        }
        let (value, shown) = words::spoken(port.app_protocol.as_deref()?, is_grpc);
        let place = self.place_of(&service.id, &format!("/spec/ports/{}/appProtocol", port.index), Part::Value);
        Some(SpeaksItem { value, shown, from: format!("appProtocol of port {}", port.number), place })
    }

    /// What is found at these objects, the heaviest first.
    fn findings(&mut self, chain: &Chain<'_>, is_meant: impl Fn(&ObjectId) -> bool) -> Vec<FindingItem> {
        let mut found: Vec<&Spoken> = chain.spoken.iter().filter(|own| is_meant(bites_at(&own.finding))).collect();
        found.sort_by_key(|own| urgency(own));
        found.into_iter().map(|own| self.finding(own)).collect()
    }

    fn finding(&mut self, spoken: &Spoken) -> FindingItem {
        let finding = &spoken.finding;
        let (pointer, part) = place(&finding.primary, "");
        FindingItem {
            rule: finding.rule,
            level: spoken.level.to_string(),
            status: finding.status.shown(),
            certainty: finding.certainty.name(),
            excepted: spoken.is_excepted(),
            object: object(&finding.primary.object),
            place: self.place_of(&finding.primary.object, &pointer, part),
            field: pointer,
            message: one_line(&finding.message),
            why: one_line(&finding.why),
            help: readable(&finding.help),
        }
    }

    /// What to do first: cure the heaviest finding, of equal ones what the request meets first.
    fn first(&mut self, chain: &Chain<'_>) -> String {
        let mut found: Vec<&Spoken> = chain.spoken.iter().filter(|own| !own.is_excepted()).collect();
        found.sort_by_key(|own| (urgency(own), words::hop(bites_at(&own.finding).kind)));
        match found.first() {
            Some(own) => words::first(&self.finding(own)),
            None => words::nothing_found(chain),
        }
    }
}

/// What comes first: errors, of equal ones what is certain, and of that what keeps a request from the next hop.
fn urgency(spoken: &Spoken) -> (bool, std::cmp::Reverse<Level>, bool, bool) {
    let is_wiring = by_name(spoken.finding.rule).is_some_and(|rule| rule.meta.family == Family::Wiring);
    let is_pending = spoken.finding.certainty == Certainty::Pending;
    (spoken.is_excepted(), std::cmp::Reverse(spoken.level), is_pending, !is_wiring)
}

fn is_scaling(kind: Kind) -> bool {
    matches!(kind, Kind::HorizontalPodAutoscaler | Kind::PodDisruptionBudget | Kind::ScaledObject)
}

/// The weight of a leg; `None` where it is not read, as of the splits of a `VirtualServer`.
fn weight(leg: &Leg<'_>) -> Option<u64> {
    match leg.route {
        Some(route) if matches!(route.place, model::Place::Listed { .. }) => None,
        Some(route) => Some(u64::from(route.weight)),
        None => Some(1),
    }
}

fn canary(own: &Canary<'_>) -> CanaryItem {
    CanaryItem { object: own.main().map(|main| object(&main.id)), share: own.share, is_known: own.is_known }
}

fn port(leg: &Leg<'_>) -> PortItem {
    let wanted = leg.route.and_then(|route| route.port()).map(ToString::to_string);
    let Some(port) = leg.port else { return PortItem { wanted, ..PortItem::default() } };
    PortItem {
        wanted,
        number: Some(port.number),
        name: port.name.to_string(),
        protocol: port.protocol.to_string(),
        app_protocol: port.app_protocol.as_deref().map(str::to_owned),
        target: match &port.target {
            Port::Name(name) => name.to_string(),
            Port::Number(number) => number.to_string(),
        },
    }
}
