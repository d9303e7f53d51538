//! What a hook adds to a request, in front of a real API server: `make bench-apiserver`.
//!
//! One client with one connection creates a Deployment with `dryRun=All` again and again: with nothing in the way, with
//! a `ValidatingAdmissionPolicy` of five CEL expressions, with a bare webhook, and with no502. All take turns in one run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "benches may")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures are printed")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts processes and waits for them")]
#![allow(dead_code, reason = "the tests and the other benches use the rest of these modules")]

mod bare;
mod client;
mod contenders;
mod figures;
mod objects;

#[path = "../tests/apiserver/cluster.rs"]
mod cluster;
#[path = "../tests/apiserver/fault.rs"]
mod fault;
#[path = "../tests/apiserver/http.rs"]
mod http;
#[path = "../tests/apiserver/instance.rs"]
mod instance;
#[path = "../tests/apiserver/janitor.rs"]
mod janitor;
#[path = "../tests/apiserver/kubectl.rs"]
mod kubectl;
#[path = "../tests/apiserver/manifests.rs"]
mod manifests;
#[path = "../tests/apiserver/no502.rs"]
mod no502;
#[path = "../tests/apiserver/register.rs"]
mod register;
#[path = "../tests/apiserver/wait.rs"]
mod wait;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::Value;

use client::{Connection, Target};
use cluster::Cluster;
use contenders::{Contender, Field};
use fault::{Result, fault};
use figures::percentile;

const ROUNDS: usize = 20;
/// Requests of each contender in a round.
const TURN: usize = 25;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let told = match arguments.get(1).map(String::as_str) {
        Some(bare::ARGUMENT) => bare::serve(&arguments[2], &arguments[3]),
        // Only `cargo bench` passes this; tests of all targets shall not wait for a control plane.
        _ if arguments.iter().any(|argument| argument == "--bench") => run(),
        _ => Ok(()),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result {
    let cluster = Cluster::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let field = Field::prepare(&cluster)?;
    let times = runtime.block_on(race(&cluster, &field))?;
    field.check_calls(&cluster.admin(), &runtime, ROUNDS * TURN)?;
    print_table(&field.contenders, &times);
    Ok(())
}

/// The times of each contender, in the order of the contenders.
async fn race(cluster: &Cluster, field: &Field) -> Result<Vec<Vec<Duration>>> {
    let address = cluster.server().trim_start_matches("https://").parse()?;
    let authority = cluster.folder().join("pki/apiserver.crt");
    let mut connection = Target::new(address, &authority, Some("Bearer admin"))?.connect().await?;
    let mut times = vec![Vec::new(); field.contenders.len()];
    for contender in &field.contenders {
        for _ in 0..TURN * 2 {
            create(&mut connection, contender).await?;
        }
    }
    for round in 0..ROUNDS {
        for turn in 0..field.contenders.len() {
            let index = (round + turn) % field.contenders.len();
            for _ in 0..TURN {
                times[index].push(create(&mut connection, &field.contenders[index]).await?);
            }
        }
    }
    Ok(times)
}

async fn create(connection: &mut Connection, contender: &Contender) -> Result<Duration> {
    let path = format!("/apis/apps/v1/namespaces/{}/deployments?dryRun=All", contender.namespace);
    let start = Instant::now();
    let (status, answer) = connection.send(Method::POST, &path, Bytes::from(contender.body.clone())).await?;
    let time = start.elapsed();
    let answer: Value = serde_json::from_slice(&answer)?;
    let is_signed = answer["metadata"]["annotations"]["no502.dev/injected"].is_string();
    if status == StatusCode::CREATED && is_signed == contender.is_patched {
        Ok(time)
    } else {
        Err(fault(format!("{}: {status}: {answer}", contender.name)))
    }
}

fn print_table(contenders: &[Contender], times: &[Vec<Duration>]) {
    let millis = |times: &[Duration], percent| percentile(times, percent).as_secs_f64() * 1e3;
    let base = millis(&times[0], 50);
    println!("\ncreate of a Deployment with dryRun=All, {} requests each, in turns; milliseconds", ROUNDS * TURN);
    println!("  {:<48}{:>8}{:>8}{:>12}", "", "p50", "p99", "adds (p50)");
    for (contender, own) in contenders.iter().zip(times) {
        let p50 = millis(own, 50);
        println!("  {:<48}{p50:>8.2}{:>8.2}{:>12.2}", contender.name, millis(own, 99), p50 - base);
    }
}
