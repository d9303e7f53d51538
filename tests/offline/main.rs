//! Tests without a cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect has failed"
)]

mod architecture;
mod cases;
mod cli;
mod corpus;
mod generated;
mod pages;
mod policy;
mod source;
