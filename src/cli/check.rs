//! `no502 check`: manifests in files, folders or standard input.

use std::path::PathBuf;

use clap::ValueEnum;

use super::baseline::{self, Reach};
use super::changed::Changed;
use super::cluster::Cluster;
use super::fix::{self, Fixing};
use super::folders::{Folders, Worlds};
use super::hints;
use super::judge::{Judge, Judged, knows_profile, name_class, say_panics};
use super::output::{Findings, Output, Standard, keep_apart, write_all};
use super::routes::routes;
use super::{CliError, Common, FOUND, UNUSABLE};
use crate::collect::cluster::Seen;
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
    /// What is taken for one cluster
    #[arg(long, value_name = "WHICH", default_value = "auto")]
    world: Worlds,
    /// The namespace of objects that name none; where it is not said, they may be meant for any
    #[arg(long, value_name = "NS")]
    namespace: Option<String>,
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
    cluster: Cluster,
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
    let mut plan = common.plan()?;
    refuse_unknown_names(args, common, &plan)?;
    let known = args.known.read()?;
    let changed = args.changed_since.as_deref().map(Changed::since).transpose()?;
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let texts = if args.fixing.is_asked() { Texts::Whole } else { Texts::Read };
    let mut input = Input::read_texts(paths, args.namespace.as_deref(), texts);
    if let Some(class) = &args.class {
        name_class(&mut input, class);
    }
    let seen = args.cluster.look(&plan)?;
    plan.has_cluster = seen.as_ref().is_some_and(Seen::is_whole);
    let mut judge = Judge::new(&plan, common.profile.as_deref(), &args.rules, args.complete);
    judge.worlds = args.world;
    judge.below = seen.as_ref().map(|seen| &seen.inventory);
    judge.mends = args.fixing.is_asked();
    let Found { mut report, routes, is_written } = find(args, &judge, &mut input, changed.as_ref())?;
    if let Some(known) = known {
        known.apply(&mut report, &input, &Reach { paths, rules: &args.rules })?;
    }
    if let Some(changed) = &changed {
        changed.narrow(&mut report, &input);
    }
    let is_silent = args.quiet && report.is_empty();
    let fails = if args.fail_on == FailOn::Warning { Level::Warning } else { Level::Error };
    let standard = if is_silent { Standard::Nowhere } else { args.fixing.standard(&input) };
    write_all(&args.outputs, &Findings { report: &report, input: &input, routes: &routes, fails }, standard, common)?;
    if !args.quiet {
        hints::say(&input.hints);
    }
    let is_whole = is_written && seen.as_ref().is_none_or(Seen::is_whole);
    let code = if is_whole { exit_code(&report, args.fail_on) } else { UNUSABLE };
    // The process ends: to give all of this back piece by piece would take longer than to write the reports.
    std::mem::forget((input, report, routes));
    Ok(code)
}

/// What came of an input.
struct Found {
    report: Report,
    routes: Routes,
    /// Whether all fixes could be written that should be.
    is_written: bool,
}

/// Judges an input, and fixes it where that is asked for.
fn find(args: &Args, judge: &Judge<'_>, input: &mut Input, changed: Option<&Changed>) -> Result<Found, CliError> {
    let folders = judge.folders(input);
    let outcomes = judge.judge(input, &folders)?;
    say_panics(input, &outcomes);
    let profiles = judge.profile_names(input)?.join(",");
    let report_of = |input: &Input, outcomes: &Judged| Report::of_files(&profiles, input, outcomes);
    let wants_routes = args.outputs.iter().any(Output::wants_routes);
    let drawn = |input: &Input, folders: &Folders<'_>, outcomes: &Judged| {
        if wants_routes { routes(input, folders, judge, outcomes) } else { Routes::default() }
    };
    if args.fixing.is_asked() {
        drop(folders);
        let how = Fixing { report: &report_of, judge, changed };
        let fixed = fix::run(&args.fixing, input, outcomes, &how)?;
        let folders = judge.folders(input);
        let outcomes = if wants_routes { judge.judge(input, &folders)? } else { Judged::new() };
        let routes = drawn(input, &folders, &outcomes);
        return Ok(Found { report: fixed.report, routes, is_written: fixed.is_written });
    }
    let routes = drawn(input, &folders, &outcomes);
    drop(folders);
    let report = report_of(input, &outcomes);
    drop(outcomes);
    input.forget_values();
    Ok(Found { report, routes, is_written: true })
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
