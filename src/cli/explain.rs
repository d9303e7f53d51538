//! `no502 explain`: the page of a rule, and what was measured of it.

use super::{CliError, Common, evidence, print};
use crate::policy::near;
use crate::report::Style;
use crate::rule::{RULES, by_name};

/// Arguments of `no502 explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name of the rule
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    let Some(entry) = by_name(&args.rule) else {
        let meant = near(&args.rule, RULES.iter().map(|entry| entry.meta.name)).map(|near| format!("; did you mean {near}?"));
        let meant = meant.unwrap_or_else(|| "; `no502 rules` lists all".to_owned());
        return Err(CliError::Unusable(format!("there is no rule {}{meant}", args.rule)));
    };
    common.tell_that_policies_do_not_count("explain");
    let meta = entry.meta;
    let levels = format!(
        "family {}, baseline {}, strict {}, fix {}, since {}",
        meta.family,
        meta.baseline,
        meta.strict,
        meta.fix.name(),
        meta.since
    );
    let page = meta.page.lines().map(|line| line_of_page(line, common.style()));
    let page: String = page.collect();
    let measured = evidence::measured(meta.name).map(|line| format!("\n{line}\n")).unwrap_or_default();
    print(&format!("{page}\n({levels}; source: {})\n{measured}", meta.file))?;
    Ok(0)
}

/// Headings stand out on a terminal; the words that steer our own tests are left out.
fn line_of_page(line: &str, style: Style) -> String {
    let line = line.strip_prefix("```yaml").map_or_else(|| line.to_owned(), |_| "```yaml".to_owned());
    match style {
        Style::Colour if line.starts_with('#') => format!("\u{1b}[1m{line}\u{1b}[0m\n"),
        _ => format!("{line}\n"),
    }
}
