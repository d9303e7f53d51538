//! The end of a server: unready first, then closing connections, then draining, then gone. No request is dropped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum_server::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::state::State;

/// How long requests in flight may take once the listener is closed.
const DRAIN: Duration = Duration::from_secs(10);

/// Waits for SIGTERM or Ctrl-C, then ends the listeners in order. A second signal ends at once.
pub(super) async fn on_signal(state: Arc<State>, listeners: Vec<Handle<std::net::SocketAddr>>, delay: Duration) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        warn!("signals cannot be handled here; the server ends when its process does");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    state.is_draining.store(true, Ordering::Relaxed);
    info!(seconds = delay.as_secs(), "asked to stop: unready, still serving");
    let drain = async {
        tokio::time::sleep(delay).await;
        info!("no new connections; waiting for requests in flight");
        for listener in &listeners {
            listener.graceful_shutdown(Some(DRAIN));
        }
        // The server ends, and this with it, when the last request is answered.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = drain => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    warn!("asked again: ending at once");
    for listener in &listeners {
        listener.shutdown();
    }
}
