//! no502 in front of a real API server, seen with real kubectl.
//!
//! `cargo test --test apiserver` needs openssl, and Go for the first time only: `binaries/build.sh` builds the
//! control plane once (or `KUBEBUILDER_ASSETS` names a folder with the binaries), and `definitions/build.sh` fetches the
//! Gateway API. All tests share one control plane, and most of them one server; each has a namespace of its own, so they
//! run side by side.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests start processes and wait for them")]

mod cluster;
mod definitions;
mod fault;
mod forwarder;
mod http;
mod instance;
mod janitor;
mod kubectl;
mod manifests;
mod no502;
mod pods;
mod register;
mod shared;
mod tls;
mod virtual_server;
mod wait;

mod any_order;
mod cluster_itself;
mod dry_run;
mod fixes;
mod gateway_api;
mod gateway_api_examples;
mod gateway_routes;
mod global_config;
mod labelling;
mod modes;
mod network;
mod outage;
mod poison;
mod ratchet;
mod removal;
mod shutdown;
mod soak;
mod verdicts;
