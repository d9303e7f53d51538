//! Starting a server: policy, certificates, sockets, watches.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use kube::Client;
use kube::config::KubeconfigError;
use tracing::{info, warn};

use super::admin::admin;
use super::certificate::{CertificateError, SelfSigned, make_certificates};
use super::metrics::Metrics;
use super::router::router;
use super::state::State;
use super::{hint, late, reload, shutdown};
use crate::collect::{Store, cluster, watch, watched_kinds};
use crate::engine::{Plan, PolicyError};
use crate::policy::ConfigSource;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the webhook listens.
    pub listen: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` listen.
    pub admin_listen: SocketAddr,
    /// The serving certificate and its key; a self-signed pair where there is none.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The policy document; the standalone one where there is none.
    pub policy: Option<PathBuf>,
    /// The kubeconfig.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it.
    pub context: Option<String>,
    /// Whether no cluster is looked for.
    pub no_cluster: bool,
    /// How long the server goes on after it was asked to stop; by default 3 s with a cluster, none without.
    pub drain_delay: Option<Duration>,
    /// Where a self-signed pair is kept.
    pub state_folder: PathBuf,
}

/// Why a server could not start, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The policy file could not be read.
    #[error("{}: {source}", path.display())]
    PolicyFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The policy document is at fault.
    #[error("{source} {}", path.as_deref().map(|path| path.display().to_string()).unwrap_or_default())]
    Policy {
        /// Which file.
        path: Option<PathBuf>,
        /// All its faults.
        source: PolicyError,
    },
    /// The certificates could not be made or read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate and key do not make a pair.
    #[error("{} and {}: {source}; `no502 certs make` writes a pair that fits", certificate.display(), key.display())]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kubeconfig could not be used.
    #[error("the kubeconfig cannot be used: {0}")]
    Kubeconfig(#[from] KubeconfigError),
    /// The client could not be made.
    #[error("no client for the API server: {0}")]
    Client(#[from] kube::Error),
    /// An address could not be bound.
    #[error("{address}: {source}; choose another with --listen or --admin-listen (port 0 takes a free one)")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The metrics could not be set up.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A listener ended.
    #[error("the listener ended: {0}")]
    Listener(#[from] io::Error),
}

impl ServeError {
    /// Whether the arguments are at fault, and not the world.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::PolicyFile { .. } | Self::Policy { .. } | Self::Certificate(_) | Self::Pair { .. } | Self::Kubeconfig(_)
        )
    }
}

/// Serves until a signal asks it to stop.
///
/// # Errors
/// Where the server cannot start with these options, or a listener ends by itself.
pub async fn run(options: Options) -> Result<(), ServeError> {
    let mut plan = load_policy(options.policy.as_deref())?;
    let client = client(&options).await?;
    plan.has_cluster = client.is_some();
    plan.facts.is_pruned = true;
    if let Some(client) = &client {
        plan.facts.has_native_sleep = has_native_sleep(client).await;
    }
    let kinds = if client.is_some() { watched_kinds() } else { Vec::new() };
    let state = Arc::new(State::new(plan, Arc::new(Store::new(&kinds)), Metrics::new()?));
    let pair = certificates(&options)?;
    let tls = RustlsConfig::from_pem_file(&pair.certificate, &pair.key).await;
    let tls = tls.map_err(|source| ServeError::Pair { certificate: pair.certificate.clone(), key: pair.key.clone(), source })?;
    let (webhook, admin_socket) = (bind(options.listen)?, bind(options.admin_listen)?);
    let (address, admin_address) = (webhook.local_addr()?, admin_socket.local_addr()?);

    let mut tasks = tokio::task::JoinSet::new();
    if let Some(client) = client {
        start_watches(&client, &state, &mut tasks);
        tasks.spawn(late::look_again(state.clone()));
    }
    if let Some(path) = options.policy.clone() {
        tasks.spawn(reload::watch_policy(state.clone(), path));
    }
    tasks.spawn(reload::watch_certificate(state.clone(), tls.clone(), pair.certificate.clone(), pair.key.clone()));
    announce(&options, &state, &pair, address, admin_address);

    let (webhook_handle, admin_handle) = (Handle::new(), Handle::new());
    let delay = options.drain_delay.unwrap_or(Duration::from_secs(if state.plan().has_cluster { 3 } else { 0 }));
    tasks.spawn(shutdown::on_signal(state.clone(), vec![webhook_handle.clone(), admin_handle.clone()], delay));
    // Otherwise the kernel may hold the first answer of a connection back for 40 ms, until the client has acknowledged
    // the session tickets of TLS that were written before it.
    let webhook = axum_server::from_tcp_rustls(webhook, tls)?.map(|tls| tls.acceptor(NoDelayAcceptor)).handle(webhook_handle);
    let webhook = webhook.serve(router(state.clone()).into_make_service());
    let admin = axum_server::from_tcp(admin_socket)?.handle(admin_handle).serve(admin(state).into_make_service());
    tokio::try_join!(webhook, admin)?;
    info!("stopped");
    Ok(())
}

fn load_policy(path: Option<&Path>) -> Result<Plan, ServeError> {
    let Some(path) = path else {
        return Plan::standalone().map_err(|source| ServeError::Policy { path: None, source });
    };
    let text = std::fs::read_to_string(path).map_err(|source| ServeError::PolicyFile { path: path.to_owned(), source })?;
    Plan::parse(&text).map_err(|source| ServeError::Policy { path: Some(path.to_owned()), source })
}

/// A client for the cluster of the options; in-cluster where there is one; none otherwise.
async fn client(options: &Options) -> Result<Option<Client>, ServeError> {
    if options.no_cluster {
        return Ok(None);
    }
    let config = match (&options.kubeconfig, &options.context) {
        (None, None) => match kube::Config::incluster() {
            Ok(config) => config,
            Err(_) => return Ok(None),
        },
        (kubeconfig, context) => cluster::config(kubeconfig.as_deref(), context.as_deref()).await?,
    };
    Ok(Some(Client::try_from(config)?))
}

/// Whether the API server knows `preStop.sleep`, which an older one drops in silence (KEP-3960: on from 1.30).
async fn has_native_sleep(client: &Client) -> bool {
    let version = tokio::time::timeout(Duration::from_secs(5), client.apiserver_version()).await;
    let minor = match &version {
        Ok(Ok(version)) => version.minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok(),
        _ => None,
    };
    if minor.is_none() {
        warn!("the version of the API server is not known: preStop is injected in its exec form");
    }
    minor.is_some_and(|minor| minor >= 30)
}

fn start_watches(client: &Client, state: &Arc<State>, tasks: &mut tokio::task::JoinSet<()>) {
    for kind in watched_kinds() {
        tasks.spawn(watch::watch_kind(client.clone(), kind, state.store.clone()));
    }
    tasks.spawn(watch_configs(client.clone(), state.clone()));
}

/// Keeps one watch for each `ConfigMap` that the policy names, also when another policy names others.
async fn watch_configs(client: Client, state: Arc<State>) {
    let mut running: BTreeMap<(String, String), AbortOnDrop> = BTreeMap::new();
    loop {
        let plan = state.plan();
        let named = plan.document.gateways.iter().filter_map(|gateway| match &gateway.config {
            ConfigSource::Named { namespace, name } => Some((namespace.to_string(), name.to_string())),
            ConfigSource::None | ConfigSource::Unknown => None,
        });
        let named: BTreeSet<(String, String)> = named.collect();
        running.retain(|config, _| named.contains(config));
        for (namespace, name) in named {
            running.entry((namespace.clone(), name.clone())).or_insert_with(|| {
                AbortOnDrop(tokio::spawn(watch::watch_config(client.clone(), namespace, name, state.store.clone())))
            });
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A task that ends with its handle.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The pair of the options, or a self-signed one for this machine.
fn certificates(options: &Options) -> Result<SelfSigned, ServeError> {
    if let Some((certificate, key)) = &options.tls {
        return Ok(SelfSigned { ca: certificate.clone(), certificate: certificate.clone(), key: key.clone() });
    }
    let names = ["localhost".to_owned()];
    let addresses = [std::net::Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()];
    let month = Duration::from_hours(720);
    Ok(make_certificates(&options.state_folder, &names, &addresses, month, None)?)
}

fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|source| ServeError::Bind { address, source })
}

/// Says where the server listens, and how to try it.
fn announce(options: &Options, state: &State, pair: &SelfSigned, address: SocketAddr, admin: SocketAddr) {
    let plan = state.plan();
    let mut lines = vec![format!("no502 is listening on https://{address}"), format!("admin on http://{admin}")];
    if options.tls.is_none() {
        lines.push(format!("self-signed; clients trust it by {}", pair.ca.display()));
    }
    if !plan.has_cluster {
        lines.push("no cluster: every namespace is judged by the defaults of the policy".to_owned());
        if options.tls.is_none() {
            lines.push("try a denial and a patch:".to_owned());
            lines.extend(
                hint::commands(address, &pair.ca, &options.state_folder).into_iter().map(|command| format!("  {command}")),
            );
        }
    }
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{}\n", lines.join("\n")).as_bytes());
    info!(%address, %admin, policy = plan.hash, cluster = plan.has_cluster, "listening");
}
