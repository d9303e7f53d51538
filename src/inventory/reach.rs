//! Whether one pod can open a connection to another, as far as the network policies of the world say.
//!
//! A pod is isolated in a direction once a policy of its namespace selects it there; then it only talks to what some rule of some
//! such policy lets through. Both ends must agree. What comes from a pod's own node always gets through, so probes are not asked
//! about. Source: `NetworkPolicySpec` in `staging/src/k8s.io/api/networking/v1/types.go`.

use super::World;
use super::room::Room;
use super::shelf::Shelf;
use crate::model::{Gateway, Known, Model, NetworkPolicy, Peer, PodNetwork, PolicyRule, Port, Selector, Workload, is_laid_on};
use crate::object::ObjectId;

/// The label with the name of their `Gateway` on pods that are made for one (GEP-1762).
pub const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// Where the DNS servers of a cluster run.
const DNS_NAMESPACES: &[&str] = &["kube-system", "openshift-dns"];
/// Where they are asked.
const DNS: u16 = 53;
/// Where some of them listen behind their Service, as that of OpenShift does.
const DNS_BEHIND: &[u16] = &[5353, 8053];
/// The pods of one end of a connection, as far as they are known.
#[derive(Clone, Copy, Debug)]
pub struct Pods<'w> {
    /// Their namespace; `None` where nobody tells.
    pub namespace: Option<&'w str>,
    /// What makes them; `None` where that was not seen.
    pub workload: Option<&'w Workload>,
    /// The namespace of the object that asks for them, beside which they may stand where nobody tells.
    pub beside: Option<&'w str>,
}

/// A port of a pod, which is where a connection ends whatever Service it came through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PodPort<'p> {
    /// Its number.
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'p str,
}

/// One side of a policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// What the pods open.
    Egress,
    /// What is opened to the pods.
    Ingress,
}

/// Whether a connection comes about.
#[derive(Clone, Debug)]
pub enum Passage<'w> {
    /// No policy is in its way.
    Allowed,
    /// Policies isolate one end, and none of their rules lets it through. One that does may still come.
    Blocked(Barrier<'w>),
    /// Nobody can tell, and why.
    Unknown(Doubt<'w>),
}

/// What keeps a connection from coming about.
#[derive(Clone, Debug)]
pub struct Barrier<'w> {
    /// On which side.
    pub direction: Direction,
    /// The policies that isolate that end, in the order of their names.
    pub policies: Vec<&'w NetworkPolicy>,
    /// Whether it holds for whatever pods stand at the other end, and none of them was seen: on the network of their node they
    /// would be let through all the same.
    pub is_presumed: bool,
    /// Whether no rule opens the port to anybody, so that it does not matter who stands at the other end.
    pub is_shut: bool,
}

/// Why nobody can tell whether a connection comes about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Doubt<'w> {
    /// A rule goes by addresses, and those of pods are not written anywhere.
    Addresses,
    /// A policy of another engine has a say, too.
    ForeignPolicy(&'w ObjectId),
    /// A selector asks for labels of a namespace that was not delivered.
    NamespaceUnseen,
    /// Pods of one end use the network of their node.
    OnHost,
    /// A selector asks for labels of pods that were not seen, or that their controller lays upon them.
    PodsUnseen,
    /// A rule cannot be read.
    Unreadable,
}

/// Whether something holds, or why nobody can tell.
type Answer<'w> = Result<bool, Doubt<'w>>;

/// One that holds is enough.
fn any<'w>(answers: impl Iterator<Item = Answer<'w>>) -> Answer<'w> {
    let mut doubt = None;
    for answer in answers {
        match answer {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => doubt = doubt.or(Some(why)),
        }
    }
    doubt.map_or(Ok(false), Err)
}

/// Both must hold.
fn both<'w>(one: Answer<'w>, other: impl FnOnce() -> Answer<'w>) -> Answer<'w> {
    match one {
        Ok(true) => other(),
        Ok(false) => Ok(false),
        Err(why) => {
            if other() == Ok(false) {
                Ok(false)
            } else {
                Err(why)
            }
        }
    }
}

impl<'w> From<&'w Workload> for Pods<'w> {
    fn from(workload: &'w Workload) -> Self {
        Self { namespace: Some(&workload.id.namespace), workload: Some(workload), beside: None }
    }
}

impl Pods<'_> {
    /// Whether a selector selects them.
    fn are_selected(&self, selector: &Selector) -> Option<bool> {
        let Some(workload) = self.workload else { return selector.is_all().then_some(true) };
        selector.may_select(|key| match workload.labels.get(key) {
            Some(value) => Known::Value(value),
            None if is_laid_on(key) => Known::Unknown,
            None => Known::Absent,
        })
    }

    /// Whether a port name of a policy means this port on them.
    fn name(&self, name: &str, port: PodPort<'_>) -> Answer<'static> {
        let workload = self.workload.ok_or(Doubt::PodsUnseen)?;
        let mut ports = workload.containers.iter().flat_map(|container| &container.ports);
        Ok(ports.any(|own| *own.name == *name && *own.protocol == *port.protocol && own.number == port.number))
    }
}

