//! Whether pods of a mesh still take connections in plain text: the `PeerAuthentication` of Istio.
//!
//! Source: `security/v1beta1/peer_authentication.proto` in istio/api.

use serde_json::Value;

use super::allow::Allow;
use super::json::text;
use super::selector::Selector;
use crate::object::{Address, At, ObjectId};

/// The namespace whose policies without a selector hold for the whole mesh, where nobody says otherwise.
const ROOT: &str = "istio-system";

/// What pods take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mtls {
    /// Connections in plain text, beside those of the mesh or alone.
    Plain,
    /// Connections of the mesh only.
    Strict,
}

impl Mtls {
    /// `None` where nothing is said, so that what is said elsewhere holds.
    fn read(value: &Value) -> Option<Self> {
        match text(value.at(["mode"])) {
            "" | "UNSET" => None,
            "STRICT" => Some(Self::Strict),
            _ => Some(Self::Plain),
        }
    }
}

/// A `PeerAuthentication`.
#[derive(Clone, Debug)]
pub struct PeerAuthentication {
    /// Which one.
    pub id: ObjectId,
    /// Which pods it is for; `None` for all of its namespace, or of the mesh.
    pub pods: Option<Selector>,
    mode: Option<Mtls>,
    /// What holds for single ports of the pods.
    ports: Box<[(u16, Option<Mtls>)]>,
    /// Whether it is being deleted.
    pub is_leaving: bool,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
}

impl PeerAuthentication {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let ports = spec.at(["portLevelMtls"]).as_object().into_iter().flatten();
        let ports = ports.filter_map(|(port, value)| Some((port.parse().ok()?, Mtls::read(value))));
        Self {
            id: id.clone(),
            pods: Selector::read(spec.at(["selector"])).filter(|pods| !pods.is_all()),
            mode: Mtls::read(spec.at(["mtls"])),
            ports: ports.collect(),
            is_leaving: raw.at(["metadata", "deletionTimestamp"]).is_string(),
            allow: Allow::read(raw),
        }
    }

    /// The namespace whose policies hold for the whole mesh.
    #[must_use]
    pub fn root() -> &'static str {
        ROOT
    }

    /// Whether it is for pods of all namespaces.
    #[must_use]
    pub fn is_for_mesh(&self) -> bool {
        self.pods.is_none() && *self.id.namespace == *ROOT
    }

    /// What it says of a port of pods, and where; `None` where it leaves that to what is said for more pods.
    #[must_use]
    pub fn at_port(&self, number: u16) -> Option<(Mtls, Address)> {
        // Without a selector, what is said of single ports does not count.
        let own = self.ports.iter().find(|(port, _)| *port == number && self.pods.is_some());
        let of_port = own.and_then(|(_, mode)| Some(((*mode)?, Address::field("/spec/portLevelMtls"))));
        of_port.or_else(|| Some((self.mode?, Address::field("/spec/mtls"))))
    }
}
