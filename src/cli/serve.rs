//! `no502 serve`: the admission webhook.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::{CliError, Common, LogFormat};
use crate::serve::{Options, ServeError, run as serve};

/// Arguments of `no502 serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the webhook listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Where /livez, /readyz and /metrics listen, in plain HTTP
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    admin_listen: SocketAddr,
    /// The serving certificate in PEM; without one a self-signed pair for localhost is made
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The kubeconfig of the cluster to watch
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context in the kubeconfig
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Look for no cluster: every namespace is judged by the defaults of the policy
    #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
    no_cluster: bool,
    /// Seconds to go on serving, unready, after SIGTERM [default: 3 with a cluster, 0 without]
    #[arg(long, value_name = "SECONDS")]
    drain_delay: Option<u64>,
    /// Where the self-signed pair is kept
    #[arg(long, value_name = "DIR", env = "NO502_STATE")]
    state_dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    // Both TLS users of this process, the server and the client, take the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _guard = start_log(common)?;
    let options = Options {
        listen: args.listen,
        admin_listen: args.admin_listen,
        tls: args.tls_cert.clone().zip(args.tls_key.clone()),
        policy: common.policy.clone(),
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        no_cluster: args.no_cluster,
        drain_delay: args.drain_delay.map(Duration::from_secs),
        state_folder: args.state_dir.clone().unwrap_or_else(state_folder),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::Failed(format!("no runtime: {error}")))?;
    let served = runtime.block_on(serve(options));
    runtime.shutdown_background();
    served.map(|()| 0).map_err(|error| match &error {
        ServeError::Policy { path, source } => {
            let name = path.as_ref().map_or_else(|| "shipped profile".to_owned(), |path| path.display().to_string());
            CliError::Unusable(super::policy::faults(&name, source))
        }
        _ if error.is_usage() => CliError::Unusable(error.to_string()),
        _ => CliError::Failed(error.to_string()),
    })
}

/// Log lines go to standard error, written by a thread of their own, so that no request waits for a slow reader.
fn start_log(common: &Common) -> Result<tracing_appender::non_blocking::WorkerGuard, CliError> {
    let filter = EnvFilter::try_new(&common.log_level);
    let filter = filter.map_err(|error| CliError::Unusable(format!("--log-level {}: {error}", common.log_level)))?;
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    match common.log_format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
        LogFormat::Text => builder.with_ansi(false).init(),
    }
    Ok(guard)
}

/// `$XDG_STATE_HOME/no502`, else below the home folder, else a folder for temporary files.
fn state_folder() -> PathBuf {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.unwrap_or_else(std::env::temp_dir).join("no502")
}
