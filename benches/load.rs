//! no502 under load, beside a bare webhook on the same stack that allows everything and logs nothing: `make load`.
//!
//! Both servers are processes of their own. They take turns in short rounds, so that whatever else the machine does
//! meets both, and medians of the rounds are printed. Everything stays on 127.0.0.1 and takes about a minute.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "benches may")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures are printed")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "starts processes and waits for them")]

mod bare;
mod client;
#[path = "../tests/apiserver/fault.rs"]
mod fault;
mod figures;
mod generator;
#[path = "../tests/apiserver/janitor.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod janitor;
#[allow(dead_code, reason = "the other benches use the rest")]
mod objects;
mod processors;
#[allow(dead_code, reason = "the other benches use the rest")]
mod reviews;
mod subject;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use hyper::body::Bytes;

use fault::Result;
use figures::{median, percentile};
use generator::{Connections, at_rate, top_rate};
use subject::Subject;

const ROUNDS: usize = 5;
const CLIENTS: usize = 16;
const WARM_UP: Duration = Duration::from_millis(400);
const SPAN: Duration = Duration::from_millis(800);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let told = match arguments.get(1).map(String::as_str) {
        Some(bare::ARGUMENT) => bare::serve(&arguments[2], &arguments[3]),
        // Only `cargo bench` passes this; tests of all targets shall not wait for a minute.
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
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("load");
    let lifetime = Duration::from_hours(24);
    no502::serve::make_certificates(&folder, &[], &[std::net::Ipv4Addr::LOCALHOST.into()], lifetime, None)?;
    let pinned = processors::pin_generator();
    println!("{ROUNDS} rounds in turns, {CLIENTS} clients; {pinned}");
    println!("policy of no502: all rules of strict, enforced; each decision is a line of JSON in a file");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    for (what, body) in [
        ("CREATE of a Deployment", reviews::create_of_size(6_000)),
        ("UPDATE of a Deployment, with the old one", reviews::update_of_size(60_000)),
    ] {
        println!("\n{what}, {} bytes", body.len());
        // Fresh processes, so that the peak of memory belongs to this size.
        let subjects = [Subject::bare(&folder)?, Subject::no502(&folder)?];
        let figures = runtime.block_on(compare(&subjects, &Bytes::from(body)))?;
        print_figures(&subjects, &figures)?;
    }
    Ok(())
}

/// What the rounds of one server gave.
#[derive(Default)]
struct Figures {
    kept: Vec<f64>,
    fresh: Vec<f64>,
    micros: Vec<f64>,
    busy: Vec<f64>,
    times: Vec<Vec<Duration>>,
}

async fn compare(subjects: &[Subject; 2], body: &Bytes) -> Result<[Figures; 2]> {
    for subject in subjects {
        top_rate(&subject.target, body, CLIENTS, Connections::Kept, WARM_UP).await?;
    }
    let mut figures = [Figures::default(), Figures::default()];
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let index = (round + turn) % 2;
            let (subject, own) = (&subjects[index], &mut figures[index]);
            let before = subject.processor_time();
            let rate = top_rate(&subject.target, body, CLIENTS, Connections::Kept, SPAN).await?;
            let worked = subject.processor_time().saturating_sub(before).as_secs_f64();
            own.kept.push(rate);
            own.micros.push(worked * 1e6 / (rate * SPAN.as_secs_f64()));
            own.busy.push(worked / SPAN.as_secs_f64() * 100.0);
            own.fresh.push(top_rate(&subject.target, body, CLIENTS, Connections::Fresh, SPAN).await?);
            own.times.push(at_rate(&subject.target, body, rate / 2.0, SPAN).await?);
        }
    }
    Ok(figures)
}

fn print_figures(subjects: &[Subject; 2], figures: &[Figures; 2]) -> Result {
    println!("  {:<44}{:>10}{:>10}{:>10}", "", "bare", "no502", "ratio");
    let print = |name: &str, of: &dyn Fn(&Figures) -> f64| {
        let [bare, no502] = [of(&figures[0]), of(&figures[1])];
        println!("  {name:<44}{bare:>10.2}{no502:>10.2}{:>9.0} %", no502 / bare * 100.0);
    };
    print("requests/s, connections kept", &|own| median(own.kept.iter().copied()));
    print("requests/s, a new connection each", &|own| median(own.fresh.iter().copied()));
    print("processor time of the server, us/request", &|own| median(own.micros.iter().copied()));
    print("requests per second of that time", &|own| 1e6 / median(own.micros.iter().copied()));
    print("one processor busy with the server, %", &|own| median(own.busy.iter().copied()));
    for percent in [50, 99] {
        print(&format!("p{percent} at half of its own top rate, ms"), &|own| {
            median(own.times.iter().map(|times| percentile(times, percent).as_secs_f64() * 1e3))
        });
    }
    let [bare, no502] = [subjects[0].peak_memory(), subjects[1].peak_memory()];
    println!("  {:<44}{bare:>10.2}{no502:>10.2}{:>9.0} %", "peak memory (VmHWM), MiB", no502 / bare * 100.0);
    if figures.iter().any(|own| median(own.busy.iter().copied()) < 90.0) {
        println!("  A server that is not busy all the time was not the limit: then its processor time is what to compare.");
    }
    let pairs = figures[0].kept.iter().zip(&figures[1].kept);
    let ratios: Vec<String> = pairs.map(|(bare, no502)| format!("{:.0} %", no502 / bare * 100.0)).collect();
    println!("  no502 of bare, kept, round by round: {}", ratios.join(", "));
    let (answered, logged) = subjects[1].logged(&subjects[1].metrics()?)?;
    println!("  no502 decided {answered} times and logged {logged} decisions");
    Ok(())
}
