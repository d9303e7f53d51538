//! Is a pod asked before it gets traffic?

pub mod liveness_before_ready;
pub mod liveness_duplicates_readiness;
pub mod probe_port_unresolvable;
pub mod probe_timeout_over_period;
pub mod readiness_probe_missing;
