//! Network policies: which pods talk to which.

use serde_json::Value;

use super::allow::Allow;
use super::json::{list, port_number, text};
use super::probe::Port;
use super::selector::Selector;
use crate::object::{Address, At, ObjectId};

/// A `NetworkPolicy`.
#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    /// Which one.
    pub id: ObjectId,
    /// The pods that it isolates.
    pub pods: Selector,
    /// Who may reach them; `None` where it does not isolate them in this direction.
    pub ingress: Option<Box<[PolicyRule]>>,
    /// Whom they may reach; `None` where it does not isolate them in this direction.
    pub egress: Option<Box<[PolicyRule]>>,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
}

/// What one rule of a policy lets through: these peers, on these ports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyRule {
    /// The peers; none written means all.
    pub peers: Box<[Peer]>,
    /// The ports of the pod that is reached; none written means all.
    pub ports: Box<[PolicyPort]>,
}

/// Some pods or addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Peer {
    /// Pods.
    Pods {
        /// Of such namespaces; `None` for the policy's own.
        namespaces: Option<Selector>,
        /// With such labels; `None` for all.
        pods: Option<Selector>,
    },
    /// Addresses: every one, or some.
    Addresses {
        /// Whether it is every one.
        all: bool,
    },
    /// What cannot be read.
    Unreadable,
}

/// Some ports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyPort {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Box<str>,
    /// The port, or the first of several; `None` for all of the protocol.
    pub port: Option<Port>,
    /// The last of several.
    pub end: Option<u16>,
}

impl NetworkPolicy {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let rules =
            |direction: &str, peers: &str| list(spec.at([direction])).map(|(_, rule)| PolicyRule::read(rule, peers)).collect();
        let types = spec.at(["policyTypes"]);
        let is_written = |name: &str| list(types).any(|(_, own)| text(own) == name);
        // As the API server fills it in where nobody wrote it.
        let (ingress, egress) = if types.is_array() {
            (is_written("Ingress"), is_written("Egress"))
        } else {
            (true, list(spec.at(["egress"])).next().is_some())
        };
        Self {
            id: id.clone(),
            pods: Selector::read(spec.at(["podSelector"])).unwrap_or_default(),
            ingress: ingress.then(|| rules("ingress", "from")),
            egress: egress.then(|| rules("egress", "to")),
            allow: Allow::read(raw),
        }
    }

    /// Where the pods are chosen.
    #[must_use]
    pub fn address() -> Address {
        Address::field("/spec/podSelector")
    }
}

impl PolicyRule {
    fn read(value: &Value, peers: &str) -> Self {
        let ports = list(value.at(["ports"])).map(|(_, port)| PolicyPort {
            protocol: port.at(["protocol"]).as_str().unwrap_or("TCP").into(),
            port: Port::read(port.at(["port"])),
            end: port_number(port.at(["endPort"])),
        });
        Self { peers: list(value.at([peers])).map(|(_, peer)| Peer::read(peer)).collect(), ports: ports.collect() }
    }
}

impl Peer {
    fn read(value: &Value) -> Self {
        let (namespaces, pods) = (Selector::read(value.at(["namespaceSelector"])), Selector::read(value.at(["podSelector"])));
        if namespaces.is_some() || pods.is_some() {
            return Self::Pods { namespaces, pods };
        }
        let block = value.at(["ipBlock"]);
        match block.at(["cidr"]).as_str().filter(|cidr| cidr.contains('/')) {
            Some(cidr) => Self::Addresses { all: cidr.ends_with("/0") && list(block.at(["except"])).next().is_none() },
            None => Self::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Kind;

    fn policy(spec: &Value) -> NetworkPolicy {
        NetworkPolicy::read(&ObjectId::new(Kind::NetworkPolicy, "shop", "web"), &json!({"spec": spec}))
    }

    #[test]
    fn the_directions_are_those_that_the_api_server_fills_in() {
        let of = |spec: Value| {
            let own = policy(&spec);
            (own.ingress.is_some(), own.egress.is_some())
        };
        assert_eq!(of(json!({"podSelector": {}})), (true, false));
        assert_eq!(of(json!({"podSelector": {}, "egress": [{}]})), (true, true));
        assert_eq!(of(json!({"podSelector": {}, "policyTypes": ["Egress"]})), (false, true));
        assert_eq!(of(json!({"podSelector": {}, "policyTypes": ["Ingress"], "egress": [{}]})), (true, false));
    }

    #[test]
    fn a_block_is_every_address_without_a_length_and_exceptions() {
        for (block, all) in [
            (json!({"cidr": "0.0.0.0/0"}), true),
            (json!({"cidr": "::/0"}), true),
            (json!({"cidr": "10.0.0.0/8"}), false),
            (json!({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}), false),
        ] {
            assert_eq!(Peer::read(&json!({"ipBlock": block})), Peer::Addresses { all }, "{block}");
        }
        assert_eq!(Peer::read(&json!({})), Peer::Unreadable);
    }
}
