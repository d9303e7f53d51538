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
    // Nothing is known at first: what changed since the server read the file is found too.
    let mut known = None;
    loop {
        tokio::time::sleep(PERIOD).await;
        let now = tokio::fs::read_to_string(&path).await.map_err(|error| format!("{}: {error}", path.display()));
        if known.as_ref() == Some(&now) {
            continue;
        }
        match &now {
            Ok(text) => match Plan::parse(text) {
                Ok(plan) => adopt(&state, plan),
                Err(refused) => {
                    let faults: Vec<String> = refused.0.iter().map(|fault| format!("{}:{fault}", path.display())).collect();
                    refuse(&state, faults.join("; "));
                }
            },
            Err(fault) => refuse(&state, fault.clone()),
        }
        known = Some(now);
    }
}

fn adopt(state: &State, mut plan: Plan) {
    let old = state.plan();
    let had_fault = state.policy_fault.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    if plan.hash == old.hash && !had_fault {
        return;
    }
    plan.has_cluster = old.has_cluster;
    plan.facts.has_native_sleep = old.facts.has_native_sleep;
    plan.facts.is_pruned = old.facts.is_pruned;
    info!(policy = plan.hash, "the policy was loaded again");
    state.replace_plan(plan);
}

fn refuse(state: &State, faults: String) {
    state.metrics.policy_reload_failures.inc();
    error!(policy = state.plan().hash, faults, "the newer policy is refused; the last good one stays");
    *state.policy_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(faults);
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
