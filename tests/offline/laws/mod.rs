//! The laws of the engine and of the wire, each by what a user sees of it.

mod both_ends;
mod cluster;
mod config_map;
mod exceptions;
mod fixes;
mod gateways;
mod labels;
mod memory;
mod modes;
pub(crate) mod objects;
mod one_judge;
mod panics;
mod paths;
mod properties;
mod ratchet;
mod unknown;
mod wire;
pub(crate) mod worlds;
