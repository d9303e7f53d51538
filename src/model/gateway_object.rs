//! The objects of the Gateway API that routes hang on: classes, listeners, grants, and the TLS to a backend.
//!
//! Read leniently from every version that is or was served: `apis/v1` and its elders in `kubernetes-sigs/gateway-api`.

use serde_json::Value;

use super::allow::Allow;
use super::json::{list, port_number, text};
use super::selector::{Labels, Selector};
use crate::object::{Address, At, Kind, ObjectId};

/// A `GatewayClass`.
#[derive(Clone, Debug)]
pub struct GatewayClass {
    /// Which one.
    pub id: ObjectId,
    /// The controller that serves it: `gateway.envoyproxy.io/gatewayclass-controller`.
    pub controller: Box<str>,
}

/// What a `Gateway` or a `ListenerSet` opens to routes.
#[derive(Clone, Debug)]
pub struct Listeners {
    /// Which one.
    pub id: ObjectId,
    /// The class of a `Gateway`; empty for a `ListenerSet`, whose `Gateway` says it.
    pub class: Box<str>,
    /// The `Gateway` of a `ListenerSet`.
    pub gateway: Option<ObjectId>,
    /// From which namespaces a `Gateway` takes a `ListenerSet`.
    pub sets_from: From,
    /// Its listeners.
    pub listeners: Box<[Listener]>,
    /// Whether it is being deleted.
    pub is_leaving: bool,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
}

/// A listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name.
    pub name: Box<str>,
    /// The host that it takes; empty for all.
    pub hostname: Box<str>,
    /// Its port; 0 where it cannot be read.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or a name of an implementation's own.
    pub protocol: Box<str>,
    /// The namespaces whose routes it takes.
    pub from: From,
    /// The kinds of routes that it takes; empty for all that its protocol carries.
    pub kinds: Box<[Box<str>]>,
    /// Its place in the list.
    pub index: usize,
}

/// Some namespaces, seen from an object of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum From {
    /// All.
    All,
    /// The object's own.
    Same,
    /// None.
    Nothing,
    /// Those with such labels.
    Selected(Selector),
    /// Nobody can tell.
    Unreadable,
}

impl GatewayClass {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        Self { id: id.clone(), controller: text(raw.at(["spec", "controllerName"])).into() }
    }
}

impl From {
    fn read(value: &Value, default: Self) -> Self {
        match value.at(["from"]).as_str() {
            Some("All") => Self::All,
            Some("Same") => Self::Same,
            Some("None") => Self::Nothing,
            Some("Selector") => Selector::read(value.at(["selector"])).map_or(Self::Unreadable, Self::Selected),
            Some(_) => Self::Unreadable,
            None => default,
        }
    }

    /// Whether it is one namespace at most, as far as it says so.
    #[must_use]
    pub fn is_one(&self) -> bool {
        match self {
            Self::Same | Self::Nothing => true,
            Self::Selected(selector) => selector.has_one_value("kubernetes.io/metadata.name"),
            Self::All | Self::Unreadable => false,
        }
    }

    /// Whether a namespace with these labels is meant by an object of the namespace `own`; `None` where nobody can tell.
    #[must_use]
    pub fn takes(&self, own: &str, namespace: &str, labels: Option<&Labels>) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Same => Some(own == namespace),
            Self::Nothing => Some(false),
            Self::Selected(selector) => selector.may_select_namespace(namespace, labels),
            Self::Unreadable => None,
        }
    }
}

impl Listeners {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let parent = spec.at(["parentRef"]);
        let gateway = (id.kind == Kind::ListenerSet).then(|| {
            let namespace = parent.at(["namespace"]).as_str().unwrap_or(&id.namespace);
            ObjectId::new(Kind::Gateway, namespace, text(parent.at(["name"])))
        });
        let listeners = list(spec.at(["listeners"])).map(|(index, value)| Listener::read(index, value));
        Self {
            id: id.clone(),
            class: text(spec.at(["gatewayClassName"])).into(),
            gateway,
            sets_from: From::read(spec.at(["allowedListeners", "namespaces"]), From::Nothing),
            listeners: listeners.collect(),
            is_leaving: raw.at(["metadata", "deletionTimestamp"]).is_string(),
            allow: Allow::read(raw),
        }
    }
}

impl Listener {
    fn read(index: usize, value: &Value) -> Self {
        let allowed = value.at(["allowedRoutes"]);
        Self {
            name: text(value.at(["name"])).into(),
            hostname: text(value.at(["hostname"])).into(),
            port: port_number(value.at(["port"])).unwrap_or_default(),
            protocol: text(value.at(["protocol"])).into(),
            from: From::read(allowed.at(["namespaces"]), From::Same),
            kinds: list(allowed.at(["kinds"])).map(|(_, kind)| text(kind.at(["kind"])).into()).collect(),
            index,
        }
    }

    /// Whether it takes routes of a kind.
    #[must_use]
    pub fn takes_kind(&self, kind: Kind) -> bool {
        if !self.kinds.is_empty() {
            return self.kinds.iter().any(|own| **own == *kind.name());
        }
        self.carries(kind)
    }

    /// Whether its protocol carries requests of routes of a kind.
    #[must_use]
    pub fn carries(&self, kind: Kind) -> bool {
        match &*self.protocol {
            "HTTP" | "HTTPS" => matches!(kind, Kind::HttpRoute | Kind::GrpcRoute),
            "TLS" => kind == Kind::TlsRoute,
            "TCP" | "UDP" => false,
            _ => true,
        }
    }

