//! Whom the labels of a namespace concern, and policies that hold for all that has some labels.

use super::{Neighbourhood, Subject};
use crate::engine::landscape;
use crate::engine::plan::Plan;
use crate::inventory::World;
use crate::model::{From, Labels, Listeners, MESH_LABELS, Peer, PeerAuthentication, Routing, Selector};

/// What is concerned when a namespace gets other labels: those whose policies or listeners choose it by them, and what they bring
/// into a mesh.
pub(in crate::engine) fn around_labels(name: &str, was: &Labels, is: &Labels, world: &World<'_>, plan: &Plan) -> Neighbourhood {
    let mut hood = Neighbourhood::default();
    let is_other = |selector: &Selector| selector.selects(was) != selector.selects(is);
    let chooses = |peer: &Peer| matches!(peer, Peer::Pods { namespaces: Some(own), .. } if is_other(own));
    for policy in world.policies() {
        let mut rules = policy.ingress.iter().chain(&policy.egress).flatten();
        if rules.any(|rule| rule.peers.iter().any(chooses)) {
            hood.around_policy(policy, world, plan);
        }
    }
    let takes_other = |from: &From| matches!(from, From::Selected(own) if is_other(own));
    for routing in world.subjects_in(name).iter().filter_map(|id| world.routing(id)) {
        let mut parents = routing.parents.iter().filter_map(|parent| world.get::<Listeners>(&parent.id));
        if parents.any(|parent| parent.listeners.iter().any(|listener| takes_other(&listener.from))) {
            hood.add(Subject::Routing(routing.id.clone()));
            hood.beside(routing, world);
        }
    }
    // The sets of listeners that a Gateway takes from namespaces with such labels.
    for set in world.all::<Listeners>(name) {
        let gateway = set.gateway.as_ref().and_then(|id| world.get::<Listeners>(id));
        if gateway.is_some_and(|gateway| takes_other(&gateway.sets_from)) {
            hood.around_listeners(set, world);
        }
    }
    if MESH_LABELS.iter().any(|key| was.get(key) != is.get(key)) {
        hood.whole_namespace(name, world);
        if landscape::has_gateways(name, plan) || !world.all::<Listeners>(name).is_empty() {
            hood.served_from(name, world, plan);
        }
    }
    hood
}

impl Neighbourhood {
    /// The pods that a policy of a mesh is for; where these are all of the mesh, those that get requests.
    pub(super) fn around_authentication(&mut self, policy: &PeerAuthentication, world: &World<'_>) {
        let namespace = &policy.id.namespace;
        match &policy.pods {
            Some(pods) => self.workloads(world.workloads_chosen(namespace, pods)),
            None if policy.is_for_mesh() => {
                let mut routings: Vec<&Routing> = world.routings().collect();
                routings.sort_unstable_by(|a, b| a.id.cmp(&b.id));
                for routing in routings {
                    if self.was_cut {
                        return;
                    }
                    self.around_routing(routing, world);
                }
            }
            None => self.whole_namespace(namespace, world),
        }
    }
}
