//! Floor 8: the command line. One command, one file.

mod asked;
mod baseline;
mod certs;
mod changed;
mod check;
mod cluster;
mod completions;
mod effective;
mod evidence;
mod explain;
mod fix;
mod folders;
pub mod generate;
mod hints;
mod judge;
mod lsp;
mod output;
mod place;
mod policy;
mod routes;
mod rules;
mod serve;
mod trace;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::report::Style;

/// Keeps 502 and 504 answers out of a Kubernetes cluster.
#[derive(Debug, Parser)]
#[command(name = "no502", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options of all commands.
#[derive(Debug, clap::Args)]
struct Common {
    /// The policy document
    #[arg(long, global = true, env = "NO502_POLICY", value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The profile to judge by, where a command judges
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
    /// The form of log lines
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// What is logged: error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log_level: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge every `kubectl apply`: the admission webhook
    Serve(serve::Args),
    /// Judge manifests in files, folders or standard input
    Check(check::Args),
    /// Show in an editor what `check` finds, while manifests are written: a language server
    Lsp(lsp::Args),
    /// Show which timeouts and retries hold for a route, and who says so
    Effective(effective::Args),
    /// Show the way of a request, hop by hop, with what holds and what is wrong at each
    Trace(trace::Args),
    /// Show the page of a rule
    Explain(explain::Args),
    /// List all rules
    Rules(rules::Args),
    /// Check or show a policy document, or print its schema
    Policy(policy::Args),
    /// Make or inspect certificates
    Certs(certs::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the files that follow from the code
    #[command(hide = true)]
    Generate(generate::Args),
}

/// Exit code: something was found.
const FOUND: u8 = 1;
/// Exit code: the command could not do its work.
const UNUSABLE: u8 = 2;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// The arguments, or the files they name, cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The command failed while it worked.
    #[error("{0}")]
    Failed(String),
    /// Output could not be written.
    #[error("output: {0}")]
    Output(#[from] io::Error),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let common = &cli.common;
    let result = match cli.command {
        Command::Serve(args) => serve::run(&args, common),
        Command::Check(args) => check::run(&args, common),
        Command::Lsp(args) => lsp::run(&args, common),
        Command::Effective(args) => effective::run(&args, common),
        Command::Trace(args) => trace::run(&args, common),
        Command::Explain(args) => explain::run(&args, common),
        Command::Rules(args) => rules::run(&args, common),
        Command::Policy(args) => policy::run(&args, common),
        Command::Certs(args) => certs::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Generate(args) => generate::run(&args),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // Whoever closed the pipe has seen enough.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "no502: {error}");
            ExitCode::from(if matches!(error, CliError::Unusable(_)) { UNUSABLE } else { FOUND })
        }
    }
}

/// Writes results to standard output.
fn print(text: &str) -> Result<(), CliError> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

impl Common {
    fn style(&self) -> Style {
        let is_wanted = match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        if is_wanted { Style::Colour } else { Style::Plain }
    }

    /// Says of a command that tells of the rules as shipped, that what it was given of policies does not change it. A policy of
    /// the environment is meant for other commands, and needs no word.
    fn tell_that_policies_do_not_count(&self, command: &str) {
        let is_given = self.policy.is_some() && std::env::var_os("NO502_POLICY").is_none();
        if is_given || self.profile.is_some() {
            let what = format!("{command} tells of the rules as shipped, whatever --policy and --profile say");
            let _ = writeln!(io::stderr(), "no502: {what}; `no502 policy show` tells what holds");
        }
    }

    /// The plan of the policy file, or of the standalone document. A file that names no gateway takes none of what is assumed without
    /// one: files mostly come without the objects that would tell.
    fn plan(&self) -> Result<crate::engine::Plan, CliError> {
        let Some(path) = &self.policy else {
            return crate::engine::Plan::standalone()
                .map_err(|error| CliError::Failed(policy::faults("shipped profile", &error)));
        };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| CliError::Unusable(format!("{name}: {error}")))?;
        let mut plan = crate::engine::Plan::parse(&text).map_err(|error| CliError::Unusable(policy::faults(&name, &error)))?;
        plan.document.assume_gateway();
        Ok(plan)
    }
}