    /// Whether it takes requests for a host, where either of both may be a wildcard or empty for all.
    #[must_use]
    pub fn takes_host(&self, host: &str) -> bool {
        fn covers(broad: &str, narrow: &str) -> bool {
            broad == narrow || broad.strip_prefix('*').is_some_and(|rest| narrow.ends_with(rest) && narrow.len() > rest.len())
        }
        let own = &*self.hostname;
        own.is_empty() || host.is_empty() || covers(own, host) || covers(host, own)
    }

    /// Where it stands.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::item("/spec/listeners/{}", self.index)
    }
}

/// A name, and that of the one part of it that is meant.
pub type Narrowed = (Box<str>, Option<Box<str>>);

/// A `ReferenceGrant`: who may refer to what in its namespace.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Which one.
    pub id: ObjectId,
    /// Kinds and namespaces of those that may refer.
    pub from: Box<[(Box<str>, Box<str>)]>,
    /// Kinds of what may be referred to, and the name where only one is meant.
    pub to: Box<[Narrowed]>,
}

impl Grant {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let from =
            list(spec.at(["from"])).map(|(_, value)| (text(value.at(["kind"])).into(), text(value.at(["namespace"])).into()));
        let to = list(spec.at(["to"])).map(|(_, value)| {
            let name = value.at(["name"]).as_str().filter(|name| !name.is_empty());
            (text(value.at(["kind"])).into(), name.map(Into::into))
        });
        Self { id: id.clone(), from: from.collect(), to: to.collect() }
    }

    /// Whether objects of this kind and namespace may refer to the Service of that name.
    #[must_use]
    pub fn lets(&self, kind: Kind, namespace: &str, service: &str) -> bool {
        self.from.iter().any(|(own, from)| **own == *kind.name() && **from == *namespace)
            && self.to.iter().any(|(own, name)| &**own == "Service" && name.as_ref().is_none_or(|name| **name == *service))
    }
}

/// A `BackendTLSPolicy`: TLS is spoken to a Service.
#[derive(Clone, Debug)]
pub struct BackendTlsPolicy {
    /// Which one.
    pub id: ObjectId,
    /// The Services, and the name of the port where only one is meant.
    pub targets: Box<[Narrowed]>,
}

impl BackendTlsPolicy {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        // Its first version had one target.
        let first = Some((0, spec.at(["targetRef"]))).filter(|(_, target)| target.is_object());
        let targets = list(spec.at(["targetRefs"])).chain(first);
        let services = targets.filter(|(_, target)| text(target.at(["kind"])) == "Service");
        let targets = services.map(|(_, target)| {
            let section = target.at(["sectionName"]).as_str().filter(|name| !name.is_empty());
            (text(target.at(["name"])).into(), section.map(Into::into))
        });
        Self { id: id.clone(), targets: targets.collect() }
    }

    /// Whether TLS is spoken to a port of a Service because of it.
    #[must_use]
    pub fn is_for(&self, service: &str, port: &str) -> bool {
        self.targets.iter().any(|(name, section)| **name == *service && section.as_ref().is_none_or(|section| **section == *port))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gateway(listener: &Value) -> Listeners {
        Listeners::read(
            &ObjectId::new(Kind::Gateway, "edge", "web"),
            &json!({"spec": {"gatewayClassName": "eg", "listeners": [listener]}}),
        )
    }

    #[test]
    fn a_listener_takes_hosts_that_overlap() {
        for (own, host, takes) in [
            ("", "a.example.com", true),
            ("a.example.com", "", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("a.example.com", "*.example.com", true),
            ("a.example.com", "b.example.com", false),
        ] {
            let of = gateway(&json!({"hostname": own, "protocol": "HTTP"}));
            assert_eq!(of.listeners[0].takes_host(host), takes, "{own:?} {host:?}");
        }
    }

    #[test]
    fn without_a_word_only_routes_of_the_same_namespace_are_taken() {
        let of = gateway(&json!({"protocol": "HTTP"}));
        assert_eq!(of.listeners[0].from.takes("edge", "edge", None), Some(true));
        assert_eq!(of.listeners[0].from.takes("edge", "shop", None), Some(false));
        let chosen = gateway(
            &json!({"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"edge": "yes"}}}}}),
        );
        let labels = Labels::read(&json!({"edge": "yes"}));
        assert_eq!(chosen.listeners[0].from.takes("edge", "shop", Some(&labels)), Some(true));
        assert_eq!(chosen.listeners[0].from.takes("edge", "shop", Some(&Labels::default())), Some(false));
        assert_eq!(chosen.listeners[0].from.takes("edge", "shop", None), None);
    }

    #[test]
    fn the_protocol_says_which_routes_a_listener_takes_unless_it_lists_kinds() {
        let of = |listener: &Value, kind| gateway(listener).listeners[0].takes_kind(kind);
        assert!(of(&json!({"protocol": "HTTPS"}), Kind::GrpcRoute) && !of(&json!({"protocol": "HTTPS"}), Kind::TlsRoute));
        assert!(!of(&json!({"protocol": "HTTP", "allowedRoutes": {"kinds": [{"kind": "HTTPRoute"}]}}), Kind::GrpcRoute));
        assert!(of(&json!({"protocol": "example.com/own"}), Kind::HttpRoute));
    }

    #[test]
    fn a_grant_names_who_and_what() {
        let raw = json!({"spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
            "to": [{"group": "", "kind": "Service", "name": "web"}],
        }});
        let grant = Grant::read(&ObjectId::new(Kind::ReferenceGrant, "back", "shop"), &raw);
        assert!(grant.lets(Kind::HttpRoute, "shop", "web"));
        assert!(!grant.lets(Kind::HttpRoute, "shop", "api") && !grant.lets(Kind::GrpcRoute, "shop", "web"));
        assert!(!grant.lets(Kind::HttpRoute, "other", "web"));
    }
}
