//! Floor 6: fill an inventory: from files, from a look at a cluster, or from its watches.

pub mod cluster;
pub mod files;
mod kinds;
pub mod parallel;
mod store;
pub mod watch;

pub use kinds::{read_kinds, watched_kinds};
pub use store::{Store, WatchState};
