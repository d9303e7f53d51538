//! What experiments are run against: the laboratory's own cluster and gateways, or those of a cluster that exists.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::cluster::Parts;
use crate::existing::Existing;
use crate::fault::{Fault, Result};
use crate::gateway::{self, Gateway};
use crate::kubectl::Kubectl;
use crate::place::Place;

/// A cluster with no502 in it, and gateways.
pub(crate) struct Target {
    /// Its kubectl.
    pub(crate) kubectl: Kubectl,
    /// Its gateways.
    pub(crate) gateways: Vec<Reached>,
}

/// A gateway as requests and experiments meet it.
#[derive(Clone)]
pub(crate) struct Reached {
    /// What is known of it.
    pub(crate) gateway: &'static dyn Gateway,
    /// Where it takes requests.
    pub(crate) address: SocketAddr,
    /// Where it takes requests over TLS, if it does.
    pub(crate) secure: Option<SocketAddr>,
    /// Where it says why a request failed; nothing, if that log is out of reach.
    pub(crate) log: Option<PathBuf>,
    /// Its version.
    pub(crate) version: String,
}

impl Target {
    /// The one that is asked for, which has to be up.
    pub(crate) async fn find(place: &Place) -> Result<Self> {
        if let Some(existing) = Existing::asked()? {
            return Ok(existing.target());
        }
        let parts = Parts::kept(place)?;
        let mut gateways = Vec::new();
        for gateway in gateway::chosen(place)? {
            gateways.push(Reached {
                gateway,
                address: gateway.address(),
                secure: gateway.secure_address(),
                log: Some(place.logs().join(format!("{}.log", gateway.log()))),
                version: gateway.version(&parts).await?,
            });
        }
        Ok(Self { kubectl: Kubectl::new(parts.kubernetes.join("kubectl"), &place.kubeconfig()), gateways })
    }

    /// The gateway of a name, if this cluster has it.
    pub(crate) fn gateway(&self, name: &str) -> Result<&Reached> {
        let found = self.gateways.iter().find(|reached| reached.gateway.name() == name);
        found.ok_or_else(|| Fault::Other(format!("{name} does not run here")))
    }
}
