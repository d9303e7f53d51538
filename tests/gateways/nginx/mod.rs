//! A real nginx. What ingress-nginx would write for an Ingress is rendered here. `nginx -t` is asked what it makes of it
//! ([`poison`]), and real requests go through it ([`failures`]).

mod config_map;
mod experiment;
mod f5;
mod f5_config_map;
mod failures;
mod objects;
mod pods;
mod poison;
mod render;
mod server;

use server::refusal;
