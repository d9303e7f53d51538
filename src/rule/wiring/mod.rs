//! Does the next hop exist?

pub mod backend_port_missing;
pub mod backend_service_missing;
pub mod class_unknown;
pub mod parent_missing;
pub mod reference_not_granted;
pub mod route_without_backend;
pub mod target_port_unresolved;
