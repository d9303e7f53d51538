//! The real binary on ports of its own, and real sockets: each bad manner shows, and only when it is asked for.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod connections;
mod ends;
mod process;
mod protocols;
mod starts;
mod wire;
