//! Floor 6: fill an inventory: from files, or from the watches of a cluster.

pub mod files;
mod kinds;
mod store;
pub mod watch;

pub use kinds::{read_kinds, watched_kinds};
pub use store::{Store, WatchState};
