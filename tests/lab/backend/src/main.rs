//! A server that can be every bad neighbour: it starts late, dies early, closes too soon, answers too slowly, too much, or not at
//! all. It is the only file of its image.

mod answer;
mod connection;
mod fault;
mod flags;
mod grpc;
mod listen;
mod log;
mod payload;
mod program;
mod running;
mod term;
mod tls;
mod trouble;
mod websocket;
mod wish;

use std::{io::Write as _, process::ExitCode, sync::Arc};

use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

use crate::{fault::Fault, flags::Flags, log::say, program::Program, term::Signals};

fn main() -> ExitCode {
    match start(Flags::parse()) {
        Ok(never) => match never {},
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "{fault}");
            ExitCode::FAILURE
        }
    }
}

fn start(flags: Flags) -> Result<std::convert::Infallible, Fault> {
    let runtime = runtime(flags.threads)?;
    let code = runtime.block_on(run(flags))?;
    // Not by dropping the runtime: open connections shall be cut by the kernel, as those of any process that dies.
    std::process::exit(code.into())
}

fn runtime(threads: usize) -> Result<Runtime, Fault> {
    let mut builder = if threads > 1 { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    Ok(builder.worker_threads(threads.max(1)).enable_all().build()?)
}

async fn run(flags: Flags) -> Result<u8, Fault> {
    let signals = Signals::install()?;
    let program = Arc::new(Program::new(flags));
    let flags = &program.flags;
    say(format_args!("start name={} app={}", program.name, flags.app));
    let serve = async {
        listen::open(&program).await?;
        program.follow_readiness().await;
        std::future::pending().await
    };
    let code = tokio::select! {
        code = signals.end(Arc::clone(&program)) => code,
        code = trouble::crash(flags.crash_every) => code,
        code = trouble::grow(flags.grow) => code,
        fault = serve => return fault,
    };
    say(format_args!("end code={code} running={} open={}", program.running.now(), program.open.now()));
    Ok(code)
}
