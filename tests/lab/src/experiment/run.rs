//! One half of an experiment: with the fault, or mended. Applied by kubectl as a user does, asked through a gateway.

use std::collections::BTreeSet;
use std::fs::{File, read_to_string};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{AtApply, Event, Expected, Experiment, manifest};
use crate::fault::{At, Fault, Result};
use crate::gateway::RouteKind;
use crate::kubectl::Kubectl;
use crate::load::{Answer, Load, Record, Timeline, Traffic, once};
use crate::process::Printed;
use crate::target::Reached;
use crate::wait::until;

/// The label of the namespaces that are made here; its value is the process that made them.
pub(crate) const OURS: &str = "lab.no502.dev/made-for";

/// What is run.
#[derive(Clone, Copy)]
pub(crate) struct Half<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) reached: &'a Reached,
    pub(crate) kind: RouteKind,
    pub(crate) expected: &'a Expected,
    /// Whether it is the mended one.
    pub(crate) mended: bool,
    /// Counts from 0, where a busy machine spoils a run.
    pub(crate) attempt: u8,
}

/// What came out.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measured {
    /// How many requests were sent.
    pub(crate) requests: usize,
    /// How many were not answered well.
    pub(crate) failures: usize,
    /// How many of those had failed before the event.
    pub(crate) early: usize,
    /// The answers over time.
    pub(crate) timeline: Timeline,
    /// When the event began, in milliseconds since the first request.
    pub(crate) event: u64,
    /// The longest time in which no good answer came, in milliseconds.
    #[serde(default)]
    pub(crate) gap: u64,
    /// When the first failure after the event was sent, in milliseconds after it.
    pub(crate) first_failure: Option<u64>,
    /// A line of the gateway's log that gives the reason.
    pub(crate) reason: Option<String>,
    /// What no502 said when it was applied.
    pub(crate) said: Option<String>,
    /// By how much the latest of the requests was started after its instant, in milliseconds.
    #[serde(default)]
    pub(crate) lateness: u64,
}

