//! `no502 check`: manifests in files, folders or standard input.

use std::path::PathBuf;

use clap::ValueEnum;

use super::baseline::{self, Reach};
use super::changed::Changed;
use super::fix::{self, Fixing};
use super::folders::Folders;
use super::judge::{Judge, Judged, knows_profile, name_class, say_panics};
use super::output::{Findings, Output, Standard, keep_apart, write_all};
use super::routes::routes;
use super::{CliError, Common, FOUND, UNUSABLE};
use crate::collect::files::{Input, Texts};
use crate::engine::Plan;
use crate::policy::near;
use crate::report::{Report, Routes};
use crate::rule::{RULES, by_name};
use crate::units::Level;

/// Arguments of `no502 check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files and folders (.yaml, .yml, .json); - is standard input; the current folder where there is none
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The form of the report, or FORMAT=FILE to write it to a file (may be repeated)
    ///
    /// text (for people), json (everything), sarif (code scanning, editors), junit (test reports), github (annotations of
    /// a workflow), gitlab (code quality) or html (one page). Only one goes to standard output.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "text", value_parser = Output::parse)]
    outputs: Vec<Output>,
    /// What makes the exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: FailOn,
    /// The input holds everything: what is missing does not exist
    #[arg(long)]
    complete: bool,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// The ingress class of Ingresses that name none
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Only this rule (may be repeated)
    #[arg(long = "rule", value_name = "NAME")]
    rules: Vec<String>,
    /// Print the report only where something was found; files are written all the same
    #[arg(long)]
    quiet: bool,
    /// Only what is about files that changed since the work left this commit or branch, as git says. All files are read, and
    /// what git does not track counts as changed
    #[arg(long, value_name = "REF")]
    changed_since: Option<String>,
    #[command(flatten)]
    fixing: fix::Options,
    #[command(flatten)]
    known: baseline::Asked,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Never,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    keep_apart(&args.outputs)?;
    let plan = common.plan()?;
    refuse_unknown_names(args, common, &plan)?;
    let known = args.known.read()?;
    let changed = args.changed_since.as_deref().map(Changed::since).transpose()?;
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let texts = if args.fixing.is_asked() { Texts::Whole } else { Texts::Read };
    let mut input = Input::read_texts(paths, &args.namespace, texts);
    if let Some(class) = &args.class {
        name_class(&mut input, class);
    }
    let mut judge = Judge::new(&plan, common.profile.as_deref(), &args.rules, args.complete);
    judge.mends = args.fixing.is_asked();
    let folders = Folders::new(&input);
    let outcomes = judge.judge(&input, &folders)?;
    say_panics(&input, &outcomes);
    let profiles = judge.profile_names(&input)?.join(",");
    let report_of = |input: &Input, outcomes: &Judged| Report::of_files(&profiles, input, outcomes);
    let wants_routes = args.outputs.iter().any(Output::wants_routes);
    let drawn = |input: &Input, folders: &Folders<'_>, outcomes: &Judged| {
        if wants_routes { routes(input, folders, &judge, outcomes) } else { Routes::default() }
    };
    let mut is_written = true;
    let (mut report, routes) = if args.fixing.is_asked() {
        drop(folders);
        let how = Fixing { report: &report_of, judge: &judge, changed: changed.as_ref() };
        let fixed = fix::run(&args.fixing, &mut input, outcomes, &how)?;
        is_written = fixed.is_written;
        let folders = Folders::new(&input);
        let outcomes = if wants_routes { judge.judge(&input, &folders)? } else { Judged::new() };
        (fixed.report, drawn(&input, &folders, &outcomes))
    } else {
        let routes = drawn(&input, &folders, &outcomes);
        drop(folders);
        let report = report_of(&input, &outcomes);
        drop(outcomes);
        input.forget_values();
        (report, routes)
    };
    if let Some(known) = known {
        known.apply(&mut report, &input, &Reach { paths, rules: &args.rules })?;
    }
    if let Some(changed) = &changed {
        changed.narrow(&mut report, &input);
    }
    let is_silent = args.quiet && report.is_empty();
    let fails = if args.fail_on == FailOn::Warning { Level::Warning } else { Level::Error };
    let standard = match (is_silent || args.fixing.is_diff(), args.fixing.prints_text(&input)) {
        (true, _) => Standard::Nowhere,
        (false, true) => Standard::Error,
        (false, false) => Standard::Output,
    };
    write_all(&args.outputs, &Findings { report: &report, input: &input, routes: &routes, fails }, standard, common)?;
    let code = if is_written { exit_code(&report, args.fail_on) } else { UNUSABLE };
    // The process ends: to give all of this back piece by piece would take longer than to write the reports.
    std::mem::forget((input, report, routes));
    Ok(code)
}

/// A profile or a rule that there is none of was meant to be another one.
fn refuse_unknown_names(args: &Args, common: &Common, plan: &Plan) -> Result<(), CliError> {
    knows_profile(plan, common.profile.as_deref())?;
    if let Some(name) = args.rules.iter().find(|name| by_name(name).is_none()) {
        let meant = near(name, RULES.iter().map(|entry| entry.meta.name)).map(|near| format!("; did you mean {near}?"));
        return Err(CliError::Unusable(format!("there is no rule {name}{}", meant.unwrap_or_default())));
    }
    Ok(())
}

fn exit_code(report: &Report, fail_on: FailOn) -> u8 {
    let summary = &report.summary;
    let has_failed = match fail_on {
        FailOn::Error => summary.errors > 0,
        FailOn::Warning => summary.errors + summary.warnings > 0,
        FailOn::Never => false,
    };
    if summary.unreadable > 0 {
        UNUSABLE
    } else if has_failed {
        FOUND
    } else {
        0
    }
}
