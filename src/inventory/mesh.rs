//! Who is in a mesh, and whether pods there take connections from outside of it.

use super::World;
use crate::model::{Membership, Mtls, PeerAuthentication, Workload};
use crate::object::Address;

impl<'w> World<'w> {
    /// Whether the pods of a workload are in a mesh.
    #[must_use]
    pub fn membership(&self, workload: &Workload) -> Membership {
        workload.membership(self.namespace_labels(&workload.id.namespace))
    }

    /// The policy that lets pods take nothing but connections of the mesh on a port, and where it says so. `None` where they take others,
    /// too, or where policies of one rank differ, of which the oldest counts.
    ///
    /// What is said for some pods of a namespace counts before what is said for all, and that before what is said for the mesh.
    #[must_use]
    pub fn closes_to_outsiders(&self, workload: &Workload, port: u16) -> Option<(&'w PeerAuthentication, Address)> {
        let namespace = &*workload.id.namespace;
        let (own, root) = (self.authentications(namespace), self.authentications(PeerAuthentication::root()));
        let chosen = own.iter().filter(|policy| policy.pods.as_ref().is_some_and(|pods| pods.selects(&workload.labels)));
        let of_all = own.iter().filter(|policy| policy.pods.is_none());
        let of_mesh = root.iter().filter(|policy| policy.pods.is_none());
        let ranks: [Vec<&PeerAuthentication>; 3] =
            [chosen.copied().collect(), of_all.copied().collect(), of_mesh.copied().collect()];
        for rank in ranks {
            let said: Vec<_> = rank.iter().filter_map(|policy| Some((*policy, policy.at_port(port)?))).collect();
            let Some((policy, (_, address))) = said.first() else { continue };
            let all_close = said.len() == rank.len() && said.iter().all(|(_, (mode, _))| *mode == Mtls::Strict);
            return all_close.then(|| (*policy, address.clone()));
        }
        None
    }

    fn authentications(&self, namespace: &str) -> Vec<&'w PeerAuthentication> {
        let mut all = self.all::<PeerAuthentication>(namespace);
        all.retain(|policy| !policy.is_leaving);
        all
    }
}
