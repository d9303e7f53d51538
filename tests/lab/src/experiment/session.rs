//! Many experiments, a few at a time, and what is told of them.

use std::fs::{create_dir_all, write};
use std::path::Path;
use std::time::Instant;

use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::run::{Half, Measured, OURS, tail};
use super::{Experiment, variant, verdict};
use crate::fault::{At, Fault, Result};
use crate::place::Place;
use crate::say::{remark, say};
use crate::target::Target;

/// Which experiments.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// By name; all, where none is named.
    pub(crate) names: Vec<String>,
    /// Only those of the smoke.
    pub(crate) smoke: bool,
    /// Only this gateway.
    pub(crate) gateway: Option<String>,
    /// So many at a time.
    pub(crate) together: usize,
}

/// The outcome of one experiment behind one gateway, as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Outcome {
    /// The experiment.
    pub(crate) experiment: String,
    /// The rule that names the fault.
    pub(crate) rule: String,
    /// What is shown.
    pub(crate) title: String,
    /// The gateway, with the kind of route where it is not an Ingress.
    pub(crate) gateway: String,
    /// The gateway's version.
    pub(crate) version: String,
    /// What happened in the middle; empty if nothing did.
    pub(crate) event: String,
    /// The requests, in words.
    pub(crate) traffic: String,
    /// How it was mended.
    pub(crate) mended_by: String,
    /// With the fault.
    pub(crate) before: Measured,
    /// Without.
    pub(crate) after: Measured,
}

/// Runs them; an error tells which did not show what they should.
pub(crate) async fn session(place: &Place, wish: &Wish) -> Result {
    let target = Target::find(place).await?;
    let all = Experiment::all(place)?;
    if let Some(unknown) = wish.names.iter().find(|name| all.iter().all(|experiment| experiment.name != **name)) {
        return Err(Fault::Other(format!("no experiment is named {unknown}")));
    }
    let chosen = all.iter().filter(|experiment| {
        (wish.names.is_empty() || wish.names.contains(&experiment.name)) && (!wish.smoke || experiment.plan.smoke)
    });
    let pairs: Vec<(&Experiment, &str)> = chosen
        .flat_map(|experiment| experiment.plan.gateways.keys().map(move |name| (experiment, name.as_str())))
        .filter(|(_, name)| {
            let plain = name.split('/').next().unwrap_or_default();
            target.gateway(plain).is_ok() && wish.gateway.as_deref().is_none_or(|wanted| wanted == *name || wanted == plain)
        })
        .collect();
    forget_killed_runs(&target).await?;
    let (start, total) = (Instant::now(), pairs.len());
    let results = place.results().join("results");
    create_dir_all(&results).at(&results)?;
    let mut red = Vec::new();
    let mut running = futures::stream::iter(pairs)
        .map(|(experiment, name)| {
            let target = &target;
            async move { (experiment, name, one(target, experiment, name).await) }
        })
        .buffer_unordered(wish.together);
    let mut done = 0;
    while let Some((experiment, name, outcome)) = running.next().await {
        done += 1;
        let head = format!("[{done}/{total} {:4.0} s] {} {name}", start.elapsed().as_secs_f64(), experiment.name);
        match outcome {
            Ok((outcome, faults)) => {
                let figures = format!(
                    "before {}/{} failed, after {}/{}",
                    outcome.before.failures, outcome.before.requests, outcome.after.failures, outcome.after.requests
                );
                if faults.is_empty() {
                    // What did not show what it should is no evidence.
                    let path = results.join(format!("{}-{}.json", experiment.name, name.replace('/', "-")));
                    write(&path, serde_json::to_string_pretty(&outcome).unwrap_or_default()).at(&path)?;
                    remark(format!("{head}: {figures}"));
                } else {
                    remark(format!("{head}: RED, {figures}\n    {}", faults.join("\n    ")));
                    red.push(format!("{} {name}", experiment.name));
                }
            }
            Err(fault) => {
                remark(format!("{head}: RED\n    {}", fault.to_string().replace('\n', "\n    ")));
                red.push(format!("{} {name}", experiment.name));
            }
        }
    }
    say(format!(
        "{} of {total} experiments showed what they should, in {:.0} s",
        total - red.len(),
        start.elapsed().as_secs_f64()
    ));
    if red.is_empty() { Ok(()) } else { Err(Fault::Other(format!("these did not:\n  {}", red.join("\n  ")))) }
}

