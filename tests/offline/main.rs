//! Tests without a cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect has failed"
)]
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod annotations;
mod architecture;
mod baseline;
mod cases;
mod changed_since;
mod check_worlds;
mod cli;
mod corpus;
mod effective;
mod f5_config_map;
mod f5_nginx;
mod fix;
mod fix_files;
mod formats;
mod generated;
mod helm;
mod html;
mod inventory;
mod known_answers;
mod kustomize;
mod laws;
mod lsp;
mod pages;
mod policy;
mod reach;
mod registration;
mod sarif_fixes;
mod seeds;
mod server;
mod source;
mod staged;
mod trace;
mod trace_claims;
mod trace_cluster;
mod verdicts;
mod virtual_server;
mod words;
