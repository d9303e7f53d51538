//! Services by what is spoken to them, for gateways where an object lists them by name.

use super::gateway::Protocol;
use super::setting::Write;
use crate::object::Address;

/// One list: names of Services in an annotation.
#[derive(Clone, Debug)]
pub struct ServiceList {
    /// The annotation.
    pub address: Address,
    /// The names in it.
    pub names: Box<[Box<str>]>,
}

/// The Services to which something else is spoken than plain HTTP.
#[derive(Clone, Debug)]
pub struct ServiceLists {
    /// Those that are spoken to over TLS.
    pub tls: ServiceList,
    /// Those that are spoken to in gRPC.
    pub grpc: ServiceList,
    /// Whether the gateway looks at the list of gRPC at all; `None` where that is not known.
    pub has_grpc: Option<bool>,
}

impl ServiceList {
    /// Whether a Service is listed.
    #[must_use]
    pub fn has(&self, service: &str) -> bool {
        self.names.iter().any(|name| **name == *service)
    }

    /// The list with one Service more.
    fn with(&self, service: &str) -> Write {
        let names: Vec<&str> = self.names.iter().map(|name| &**name).chain([service]).collect();
        Write { address: self.address.clone(), value: names.join(",").into() }
    }
}

impl ServiceLists {
    /// What is spoken to a Service; `None` where that is not known.
    #[must_use]
    pub fn protocol_of(&self, service: &str) -> Option<Protocol> {
        let is_grpc = if self.grpc.has(service) { self.has_grpc? } else { false };
        Some(match (is_grpc, self.tls.has(service)) {
            (false, false) => Protocol::Http,
            (false, true) => Protocol::Https,
            (true, false) => Protocol::Grpc,
            (true, true) => Protocol::Grpcs,
        })
    }

    /// The list that says what is spoken to a Service, where one does.
    #[must_use]
    pub fn address_of(&self, service: &str) -> Option<&Address> {
        [&self.grpc, &self.tls].into_iter().find(|list| list.has(service)).map(|list| &list.address)
    }

    /// The write after which this is spoken to a Service; `None` where no list that becomes longer by one name does it.
    #[must_use]
    pub fn write(&self, service: &str, protocol: Protocol) -> Option<Write> {
        let may_be_grpc = self.has_grpc != Some(false) && !self.grpc.has(service);
        match (protocol, self.tls.has(service)) {
            (Protocol::Https, false) if !self.grpc.has(service) => Some(self.tls.with(service)),
            (Protocol::Grpc, false) | (Protocol::Grpcs, true) if may_be_grpc => Some(self.grpc.with(service)),
            (Protocol::Grpcs, false) if self.grpc.has(service) => Some(self.tls.with(service)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(tls: &[&str], grpc: &[&str], has_grpc: Option<bool>) -> ServiceLists {
        let list = |key: &str, names: &[&str]| ServiceList {
            address: Address::Annotation(key.into()),
            names: names.iter().map(|name| (*name).into()).collect(),
        };
        ServiceLists { tls: list("tls", tls), grpc: list("grpc", grpc), has_grpc }
    }

    #[test]
    fn a_service_is_spoken_to_as_its_lists_say() {
        let both = lists(&["a", "b"], &["b", "c"], Some(true));
        let spoken: Vec<_> = ["a", "b", "c", "d"].into_iter().map(|name| both.protocol_of(name)).collect();
        assert_eq!(spoken, [Protocol::Https, Protocol::Grpcs, Protocol::Grpc, Protocol::Http].map(Some));
        assert_eq!(lists(&[], &["c"], None).protocol_of("c"), None);
        assert_eq!(lists(&["c"], &["c"], Some(false)).protocol_of("c"), Some(Protocol::Https));
    }

    #[test]
    fn a_write_makes_one_list_longer_by_one_name() {
        let of = |lists: ServiceLists, service, protocol| lists.write(service, protocol).and_then(|write| write.line());
        let line = |text: &str| Some(text.to_owned());
        // A key without a slash is no annotation anybody writes, but it shows the line.
        assert_eq!(of(lists(&["a"], &[], Some(true)), "b", Protocol::Https), line("tls: \"a,b\""));
        assert_eq!(of(lists(&[], &[], None), "b", Protocol::Grpc), line("grpc: \"b\""));
        assert_eq!(of(lists(&["b"], &[], None), "b", Protocol::Grpcs), line("grpc: \"b\""));
        assert_eq!(of(lists(&[], &["b"], None), "b", Protocol::Grpcs), line("tls: \"b\""));
        for (tls, grpc, has_grpc, protocol) in [
            (&["b"][..], &[][..], Some(true), Protocol::Http),
            (&[], &["b"], Some(true), Protocol::Https),
            (&[], &[], Some(false), Protocol::Grpc),
            (&[], &[], Some(true), Protocol::Grpcs),
        ] {
            assert_eq!(of(lists(tls, grpc, has_grpc), "b", protocol), None, "{protocol}");
        }
    }
}
