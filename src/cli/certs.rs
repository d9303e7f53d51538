//! `no502 certs`: make a CA and a serving certificate, or look at one.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;

use super::{CliError, print};
use crate::serve::{describe_certificates, make_certificates};

/// Arguments of `no502 certs`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write ca.crt, ca.key, tls.crt and tls.key
    Make(Make),
    /// Show names and days left of the certificates in a file
    Inspect {
        /// A file in PEM
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Make {
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A DNS name of the server (may be repeated) [default: no502.no502-system.svc]
    #[arg(long, value_name = "NAME")]
    dns: Vec<String>,
    /// An address of the server (may be repeated)
    #[arg(long, value_name = "ADDR")]
    ip: Vec<IpAddr>,
    /// How long the serving certificate holds; the CA holds ten times as long
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Sign with the ca.crt and ca.key of this folder instead of a new CA
    #[arg(long, value_name = "DIR")]
    ca: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    match &args.command {
        Command::Make(make) => write(make),
        Command::Inspect { file } => inspect(file),
    }
}

fn write(make: &Make) -> Result<u8, CliError> {
    let mut names = make.dns.clone();
    if names.is_empty() && make.ip.is_empty() {
        names.push("no502.no502-system.svc".to_owned());
    }
    let lifetime = Duration::from_secs(u64::from(make.days) * 86_400);
    let files = make_certificates(&make.out, &names, &make.ip, lifetime, make.ca.as_deref());
    let files = files.map_err(|error| CliError::Unusable(error.to_string()))?;
    print(&format!(
        "{}: give it to clients (caBundle)\n{} and {}: give them to `no502 serve`\n",
        files.ca.display(),
        files.certificate.display(),
        files.key.display()
    ))?;
    Ok(0)
}

fn inspect(file: &Path) -> Result<u8, CliError> {
    let lines = describe_certificates(file).map_err(|error| CliError::Unusable(error.to_string()))?;
    print(&format!("{}\n", lines.join("\n")))?;
    Ok(0)
}
