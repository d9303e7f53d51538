//! Does enough stay up?

pub mod autoscaler_fights_replicas;
pub mod autoscaler_floor_one;
pub mod autoscaler_without_request;
pub mod deadline_before_ready;
pub mod disruption_blocked;
pub mod disruption_unguarded;
pub mod load_without_autoscaler;
pub mod memory_unbounded;
pub mod readiness_gate_missing;
pub mod recreate_strategy;
pub mod rollout_takes_all;
pub mod single_replica;

use crate::model::{Autoscaler, Workload};
use crate::object::{Address, Kind};

/// Whether people choose the number of pods: it is neither that of nodes nor always one.
fn is_scalable(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::ReplicaSet | Kind::Rollout | Kind::StatefulSet)
}

/// Whether there may be a second pod: pods of all kinds but a `StatefulSet` share one claim, and a disk that one node holds
/// cannot be held by two pods.
fn may_have_more(workload: &Workload) -> bool {
    is_scalable(workload.id.kind) && (workload.id.kind == Kind::StatefulSet || !workload.has_volume_claim)
}

/// What the field is called that holds an autoscaler's least pods.
fn least_field(autoscaler: &Autoscaler) -> &'static str {
    if autoscaler.id.kind == Kind::ScaledObject { "minReplicaCount" } else { "minReplicas" }
}

/// Where it stands.
fn least_address(autoscaler: &Autoscaler) -> Address {
    Address::field(if autoscaler.id.kind == Kind::ScaledObject { "/spec/minReplicaCount" } else { "/spec/minReplicas" })
}
