//! Do both ends speak the same?

pub mod backend_protocol_mismatch;
