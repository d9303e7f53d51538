//! Signals. As process 1 of a container nothing happens by itself: even dying at SIGTERM must be done by hand.

use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{fault::Fault, flags::OnTerm, log::say, program::Program};

/// The code of a process that SIGTERM ended.
const TERMINATED: u8 = 143;
/// The code of a process that SIGINT ended.
const INTERRUPTED: u8 = 130;

/// The signals that are listened to.
pub struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    /// From now on the signals do only what they are told here.
    pub fn install() -> Result<Self, Fault> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Waits until a signal ends the process, and says with which code.
    pub async fn end(self, program: Arc<Program>) -> u8 {
        let Self { term, mut int } = self;
        tokio::select! {
            code = terminated(term, &program) => code,
            _ = int.recv() => INTERRUPTED,
        }
    }
}

async fn terminated(mut term: Signal, program: &Program) -> u8 {
    loop {
        if term.recv().await.is_none() {
            return std::future::pending().await;
        }
        say(format_args!("sigterm running={} open={}", program.running.now(), program.open.now()));
        match program.flags.on_term {
            OnTerm::Exit => return TERMINATED,
            OnTerm::Ignore => continue,
            OnTerm::Drain => {}
            OnTerm::ServeFor(time) => tokio::time::sleep(time).await,
        }
        // In this order: whoever sees a connection end finds the port closed.
        program.refusing.send_replace(true);
        program.ports.none().await;
        program.draining.send_replace(true);
        program.open.none().await;
        return 0;
    }
}
