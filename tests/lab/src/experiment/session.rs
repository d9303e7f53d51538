//! Many experiments, a few at a time, and what is told of them.

use std::fs::{create_dir_all, write};
use std::time::Instant;

use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::run::{Half, Measured, tail};
use super::{Experiment, variant, verdict};
use crate::cluster::Parts;
use crate::fault::{At, Fault, Result};
use crate::gateway;
use crate::kubectl::Kubectl;
use crate::place::Place;
use crate::say::{remark, say};

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
    let parts = Parts::kept(place)?;
    let kubectl = Kubectl::new(&parts.kubernetes, &place.kubeconfig());
    let running: Vec<String> = gateway::chosen(place)?.iter().map(|gateway| gateway.name().to_owned()).collect();
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
            running.iter().any(|running| running == plain)
                && wish.gateway.as_deref().is_none_or(|wanted| wanted == *name || wanted == plain)
        })
        .collect();
    let (start, total) = (Instant::now(), pairs.len());
    let results = place.results().join("results");
    create_dir_all(&results).at(&results)?;
    let mut red = Vec::new();
    let mut running = futures::stream::iter(pairs)
        .map(|(experiment, name)| {
            let (kubectl, parts) = (&kubectl, &parts);
            async move { (experiment, name, one(place, parts, kubectl, experiment, name).await) }
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

/// Both halves at the same time, so that they meet the same machine.
async fn one(
    place: &Place,
    parts: &Parts,
    kubectl: &Kubectl,
    experiment: &Experiment,
    name: &str,
) -> Result<(Outcome, Vec<String>)> {
    let (plain, kind) = variant(name)?;
    let gateway = gateway::find(plain)?;
    let expected = experiment.plan.gateways.get(name).ok_or_else(|| Fault::Other(format!("{name} is not in the plan")))?;
    let half = |mended| Half { experiment, gateway, kind, expected, mended };
    let (broken, mended) = (half(false), half(true));
    let (before, after) = tokio::join!(broken.run(place, kubectl), mended.run(place, kubectl));
    let before = before.map_err(|fault| Fault::Other(format!("before: {fault}")))?;
    let after = after.map_err(|fault| Fault::Other(format!("after: {fault}")))?;
    let mut faults = verdict::faults(&experiment.plan.event, expected, &before, &after);
    if before.reason.is_none() && !faults.is_empty() {
        faults.push(format!("the log of {plain} ends with:\n    {}", tail(place, gateway).replace('\n', "\n    ")));
    }
    let traffic = &experiment.plan.traffic;
    let outcome = Outcome {
        experiment: experiment.name.clone(),
        rule: experiment.plan.rule.clone(),
        title: experiment.plan.title.clone(),
        gateway: name.to_owned(),
        version: gateway.version(parts).await?,
        event: experiment.plan.event.label().to_owned(),
        traffic: format!("{} {:?} a second, {:?} connections", traffic.rate, traffic.method, traffic.connections).to_lowercase(),
        mended_by: if experiment.plan.use_instead.is_empty() { "the webhook" } else { "the page" }.to_owned(),
        before,
        after,
    };
    Ok((outcome, faults))
}
