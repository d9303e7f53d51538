//! Files that change while the server runs: the policy and the certificates. Mounted ones are swapped by symlink, so
//! their content is compared, not their events.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use tracing::{error, info};

use super::certificate::expiry;
use super::state::State;
use crate::engine::Plan;

/// How often files are looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Loads the policy again whenever its file changes. A bad document is refused, and the last good one stays.
pub(super) async fn watch_policy(state: Arc<State>, path: PathBuf) {
    let mut known = tokio::fs::read_to_string(&path).await.unwrap_or_default();
    loop {
        tokio::time::sleep(PERIOD).await;
        let Ok(text) = tokio::fs::read_to_string(&path).await else { continue };
        if text == known {
            continue;
        }
        known = text;
        let old = state.plan();
        match Plan::parse(&known) {
            Ok(mut plan) => {
                plan.has_cluster = old.has_cluster;
                plan.facts.has_native_sleep = old.facts.has_native_sleep;
                info!(policy = plan.hash, "the policy was loaded again");
                state.replace_plan(plan);
            }
            Err(refused) => {
                state.metrics.policy_reload_failures.inc();
                let faults: Vec<String> = refused.0.iter().map(|fault| format!("{}:{fault}", path.display())).collect();
                error!(policy = old.hash, faults = faults.join("; "), "the newer policy is refused; the last good one stays");
                *state.policy_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(faults.join("; "));
            }
        }
    }
}

/// Reads the serving pair again whenever one of its files changes. Open connections keep theirs.
pub(super) async fn watch_certificate(state: Arc<State>, config: RustlsConfig, certificate: PathBuf, key: PathBuf) {
    let tell = || expiry(&certificate).into_iter().for_each(|end| state.metrics.certificate_ends(end));
    tell();
    let read = async || (tokio::fs::read(&certificate).await.ok(), tokio::fs::read(&key).await.ok());
    let mut known = read().await;
    loop {
        tokio::time::sleep(PERIOD).await;
        let now = read().await;
        if now == known || now.0.is_none() || now.1.is_none() {
            continue;
        }
        match config.reload_from_pem_file(&certificate, &key).await {
            Ok(()) => {
                tell();
                info!(certificate = %certificate.display(), "the certificate was loaded again");
            }
            // The files of a pair change one after the other: the next look may find both.
            Err(error) => error!(%error, "the newer certificate cannot be used; the last one stays"),
        }
        known = now;
    }
}