impl Half<'_> {
    /// Runs it.
    pub(crate) async fn run(&self, kubectl: &Kubectl) -> Result<Measured> {
        let namespace = self.namespace();
        let host = format!("{namespace}.lab");
        let done = self.inside(kubectl, &namespace, &host).await;
        let delete = ["delete", "namespace", "--wait=false", "--ignore-not-found"];
        let all: Vec<String> = self.namespaces(&namespace, &host).into_iter().collect();
        kubectl.outcome(&delete.into_iter().chain(all.iter().map(String::as_str)).collect::<Vec<_>>()).await?;
        done
    }

    fn namespace(&self) -> String {
        let kind = match self.kind {
            RouteKind::Ingress => "",
            RouteKind::HttpRoute => "-httproute",
            RouteKind::GrpcRoute => "-grpcroute",
            RouteKind::HttpProxy => "-httpproxy",
        };
        // A name has 63 characters at most.
        let half = if self.mended { "good" } else { "bad" };
        // A namespace of an earlier run may still be on its way out.
        let run = format!("{}{}", std::process::id() % 10_000, self.attempt);
        format!("{}-{}{kind}-{half}-{run}", self.experiment.name, self.reached.gateway.name())
    }

    async fn inside(&self, kubectl: &Kubectl, namespace: &str, host: &str) -> Result<Measured> {
        let mut said = self.set_up(kubectl, namespace, host).await?;
        if self.mended || self.experiment.plan.ready {
            self.wait_until_ready(kubectl, namespace).await?;
        }
        let traffic = self.traffic(host)?;
        self.settle(&traffic, host).await?;

        let log = self.reached.log.as_deref();
        let from = log.and_then(|log| std::fs::metadata(log).ok()).map_or(0, |file| file.len());
        let mut marks = addresses(kubectl, namespace).await?;
        // Which is in its host too.
        marks.push(namespace.to_owned());
        let start = Instant::now();
        let load = Load::start(&traffic).map_err(|error| Fault::Other(error.to_string()))?;
        sleep(Duration::from_millis(self.experiment.plan.lead.as_millis())).await;
        let event = start.elapsed();
        let happening = &self.experiment.plan.event;
        let told = happening.happen(kubectl, namespace, &self.objects(host, self.mended, happening.changes())).await?;
        if self.experiment.plan.at_apply == AtApply::Pass {
            said = if self.mended { self.silent(&told)? } else { Some(self.named(&told)?) };
        }
        sleep(Duration::from_millis(self.experiment.plan.tail.as_millis())).await;
        let record = load.stop().await;
        marks.extend(addresses(kubectl, namespace).await?);
        let reason = log.map(|log| reason(log, from, &marks, &self.expected.because)).transpose()?.flatten();
        Ok(measured(&record, host, event, reason, said))
    }

    /// The requests of the plan, sent to this gateway.
    fn traffic(&self, host: &str) -> Result<Traffic> {
        let wanted = self.experiment.plan.traffic.clone();
        let address = if wanted.protocol.is_secure() { self.reached.secure } else { Some(self.reached.address) };
        let nowhere = || Fault::Other(format!("it is not known where {} takes TLS", self.reached.gateway.name()));
        Ok(Traffic { address: address.ok_or_else(nowhere)?, host: host.to_owned(), ..wanted })
    }

    fn objects(&self, host: &str, mended: bool, changes: &[Value]) -> Vec<Value> {
        manifest::objects(self.experiment, self.reached.gateway, self.kind, host, mended, changes)
    }

    /// That of the run, and those of the objects, with the fault or without.
    fn namespaces(&self, namespace: &str, host: &str) -> BTreeSet<String> {
        let objects = [self.objects(host, false, &[]), self.objects(host, true, &[])].concat();
        manifest::namespaces(&objects).into_iter().chain([namespace]).map(str::to_owned).collect()
    }

    /// Namespaces and objects; gives the line in which no502 names the rule.
    async fn set_up(&self, kubectl: &Kubectl, namespace: &str, host: &str) -> Result<Option<String>> {
        let profile = &self.experiment.plan.profile;
        let label = if self.mended { "no502.dev/enforce" } else { "no502.dev/warn" };
        let labels = json!({label: profile, OURS: std::process::id().to_string()});
        let labelled = self.namespaces(namespace, host).into_iter();
        let labelled =
            labelled.map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
        kubectl.apply(&manifest::text(&labelled.collect::<Vec<_>>())).await?;
        let broken = self.objects(host, false, &[]);
        let at_apply = self.experiment.plan.at_apply;
        if !self.mended {
            let printed = send(kubectl, &broken).await?;
            if !printed.fine {
                return Err(Fault::Other(format!("the objects are not even accepted: {}", printed.err)));
            }
            return if at_apply == AtApply::Pass { self.silent(&printed.err) } else { self.named(&printed.err).map(Some) };
        }
        if at_apply == AtApply::Deny {
            self.known(kubectl, host, &broken).await?;
        }
        let printed = send(kubectl, &broken).await?;
        let line = match (at_apply, printed.fine) {
            (AtApply::Repair, true) => None,
            (AtApply::Pass, true) => self.silent(&printed.err)?,
            (AtApply::Deny, false) | (AtApply::Warn, true) => Some(self.named(&printed.err)?),
            (AtApply::Deny, true) => return Err(Fault::Other(format!("no502 let the fault pass:\n{}", printed.err))),
            (_, false) => return Err(Fault::Other(format!("this should have been accepted:\n{}", printed.err))),
        };
        if !self.experiment.plan.use_instead.is_empty() {
            let mended = self.objects(host, true, &[]);
            let printed = send(kubectl, &mended).await?;
            if !printed.fine || self.named(&printed.err).is_ok() {
                return Err(Fault::Other(format!("what the page says to use instead is not good enough:\n{}", printed.err)));
            }
        }
        Ok(line)
    }

    /// Until what stands around the object at fault is known: no502 sees it by a watch, and what comes in the same moment passes with
    /// a warning. Whether the change is refused in the end is not for here.
    async fn known(&self, kubectl: &Kubectl, host: &str, objects: &[Value]) -> Result {
        // The page mends what is at fault.
        let mended = self.objects(host, true, &[]);
        let around: Vec<Value> = objects.iter().filter(|object| mended.contains(object)).cloned().collect();
        if !around.is_empty() {
            send(kubectl, &around).await?;
        }
        let text = manifest::text(objects);
        let preview = ["apply", "--dry-run=server", "-f", "-"];
        for _ in 0..20 {
            if !kubectl.feed(&preview, &text).await?.fine {
                break;
            }
            sleep(Duration::from_millis(250)).await;
        }
        Ok(())
    }

    /// The line that names the rule.
    fn named(&self, told: &str) -> Result<String> {
        let rule = &self.experiment.plan.rule;
        // The namespace may have its name.
        let mark = format!("[{rule}]");
        let line = told.lines().find(|line| line.contains(&mark));
        line.map(str::to_owned).ok_or_else(|| Fault::Other(format!("no502 does not name {rule}; it said:\n{told}")))
    }

    /// No line, which is as it should be.
    fn silent(&self, told: &str) -> Result<Option<String>> {
        match self.named(told) {
            Err(_) => Ok(None),
            Ok(line) => Err(Fault::Other(format!("no502 should have nothing to say here; it said:\n{line}"))),
        }
    }

    /// Until the Deployment is whole, and nothing of an earlier attempt is left.
    async fn wait_until_ready(&self, kubectl: &Kubectl, namespace: &str) -> Result {
        let status = ["--namespace", namespace, "rollout", "status", "deployment/app", "--timeout=60s"];
        kubectl.run(&status).await?;
        until("only whole pods are left", Duration::from_mins(1), async || {
            let listing = kubectl.outcome(&["--namespace", namespace, "get", "pods", "--output=json"]).await;
            let pods: Value = listing.ok().and_then(|printed| serde_json::from_str(&printed.out).ok()).unwrap_or_default();
            let leaving = pods.pointer("/items").and_then(Value::as_array).into_iter().flatten();
            let leaving = leaving.filter(|pod| pod.pointer("/metadata/deletionTimestamp").is_some()).count();
            if leaving == 0 { Ok(()) } else { Err(format!("{leaving} are still leaving")) }
        })
        .await
    }

    /// Until the gateway has taken the route over: it answers five requests well, or as badly as it should.
    async fn settle(&self, traffic: &Traffic, host: &str) -> Result {
        // Where an event brings the failures, all has to be well until then.
        let broken_from_the_start = matches!(self.experiment.plan.event, Event::None);
        until("the gateway has taken the route over", Duration::from_secs(40), async || {
            // At once, so that they meet several of its workers, and slow answers take no longer than one.
            for answer in join_all((0..5).map(|_| once(traffic))).await {
                let result = answer.map_err(|error| error.to_string())?.result;
                let outcome = result.outcome(Some(host));
                let bad = !self.mended && broken_from_the_start && self.expected.fails.iter().any(|fail| fail.name() == outcome);
                if !result.is_good(Some(host)) && !bad {
                    return Err(format!("an answer was: {outcome}"));
                }
            }
            Ok(())
        })
        .await
    }
}

