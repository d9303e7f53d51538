//! Does a pod leave without dropping requests?

pub mod grace_shorter_than_drain;
pub mod grace_zero;
pub mod prestop_missing;
pub mod prestop_outlasts_grace;
pub mod prestop_too_short;
