//! no502 keeps 502 and 504 answers out of a Kubernetes cluster: it reads the YAML before the first request fails.
//!
//! This file is the map. The data goes one way:
//!
//! ```text
//!  serve: bytes --admission/review--> Change --+
//!  check: files --collect/files-----> objects -+--> engine: dialects read objects into the model, before and after
//!                                              |         |
//!                                              v         v
//!                     rules --> findings --> exceptions, ratchet, modes --> verdict, patch = Outcome
//!                                                                                        |
//!         serve: admission/response --> bytes            check: report/* --> text, exit code
//! ```
//!
//! Nothing after the engine reads a value of an object again, and nothing before it knows a rule. A module imports
//! lower floors only; `tests/offline/architecture.rs` keeps that.
//!
//! ```text
//!  8  cli/        one command per file
//!  7  serve/      sockets, TLS, signals, metrics     report/  Outcome -> text
//!  6  admission/  wire <-> engine, no socket     collect/  fill an inventory
//!  5  engine/     evaluate(): pure, synchronous
//!  4  dialect/    one file per gateway, knows no rule     rule/  one file per rule, knows no gateway
//!  3  inventory/  snapshot, indexes, world        policy/  the document        finding/  Finding, Label, Fix
//!  2  model/      Setting, Workload, Service, Routing, Gateway
//!  1  object/     identity, address, YAML in
//!  0  units/      Duration, Size, Level
//! ```
//!
//! Floors 0 to 5 are pure: no clock, environment, file, socket or output. What logs and metrics need travels in
//! [`engine::Outcome`], and floors 6 to 8 speak it.

pub mod units;

pub mod object;

pub mod model;

pub mod finding;
pub mod inventory;
pub mod policy;

pub mod dialect;
pub mod rule;

pub mod engine;

pub mod admission;
pub mod collect;

pub mod report;
pub mod serve;

pub mod cli;
