//! A whole Kubernetes node in namespaces of its own: network, mounts and processes end together with its first process.

mod boundary;
mod certificates;
mod control_plane;
mod init;
mod leftovers;
mod mounts;
mod network;
mod node;

pub(crate) use boundary::{Boundary, inside};
pub(crate) use init::{Parts, Stay, init};
pub(crate) use leftovers::Listing;