/// Removes the namespaces of runs that were killed; those of a run beside this one stay.
async fn forget_killed_runs(target: &Target) -> Result {
    let names = format!(
        "jsonpath={{range .items[*]}}{{.metadata.name}} {{.metadata.labels.{}}}{{\"\\n\"}}{{end}}",
        OURS.replace('.', "\\.")
    );
    let listed = target.kubectl.run(&["get", "namespaces", "--selector", OURS, "--output", &names]).await?;
    let killed = listed.lines().filter_map(|line| line.split_once(' ')).filter(|(_, process)| {
        process.parse::<u32>().is_ok_and(|process| !Path::new("/proc").join(process.to_string()).exists())
    });
    for (name, _) in killed {
        target.kubectl.outcome(&["delete", "namespace", name, "--wait=false"]).await?;
    }
    Ok(())
}

/// A load that started a request this much too late says more about the machine than about the gateway.
const TOO_LATE: u64 = 700;

/// Once more where the machine was too busy for the load, which is so before anybody has looked at the answers.
async fn one(target: &Target, experiment: &Experiment, name: &str) -> Result<(Outcome, Vec<String>)> {
    for attempt in 0..2 {
        let (outcome, faults) = both(target, experiment, name, attempt).await?;
        let lateness = outcome.before.lateness.max(outcome.after.lateness);
        if lateness < TOO_LATE {
            return Ok((outcome, faults));
        }
        remark(format!("{} {name} again: the machine was so busy that a request started {lateness} ms late", experiment.name));
    }
    both(target, experiment, name, 2).await
}

/// Both halves at the same time, so that they meet the same machine.
async fn both(target: &Target, experiment: &Experiment, name: &str, attempt: u8) -> Result<(Outcome, Vec<String>)> {
    let (plain, kind) = variant(name)?;
    let reached = target.gateway(plain)?;
    let gateway = reached.gateway;
    if !gateway.routes().contains(&kind) {
        return Err(Fault::Other(format!("{plain} reads no {kind:?}; it reads {:?}", gateway.routes())));
    }
    let expected = experiment.plan.gateways.get(name).ok_or_else(|| Fault::Other(format!("{name} is not in the plan")))?;
    let half = |mended| Half { experiment, reached, kind, expected, mended, attempt };
    let (broken, mended) = (half(false), half(true));
    let (before, after) = tokio::join!(broken.run(&target.kubectl), mended.run(&target.kubectl));
    let before = before.map_err(|fault| Fault::Other(format!("before: {fault}")))?;
    let after = after.map_err(|fault| Fault::Other(format!("after: {fault}")))?;
    let mut faults = verdict::faults(&experiment.plan.event, expected, reached.log.is_some(), &before, &after);
    if let Some(log) = reached.log.as_deref().filter(|_| before.reason.is_none() && !faults.is_empty()) {
        faults.push(format!("the log of {plain} ends with:\n    {}", tail(log).replace('\n', "\n    ")));
    }
    let traffic = &experiment.plan.traffic;
    let outcome = Outcome {
        experiment: experiment.name.clone(),
        rule: experiment.plan.rule.clone(),
        title: experiment.plan.title.clone(),
        gateway: name.to_owned(),
        version: reached.version.clone(),
        event: experiment.plan.event.label().to_owned(),
        traffic: format!("{} {:?} a second, {:?} connections", traffic.rate, traffic.method, traffic.connections).to_lowercase(),
        mended_by: if experiment.plan.use_instead.is_empty() { "the webhook" } else { "the page" }.to_owned(),
        before,
        after,
    };
    Ok((outcome, faults))
}
