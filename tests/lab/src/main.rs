//! The laboratory: a real Kubernetes node, real gateways, real requests. What a rule of no502 says, an experiment shows.
//!
//! ```text
//! cluster/     the node, in namespaces of its own        gateway/     one file per gateway
//! load/        requests at a constant rate               experiment/  what is applied, done, expected
//! evidence/    figures and pictures for docs/evidence    up.rs        builds and starts
//! ```

mod calibrate;
mod cluster;
mod evidence;
mod existing;
mod experiment;
mod fault;
mod gateway;
mod image;
mod install;
mod kubectl;
mod load;
mod place;
mod plot;
mod predict;
mod process;
mod rollouts;
mod say;
mod target;
mod up;
mod wait;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use clap::{Parser, Subcommand};

use crate::fault::{Fault, Result};
use crate::place::Place;

/// A real cluster, real gateways and real requests, to prove the rules of no502.
#[derive(Parser)]
#[command(name = "lab")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds what is missing and starts the laboratory
    Up {
        /// The gateways to start; all of them when none is named
        gateways: Vec<String>,
    },
    /// Ends the laboratory, and checks that nothing is left of it
    Down,
    /// A shell inside, or one command
    Shell {
        /// The command, instead of a shell
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Runs experiments in the laboratory that is up
    Run {
        /// Their names; all when none is named
        names: Vec<String>,
        /// Only those of the smoke
        #[arg(long)]
        smoke: bool,
        /// Only one gateway, such as `contour` or `contour/httproute`
        #[arg(long)]
        gateway: Option<String>,
        /// So many at a time
        #[arg(long, default_value_t = 2)]
        together: usize,
    },
    /// Measures how long deleted pods still get requests, behind each gateway
    Calibrate {
        /// How many pods to delete
        #[arg(long, default_value_t = 50)]
        deletions: usize,
    },
    /// Rollouts in a row of what no502 lets in: not one request may fail
    Rollouts {
        /// How many
        #[arg(long, default_value_t = 10)]
        times: u32,
    },
    /// Compares what no502 says of drawn annotations with the configuration that ingress-nginx writes for them
    Predict {
        /// How many Ingresses
        #[arg(long, default_value_t = INGRESSES)]
        ingresses: u64,
    },
    /// Writes docs/evidence from what was measured
    Evidence {
        /// Writes nothing; fails if a file is not what the figures and the list of unshown rules give
        #[arg(long, conflicts_with = "prune")]
        check: bool,
        /// Forgets what is measured no more
        #[arg(long)]
        prune: bool,
    },
    /// The first process inside (started by `up`)
    #[command(hide = true)]
    Init,
    /// The controller of a gateway whose configuration is written here (started by its gateway)
    #[command(hide = true)]
    Gateway {
        /// Its name
        name: String,
    },
    /// Sends the requests that standard input describes, and prints what came of them (started by `make test-gateways`)
    #[command(hide = true)]
    Load {
        /// Where to
        address: SocketAddr,
        /// For how long
        seconds: u64,
    },
    /// Takes TCP connections on a port of 127.0.0.1 and reads what comes (started by a gateway)
    #[command(hide = true)]
    Accept {
        /// The port
        port: u16,
    },
}

/// So many that every text of the table is drawn.
const INGRESSES: u64 = 300;

#[tokio::main]
async fn main() -> ExitCode {
    match act(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say::remark(format!("error: {fault}"));
            ExitCode::FAILURE
        }
    }
}

async fn act(command: Command) -> Result {
    let place = Place::here()?;
    match command {
        Command::Up { gateways } => up::up(&place, &gateways).await,
        Command::Down => up::down(&place).await,
        Command::Shell { command } => shell(&place, &command).await,
        Command::Run { names, smoke, gateway, together } => {
            if cluster::inside(&place).await? {
                experiment::session(&place, &experiment::Wish { names, smoke, gateway, together }).await?;
            }
            Ok(())
        }
        Command::Calibrate { deletions } => {
            if cluster::inside(&place).await? {
                calibrate::calibrate(&place, deletions).await
            } else {
                Ok(())
            }
        }
        Command::Rollouts { times } => {
            if cluster::inside(&place).await? {
                rollouts::rollouts(&place, times).await
            } else {
                Ok(())
            }
        }
        Command::Predict { ingresses } => {
            if cluster::inside(&place).await? {
                predict::predict(&place, ingresses).await
            } else {
                Ok(())
            }
        }
        Command::Evidence { check: true, .. } => evidence::check(&place),
        Command::Evidence { prune, .. } => evidence::write(&place, prune),
        Command::Init => cluster::init(&place).await,
        Command::Gateway { name } => gateway::control(&name).await,
        Command::Load { address, seconds } => load::command(address, seconds).await,
        Command::Accept { port } => gateway::accept(port).await,
    }
}

async fn shell(place: &Place, words: &[String]) -> Result {
    let boundary = cluster::Boundary::find(place).ok_or_else(|| Fault::Other("no laboratory is up: `make lab-up`".to_owned()))?;
    let parts = cluster::Parts::kept(place)?;
    let (program, arguments) = words.split_first().map_or(("bash", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut shell = boundary.enter(Path::new(program), arguments)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    shell
        .env("KUBECONFIG", place.kubeconfig())
        .env("PATH", format!("{}:{}:{path}", parts.kubernetes.display(), parts.containerd.display(), path = path.display()));
    shell.stdin(Stdio::inherit());
    process::watch(shell).await
}
