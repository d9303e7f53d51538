//! Services: a name in front of pods.

use serde_json::Value;

use super::allow::Allow;
use super::health_check::{Sayings, sayings};
use super::json::{list, port_number, text};
use super::probe::Port;
use super::registration;
use super::route::BackendPort;
use super::selector::Labels;
use crate::object::{Address, At, ObjectId};

/// How a Service is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exposure {
    /// Inside the cluster only.
    ClusterIp,
    /// From outside, without a gateway that speaks HTTP.
    External,
    /// A DNS alias of something else: it has no pods.
    ExternalName,
}

/// A port of a Service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServicePort {
    /// Its name; empty where it has none.
    pub name: Box<str>,
    /// Its number.
    pub number: u16,
    /// Where it leads to in a pod: the same number where nobody says otherwise.
    pub target: Port,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Box<str>,
    /// What is spoken on it.
    pub app_protocol: Option<Box<str>>,
    /// Its place in the list.
    pub index: usize,
}

impl ServicePort {
    /// The address of the port's `targetPort`.
    #[must_use]
    pub fn target_address(&self) -> Address {
        Address::item("/spec/ports/{}/targetPort", self.index)
    }

    /// What the port is called, which stays the same when others are added: its name, else its number.
    #[must_use]
    pub fn element(&self) -> String {
        if self.name.is_empty() { self.number.to_string() } else { self.name.to_string() }
    }

    /// The port as a person would call it: `80 ("http")`.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.name.is_empty() { self.number.to_string() } else { format!("{} (\"{}\")", self.number, self.name) }
    }
}

/// Which of its pods a node sends to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServiceReach {
    /// All.
    Cluster,
    /// Those on that very node only.
    Node,
}

/// A Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Which one.
    pub id: ObjectId,
    /// How it is reached.
    pub exposure: Exposure,
    /// Which pods it sends to; empty where something else fills its endpoints.
    pub selector: Labels,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
    /// Its ports.
    pub ports: Box<[ServicePort]>,
    /// Whether it also sends to pods that are not ready, or that are going away.
    pub publishes_unready: bool,
    /// The annotation by which its own load balancer sends to its pods by their addresses, so that they have to be registered there.
    pub registers_pods: Option<&'static str>,
    /// Whether the load balancers of Ingresses do so; `None` where it does not say it.
    pub registers_for_ingresses: Option<bool>,
    /// Whether it has no address of its own, and its name stands for its pods.
    pub is_headless: bool,
    /// Which of its pods a node sends to what goes to its address.
    pub reach: ServiceReach,
    /// What it says to the load balancer of an Ingress in front of it.
    pub sayings: Sayings,
}

impl Service {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let exposure = match text(spec.at(["type"])) {
            "LoadBalancer" | "NodePort" => Exposure::External,
            "ExternalName" => Exposure::ExternalName,
            _ => Exposure::ClusterIp,
        };
        let ports = list(spec.at(["ports"])).filter_map(|(index, port)| {
            let number = port_number(port.at(["port"]))?;
            Some(ServicePort {
                name: text(port.at(["name"])).into(),
                number,
                target: Port::read(port.at(["targetPort"])).unwrap_or(Port::Number(number)),
                protocol: port.at(["protocol"]).as_str().unwrap_or("TCP").into(),
                app_protocol: port.at(["appProtocol"]).as_str().map(Into::into),
                index,
            })
        });
        // The selector of an ExternalName is ignored by Kubernetes.
        let selector = if exposure == Exposure::ExternalName { Labels::default() } else { Labels::read(spec.at(["selector"])) };
        Self {
            id: id.clone(),
            exposure,
            selector,
            allow: Allow::read(raw),
            ports: ports.collect(),
            publishes_unready: spec.at(["publishNotReadyAddresses"]).as_bool() == Some(true),
            registers_pods: registration::by_service(raw.at(["metadata", "annotations"])),
            registers_for_ingresses: registration::for_ingresses(raw.at(["metadata", "annotations"])),
            is_headless: text(spec.at(["clusterIP"])) == "None",
            reach: if text(spec.at(["internalTrafficPolicy"])) == "Local" { ServiceReach::Node } else { ServiceReach::Cluster },
            sayings: sayings(raw.at(["metadata", "annotations"])),
        }
    }

    /// The port that a route names.
    #[must_use]
    pub fn port(&self, wanted: &BackendPort) -> Option<&ServicePort> {
        self.ports.iter().find(|port| match wanted {
            BackendPort::Number(number) => port.number == *number,
            BackendPort::Name(name) => port.name == *name,
            BackendPort::Unreadable => false,
        })
    }

    /// The port whose target, by its text, is what a route names. Some gateways take that too.
    #[must_use]
    pub fn port_by_target(&self, wanted: &BackendPort) -> Option<&ServicePort> {
        self.ports.iter().find(|port| match (wanted, &port.target) {
            (BackendPort::Number(number), Port::Number(target)) => number == target,
            (BackendPort::Name(name), Port::Name(target)) => name == target,
            _ => false,
        })
    }

    /// The ports as a person would list them.
    #[must_use]
    pub fn shown_ports(&self) -> String {
        let ports: Vec<String> = self.ports.iter().map(ServicePort::shown).collect();
        if ports.is_empty() { "no ports".to_owned() } else { ports.join(", ") }
    }
}
