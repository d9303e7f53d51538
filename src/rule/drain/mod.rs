//! Does a pod leave without dropping requests?

pub mod gateway_drain_short;
pub mod grace_shorter_than_drain;
pub mod grace_zero;
pub mod prestop_missing;
pub mod prestop_needs_shell;
pub mod prestop_outlasts_grace;
pub mod prestop_too_short;
pub mod serves_while_terminating;
pub mod sidecar_leaves_first;
pub mod sigterm_not_forwarded;
