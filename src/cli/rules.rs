//! `no502 rules`: all rules.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{CliError, Common, print};
use crate::rule::RULES;

/// Arguments of `no502 rules`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The form of the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    common.tell_that_policies_do_not_count("rules");
    print(&match args.format {
        Format::Text => table(),
        Format::Json => format!("{:#}\n", list()),
    })?;
    Ok(0)
}

fn table() -> String {
    let mut text = format!("{:<30} {:<9} {:<8} {:<8} {:<8} {}\n", "RULE", "FAMILY", "BASELINE", "STRICT", "FIX", "SAYS THAT");
    for entry in RULES {
        let meta = entry.meta;
        let (name, family, fix) = (meta.name, meta.family, meta.fix.name());
        let _ = writeln!(text, "{name:<30} {family:<9} {:<8} {:<8} {fix:<8} {}", meta.baseline, meta.strict, meta.summary);
    }
    text
}

fn list() -> Value {
    let rules = RULES.iter().map(|entry| {
        let meta = entry.meta;
        json!({
            "name": meta.name, "family": meta.family.to_string(), "baseline": meta.baseline, "strict": meta.strict,
            "fix": meta.fix.name(), "summary": meta.summary, "since": meta.since,
            "params": {"baseline": entry.baseline(), "strict": entry.strict()},
        })
    });
    rules.collect()
}
