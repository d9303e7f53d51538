//! `no502 policy`: check a document, show what holds, print the schema.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{CliError, Common, FOUND, print};
use crate::engine::{Plan, PolicyError, schema};

/// Arguments of `no502 policy`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is wrong in a document
    Check {
        /// The document
        file: PathBuf,
    },
    /// Show each rule of each profile as it holds, and where that comes from
    Show,
    /// Print the JSON Schema of the document
    Schema,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    match &args.command {
        Command::Check { file } => check(file),
        Command::Show => show(common),
        Command::Schema => {
            print(&format!("{:#}\n", schema()))?;
            Ok(0)
        }
    }
}

fn check(file: &Path) -> Result<u8, CliError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| CliError::Unusable(format!("{name}: {error}")))?;
    match Plan::parse(&text) {
        Ok(plan) => {
            let names: Vec<&str> = plan.profile_names().collect();
            print(&format!("{name}: good; profiles {}\n", names.join(", ")))?;
            Ok(0)
        }
        Err(error) => {
            print(&format!("{}\n", faults(&name, &error)))?;
            Ok(FOUND)
        }
    }
}

/// All faults of a document, one a line, each with its place.
pub(super) fn faults(name: &str, error: &PolicyError) -> String {
    let lines: Vec<String> = error.0.iter().map(|fault| format!("{name}:{fault}")).collect();
    format!("{error}\n{}", lines.join("\n"))
}

fn show(common: &Common) -> Result<u8, CliError> {
    let plan = common.plan()?;
    let document = &plan.document;
    let mut text = format!("# policy {}\nmode: {}\n", plan.hash, document.mode.name());
    for mode in crate::policy::Mode::ALL {
        let _ = writeln!(text, "default {}: {}", mode.name(), document.defaults.get(mode).unwrap_or("nothing"));
    }
    for name in plan.profile_names().filter(|name| common.profile.as_deref().is_none_or(|asked| asked == *name)) {
        let Some(profile) = plan.profile(name) else { continue };
        let _ = writeln!(text, "\nprofile {name}: breaking {}", profile.breaking);
        for (rule, entry) in &profile.effective {
            let written =
                document.profiles.values().any(|own| own.rules.get(*rule).is_some_and(|own| own.pointer == entry.pointer));
            let origin = if written { entry.pointer.as_str() } else { "shipped" };
            let params = serde_json::Value::Object(entry.params.clone());
            let fix = if entry.fix == Some(true) { " fix" } else { "" };
            let _ = writeln!(text, "  {rule:<30} {:<8}{fix} {params}  # {origin}", entry.level.unwrap_or_default());
        }
    }
    print(&text)?;
    Ok(0)
}
