//! The laws of the engine and of the wire, each by what a user sees of it.

mod arrival;
mod both_ends;
mod cluster;
mod config_map;
pub(crate) mod edges;
mod exceptions;
mod fixes;
mod gateways;
mod labels;
mod memory;
mod mended;
mod mesh;
mod modes;
mod network;
pub(crate) mod objects;
mod one_judge;
mod panics;
mod paths;
mod properties;
mod ratchet;
mod related;
mod scaling;
mod services;
mod unknown;
mod wire;
pub(crate) mod worlds;