async fn send(kubectl: &Kubectl, objects: &[Value]) -> Result<Printed> {
    kubectl.feed(&["apply", "-f", "-"], &manifest::text(objects)).await
}

/// Those of the pods, as a gateway's log names them.
async fn addresses(kubectl: &Kubectl, namespace: &str) -> Result<Vec<String>> {
    let printed = kubectl.run(&["--namespace", namespace, "get", "pods", "--output=jsonpath={.items[*].status.podIP}"]).await?;
    Ok(printed.split_whitespace().map(|address| format!("{address}:")).collect())
}

/// The first new line that speaks of these pods or this namespace and holds one of the words. A gateway may give the reason in
/// a line of its own that names neither, right before the line of the request.
fn reason(log: &Path, from: u64, marks: &[String], words: &[String]) -> Result<Option<String>> {
    let mut file = File::open(log).at(log)?;
    file.seek(SeekFrom::Start(from)).at(log)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).at(log)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let says = |line: &&&str| words.iter().any(|word| line.contains(word.as_str()));
    let ours = |line: &&&str| marks.iter().any(|mark| line.contains(mark.as_str()));
    let same = lines.iter().filter(ours).find(says);
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let before = || pairs.filter(|(_, next)| ours(next) && next.contains("Status\":502")).map(|(line, _)| line).find(says);
    Ok(same.or_else(before).map(|line| line.chars().take(600).collect()))
}

fn measured(record: &Record, app: &str, event: Duration, reason: Option<String>, said: Option<String>) -> Measured {
    let failed = record.answers.iter().filter(|answer| !answer.result.is_good(Some(app)));
    // A request may be on its way when it happens.
    let (early, after): (Vec<&Answer>, Vec<&Answer>) = failed.partition(|answer| answer.ended() < event);
    let first = after.iter().map(|answer| answer.sent.saturating_sub(event)).min();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Measured {
        requests: record.answers.len(),
        failures: early.len() + after.len(),
        early: early.len(),
        timeline: record.timeline(Some(app)),
        event: millis(event),
        gap: millis(record.longest_gap(Some(app))),
        first_failure: first.map(millis),
        reason,
        said,
        lateness: millis(record.lateness),
    }
}

/// The end of a gateway's log, for whoever looks for a reason that was not found.
pub(crate) fn tail(log: &Path) -> String {
    let text = read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(4)..).unwrap_or_default().join("\n")
}
