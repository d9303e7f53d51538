//! Network policies: which pods talk to which.

use std::net::IpAddr;

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
    /// Addresses.
    Block(Block),
    /// What cannot be read.
    Unreadable,
}

/// A range of addresses without parts of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Block {
    /// All of them.
    pub range: Cidr,
    /// Those that are not meant.
    pub except: Box<[Cidr]>,
}

/// A range of addresses: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
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
        let except = list(block.at(["except"])).filter_map(|(_, one)| Cidr::parse(text(one)));
        match Cidr::parse(text(block.at(["cidr"]))) {
            Some(range) => Self::Block(Block { range, except: except.collect() }),
            None => Self::Unreadable,
        }
    }
}

impl Block {
    /// Whether every address is meant.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.range.bits == 0 && self.except.is_empty()
    }

    /// Whether an address is meant.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        self.range.holds(address) && !self.except.iter().any(|except| except.holds(address))
    }
}

impl Cidr {
    /// Reads `10.0.0.0/8`, or an address alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most: u8 = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
        Some(Self { address, bits })
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
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
    fn a_block_holds_its_range_without_the_exceptions() {
        let block = Block { range: Cidr::parse("10.0.0.0/8").unwrap(), except: Box::new([Cidr::parse("10.1.0.0/16").unwrap()]) };
        for (address, holds) in [("10.2.3.4", true), ("10.1.3.4", false), ("11.0.0.1", false), ("::1", false)] {
            assert_eq!(block.holds(address.parse().unwrap()), holds, "{address}");
        }
        let all = Block { range: Cidr::parse("0.0.0.0/0").unwrap(), except: Box::default() };
        assert!(all.is_all() && all.holds("1.2.3.4".parse().unwrap()));
        assert_eq!(Cidr::parse("10.0.0.0/33"), None);
    }
}