impl Direction {
    /// What the policy lets through on this side; `None` where it does not isolate its pods there.
    fn rules(self, policy: &NetworkPolicy) -> Option<&[PolicyRule]> {
        match self {
            Self::Egress => policy.egress.as_deref(),
            Self::Ingress => policy.ingress.as_deref(),
        }
    }
}

impl<'w> World<'w> {
    /// Whether a namespace has any network policy: the quick answer to most questions.
    #[must_use]
    pub fn has_policies(&self, namespace: &str) -> bool {
        self.room(namespace).is_some_and(|room| !room.policies.is_empty())
            || matches!(self.put(), Some(Model::NetworkPolicy(own)) if *own.id.namespace == *namespace)
    }

    /// All network policies, in the order of their namespaces and names. Only for what is global.
    #[must_use]
    pub fn policies(&self) -> Vec<&'w NetworkPolicy> {
        let below = self.inventory.rooms.values().map(|room: &Room| &room.policies).flat_map(Shelf::iter);
        let above = match self.put() {
            Some(Model::NetworkPolicy(own)) => Some(&**own),
            _ => None,
        };
        let mut found: Vec<&NetworkPolicy> = below.filter(|own| !self.hides(&own.id)).chain(above).collect();
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// The pods of a gateway: those that are seen, else what is known of where they are.
    #[must_use]
    pub fn gateway_pods(&self, gateway: &Gateway<'w>) -> Vec<Pods<'w>> {
        // Some make pods for each object, beside it.
        let of_object = gateway.object.map(|object| {
            let own = Selector::of(GATEWAY_NAME, &object.name);
            self.workloads_chosen(&object.namespace, &own)
        });
        let mut seen = of_object.unwrap_or_default();
        if let Some(namespace) = gateway.namespace.filter(|_| seen.is_empty()) {
            seen.extend(self.workloads_labelled(namespace, gateway.pod_labels));
        }
        seen.retain(|own| !own.is_partial);
        if seen.is_empty() {
            let beside = gateway.object.map(|object| &*object.namespace);
            return vec![Pods { namespace: gateway.namespace, workload: None, beside }];
        }
        seen.into_iter().map(Pods::from).collect()
    }

    /// Whether pods may open a connection to a port of other pods.
    #[must_use]
    pub fn passage(&self, from: Pods<'w>, to: &'w Workload, port: PodPort<'_>) -> Passage<'w> {
        if [Some(to), from.workload].into_iter().flatten().any(|own| own.network == PodNetwork::Node) {
            return Passage::Unknown(Doubt::OnHost);
        }
        let to = Pods::from(to);
        let mut doubt = None;
        for (direction, own, other) in [(Direction::Ingress, to, from), (Direction::Egress, from, to)] {
            match self.one_side(direction, own, other, &|rule| opens(rule, to, port)) {
                Passage::Allowed => {}
                Passage::Unknown(why) => doubt = doubt.or(Some(why)),
                blocked @ Passage::Blocked(_) => return blocked,
            }
        }
        let foreign = || [to, from].into_iter().find_map(|pods| self.foreign_policy(pods.namespace?)).map(Doubt::ForeignPolicy);
        doubt.or_else(foreign).map_or(Passage::Allowed, Passage::Unknown)
    }

    /// Whether a gateway may open a connection to a port of other pods. Of its own pods one that gets through is enough.
    #[must_use]
    pub fn passage_from(&self, gateway: &Gateway<'w>, to: &'w Workload, port: PodPort<'_>) -> Passage<'w> {
        let mut answer = None;
        for from in self.gateway_pods(gateway) {
            match (self.passage(from, to, port), &answer) {
                (Passage::Allowed, _) => return Passage::Allowed,
                (unknown @ Passage::Unknown(_), None | Some(Passage::Blocked(_))) => answer = Some(unknown),
                (blocked @ Passage::Blocked(_), None) => answer = Some(blocked),
                _ => {}
            }
        }
        answer.unwrap_or(Passage::Allowed)
    }

    /// Whether the pods of a workload may ask the DNS servers of the cluster, by UDP, as they first do.
    #[must_use]
    pub fn passage_to_dns(&self, workload: &'w Workload) -> Passage<'w> {
        let mut answer = Passage::Allowed;
        for namespace in DNS_NAMESPACES {
            let servers = Pods { namespace: Some(namespace), workload: None, beside: None };
            answer = self.one_side(Direction::Egress, Pods::from(workload), servers, &opens_dns);
            if !matches!(answer, Passage::Blocked(_)) {
                break;
            }
        }
        answer
    }

    /// Whether the policies of one end let a connection through; of the ports of a rule, `opens` knows.
    fn one_side(
        &self,
        direction: Direction,
        own: Pods<'w>,
        other: Pods<'w>,
        opens: &dyn Fn(&PolicyRule) -> Answer<'w>,
    ) -> Passage<'w> {
        let Some(namespace) = own.namespace.filter(|namespace| self.has_policies(namespace)) else { return Passage::Allowed };
        let (mut policies, mut answers): (Vec<&NetworkPolicy>, Vec<Answer<'w>>) = (Vec::new(), Vec::new());
        let mut is_shut = true;
        for policy in self.all::<NetworkPolicy>(namespace) {
            let (Some(rules), is_own) = (direction.rules(policy), own.are_selected(&policy.pods)) else { continue };
            let lets = || any(rules.iter().map(|rule| self.lets(rule, policy, other, opens)));
            is_shut = is_shut && (is_own == Some(false) || rules.iter().all(|rule| opens(rule) == Ok(false)));
            match is_own {
                Some(true) => {
                    policies.push(policy);
                    answers.push(lets());
                }
                Some(false) => {}
                // It may be theirs, and what it lets through with it.
                None => answers.push(if lets() == Ok(false) { Ok(false) } else { Err(Doubt::PodsUnseen) }),
            }
        }
        if policies.is_empty() {
            return if answers.is_empty() { Passage::Allowed } else { Passage::Unknown(Doubt::PodsUnseen) };
        }
        match (any(answers.into_iter()), self.foreign_policy(namespace)) {
            (Ok(true), _) => Passage::Allowed,
            (Err(why), _) => Passage::Unknown(why),
            (Ok(false), Some(foreign)) => Passage::Unknown(Doubt::ForeignPolicy(foreign)),
            (Ok(false), None) => {
                let is_presumed = [own, other].iter().any(|pods| pods.workload.is_none());
                Passage::Blocked(Barrier { direction, policies, is_presumed, is_shut })
            }
        }
    }

    /// Whether a rule lets a connection with these pods through.
    fn lets(
        &self,
        rule: &PolicyRule,
        policy: &NetworkPolicy,
        other: Pods<'w>,
        opens: &dyn Fn(&PolicyRule) -> Answer<'w>,
    ) -> Answer<'w> {
        both(opens(rule), || {
            if rule.peers.is_empty() {
                return Ok(true);
            }
            any(rule.peers.iter().map(|peer| self.are_meant(peer, policy, other)))
        })
    }

    /// Whether pods are those of a peer.
    fn are_meant(&self, peer: &Peer, policy: &NetworkPolicy, pods: Pods<'w>) -> Answer<'w> {
        match peer {
            Peer::Unreadable => Err(Doubt::Unreadable),
            Peer::Addresses { all: true } => Ok(true),
            Peer::Addresses { all: false } => Err(Doubt::Addresses),
            Peer::Pods { namespaces, pods: selector } => {
                let is_in = match namespaces {
                    // Who is nobody knows where is taken to be elsewhere, unless what asks for them stands here.
                    None if pods.namespace.is_none() && pods.beside == Some(&policy.id.namespace) => Err(Doubt::PodsUnseen),
                    None => Ok(pods.namespace == Some(&policy.id.namespace)),
                    Some(selector) => self.is_selected(selector, pods.namespace),
                };
                let selected = || selector.as_ref().map_or(Some(true), |selector| pods.are_selected(selector));
                both(is_in, || selected().ok_or(Doubt::PodsUnseen))
            }
        }
    }

    /// Whether a selector selects a namespace.
    fn is_selected(&self, selector: &Selector, namespace: Option<&str>) -> Answer<'w> {
        if selector.is_all() {
            return Ok(true);
        }
        let namespace = namespace.ok_or(Doubt::PodsUnseen)?;
        selector.may_select_namespace(namespace, self.namespace_labels(namespace)).ok_or(Doubt::NamespaceUnseen)
    }
}

/// Whether a rule lets connections to this port of these pods through.
fn opens<'w>(rule: &PolicyRule, to: Pods<'w>, port: PodPort<'_>) -> Answer<'w> {
    if rule.ports.is_empty() {
        return Ok(true);
    }
    let of_protocol = rule.ports.iter().filter(|own| *own.protocol == *port.protocol);
    any(of_protocol.map(|own| match &own.port {
        None => Ok(true),
        Some(Port::Number(first)) => Ok((*first..=own.end.unwrap_or(*first)).contains(&port.number)),
        Some(Port::Name(name)) => to.name(name, port),
    }))
}

/// Whether a rule lets questions to DNS servers through, whose pods are not looked at.
fn opens_dns<'w>(rule: &PolicyRule) -> Answer<'w> {
    if rule.ports.is_empty() {
        return Ok(true);
    }
    any(rule.ports.iter().filter(|own| &*own.protocol == "UDP").map(|own| match &own.port {
        None => Ok(true),
        Some(Port::Number(first)) => {
            let range = *first..=own.end.unwrap_or(*first);
            let may_be = DNS_BEHIND.iter().any(|port| range.contains(port));
            if range.contains(&DNS) || !may_be { Ok(range.contains(&DNS)) } else { Err(Doubt::PodsUnseen) }
        }
        Some(Port::Name(_)) => Err(Doubt::PodsUnseen),
    }))
}
